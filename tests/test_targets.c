/* SPDX-License-Identifier: MIT */
/* Verdicts: from rounds to one line per cell, judged run by run, the median of the runs, and why one is not judged. */
#include "target_bench.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct kernel_record row = {.batch = 64, .n_out = 500, .k = 20, .threads = 1, .dist = "gaussian"};

static void test_one_run(void **state)
{
	struct bench *b = bench_create();
	const struct target_record *r;

	(void)state;
	add_selection(b, "run", 80);
	judge(b, false);
	r = verdict_on(b, "4a");
	NEAR(r->measured, 8);
	assert_string_equal(r->rule, "<=");
	assert_string_equal(r->verdict, "met");
	assert_string_equal(r->cell, "topk_select n=500 gaussian topk k=20, 1 thread");
	assert_int_equal(r->runs, 1);
	/* Only the fastest algorithm of a cell is judged; against quickselect it is 20 times as fast. */
	NEAR(verdict_on(b, "4h")->measured, 20);
	assert_string_equal(verdict_on(b, "4i")->verdict, "not judged");
	assert_string_equal(verdict_on(b, "4i")->why, "the other algorithm was not measured");
	bench_destroy(b);
}

/* Rows of 65536 elements are 16 times as long, and half as many. */
static void test_growth_is_by_element(void **state)
{
	struct bench *b = bench_create();
	struct kernel_record shorter = {.batch = 4, .n_out = 4096, .k = 160, .threads = 1, .dist = "hostile_level"};
	struct kernel_record longer = {.batch = 2, .n_out = 65536, .k = 2600, .threads = 1, .dist = "hostile_level"};

	(void)state;
	algorithm(add(b, "run", "topk_select", "topk", &longer, 1200), "bracket");
	judge(b, false);
	for (size_t i = 0; i < b->list.n; i++)
		assert_string_not_equal(b->list.v[i].target, "4j");
	target_list_destroy(&b->list);
	algorithm(add(b, "run", "topk_select", "topk", &shorter, 100), "bracket");
	shorter.k = 2048;
	algorithm(add(b, "run", "topk_select", "topk", &shorter, 500), "bracket");
	judge(b, false);
	NEAR(verdict_on(b, "4j")->measured, 1.5);
	bench_destroy(b);
}

static void test_the_median_of_runs_counts(void **state)
{
	struct bench *b = bench_create();
	const struct target_record *r;

	(void)state;
	add_selection(b, "run-1", 80);
	add_selection(b, "run-2", 200);
	add_selection(b, "run-3", 95);
	judge(b, false);
	r = verdict_on(b, "4a");
	assert_int_equal(r->runs, 3);
	NEAR(r->measured, 9.5);
	NEAR(r->low, 8);
	NEAR(r->high, 20);
	assert_string_equal(r->verdict, "missed");
	bench_destroy(b);
}

/* Two lines of a plan that measure one cell are not two runs of it; nor are instruction sets. */
static void test_lines_are_not_runs(void **state)
{
	struct bench *b = bench_create();
	struct kernel_record other = row;

	(void)state;
	for (int pass = 0; pass < 2; pass++) {
		add_selection(b, pass ? "a-2" : "a", 80);
		add_selection(b, pass ? "b-2" : "b", 200);
		other.k = 100;
		add(b, pass ? "b-2" : "b", "topk_select", "topk", &other, 100);
	}
	judge(b, false);
	assert_int_equal(b->list.n > 2, 1);
	assert_string_equal(b->list.v[0].target, "4a");
	assert_string_equal(b->list.v[1].target, "4a");
	assert_string_equal(b->list.v[0].cell, b->list.v[1].cell);
	for (int i = 0; i < 2; i++)
		assert_int_equal(b->list.v[i].runs, 2);
	NEAR(b->list.v[0].measured, 8);
	NEAR(b->list.v[1].measured, 20);
	bench_destroy(b);
}

