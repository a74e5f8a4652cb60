/* SPDX-License-Identifier: MIT */
/* Trends: visits of commits, levels and changes, machine by machine. */
#include "report/trends.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SET(field, text) snprintf(field, sizeof(field), "%s", text)

struct toy {
	struct history_record v[256];
	struct history_list list;
};

/* One process of a cell; `time` orders processes. */
static void add(struct toy *t, const char *cpu, int64_t k, int time, const char *commit, double ratio)
{
	struct history_record *r = &t->v[t->list.n++];

	*r = (struct history_record){.k = k, .threads = 1, .ratio = ratio, .low = ratio, .high = ratio, .rounds = 8};
	SET(r->cpu, cpu);
	SET(r->op, "backward");
	SET(r->method, "topk");
	SET(r->commit, commit);
	snprintf(r->run_id, sizeof(r->run_id), "20261122T%06dZ-vm-1", time);
	t->list.v = t->v;
}

static int by_all(const void *pa, const void *pb)
{
	const struct history_record *a = pa, *b = pb;
	int d = history_compare_machine(a, b);

	d = d ? d : history_compare_cell(a, b);
	return d ? d : strcmp(a->run_id, b->run_id);
}

static struct trend_list make(struct toy *t)
{
	struct trend_list list;

	qsort(t->v, t->list.n, sizeof(*t->v), by_all);
	assert_int_equal(trend_list_create(&list, &t->list), 0);
	return list;
}

/* Processes of one commit that follow each other are one visit; coming back to a commit is another. */
static void test_visits(void **state)
{
	struct toy t = {0};
	struct trend_list list;
	const struct trend *own;

	(void)state;
	add(&t, "one", 5, 1, "aaa", 2);
	add(&t, "one", 5, 2, "aaa", 8);
	add(&t, "one", 5, 3, "bbb", 3);
	add(&t, "one", 5, 5, "aaa", 5);
	add(&t, "one", 9, 3, "bbb", 1);
	list = make(&t);
	assert_int_equal(list.n, 1);
	assert_int_equal(list.v[0].n_visits, 3);
	assert_int_equal(list.v[0].n, 2);
	own = &list.v[0].v[0];
	assert_int_equal(own->n_rows, 4);
	assert_int_equal(own->n, 3);
	assert_float_equal(trend_level(own, 0, 1), 4, 1e-9);
	assert_float_equal(trend_level(own, 1, 2), 3, 1e-9);
	assert_int_equal(own->visit[3], 2);
	assert_int_equal(list.v[0].v[1].n, 1);
	assert_int_equal(list.v[0].v[1].place[0], 1);
	assert_int_equal(list.v[0].reach.tested, 0);
	trend_list_destroy(&list);
}

static void test_change_is_at_its_commit(void **state)
{
	struct toy t = {0};
	struct trend_list list;
	const struct trend *own;

	(void)state;
	for (int i = 0; i < 24; i++) {
		char commit[16];

		snprintf(commit, sizeof(commit), "c%d", i);
		add(&t, "one", 5, 2 * i, commit, (i < 10 ? 8 : 6) * (i % 2 ? 1.01 : 1));
		add(&t, "one", 5, 2 * i + 1, commit, (i < 10 ? 8 : 6) * (i % 3 ? 1.01 : 1));
		add(&t, "one", 9, 2 * i, commit, i % 2 ? 1.01 : 1);
	}
	list = make(&t);
	assert_int_equal(list.v[0].reach.tested, 2);
	assert_int_equal(list.v[0].n_changes, 1);
	own = &list.v[0].v[0];
	assert_int_equal(own->n_changes, 1);
	assert_int_equal(own->place[own->changes->at], 10);
	assert_string_equal(list.v[0].visits[10]->commit, "c10");
	assert_float_equal(exp(own->changes->after - own->changes->before), 0.75, 0.01);
	assert_int_equal(trend_last_stretch(own), 10);
	assert_float_equal(trend_level(own, 10, own->n), 6.03, 0.03);
	assert_int_equal(list.v[0].v[1].n_changes, 0);
	assert_int_equal(trend_last_stretch(&list.v[0].v[1]), 0);
	trend_list_destroy(&list);
}

/* The best dense is another one from the tenth commit on: two series, neither of which changes. */
static void test_bases_never_mix(void **state)
{
	struct toy t = {0};
	struct trend_list list;

	(void)state;
	for (int i = 0; i < 20; i++) {
		char commit[16];

		snprintf(commit, sizeof(commit), "c%d", i);
		add(&t, "one", 5, i, commit, (i < 10 ? 8 : 2) * (i % 2 ? 1.01 : 1));
		snprintf(t.v[t.list.n - 1].base, sizeof(t.v[0].base), "%s", i < 10 ? "dense" : "dense_blas");
	}
	list = make(&t);
	assert_int_equal(list.v[0].n, 2);
	assert_int_equal(list.v[0].v[0].n + list.v[0].v[1].n, 20);
	assert_int_equal(list.v[0].n_changes, 0);
	trend_list_destroy(&list);
}

/* The same cell of another machine is another trend: a level that only differs between machines is no change. */
static void test_machines_never_mix(void **state)
{
	struct toy t = {0};
	struct trend_list list;

	(void)state;
	for (int i = 0; i < 20; i++) {
		char commit[16];

		snprintf(commit, sizeof(commit), "c%d", i);
		add(&t, i < 10 ? "one" : "two", 5, i, commit, (i < 10 ? 8 : 2) * (i % 2 ? 1.01 : 1));
	}
	list = make(&t);
	assert_int_equal(list.n, 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(list.v[i].n_visits, 10);
		assert_int_equal(list.v[i].reach.tested, 1);
		assert_int_equal(list.v[i].n_changes, 0);
	}
	assert_string_equal(list.v[1].key->cpu, "two");
	trend_list_destroy(&list);
}

static void test_nothing(void **state)
{
	struct trend_list list;
	const struct history_list none = {0};

	(void)state;
	assert_int_equal(trend_list_create(&list, &none), 0);
	assert_int_equal(list.n, 0);
	trend_list_destroy(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_visits),
		cmocka_unit_test(test_change_is_at_its_commit),
		cmocka_unit_test(test_machines_never_mix),
		cmocka_unit_test(test_bases_never_mix),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
