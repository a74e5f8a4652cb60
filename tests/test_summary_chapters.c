/* SPDX-License-Identifier: MIT */
/* The other chapters of the summary, from synthetic records to exact cells. */
#include "summary_tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static void test_selection(void **state)
{
	static const struct point rows[] = {
		{.op = "topk_select", .method = "topk", .select = "radix", .k = 5, .ns = 64 * 250},
		{.op = "topk_select", .method = "topk", .select = "sort", .k = 5, .ns = 64 * 1000},
		{.op = "topk_select", .method = "topk", .select = "heap", .k = 5, .ns = 64 * 260, .wobble = 0.2},
		{.op = "topk_select", .method = "random_k", .select = "", .k = 5, .ns = 64 * 20},
		{.op = "topk_select", .method = "norm", .select = "", .k = 33, .tau = 0.5, .ns = 64 * 500},
	};
	struct kernels *k = kernels_create();
	struct table_list list;
	const struct table *t;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		add(k, &rows[i]);
	for (size_t i = 0; i < k->n; i++) {
		k->v[i].n_in = 0;
		k->v[i].elapsed_ns = k->v[i].elapsed_ns / (12 + (int64_t)(k->v[i].round * 7 % 12)) * 12; /* no drift */
	}
	list = tables_of(k);
	t = find_table(&list, "Selection · n=500, batch 64, gaussian · avx2, 1 thread");
	expect(t, "topk radix", "k=5", "250 (0.500) 1.00x", CELL_BEST);
	expect(t, "topk sort", "k=5", "1000 (2.00) 4.00x", CELL_PLAIN);
	expect(t, "topk heap", "k=5", "260 (0.520) 1.04x", CELL_UNSURE);
	expect(t, "random_k", "k=5", "20.0 (0.040)", CELL_PLAIN);
	table_list_destroy(&list);
}

static void test_ceilings_bound_the_rates(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;

	(void)state;
	add_rounds(k, &(struct point){.op = "fma_peak", .method = "fma", .ns = 10000, .check = "none"}, 1);
	add_rounds(k, &(struct point){.op = "bandwidth", .method = "read", .ns = 10000, .check = "none"}, 1);
	SET(k->v[0].dist, "registers");
	SET(k->v[1].dist, "memory");
	add_rounds(k, &(struct point){.op = "bandwidth", .method = "read", .ns = 10, .check = "none"}, 1);
	SET(k->v[2].dist, "L1");
	for (int i = 0; i < 3; i++)
		k->v[i].batch = k->v[i].n_out = 0;
	add_rounds(k, TOPK(5, 20000), 1);
	list = tables_of(k);
	expect(find_table(&list, "Ceilings"), "1 avx2", "FMA peak", "100", CELL_PLAIN);
	expect(find_table(&list, "Ceilings"), "1 avx2", "memory", "10.0 – –", CELL_PLAIN);
	expect(find_table(&list, "GFLOP/s"), "topk radix, full dW", "k=5", "50.0 (50%)", CELL_PLAIN);
	table_list_destroy(&list);
}

static void test_updates_share_the_bandwidth(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;
	const struct table *t;

	(void)state;
	add(k, &(struct point){.op = "update", .method = "dense", .k = 500, .ns = 1000});
	add(k, &(struct point){
		       .op = "bandwidth", .method = "axpy", .select = "dense", .k = 500, .ns = 800, .check = "none"});
	add(k, &(struct point){.op = "update", .method = "topk", .k = 20, .ns = 100});
	/* Of another k: not its ceiling. */
	add(k,
	    &(struct point){.op = "bandwidth", .method = "axpy", .select = "topk", .k = 40, .ns = 50, .check = "none"});
	for (size_t i = 0; i < k->n; i++)
		SET(k->v[i].optimizer, i < 2 * ROUNDS ? "adam" : "sgd");
	list = tables_of(k);
	t = find_table(&list, "Optimiser's step · 64x784x500 gaussian, avx2");
	expect(t, "adam", "rows", "all", CELL_PLAIN);
	expect(t, "adam", "GB/s", "68.6", CELL_PLAIN);
	expect(t, "adam", "axpy GB/s", "85.7", CELL_PLAIN);
	expect(t, "adam", "share", "80% [80, 80]", CELL_PLAIN);
	expect(t, "sgd", "rows", "topk k=20", CELL_PLAIN);
	expect(t, "sgd", "share", "–", CELL_PLAIN);
	table_list_destroy(&list);
}

