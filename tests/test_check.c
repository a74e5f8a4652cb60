/* SPDX-License-Identifier: MIT */
/*
 * The checker against results that are wrong on purpose: each mutant must be rejected, the right result accepted. Right
 * results come from the reference in double, rounded to float.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "measure/check.h"
#include "reference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 13
#define N_IN 37
#define N_OUT 29
#define STRIDE (N_OUT + SPARSE_PAD)
#define SEED 7

struct fixture {
	struct kernel_args args;
	struct sparse_dy kept;
	struct row_list rows;
	int32_t count[BATCH], index[BATCH * STRIDE], row[N_OUT];
	float value[BATCH * STRIDE];
	float x[BATCH * N_IN], w[N_OUT * N_IN], bias[N_OUT], dy[BATCH * N_OUT];
	float y[BATCH * N_OUT], dx[BATCH * N_IN], dw[N_OUT * N_IN];
	uint8_t keep[BATCH * N_OUT];
};

static void fill(float *v, int n, struct rng *r)
{
	for (int i = 0; i < n; i++)
		v[i] = (float)rng_gaussian(r);
}

static void fixture_create(struct fixture *t)
{
	struct rng r = rng_create(SEED, 1);

	memset(t, 0, sizeof(*t));
	fill(t->x, BATCH * N_IN, &r);
	fill(t->w, N_OUT * N_IN, &r);
	fill(t->bias, N_OUT, &r);
	fill(t->dy, BATCH * N_OUT, &r);
	for (int i = 0; i < BATCH * N_OUT; i += 3)
		t->dy[i] = 0;
	t->kept = (struct sparse_dy){STRIDE, t->count, t->index, t->value};
	t->rows.row = t->row;
	t->args = (struct kernel_args){.batch = BATCH,
				       .n_in = N_IN,
				       .n_out = N_OUT,
				       .k = 4,
				       .tau = 0.5f,
				       .rescale = 1,
				       .x = t->x,
				       .w = t->w,
				       .bias = t->bias,
				       .relu = true,
				       .dy = t->dy,
				       .kept = &t->kept,
				       .y = t->y,
				       .dx = t->dx,
				       .dw = t->dw};
}

/* kept from t->keep. */
static void keep_to_kept(struct fixture *t)
{
	for (int b = 0; b < BATCH; b++) {
		t->count[b] = 0;
		for (int o = 0; o < N_OUT; o++) {
			int at = b * STRIDE + t->count[b];

			if (!t->keep[b * N_OUT + o])
				continue;
			t->index[at] = o;
			t->value[at] = t->dy[b * N_OUT + o] * t->args.rescale;
			t->count[b]++;
		}
	}
}

static void select_right(struct fixture *t, const char *method)
{
	if (strcmp(method, "random_k"))
		assert_true(reference_keep(method, &t->args, t->keep));
	else
		for (int i = 0; i < BATCH * N_OUT; i++)
			t->keep[i] = (i % N_OUT + 5 * (i / N_OUT)) % N_OUT < t->args.k;
	keep_to_kept(t);
}

static struct check verdict(const struct fixture *t, enum kernel_op op, const char *method)
{
	return check_kernel(op, method, &t->args, SEED);
}

static void accept(const struct fixture *t, enum kernel_op op, const char *method)
{
	struct check c = verdict(t, op, method);

	if (!c.ok)
		fail_msg("%s %s: %s", kernel_op_name(op), method, c.why);
	assert_true(c.max_err <= 1);
}

static void reject(const struct fixture *t, enum kernel_op op, const char *method, const char *mutant)
{
	struct check c = verdict(t, op, method);

	if (c.ok)
		fail_msg("%s %s: the mutant '%s' was accepted", kernel_op_name(op), method, mutant);
	assert_true(c.why[0]);
}

/* Mutations of a (rows, cols) result. */
static void all_zeros(float *m, int rows, int cols)
{
	memset(m, 0, sizeof(*m) * (size_t)(rows * cols));
}

static void skipped_row(float *m, int rows, int cols)
{
	memset(m + (rows / 2) * cols, 0, sizeof(*m) * (size_t)cols);
}

static void swapped_rows(float *m, int rows, int cols)
{
	(void)rows;
	for (int i = 0; i < cols; i++) {
		float v = m[i];

		m[i] = m[cols + i];
		m[cols + i] = v;
	}
}

