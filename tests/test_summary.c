/* SPDX-License-Identifier: MIT */
/* From synthetic records, whose ratios are known, to exact cells: speed-ups, break-even and the ledger. */
#include "report/format.h"
#include "summary_tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void test_speedup_and_break_even(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;
	const struct table *t;

	(void)state;
	add(k, DENSE(80000));
	add(k, &(struct point){.op = "backward", .method = "dense_blas", .dw = "full", .k = 500, .ns = 40000});
	add(k, TOPK(10, 20000));
	add(k, TOPK(40, 80000));
	add(k, &(struct point){.op = "backward", .method = "relu_skip", .dw = "full", .k = 250, .ns = 32000});
	add(k, &(struct point){.op = "backward",
			       .method = "norm",
			       .select = "quickselect",
			       .dw = "full",
			       .k = 44,
			       .tau = 0.5,
			       .ns = 50000});
	list = tables_of(k);
	t = find_table(&list, "Speed-up over the best dense");
	expect(t, "topk radix, full dW", "k=10", "2.00x ±0%", CELL_BEST);
	expect(t, "topk radix, full dW", "k=40", "0.50x ±0%", CELL_LOSS);
	expect(t, "topk radix, full dW", "break-even k*", "20 [20, 20]", CELL_PLAIN);
	expect(t, "relu_skip, full dW (mean k 250)", "all", "1.25x ±0%", CELL_BEST);
	expect(t, "relu_skip, full dW (mean k 250)", "break-even k*", "–", CELL_PLAIN);
	expect(t, "norm quickselect, full dW (tau)", "k=40", "0.80x ±0%", CELL_LOSS);
	expect(t, "norm quickselect, full dW (tau)", "break-even k*", "< 44", CELL_PLAIN);
	assert_non_null(strstr(t->note, "tau chosen"));
	assert_non_null(strstr(t->note, "dense_blas"));
	t = find_table(&list, "Dense");
	assert_int_equal(find_cell(t, "1", "dense_blas")->mark, CELL_BEST);
	assert_int_equal(find_cell(t, "1", "dense (ours)")->mark, CELL_PLAIN);
	table_list_destroy(&list);
}

/* The other builds of a run are for mepcompare alone. */
static void test_tables_speak_of_the_kernels_under_test(void **state)
{
	struct kernels *k = kernels_create();
	struct series_list base;
	struct table_list list;
	size_t n;

	(void)state;
	add(k, DENSE(80000));
	add(k, TOPK(10, 20000));
	n = k->n;
	add(k, DENSE(20000));
	add(k, TOPK(10, 10000));
	for (size_t i = n; i < k->n; i++)
		SET(k->v[i].build, "base");
	assert_int_equal(series_list_create_build(&base, k->v, k->n, "base"), 0);
	assert_int_equal(base.n, 2);
	assert_ptr_equal(base.v[0].key, &k->v[n]);
	assert_int_equal(base.v[0].n, ROUNDS);
	assert_int_equal(series_compare_cell(base.v[0].key, &k->v[0]), 0);
	assert_true(series_compare(base.v[0].key, &k->v[0]) > 0);
	series_list_destroy(&base);
	list = tables_of(k);
	expect(find_table(&list, "Speed-up over the best dense"), "topk radix, full dW", "k=10", "4.00x ±0%",
	       CELL_BEST);
	table_list_destroy(&list);
}

static void test_break_even_outside_what_was_measured(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;
	const struct table *t;

	(void)state;
	add(k, DENSE(40000));
	add(k, TOPK(5, 10000));
	add(k, TOPK(80, 30000));
	add(k, &(struct point){.op = "backward", .method = "random_k", .dw = "full", .k = 5, .ns = 50000});
	list = tables_of(k);
	t = find_table(&list, "Speed-up");
	expect(t, "topk radix, full dW", "break-even k*", "> 80", CELL_PLAIN);
	expect(t, "random_k, full dW", "break-even k*", "< 5", CELL_PLAIN);
	expect(t, "random_k, full dW", "k=80", "–", CELL_PLAIN);
	table_list_destroy(&list);
}

static void test_interval_that_covers_one_is_unsure(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;

	(void)state;
	add(k, DENSE(40000));
	add(k, &(struct point){.op = "backward", .method = "topk", .dw = "full", .k = 5, .ns = 40000, .wobble = 0.1});
	add(k, &(struct point){.op = "backward", .method = "topk", .dw = "full", .k = 9, .ns = 20000, .wobble = 0.1});
	list = tables_of(k);
	expect(find_table(&list, "Speed-up"), "topk, full dW", "k=5", "1.01x ±10%", CELL_UNSURE);
	expect(find_table(&list, "Speed-up"), "topk, full dW", "k=9", "2.02x ±10%", CELL_BEST);
	expect(find_table(&list, "Speed-up"), "topk, full dW", "break-even k*", "> 9 [< 5, > 9]", CELL_PLAIN);
	table_list_destroy(&list);
}