/* The tables of one chapter of the report; k is released. */
static struct table_list chapter_of(struct kernels *k, summary_part *part)
{
	struct table_list list = {0};
	struct series_list series;

	assert_int_equal(series_list_create(&series, k->v, k->n), 0);
	assert_int_equal(part(&series, &list), 0);
	free(render(&list));
	series_list_destroy(&series);
	free(k);
	return list;
}

#define SPARSE(name, algorithm, kept, time)                                                                            \
	&(struct point)                                                                                                \
	{                                                                                                              \
		.op = "backward", .method = name, .select = algorithm, .dw = "rows", .k = kept, .ns = time             \
	}

/* Speed-ups of 4, 2, 0.5 at k = 5, 10, 40; at 10 by the faster of two algorithms. */
static void test_break_even_of_all_methods(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;

	(void)state;
	add(k, DENSE(40000));
	add(k, SPARSE("topk", "radix", 5, 10000));
	add(k, SPARSE("topk", "heap", 10, 30000));
	add(k, SPARSE("topk", "radix", 10, 20000));
	add(k, SPARSE("topk", "radix", 40, 80000));
	add(k, SPARSE("unified_topk", "columns", 5, 1000));
	add(k, SPARSE("unified_topk", "columns", 40, 8000));
	add(k, SPARSE("random_k", "floyd", 5, 1000));
	add(k, TOPK(40, 1));
	list = chapter_of(k, summary_break_even);
	assert_int_equal(list.count, 1);
	expect(&list.tables[0], "64x784x500 gaussian, avx2, 1 thread", "topk", "20 [20, 20]", CELL_PLAIN);
	expect(&list.tables[0], "64x784x500 gaussian, avx2, 1 thread", "unified_topk", "> 40", CELL_PLAIN);
	expect(&list.tables[0], "64x784x500 gaussian, avx2, 1 thread", "random_k", "–", CELL_PLAIN);
	table_list_destroy(&list);
}

static void test_no_break_even_of_one_k(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;

	(void)state;
	add(k, DENSE(40000));
	add(k, SPARSE("topk", "radix", 5, 10000));
	list = chapter_of(k, summary_break_even);
	assert_int_equal(list.count, 0);
	table_list_destroy(&list);
}

/* 1.6 times as fast on two threads, where peak and bandwidth double: 0.8 of the ideal. */
static void test_threads_against_their_ideal(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;

	(void)state;
	for (int threads = 1; threads <= 2; threads++) {
		struct kernel_record *memory;

		add(k, &(struct point){.op = "backward",
				       .method = "dense",
				       .dw = "full",
				       .k = 500,
				       .ns = threads == 1 ? 400000 : 250000,
				       .threads = threads});
		add(k,
		    &(struct point){
			    .op = "backward", .method = "topk", .dw = "rows", .k = 5, .ns = 5000, .threads = threads});
		add(k, &(struct point){.op = "fma_peak",
				       .method = "fma_peak",
				       .check = "none",
				       .ns = 10000.0 / threads,
				       .threads = threads});
		memory = &k->v[k->n];
		add(k, &(struct point){.op = "bandwidth",
				       .method = "read",
				       .check = "none",
				       .ns = 10.0 / threads,
				       .threads = threads});
		for (; memory < &k->v[k->n]; memory++) {
			SET(memory->dist, "memory");
			memory->batch = memory->n_out = 0;
		}
	}
	list = chapter_of(k, summary_threads);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.tables[0].n_rows, 2); /* top-k is too short */
	expect(&list.tables[0], "64x784x500 gaussian, avx2", "1 thread", "583 µs", CELL_PLAIN);
	assert_non_null(strstr(find_cell(&list.tables[0], "64x784x500 gaussian, avx2", "2 threads")->text, "(80%)"));
	table_list_destroy(&list);
}