static void scaled(float *m, int rows, int cols)
{
	for (int i = 0; i < rows * cols; i++)
		m[i] *= 1.001f;
}

static void off_by_one_column(float *m, int rows, int cols)
{
	for (int r = 0; r < rows; r++)
		memmove(m + r * cols + 1, m + r * cols, sizeof(*m) * (size_t)(cols - 1));
}

static void one_entry_nan(float *m, int rows, int cols)
{
	m[rows * cols - 1] = NAN;
}

static void one_entry_infinite(float *m, int rows, int cols)
{
	m[(rows - 1) * cols] = INFINITY;
}

static void unwritten_tail(float *m, int rows, int cols)
{
	m[rows * cols - 2] = NAN;
	m[rows * cols - 1] = NAN;
}

static void one_entry_wrong(float *m, int rows, int cols)
{
	m[(rows - 1) * cols + cols / 2] += 0.5f;
}

static const struct {
	const char *name;
	void (*mutate)(float *m, int rows, int cols);
} mutants[] = {
	{"all zeros", all_zeros},
	{"skipped row", skipped_row},
	{"swapped rows", swapped_rows},
	{"scaled by 1.001", scaled},
	{"off by one column", off_by_one_column},
	{"one NaN", one_entry_nan},
	{"one infinity", one_entry_infinite},
	{"tail not written", unwritten_tail},
	{"one wrong entry", one_entry_wrong},
};

typedef void product_fn(const struct kernel_args *args, const uint8_t *keep, double scale, double *out, double *bound);

static void multiply_right(struct fixture *t, product_fn *product, float *m, int rows, bool sparse)
{
	double out[N_OUT * N_IN], bound[N_OUT * N_IN];

	product(&t->args, sparse ? t->keep : NULL, (double)t->args.rescale, out, bound);
	for (int i = 0; i < rows * N_IN; i++)
		m[i] = (float)out[i];
}

static void try_products(struct fixture *t, enum kernel_op op, bool sparse, const char *name)
{
	bool weights = op == OP_BACKWARD_WEIGHTS;
	product_fn *product = weights ? reference_backward_weights : reference_backward_data;
	float *m = weights ? t->dw : t->dx;
	int rows = weights ? N_OUT : BATCH;

	t->args.kept = sparse ? &t->kept : NULL;
	multiply_right(t, product, m, rows, sparse);
	accept(t, op, name);
	for (size_t i = 0; i < sizeof(mutants) / sizeof(mutants[0]); i++) {
		multiply_right(t, product, m, rows, sparse);
		mutants[i].mutate(m, rows, N_IN);
		reject(t, op, name, mutants[i].name);
	}
	check_poison(op, &t->args);
	reject(t, op, name, "nothing written");
}

static void test_dense_products(void **state)
{
	struct fixture t;

	(void)state;
	fixture_create(&t);
	try_products(&t, OP_BACKWARD_DATA, false, "dense");
	try_products(&t, OP_BACKWARD_WEIGHTS, false, "dense");
}

static void test_sparse_products(void **state)
{
	struct fixture t;

	(void)state;
	fixture_create(&t);
	select_right(&t, "topk");
	try_products(&t, OP_BACKWARD_DATA, true, "topk");
	try_products(&t, OP_BACKWARD_WEIGHTS, true, "topk");
	t.args.rescale = 2.5f;
	select_right(&t, "random_k");
	try_products(&t, OP_BACKWARD_DATA, true, "random_k");
	try_products(&t, OP_BACKWARD_WEIGHTS, true, "random_k");
}

/* The dense result where the sparse one is wanted, and an earlier result left in place. */
static void test_products_of_another_problem(void **state)
{
	struct fixture t;

	(void)state;
	fixture_create(&t);
	select_right(&t, "topk");
	multiply_right(&t, reference_backward_data, t.dx, BATCH, false);
	multiply_right(&t, reference_backward_weights, t.dw, N_OUT, false);
	reject(&t, OP_BACKWARD_DATA, "topk", "dense result");
	reject(&t, OP_BACKWARD_WEIGHTS, "topk", "dense result");
	multiply_right(&t, reference_backward_data, t.dx, BATCH, true);
	t.args.k = 5;
	select_right(&t, "topk");
	reject(&t, OP_BACKWARD_DATA, "topk", "result of k = 4 for k = 5");
}