/* Against the best of what it may choose from: not against other methods, nor top-k with another k. */
static void test_auto_is_held_against_the_best_fixed_choice(void **state)
{
	static const struct point points[] = {
		{.op = "backward", .method = "dense", .dw = "full", .k = 500, .ns = 40000},
		{.op = "backward", .method = "relu_skip", .select = "mask", .dw = "rows", .k = 250, .ns = 50000},
		{.op = "backward", .method = "unified_topk", .dw = "rows", .k = 20, .ns = 1000},
		{.op = "backward", .method = "topk", .select = "heap", .dw = "rows", .k = 20, .ns = 20000},
		{.op = "backward", .method = "topk", .select = "radix", .dw = "rows", .k = 20, .ns = 10000},
		{.op = "backward", .method = "topk", .select = "radix", .dw = "rows", .k = 80, .ns = 44000},
		{.op = "backward", .method = "auto", .dw = "rows", .k = 20, .ns = 12500},
		{.op = "backward", .method = "auto", .dw = "rows", .k = 80, .ns = 40000},
	};
	struct kernels *k = kernels_create();
	struct table_list list;
	const struct table *t;

	(void)state;
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
		add(k, &points[i]);
	for (size_t i = 0; i < k->n; i++)
		if (!strcmp(k->v[i].method, "auto"))
			SET(k->v[i].chosen, k->v[i].k == 20 ? "topk heap" : "dense");
	list = tables_of(k);
	t = find_table(&list, "What auto chose");
	expect(t, "1", "k=20", "topk heap 0.80x ±0%", CELL_LOSS);
	expect(t, "1", "k=80", "dense 1.00x ±0%", CELL_UNSURE);
	expect(find_table(&list, "Speed-up over"), "auto", "k=20", "3.20x ±0%", CELL_PLAIN);
	table_list_destroy(&list);
}

static void test_too_few_rounds_have_no_interval(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;

	(void)state;
	add_rounds(k, DENSE(40000), 3);
	add_rounds(k, TOPK(5, 10000), 3);
	add_rounds(k, TOPK(80, 80000), 1);
	list = tables_of(k);
	expect(find_table(&list, "Speed-up"), "topk radix, full dW", "k=5", "4.00x n=3", CELL_PLAIN);
	expect(find_table(&list, "Speed-up"), "topk radix, full dW", "k=80", "0.50x n=1", CELL_PLAIN);
	expect(find_table(&list, "Speed-up"), "topk radix, full dW", "break-even k*", "32 ±?", CELL_PLAIN);
	table_list_destroy(&list);
}

static void test_mean_k_far_from_any_column_has_its_own(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;
	const struct table *t;

	(void)state;
	add(k, DENSE(40000));
	add(k, TOPK(10, 10000));
	add(k, &(struct point){.op = "backward", .method = "norm", .dw = "rows", .k = 9, .tau = 0.1, .ns = 20000});
	add(k, &(struct point){.op = "backward", .method = "norm", .dw = "rows", .k = 11, .tau = 0.2, .ns = 10000});
	add(k, &(struct point){.op = "backward", .method = "norm", .dw = "rows", .k = 30, .tau = 0.5, .ns = 80000});
	add(k, &(struct point){.op = "backward", .method = "norm", .dw = "full", .k = 30, .tau = 0.5, .ns = 160000});
	list = tables_of(k);
	t = find_table(&list, "Speed-up");
	assert_int_equal(t->n_cols, 5);
	expect(t, "norm (tau)", "k=30", "0.50x ±0%", CELL_LOSS);
	expect(t, "└ full dW", "k=30", "0.25x ±0%", CELL_LOSS);
	expect(t, "topk radix, full dW", "k=30", "–", CELL_PLAIN);
	table_list_destroy(&list);
}

static void test_wide_intervals_are_capped(void **state)
{
	struct interval r = {.mid = 1, .low = 0.1, .high = 48, .level = 0.95, .n = 6};

	(void)state;
	assert_string_equal(format_ratio(r).s, "1.00x ±>99%");
	r.high = 1.99;
	assert_string_equal(format_ratio(r).s, "1.00x ±99%");
	r = (struct interval){.mid = 1, .low = 1, .high = 1};
	assert_string_equal(format_ratio(r).s, "1.00x ±?");
}

