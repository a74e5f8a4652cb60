/* SPDX-License-Identifier: MIT */
/* Records as runs of experiments: which epochs count for accuracies, which for times, and what is told of a run. */
#include "report/runs.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define SET(field, text) snprintf(field, sizeof(field), "%s", text)

struct trains {
	size_t n;
	struct train_record v[256];
};

/* Epochs first..last of a training; each is better than the one before. Returns the first of them. */
static struct train_record *add(struct trains *t, const char *run_id, const char *method, uint64_t seed, int first,
				int last)
{
	struct train_record *begin = &t->v[t->n];

	for (int epoch = first; epoch <= last; epoch++) {
		struct train_record *r = &t->v[t->n++];

		*r = (struct train_record){.batch = 50, .seed = seed, .threads = 1, .epoch = epoch, .mean_k = 20};
		SET(r->run_id, run_id);
		SET(r->experiment, method);
		SET(r->method, method);
		SET(r->layers, "784-500-500-10");
		SET(r->dataset, "mnist");
		snprintf(r->weights_digest, sizeof(r->weights_digest), "%s-%d-%d", method, (int)seed, epoch);
		r->dev_acc = r->test_acc = 0.9 + 0.01 * epoch;
		r->epoch_s = strcmp(method, "dense") ? 1 : 2;
	}
	return begin;
}

static struct experiment_list list_of(const struct trains *t)
{
	struct experiment_list list;

	assert_int_equal(experiment_list_create(&list, t->v, t->n), 0);
	return list;
}

/* Times of trainings that ran beside others, or one after the other, are no times: neither of the two may be one. */
static void times_need_turns(void **state)
{
	static const struct {
		const char *dense, *topk;
		bool paired;
	} cases[] = {{"", "", true},
		     {"loaded", "poolside,unparalleled", true},
		     {"loaded,pool", "", false},
		     {"", "pool", false},
		     {"parallel", "", false},
		     {"", "parallel,loaded", false},
		     {"pool", "pool", false}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct trains t = {.n = 0};
		struct experiment_list list;

		SET(add(&t, "run", "dense", 1, 1, 1)->degraded, cases[i].dense);
		SET(add(&t, "run", "topk", 1, 1, 1)->degraded, cases[i].topk);
		list = list_of(&t);
		assert_int_equal(list.n, 2);
		assert_int_equal(isfinite(experiment_speedup(&list.v[1], train_epoch_s).mid), cases[i].paired);
		experiment_list_destroy(&list);
	}
}

/* A killed command left two of three epochs of seed 1, which another did again. */
static void epochs_count_once(void **state)
{
	struct trains t = {.n = 0};
	struct experiment_list list;
	const struct experiment *e;

	(void)state;
	add(&t, "run1", "topk", 1, 1, 2);
	add(&t, "run1", "dense", 1, 1, 2);
	add(&t, "run2", "topk", 1, 1, 3);
	add(&t, "run2", "topk", 2, 1, 3);
	for (size_t i = 0; i < t.n; i++)
		t.v[i].mean_k = 10 * (double)t.v[i].epoch;
	list = list_of(&t);
	e = &list.v[1];
	assert_string_equal(e->key->method, "topk");
	assert_int_equal(e->n, 2);
	assert_int_equal(e->runs[0].n, 3);
	assert_int_equal(e->runs[0].n_copies, 5);
	assert_int_equal(e->runs[1].n_copies, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(e->runs[0].epochs[i]->epoch, i + 1);
	assert_string_equal(e->runs[0].epochs[0]->run_id, "run2");
	assert_true(experiment_mean_k(e) == 20);
	assert_int_equal(experiment_seeds(e), 2);
	assert_int_equal(experiment_unreproduced(e), 0);
	/* The times of the first command still pair: two epochs. */
	assert_int_equal(experiment_speedup(e, train_epoch_s).n, 2);
	assert_true(experiment_speedup(e, train_epoch_s).mid == 2);
	experiment_list_destroy(&list);
}

/* A cut part stands alone: two of three epochs of seed 2, and none of them is the last. */
static void short_runs_are_left_out(void **state)
{
	struct trains t = {.n = 0};
	struct experiment_list list;
	const struct experiment *e;
	int pairs;

	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++) {
		add(&t, "run", "dense", seed, 1, 3);
		add(&t, "run", "topk", seed, 1, seed == 2 ? 2 : 3)->mean_k = seed == 2 ? 500 : 20;
	}
	list = list_of(&t);
	e = &list.v[1];
	assert_int_equal(e->n, 3);
	assert_int_equal(experiment_seeds(e), 2);
	assert_int_equal(experiment_short(e), 1);
	assert_true(e->runs[0].whole && !e->runs[1].whole && e->runs[2].whole);
	assert_true(fabs(experiment_accuracy(e).mid - 0.93) < 1e-12);
	assert_true(experiment_mean_k(e) == 20);
	assert_true(fabs(experiment_gain(e, &pairs).mid) < 1e-12);
	assert_int_equal(pairs, 2);
	assert_null(run_partner(&e->runs[1], e->dense));
	assert_ptr_equal(run_partner(&e->runs[2], e->dense), &e->dense->runs[2]);
	assert_ptr_equal(experiment_run(e, 2), &e->runs[1]);
	assert_null(experiment_run(e, 4));
	/* A hole is as bad as an end that is missing. */
	experiment_list_destroy(&list);
	t.v[0].seed = 4;
	list = list_of(&t);
	assert_int_equal(experiment_short(&list.v[0]), 2);
	experiment_list_destroy(&list);
}