static void write_touched_rows(struct fixture *t)
{
	float whole[N_OUT * N_IN];

	multiply_right(t, reference_backward_weights, whole, N_OUT, true);
	check_poison(OP_BACKWARD_WEIGHTS, &t->args);
	t->rows.count = 0;
	for (int o = 0; o < N_OUT; o++) {
		bool touched = false;

		for (int b = 0; b < BATCH; b++)
			touched |= t->keep[b * N_OUT + o];
		if (!touched)
			continue;
		memcpy(t->dw + o * N_IN, whole + o * N_IN, sizeof(*whole) * N_IN);
		t->row[t->rows.count++] = o;
	}
}

static void test_touched_rows(void **state)
{
	struct fixture t;

	(void)state;
	fixture_create(&t);
	t.args.k = 1;
	t.args.dw_rows = &t.rows;
	select_right(&t, "topk");
	write_touched_rows(&t);
	assert_in_range(t.rows.count, 1, N_OUT - 1);
	accept(&t, OP_BACKWARD_WEIGHTS, "topk");
	t.rows.count--;
	reject(&t, OP_BACKWARD_WEIGHTS, "topk", "last row not listed");
	t.rows.count += 2;
	t.row[t.rows.count - 1] = N_OUT - 1;
	reject(&t, OP_BACKWARD_WEIGHTS, "topk", "a row too many");
	write_touched_rows(&t);
	t.row[0] = t.row[1];
	reject(&t, OP_BACKWARD_WEIGHTS, "topk", "a row twice");
	write_touched_rows(&t);
	for (int o = 0; o < N_OUT; o++)
		if (isnan(t.dw[o * N_IN]))
			memset(t.dw + o * N_IN, 0, sizeof(float) * N_IN);
	reject(&t, OP_BACKWARD_WEIGHTS, "topk", "untouched rows cleared");
}

static void test_forward(void **state)
{
	struct fixture t;
	double out[BATCH * N_OUT], bound[BATCH * N_OUT];

	(void)state;
	fixture_create(&t);
	reference_forward(&t.args, out, bound);
	for (size_t i = 0; i <= sizeof(mutants) / sizeof(mutants[0]); i++) {
		for (int j = 0; j < BATCH * N_OUT; j++)
			t.y[j] = (float)out[j];
		if (!i) {
			accept(&t, OP_FORWARD, "dense");
			continue;
		}
		mutants[i - 1].mutate(t.y, BATCH, N_OUT);
		reject(&t, OP_FORWARD, "dense", mutants[i - 1].name);
	}
}

static const char *const selections[] = {"topk", "unified_topk", "relu_skip", "threshold", "norm", "random_k"};
#define N_SELECTIONS (sizeof(selections) / sizeof(selections[0]))

static void test_right_selections(void **state)
{
	struct fixture t;
	const int ks[] = {0, 1, 4, N_OUT - 1, N_OUT};

	(void)state;
	for (size_t m = 0; m < N_SELECTIONS; m++)
		for (size_t i = 0; i < sizeof(ks) / sizeof(ks[0]); i++) {
			fixture_create(&t);
			t.args.k = ks[i];
			select_right(&t, selections[m]);
			accept(&t, OP_TOPK_SELECT, selections[m]);
		}
}

/* Row 3 keeps one of its columns in exchange for one it should not keep. */
static void exchange(struct fixture *t)
{
	uint8_t *keep = t->keep + 3 * N_OUT;
	int kept = 0, left = 0;

	while (!keep[kept])
		kept++;
	for (int o = 0; o < N_OUT; o++)
		if (!keep[o] && fabsf(t->dy[3 * N_OUT + o]) < fabsf(t->dy[3 * N_OUT + kept]))
			left = o;
	keep[kept] = 0;
	keep[left] = 1;
	keep_to_kept(t);
}

static void drop_one(struct fixture *t)
{
	t->count[BATCH - 1]--;
}

static void swap_order(struct fixture *t)
{
	int32_t *index = t->index + 5 * STRIDE, first = index[0];

	index[0] = index[1];
	index[1] = first;
}

static void wrong_value(struct fixture *t)
{
	t->value[2 * STRIDE] *= 1.0000002f;
}