static void test_missing_dense(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;

	(void)state;
	add(k, TOPK(5, 10000));
	add(k, &(struct point){.op = "backward", .method = "dense", .dw = "full", .ns = 1000, .threads = 2});
	list = tables_of(k);
	expect(find_table(&list, "Speed-up"), "topk radix, full dW", "k=5", "–", CELL_PLAIN);
	assert_non_null(strstr(find_table(&list, "Speed-up")->note, "none measured"));
	table_list_destroy(&list);
}

static void test_wrong_results_are_told_and_not_used(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;

	(void)state;
	add(k, DENSE(40000));
	add(k, TOPK(5, 10000));
	add_rounds(k,
		   &(struct point){.op = "backward",
				   .method = "topk",
				   .select = "heap",
				   .dw = "full",
				   .k = 5,
				   .ns = 10,
				   .check = "fail"},
		   1);
	list = tables_of(k);
	expect(find_table(&list, "WRONG"), "backward", "method", "topk heap, full dW", CELL_PLAIN);
	assert_int_equal(find_table(&list, "Speed-up")->n_rows, 2);
	table_list_destroy(&list);
}

static void test_dense_timed_again_pairs_with_its_neighbour(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;

	(void)state;
	add(k, DENSE(40000));
	add(k, TOPK(5, 10000));
	add(k, DENSE(80000)); /* the machine has slowed down for good */
	add(k, TOPK(10, 40000));
	list = tables_of(k);
	expect(find_table(&list, "Speed-up"), "topk radix, full dW", "k=10", "2.00x ±0%", CELL_BEST);
	table_list_destroy(&list);
}

static void test_ledger(void **state)
{
	static const struct point parts[] = {
		{.op = "backward", .method = "topk", .select = "radix", .dw = "full", .k = 5, .ns = 10000},
		{.op = "backward", .method = "topk", .select = "heap", .dw = "rows", .k = 5, .ns = 9000},
		{.op = "topk_select", .method = "topk", .select = "radix", .k = 5, .ns = 1000},
		{.op = "topk_select", .method = "topk", .select = "heap", .k = 5, .ns = 3000},
		{.op = "backward_data", .method = "topk", .k = 5, .ns = 2000},
		{.op = "backward_weights", .method = "topk", .dw = "rows", .k = 5, .ns = 2500},
		{.op = "backward_weights", .method = "topk", .dw = "full", .k = 5, .ns = 6000},
		{.op = "backward", .method = "relu_skip", .dw = "full", .k = 250, .ns = 20000},
	};
	struct kernels *k = kernels_create();
	struct table_list list;
	const struct table *t;

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		add_rounds(k, &parts[i], 1);
	list = tables_of(k);
	t = find_table(&list, "Ledger");
	expect(t, "topk radix, full dW k=5", "select", "1.00 µs", CELL_PLAIN);
	expect(t, "topk radix, full dW k=5", "dX", "2.00 µs", CELL_PLAIN);
	expect(t, "topk radix, full dW k=5", "dW", "2.50 µs", CELL_PLAIN);
	expect(t, "topk radix, full dW k=5", "clear", "3.50 µs", CELL_PLAIN);
	expect(t, "topk radix, full dW k=5", "sum", "9.00 µs", CELL_PLAIN);
	expect(t, "topk radix, full dW k=5", "sum/measured", "90%", CELL_PLAIN);
	expect(t, "topk heap k=5", "clear", "–", CELL_PLAIN);
	expect(t, "topk heap k=5", "sum", "7.50 µs", CELL_PLAIN);
	expect(t, "relu_skip, full dW", "dX", "–", CELL_PLAIN);
	expect(t, "relu_skip, full dW", "sum/measured", "–", CELL_PLAIN);
	assert_false(has_table(&list, "Selection"));
	table_list_destroy(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_speedup_and_break_even),
		cmocka_unit_test(test_tables_speak_of_the_kernels_under_test),
		cmocka_unit_test(test_break_even_outside_what_was_measured),
		cmocka_unit_test(test_interval_that_covers_one_is_unsure),
		cmocka_unit_test(test_auto_is_held_against_the_best_fixed_choice),
		cmocka_unit_test(test_too_few_rounds_have_no_interval),
		cmocka_unit_test(test_mean_k_far_from_any_column_has_its_own),
		cmocka_unit_test(test_wide_intervals_are_capped),
		cmocka_unit_test(test_missing_dense),
		cmocka_unit_test(test_wrong_results_are_told_and_not_used),
		cmocka_unit_test(test_dense_timed_again_pairs_with_its_neighbour),
		cmocka_unit_test(test_ledger),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