static void other_weights_are_noticed(void **state)
{
	static const char *const again[] = {"run", "run2"};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct trains t = {.n = 0};
		struct experiment_list list;
		struct train_record *r;

		add(&t, "run", "topk", 1, 1, 2);
		add(&t, "run", "topk", 2, 1, 2);
		r = add(&t, again[i], "topk", 2, 1, 2);
		SET(r[0].weights_digest, ""); /* an older record says nothing */
		SET(r[1].weights_digest, "other");
		list = list_of(&t);
		assert_int_equal(list.v[0].n, 2);
		assert_false(list.v[0].runs[0].other_weights);
		assert_true(list.v[0].runs[1].other_weights);
		assert_int_equal(experiment_unreproduced(&list.v[0]), 1);
		experiment_list_destroy(&list);
		SET(r[1].weights_digest, "topk-2-2");
		list = list_of(&t);
		assert_int_equal(experiment_unreproduced(&list.v[0]), 0);
		experiment_list_destroy(&list);
	}
}

/* Where one copy was timed, its epoch has a time. */
static void timed_copies_are_preferred(void **state)
{
	struct trains t = {.n = 0};
	struct experiment_list list;

	(void)state;
	add(&t, "run1", "topk", 1, 1, 1);
	SET(add(&t, "run2", "topk", 1, 1, 1)->degraded, "parallel");
	list = list_of(&t);
	assert_string_equal(list.v[0].runs[0].epochs[0]->run_id, "run1");
	assert_true(experiment_median(&list.v[0], train_epoch_s) == 1);
	experiment_list_destroy(&list);
	assert_int_equal(experiment_list_create(&list, NULL, 0), 0);
	assert_int_equal(list.n, 0);
	experiment_list_destroy(&list);
}

static void strikes_change_something(void **state)
{
	struct trains t = {.n = 0};
	struct train_record *r = add(&t, "run", "topk", 1, 1, 5);
	struct experiment_list list;
	static const bool struck[] = {true, true, false, false, false};

	(void)state;
	for (int i = 0; i < 5; i++) {
		SET(r[i].event, i == 3 ? "" : "anneal_both");
		SET(r[i].policy, "anneal-both");
		r[i].lr = i ? 0.5 : 1;
		r[i].mean_k = i < 2 ? 20 : i < 4 ? 10 : 5;
	}
	add(&t, "run2", "topk", 1, 1, 1); /* another experiment: without annealing */
	list = list_of(&t);
	for (int i = 0; i < list.n; i++)
		for (int j = 0; j < list.v[i].runs[0].n; j++)
			assert_int_equal(run_struck(&list.v[i].runs[0], j), list.v[i].runs[0].n == 5 && struck[j]);
	experiment_list_destroy(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_need_turns),	      cmocka_unit_test(epochs_count_once),
		cmocka_unit_test(short_runs_are_left_out),    cmocka_unit_test(other_weights_are_noticed),
		cmocka_unit_test(timed_copies_are_preferred), cmocka_unit_test(strikes_change_something),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
