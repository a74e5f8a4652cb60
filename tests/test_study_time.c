/* SPDX-License-Identifier: MIT */
/* Time to an accuracy: epochs from one file, seconds from another, and the front of those that nothing beats. */
#include "report/study_time.h"
#include "report/study_time_tables.h"
#include "summary_tables.h"
#include "toy_study.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
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
static void add_training(struct study *s, struct toy t)
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
	add_training(&s, (struct toy){.method = "dense", .accuracy = 0.983, .climb = 0.001, .epoch_s = 4});
	add_training(&s, (struct toy){.method = "topk", .k = "20", .accuracy = 0.981, .climb = 0.001, .epoch_s = 2});
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
	add_training(&s, (struct toy){.method = "dense", .accuracy = 0.975, .climb = 0.0001, .epoch_s = 4});
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
	add_training(&s, (struct toy){.method = "dense", .accuracy = 0.98, .epoch_s = 4});
	add_training(&s, (struct toy){.method = "topk", .k = "20", .accuracy = 0.99});
	finish(&s);
	p = find(&s, "topk");
	assert_null(p->timed);
	assert_true(isnan(experiment_speedup(p->learned, train_epoch_s).mid));
	assert_true(isnan(p->epoch_s.mid) && isnan(p->total_s.mid) && isnan(p->to[0].seconds.mid));
	assert_int_equal(p->to[0].reached, 10);
	assert_false(p->front);
	assert_true(find(&s, "dense")->front);
	destroy(&s);
}

/* Only the learning rate is annealed: the work is the same, and so are the times. */
static void test_annealed_rate_has_the_times_of_a_constant_one(void **state)
{
	struct study s = {.times = {0}};

	(void)state;
	add_training(&s, (struct toy){.method = "dense", .accuracy = 0.98, .epoch_s = 4});
	add_training(&s, (struct toy){.method = "topk", .k = "20", .accuracy = 0.98, .epoch_s = 2});
	add_training(&s, (struct toy){.method = "topk", .k = "20", .policy = "anneal-lr", .accuracy = 0.99});
	add_training(&s, (struct toy){.method = "topk", .k = "20", .policy = "anneal-k", .accuracy = 0.99});
	finish(&s);
	assert_int_equal(s.times.n, 4);
	for (int i = 0; i < s.times.n; i++) {
		const struct train_record *key = s.times.v[i].learned->key;

		assert_true(!s.times.v[i].timed == !strcmp(key->policy, "anneal-k"));
		if (!strcmp(key->policy, "anneal-lr"))
			assert_string_equal(time_name(key).s, "topk k=20 anneal-lr");
	}
	destroy(&s);
}

static void test_front(void **state)
{
	struct study s = {.times = {0}};

	(void)state;
	add_training(&s, (struct toy){.method = "dense", .accuracy = 0.983, .epoch_s = 4});
	add_training(&s, (struct toy){.method = "topk", .k = "20", .accuracy = 0.981, .epoch_s = 2});
	add_training(&s, (struct toy){.method = "norm", .accuracy = 0.981, .tau = 0.9, .epoch_s = 3});
	add_training(&s, (struct toy){.method = "random_k", .k = "20", .accuracy = 0.95, .epoch_s = 1});
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
	add_training(&s, (struct toy){.method = "dense", .accuracy = 0.983, .epoch_s = 4});
	add_training(&s, (struct toy){.method = "topk", .k = "20", .batch = 10, .accuracy = 0.981, .epoch_s = 2});
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

static void test_line(void **state)
{
	const double x[] = {1, 2, 4, 8}, y[] = {3, 5, 9, 17}, bent[] = {1, 4, 16, 64};
	struct line l = line_fit(x, y, 4);

	(void)state;
	NEAR(l.start, 1);
	NEAR(l.slope, 2);
	NEAR(l.r2, 1);
	assert_true(l.worst < 1e-9);
	l = line_fit(x, bent, 4);
	assert_true(l.r2 < 0.98 && l.worst > 1);
}

/* Alone on the machine, without accuracies. */
static void add_alone(struct study *s, const char *method, const char *k, double epoch_s, const char *lazy)
{
	char label[64];

	snprintf(label, sizeof(label), "time: %s k=%s lazy=%s", method, k, lazy);
	toy_study_add(&s->rows, &(struct toy){.experiment = label,
					      .method = method,
					      .k = k,
					      .dropout = 0.1,
					      .lazy = lazy,
					      .epoch_s = epoch_s,
					      .seeds = 1,
					      .epochs = 6,
					      .run_id = lazy,
					      .accuracy = 0.9});
}

static void test_tables(void **state)
{
	struct study s = {.times = {0}};
	struct table_list out = {0};
	const struct table *t;

	(void)state;
	add_training(&s,
		     (struct toy){.method = "dense", .dropout = 0.1, .accuracy = 0.983, .climb = 0.001, .epoch_s = 4});
	add_training(&s, (struct toy){.method = "topk", .k = "20", .dropout = 0.1, .accuracy = 0.976, .epoch_s = 2});
	add_alone(&s, "dense", "0", 4, "yes");
	add_alone(&s, "topk", "30", 1, "yes");
	add_alone(&s, "dense", "0", 4, "no");
	add_alone(&s, "topk", "40", 1, "no");
	add_alone(&s, "topk", "80", 2, "no");
	add_alone(&s, "topk", "160", 4, "no");
	finish(&s);
	assert_int_equal(summary_times(&s.experiments, &out), 0);
	free(render(&out));
	t = find_table(&out, "Time to accuracy");
	assert_string_equal(table_cell(t, 1, 0)->text, "topk k=20");
	expect(t, "topk k=20", "s/epoch", "2.00", CELL_PLAIN);
	expect(t, "topk k=20", "end to end", "2.00x ±0%", CELL_BEST);
	expect(t, "topk k=20", "98.0 %", "0 of 10", CELL_PLAIN);
	expect(t, "topk k=20", "97.5 %", "10 of 10: 1 epoch", CELL_PLAIN);
	expect(t, "dense", "end to end", "base", CELL_PLAIN);
	assert_int_equal(table_cell(t, 1, 0)->mark, CELL_BEST);
	t = find_table(&out, "An epoch beside PyTorch");
	expect(t, "ours, topk k=30 lazy", "epoch s", "1.00", CELL_PLAIN);
	expect(t, "ours, topk k=30 lazy", "over PyTorch", "7.65x", CELL_PLAIN);
	expect(t, "ours, topk k=30 lazy", "over our dense", "4.00x ±0%", CELL_BEST);
	t = find_table(&out, "The backward pass over k");
	expect(t, "40", "% of dense's backward", "25.0", CELL_PLAIN);
	table_list_destroy(&out);
	destroy(&s);
}

static void test_nothing(void **state)
{
	struct study s = {.times = {0}};
	struct table_list out = {0};

	(void)state;
	finish(&s);
	assert_int_equal(s.times.n, 0);
	assert_int_equal(summary_times(&s.experiments, &out), 0);
	assert_int_equal(out.count, 0);
	destroy(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seconds_are_epochs_times_ratio),
		cmocka_unit_test(test_seeds_that_never_get_there),
		cmocka_unit_test(test_what_was_not_timed),
		cmocka_unit_test(test_front),
		cmocka_unit_test(test_annealed_rate_has_the_times_of_a_constant_one),
		cmocka_unit_test(test_bases),
		cmocka_unit_test(test_rows_of_train_time_themselves),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