static void swapped_examples(struct fixture *t)
{
	for (int j = 0; j < STRIDE; j++) {
		int32_t i = t->index[j];
		float v = t->value[j];

		t->index[j] = t->index[STRIDE + j];
		t->value[j] = t->value[STRIDE + j];
		t->index[STRIDE + j] = i;
		t->value[STRIDE + j] = v;
	}
}

static void out_of_range(struct fixture *t)
{
	t->index[4 * STRIDE + t->count[4] - 1] = N_OUT;
}

static void twice(struct fixture *t)
{
	t->index[4 * STRIDE + 1] = t->index[4 * STRIDE];
}

static void nothing_written(struct fixture *t)
{
	check_poison(OP_TOPK_SELECT, &t->args);
}

static void all_empty(struct fixture *t)
{
	memset(t->count, 0, sizeof(t->count));
}

static const struct {
	const char *name;
	void (*mutate)(struct fixture *t);
	bool random_too; /* wrong even for a random choice */
} selection_mutants[] = {
	{"a smaller entry kept", exchange, false},
	{"one entry dropped", drop_one, true},
	{"not ascending", swap_order, true},
	{"wrong value", wrong_value, true},
	{"swapped examples", swapped_examples, true},
	{"column out of range", out_of_range, true},
	{"a column twice", twice, true},
	{"nothing written", nothing_written, true},
	{"nothing kept", all_empty, true},
};

static void test_wrong_selections(void **state)
{
	struct fixture t;

	(void)state;
	for (size_t m = 0; m < N_SELECTIONS; m++)
		for (size_t i = 0; i < sizeof(selection_mutants) / sizeof(selection_mutants[0]); i++) {
			fixture_create(&t);
			select_right(&t, selections[m]);
			if (!strcmp(selections[m], "random_k") && !selection_mutants[i].random_too)
				continue;
			selection_mutants[i].mutate(&t);
			reject(&t, OP_TOPK_SELECT, selections[m], selection_mutants[i].name);
		}
}

/* Of equal magnitudes the lowest index must be kept. */
static void test_ties(void **state)
{
	struct fixture t;

	(void)state;
	fixture_create(&t);
	for (int i = 0; i < BATCH * N_OUT; i++)
		t.dy[i] = i % 2 ? 1 : -1;
	select_right(&t, "topk");
	accept(&t, OP_TOPK_SELECT, "topk");
	t.keep[t.args.k] = 1;
	t.keep[t.args.k - 1] = 0;
	keep_to_kept(&t);
	reject(&t, OP_TOPK_SELECT, "topk", "a later one of equals");
}

static void test_norm_of_another_tau(void **state)
{
	struct fixture t;

	(void)state;
	fixture_create(&t);
	t.args.tau = 0.6f;
	select_right(&t, "norm");
	t.args.tau = 0.5f;
	reject(&t, OP_TOPK_SELECT, "norm", "too much mass");
	t.args.tau = 0.7f;
	reject(&t, OP_TOPK_SELECT, "norm", "too little mass");
}

static void test_sample_rows(void **state)
{
	int32_t rows[100];

	(void)state;
	for (int n = 0; n <= 100; n += 20)
		for (int m = 0; m <= 120; m += 30) {
			int count = check_sample_rows(n, m, SEED, rows);

			assert_int_equal(count, m < n ? m : n);
			for (int i = 0; i < count; i++)
				assert_true(rows[i] >= (i ? rows[i - 1] + 1 : 0) && rows[i] < n);
		}
}

static void test_unknown(void **state)
{
	struct fixture t;

	(void)state;
	fixture_create(&t);
	reject(&t, OP_TOPK_SELECT, "no_such_method", "unknown method");
	reject(&t, OP_UPDATE, "sgd", "operation without a check");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dense_products),
		cmocka_unit_test(test_sparse_products),
		cmocka_unit_test(test_products_of_another_problem),
		cmocka_unit_test(test_touched_rows),
		cmocka_unit_test(test_forward),
		cmocka_unit_test(test_right_selections),
		cmocka_unit_test(test_wrong_selections),
		cmocka_unit_test(test_ties),
		cmocka_unit_test(test_norm_of_another_tau),
		cmocka_unit_test(test_sample_rows),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
