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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_need_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