static void test_verdict_names_peers_and_the_papers_k(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;

	(void)state;
	add(k, DENSE(80000));
	add(k, &(struct point){.op = "backward", .method = "dense_blis", .dw = "full", .k = 500, .ns = 40000});
	for (size_t i = ROUNDS; i < k->n; i++)
		SET(k->v[i].library, "BLIS 0.9.0");
	add(k, TOPK(5, 5000));
	add(k, TOPK(16, 20000));
	add(k, TOPK(64, 80000));
	list = tables_of(k);
	assert_int_equal(list.verdicts.count, 1);
	assert_string_equal(list.verdicts.v[0], "64x784x500 gaussian, avx2, 1 thread: best dense BLIS 17.1 GFLOP/s "
						"(ours 8.57); top-k 2.00x ±0% at k=16, break-even k* 32 [32, 32]");
	table_list_destroy(&list);
}

static void test_instruction_sets(void **state)
{
	static const struct point points[] = {
		{"backward_data", "dense", "", "", 500, 0, 4000, 0, NULL, 1, "portable"},
		{"backward_data", "dense", "", "", 500, 0, 1000, 0.01, NULL, 1, "avx512"},
		{"backward_data", "dense", "", "", 500, 0, 2000, 0, NULL, 1, "avx2"},
		{"backward_data", "topk", "", "", 20, 0, 300, 0, NULL, 1, "portable"},
		{"backward_data", "topk", "", "", 20, 0, 300, 0, NULL, 1, "avx512"},
		{"backward_data", "norm", "", "", 19, 0.5, 300, 0, NULL, 1, "avx512"},
		{"backward_data", "norm", "", "", 20, 0.5, 600, 0, NULL, 1, "avx2"},
	};
	struct kernels *k = kernels_create();
	struct table_list list;
	const struct table *t;

	(void)state;
	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++)
		add(k, &points[i]);
	list = tables_of(k);
	t = find_table(&list, "Instruction sets · backward_data · 64x784x500 gaussian");
	assert_string_equal(table_cell(t, 0, 3)->text, "portable");
	assert_string_equal(table_cell(t, 0, 5)->text, "avx512");
	expect(t, "dense", "avx512", "1.46 µs", CELL_BEST);
	assert_int_equal(strncmp(find_cell(t, "dense", "portable")->text, "5.83 µs 4.00x ±1%", 17), 0);
	expect(t, "topk", "avx2", "–", CELL_PLAIN);
	assert_true(find_cell(t, "topk", "portable")->mark != find_cell(t, "topk", "avx512")->mark);
	expect(t, "norm", "k", "tau=0.5", CELL_PLAIN);
	assert_int_equal(strncmp(find_cell(t, "norm", "avx2")->text, "875 ns 2.00x", 12), 0);
	table_list_destroy(&list);
}

static void test_one_instruction_set_has_no_rivals(void **state)
{
	struct kernels *k = kernels_create();
	struct table_list list;

	(void)state;
	add(k, &(struct point){"backward_data", "dense", "", "", 500, 0, 4000, 0, NULL, 1, NULL});
	list = tables_of(k);
	assert_false(has_table(&list, "Instruction sets"));
	table_list_destroy(&list);
}

static void test_no_records(void **state)
{
	struct table_list list;

	(void)state;
	assert_int_equal(summary_kernel(NULL, 0, &list), 0);
	assert_int_equal(list.count, 0);
	table_list_destroy(&list);
	assert_int_equal(summary_train(NULL, 0, &list), 0);
	assert_int_equal(list.count, 0);
	table_list_destroy(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_selection),
		cmocka_unit_test(test_ceilings_bound_the_rates),
		cmocka_unit_test(test_updates_share_the_bandwidth),
		cmocka_unit_test(test_break_even_of_all_methods),
		cmocka_unit_test(test_no_break_even_of_one_k),
		cmocka_unit_test(test_threads_against_their_ideal),
		cmocka_unit_test(test_verdict_names_peers_and_the_papers_k),
		cmocka_unit_test(test_instruction_sets),
		cmocka_unit_test(test_one_instruction_set_has_no_rivals),
		cmocka_unit_test(test_no_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