static void test_instruction_sets_are_cells(void **state)
{
	struct bench *b = bench_create();

	(void)state;
	add_selection(b, "run", 80);
	for (size_t i = 0, n = b->n; i < n; i++) {
		b->v[b->n] = b->v[i];
		SET(b->v[b->n++].isa, "portable");
	}
	judge(b, false);
	assert_string_equal(b->list.v[0].cell, "topk_select n=500 gaussian topk k=20, 1 thread, avx2");
	assert_string_equal(b->list.v[1].cell, "topk_select n=500 gaussian topk k=20, 1 thread, portable");
	assert_int_equal(b->list.v[0].runs, 1);
	bench_destroy(b);
}

static void test_wrong_and_rejected_are_seen(void **state)
{
	struct bench *b = bench_create();
	struct table_list tables = {.count = 0};
	const struct table *last;

	(void)state;
	add_selection(b, "run", 80);
	for (int i = 0; i < 2 * ROUNDS; i++)
		SET(b->v[i].check, "fail");
	judge(b, false);
	assert_string_equal(verdict_on(b, "4a")->verdict, "missed");
	assert_string_equal(verdict_on(b, "4a")->why, "wrong result");
	assert_true(isnan(verdict_on(b, "4a")->measured));
	assert_int_equal(summary_targets(&b->list, &tables), 0);
	last = &tables.tables[tables.count - 1];
	assert_string_equal(table_cell(last, 1, 3)->text, "1");
	assert_string_equal(table_cell(last, 1, 6)->text, "wrong result");
	table_list_destroy(&tables);
	target_list_destroy(&b->list);
	for (int i = 0; i < 2 * ROUNDS; i++) {
		SET(b->v[i].check, "ok");
		b->v[i].rejected = 1;
	}
	judge(b, false);
	assert_string_equal(verdict_on(b, "4a")->verdict, "not judged");
	assert_string_equal(verdict_on(b, "4a")->why, "no accepted sample");
	assert_int_equal(verdict_on(b, "4a")->runs, 0);
	bench_destroy(b);
}

/* A wrong algorithm beside a right one: the right one is the fastest. */
static void test_the_fastest_is_right(void **state)
{
	struct bench *b = bench_create();

	(void)state;
	add_selection(b, "run", 80);
	for (int i = 0; i < ROUNDS; i++)
		SET(b->v[i].check, "fail");
	judge(b, false);
	NEAR(verdict_on(b, "4a")->measured, 160);
	bench_destroy(b);
}

/* Five rounds bear no interval: the median decides, but it is not sure. */
static void test_few_rounds_are_unsure(void **state)
{
	struct bench *b = bench_create();
	struct table_list tables = {.count = 0};
	const struct table *last;

	(void)state;
	add_selection(b, "run", 80);
	for (size_t i = 0; i < b->n; i++)
		b->v[i].rejected = i % ROUNDS >= 5;
	judge(b, false);
	assert_string_equal(verdict_on(b, "4a")->verdict, "met");
	assert_true(isnan(verdict_on(b, "4a")->low) && isnan(verdict_on(b, "4a")->high));
	assert_int_equal(verdict_on(b, "4a")->samples, 5);
	assert_true(target_is_unsure(verdict_on(b, "4a")));
	assert_int_equal(summary_targets(&b->list, &tables), 0);
	assert_string_equal(table_cell(&tables.tables[0], 1, 1)->text, "8.00x n=5");
	assert_int_equal(table_cell(&tables.tables[0], 1, 3)->mark, CELL_UNSURE);
	last = &tables.tables[tables.count - 1];
	assert_string_equal(table_cell(last, 1, 5)->text, "1 met, 0 missed");
	assert_non_null(strstr(last->note, "--runs=5 judges them"));
	assert_non_null(strstr(last->note, "targets have no record here"));
	table_list_destroy(&tables);
	bench_destroy(b);
}

