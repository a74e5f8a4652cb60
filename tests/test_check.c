/* SPDX-License-Identifier: MIT */
/*
 * The checker against products that are wrong on purpose: each mutant must be rejected, the right result accepted.
 * Right results come from the reference in double, rounded to float.
 */
#include "check_data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

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
		cmocka_unit_test(test_sample_rows),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
