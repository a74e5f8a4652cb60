/* SPDX-License-Identifier: MIT */
/* Time to an accuracy: epochs from one file, seconds from another, and the front of those that nothing beats. */
#include "report/study_time.h"
#include "toy_study.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define NEAR(a, b) assert_true(fabs((a) - (b)) < 1e-9)

struct study {
	struct toy_study rows;
	struct experiment_list experiments;
	struct time_list times;
};

static void finish(struct study *s)
{
	assert_int_equal(experiment_list_create(&s->experiments, s->rows.v, s->rows.n), 0);
	assert_int_equal(time_list_create(&s->times, &s->experiments), 0);
}

static void destroy(struct study *s)
{
	time_list_destroy(&s->times);
	experiment_list_destroy(&s->experiments);
	toy_study_free(&s->rows);
}

static const struct time_point *find(const struct study *s, const char *method)
{
	for (int i = 0; i < s->times.n; i++) {
		if (strcmp(s->times.v[i].learned->key->method, method) == 0)
			return &s->times.v[i];
	}
	fail_msg("no point of method %s", method);
	return NULL;
}

/* Accuracies in parallel, times of fewer seeds and epochs alone. */
static void add(struct study *s, struct toy t)
{
	double seconds = t.epoch_s;
	char label[64];

	t.parallel = true;
	t.epoch_s = 99;
	toy_study_add(&s->rows, &t);
	if (seconds <= 0)
		return;
	snprintf(label, sizeof(label), "time: %s", t.method);
	t.experiment = label;
	t.parallel = false;
	t.epoch_s = seconds;
	t.seeds = 2;
	t.epochs = 4;
	t.run_id = "alone";
	toy_study_add(&s->rows, &t);
}

static void test_seconds_are_epochs_times_ratio(void **state)
{
	struct study s = {.times = {0}};
	const struct time_point *p;

	(void)state;
	add(&s, (struct toy){.method = "dense", .accuracy = 0.983, .climb = 0.001, .epoch_s = 4});
	add(&s, (struct toy){.method = "topk", .k = "20", .accuracy = 0.981, .climb = 0.001, .epoch_s = 2});
	finish(&s);
	assert_int_equal(s.times.n, 2);
	p = find(&s, "topk");
	NEAR(p->speedup.mid, 2);
	NEAR(p->backward_speedup.mid, 2);
	NEAR(p->epoch_s.mid, 2);
	NEAR(p->total_s.mid, 40);
	assert_int_equal(p->epochs, 20);
	/* 0.981 +- 0.001 of luck in epoch 20, 0.001 less in each before: 0.975 about 6 epochs earlier. */
	assert_int_equal(p->to[0].reached, 10);
	assert_true(p->to[0].epochs.mid >= 13 && p->to[0].epochs.mid <= 15);
	NEAR(p->to[0].seconds.mid, 2 * p->to[0].epochs.mid);
	assert_true(p->to[0].seconds.level >= 0.95 && p->to[0].seconds.low <= p->to[0].seconds.mid);
	NEAR(find(&s, "dense")->epoch_s.mid, 4);
	assert_true(find(&s, "dense")->front && p->front);
	destroy(&s);
}

static void test_seeds_that_never_get_there(void **state)
{
	struct study s = {.times = {0}};
	const struct time_to *to;

	(void)state;
	/* Luck of 0.001 around the goal: some seeds reach it, none reaches the other. */
	add(&s, (struct toy){.method = "dense", .accuracy = 0.975, .climb = 0.0001, .epoch_s = 4});
	finish(&s);
	to = find(&s, "dense")->to;
	assert_int_equal(to[0].seeds, 10);
	assert_true(to[0].reached > 0 && to[0].reached < 10);
	assert_true(isinf(to[0].epochs.high));
	assert_int_equal(to[1].reached, 0);
	assert_true(isinf(to[1].epochs.mid) && isinf(to[1].epochs.low) && isinf(to[1].seconds.mid));
	destroy(&s);
}

static void test_what_was_not_timed(void **state)
{
	struct study s = {.times = {0}};
	const struct time_point *p;

	(void)state;
	add(&s, (struct toy){.method = "dense", .accuracy = 0.98, .epoch_s = 4});
	add(&s, (struct toy){.method = "topk", .k = "20", .accuracy = 0.99});
	finish(&s);
	p = find(&s, "topk");
	assert_null(p->timed);
	assert_true(isnan(p->epoch_s.mid) && isnan(p->total_s.mid) && isnan(p->to[0].seconds.mid));
	assert_int_equal(p->to[0].reached, 10);
	assert_false(p->front);
	assert_true(find(&s, "dense")->front);
	destroy(&s);
}

static void test_front(void **state)
{
	struct study s = {.times = {0}};

	(void)state;
	add(&s, (struct toy){.method = "dense", .accuracy = 0.983, .epoch_s = 4});
	add(&s, (struct toy){.method = "topk", .k = "20", .accuracy = 0.981, .epoch_s = 2});
	add(&s, (struct toy){.method = "norm", .accuracy = 0.981, .tau = 0.9, .epoch_s = 3});
	add(&s, (struct toy){.method = "random_k", .k = "20", .accuracy = 0.95, .epoch_s = 1});
	finish(&s);
	assert_true(find(&s, "dense")->front && find(&s, "topk")->front && find(&s, "random_k")->front);
	assert_false(find(&s, "norm")->front);
	destroy(&s);
}

/* A narrow net took turns with no dense net of its own command but itself; another recipe is no base. */
static void test_bases(void **state)
{
	struct study s = {.times = {0}};
	const struct time_point *p;

	(void)state;
	add(&s, (struct toy){.method = "dense", .accuracy = 0.983, .epoch_s = 4});
	add(&s, (struct toy){.method = "topk", .k = "20", .batch = 10, .accuracy = 0.981, .epoch_s = 2});
	finish(&s);
	p = find(&s, "topk");
	assert_null(p->base);
	assert_true(isnan(p->speedup.mid));
	NEAR(p->epoch_s.mid, 2);
	destroy(&s);
}

static void test_rows_of_train_time_themselves(void **state)
{
	struct study s = {.times = {0}};

	(void)state;
	toy_study_add(&s.rows, &(struct toy){.method = "dense", .accuracy = 0.98, .epoch_s = 4});
	toy_study_add(&s.rows, &(struct toy){.method = "topk", .k = "20", .accuracy = 0.98, .epoch_s = 1});
	finish(&s);
	NEAR(find(&s, "topk")->speedup.mid, 4);
	assert_ptr_equal(find(&s, "topk")->timed, find(&s, "topk")->learned);
	destroy(&s);
}

static void test_nothing(void **state)
{
	struct study s = {.times = {0}};

	(void)state;
	finish(&s);
	assert_int_equal(s.times.n, 0);
	destroy(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seconds_are_epochs_times_ratio),
		cmocka_unit_test(test_seeds_that_never_get_there),
		cmocka_unit_test(test_what_was_not_timed),
		cmocka_unit_test(test_front),
		cmocka_unit_test(test_bases),
		cmocka_unit_test(test_rows_of_train_time_themselves),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
