/* SPDX-License-Identifier: MIT */
/*
 * The check of an optimiser's step: what the reference does, rounded to float, is accepted; steps that are wrong on
 * purpose are rejected, each for every optimiser, with a dense gradient and a lazy one.
 */
#include "base/rng.h"
#include "measure/check.h"
#include "reference.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ROWS 23
#define COLS 37
#define N (ROWS * COLS)
#define SEED 11

static const char *const names[] = {"sgd", "momentum", "adagrad", "adam"};
static const int n_states[] = {0, 1, 1, 2};

struct fixture {
	struct kernel_args args;
	struct row_list touched;
	int32_t row[ROWS];
	float param[N], grad[N], state1[N], state2[N];
};

static void fixture_fill(struct fixture *t, int optimizer, bool lazy)
{
	struct rng r = rng_create(SEED, 0);

	memset(t, 0, sizeof(*t));
	for (int i = 0; i < N; i++) {
		t->param[i] = (float)rng_gaussian(&r);
		t->grad[i] = (float)rng_gaussian(&r);
		t->state1[i] = (float)fabs(rng_gaussian(&r));
		t->state2[i] = (float)fabs(rng_gaussian(&r));
	}
	t->touched.row = t->row;
	for (int i = 1; i < ROWS; i += 2)
		t->row[t->touched.count++] = i;
	t->args.update = (struct update_args){.param = t->param,
					      .grad = t->grad,
					      .state1 = n_states[optimizer] > 0 ? t->state1 : NULL,
					      .state2 = n_states[optimizer] > 1 ? t->state2 : NULL,
					      .touched = lazy ? &t->touched : NULL,
					      .rows = ROWS,
					      .cols = COLS,
					      .lazy = lazy,
					      .lr = 0.01f,
					      .beta1 = 0.9f,
					      .beta2 = 0.999f,
					      .eps = 1e-8f,
					      .step = 3};
}

static void step_right(const struct fixture *t, const char *name, const struct update_args *by)
{
	static double v[3][N];
	float *const to[3] = {t->args.update.param, t->args.update.state1, t->args.update.state2};

	for (int a = 0; a < 3; a++)
		for (int i = 0; to[a] && i < N; i++)
			v[a][i] = (double)to[a][i];
	assert_true(reference_update(name, by, v[0], v[1], v[2]));
	for (int a = 0; a < 3; a++)
		for (int i = 0; to[a] && i < N; i++)
			to[a][i] = (float)v[a][i];
}

typedef void mutant_fn(struct fixture *t, struct update_args *by);

static void keep_right(struct fixture *t, struct update_args *by)
{
	(void)t;
	(void)by;
}

static void step_too_far(struct fixture *t, struct update_args *by)
{
	(void)t;
	by->lr *= 1.001f;
}

static void leave_last_row(struct fixture *t, struct update_args *by)
{
	(void)t;
	by->rows--;
	if (by->touched)
		t->touched.count--;
}

static void leave_last_columns(struct fixture *t, struct update_args *by)
{
	static float grad[N];

	memcpy(grad, t->grad, sizeof(grad));
	for (int r = 0; r < ROWS; r++)
		memset(grad + r * COLS + COLS - 5, 0, 5 * sizeof(float));
	by->grad = grad;
}

static void swap_rows(struct fixture *t, struct update_args *by)
{
	static float grad[N];

	memcpy(grad, t->grad, sizeof(grad));
	memcpy(grad + 3 * COLS, t->grad + 5 * COLS, COLS * sizeof(float));
	memcpy(grad + 5 * COLS, t->grad + 3 * COLS, COLS * sizeof(float));
	by->grad = grad;
}

static void decay_less(struct fixture *t, struct update_args *by)
{
	(void)t;
	by->l1 *= 0.99f;
}

static void decay_not_at_all(struct fixture *t, struct update_args *by)
{
	(void)t;
	by->l1 = by->l2 = 0;
}

static const struct {
	const char *what;
	mutant_fn *change;
} mutants[] = {
	{"right", keep_right},
	{"a step too far", step_too_far},
	{"last row left out", leave_last_row},
	{"last columns without gradient", leave_last_columns},
	{"gradients of two rows swapped", swap_rows},
	/* From here on there is a decay. */
	{"right", keep_right},
	{"the sign counts less", decay_less},
	{"no decay", decay_not_at_all},
	{"last row left out", leave_last_row},
};

#define FIRST_DECAYED 5

static struct check judge(const struct fixture *t, const char *name, struct update_before *before)
{
	struct check c = check_update(name, &t->args, before, SEED);

	check_update_end(before, &t->args.update);
	return c;
}

static void try_mutant(int optimizer, bool lazy, size_t mutant)
{
	static struct fixture t, before;
	struct update_args by;
	struct check c;
	int32_t count;

	fixture_fill(&t, optimizer, lazy);
	t.args.update.l1 = mutant < FIRST_DECAYED ? 0 : 0.1f;
	t.args.update.l2 = mutant < FIRST_DECAYED ? 0 : 0.2f;
	before = t;
	count = t.touched.count;
	by = t.args.update;
	mutants[mutant].change(&t, &by);
	struct update_before *saved = check_update_begin(&t.args.update);

	step_right(&t, names[optimizer], &by);
	t.touched.count = count;
	c = judge(&t, names[optimizer], saved);
	if (c.ok != (mutants[mutant].change == keep_right))
		fail_msg("%s, %s, %s: %s", names[optimizer], lazy ? "lazy" : "dense", mutants[mutant].what, c.why);
	/* What was there before is back. */
	assert_memory_equal(t.param, before.param, sizeof(t.param));
	assert_memory_equal(t.state1, before.state1, sizeof(t.state1));
	assert_memory_equal(t.state2, before.state2, sizeof(t.state2));
}

static void rejects_mutants(void **state)
{
	(void)state;
	for (int o = 0; o < 4; o++)
		for (int lazy = 0; lazy < 2; lazy++)
			for (size_t m = 0; m < sizeof(mutants) / sizeof(mutants[0]); m++)
				try_mutant(o, lazy, m);
}

/* One element wrong by the least bit is seen where nothing may change, one NaN anywhere. */
static void rejects_single_elements(void **state)
{
	static struct fixture t;

	(void)state;
	for (int o = 0; o < 4; o++)
		for (int at = 0; at < 4 * COLS; at += 7) {
			struct update_before *before;

			fixture_fill(&t, o, true);
			before = check_update_begin(&t.args.update);
			step_right(&t, names[o], &t.args.update);
			if (at / COLS % 2)
				t.param[at] = NAN;
			else
				t.param[at] = nextafterf(t.param[at], 10);
			assert_false(judge(&t, names[o], before).ok);
		}
}

static void takes_no_rows_and_no_columns(void **state)
{
	static struct fixture t;

	(void)state;
	for (int empty = 0; empty < 3; empty++) {
		struct update_before *before;

		fixture_fill(&t, 3, true);
		t.args.update.rows = empty == 0 ? 0 : ROWS;
		t.args.update.cols = empty == 1 ? 0 : COLS;
		t.touched.count = 0;
		before = check_update_begin(&t.args.update);
		assert_true(judge(&t, "adam", before).ok);
	}
	assert_false(check_update("adam", &t.args, NULL, SEED).ok);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rejects_mutants),
		cmocka_unit_test(rejects_single_elements),
		cmocka_unit_test(takes_no_rows_and_no_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