static void test_five_runs_are_sure(void **state)
{
	static const char *const runs[] = {"1", "2", "3", "4", "5"};
	struct bench *b = bench_create();

	(void)state;
	for (int i = 0; i < 5; i++)
		add_selection(b, runs[i], 60 + 20 * i);
	judge(b, false);
	NEAR(verdict_on(b, "4a")->measured, 10);
	assert_true(verdict_on(b, "4a")->low < 9);
	assert_int_equal(verdict_on(b, "4a")->runs, TARGET_RUNS);
	assert_false(target_is_unsure(verdict_on(b, "4a")));
	bench_destroy(b);
}

/* Norm k = 100 has top-k k = 103 beside it, but not 105. */
static void test_methods_at_a_similar_k(void **state)
{
	struct bench *b = bench_create();
	struct kernel_record other = row;

	(void)state;
	other.k = 100;
	algorithm(add(b, "run", "topk_select", "norm", &other, 30), "x");
	other.k = 105;
	algorithm(add(b, "run", "topk_select", "topk", &other, 10), "x");
	judge(b, false);
	assert_string_equal(verdict_on(b, "5a")->verdict, "not judged");
	target_list_destroy(&b->list);
	other.k = 103;
	algorithm(add(b, "run", "topk_select", "topk", &other, 20), "x");
	judge(b, false);
	NEAR(verdict_on(b, "5a")->measured, 1.5);
	assert_non_null(strstr(verdict_on(b, "5a")->cell, "beside topk k=103"));
	bench_destroy(b);
}

static void test_unmeasured_targets(void **state)
{
	struct bench *b = bench_create();
	struct table_list tables = {.count = 0};

	(void)state;
	judge(b, false);
	assert_int_equal(b->list.n, 0);
	assert_int_equal(summary_targets(&b->list, &tables), 0);
	assert_int_equal(tables.count, 0);
	target_list_destroy(&b->list);
	judge(b, true);
	for (const struct target *t = targets; t->id; t++) {
		assert_string_equal(verdict_on(b, t->id)->verdict, "not judged");
		assert_true(t->bound > 0 && strlen(t->words) < sizeof(b->list.v->words));
		assert_true(strlen(t->id) < sizeof(b->list.v->target));
	}
	bench_destroy(b);
}

static void test_tables_count(void **state)
{
	struct bench *b = bench_create();
	struct table_list tables = {.count = 0};
	const struct table *last;

	(void)state;
	add_selection(b, "run", 95);
	judge(b, false);
	assert_int_equal(summary_targets(&b->list, &tables), 0);
	last = &tables.tables[tables.count - 1];
	assert_string_equal(last->title, "Targets");
	assert_memory_equal(table_cell(last, 1, 0)->text, "4a select n = 500", 17);
	assert_string_equal(table_cell(last, 1, 1)->text, "<= 9.00x");
	assert_string_equal(table_cell(last, 1, 2)->text, "0");
	assert_string_equal(table_cell(last, 1, 3)->text, "1");
	assert_int_equal(table_cell(last, 1, 3)->mark, CELL_LOSS);
	table_list_destroy(&tables);
	bench_destroy(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_run),
		cmocka_unit_test(test_growth_is_by_element),
		cmocka_unit_test(test_the_median_of_runs_counts),
		cmocka_unit_test(test_lines_are_not_runs),
		cmocka_unit_test(test_instruction_sets_are_cells),
		cmocka_unit_test(test_wrong_and_rejected_are_seen),
		cmocka_unit_test(test_the_fastest_is_right),
		cmocka_unit_test(test_few_rounds_are_unsure),
		cmocka_unit_test(test_five_runs_are_sure),
		cmocka_unit_test(test_methods_at_a_similar_k),
		cmocka_unit_test(test_unmeasured_targets),
		cmocka_unit_test(test_tables_count),
	};

	return cmocka_run_group_tests_name("targets", tests, NULL, NULL);
}
