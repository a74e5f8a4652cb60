/* SPDX-License-Identifier: MIT */
/* Verdicts: from rounds to one line per cell, judged run by run, the median of the runs, and why one is not judged. */
#include "report/targets.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROUNDS 10
#define MAX 2000
#define SET(field, text) snprintf(field, sizeof(field), "%s", text)
#define NEAR(a, b) assert_true(fabs((a) - (b)) < 1e-6 * (b))

struct bench {
	struct kernel_record v[MAX];
	size_t n;
	struct target_list list;
};

static struct bench *bench_create(void)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	return b;
}

static void bench_destroy(struct bench *b)
{
	target_list_destroy(&b->list);
	free(b);
}

/* All rounds of a contender; `like` gives workload, k and threads. */
static struct kernel_record *add(struct bench *b, const char *run, const char *op, const char *method,
				 const struct kernel_record *like, double ns)
{
	struct kernel_record *first = &b->v[b->n];

	for (int round = 0; round < ROUNDS; round++) {
		struct kernel_record *r = &b->v[b->n++];

		*r = *like;
		r->round = round;
		r->calls = 1200;
		r->elapsed_ns = (int64_t)(ns * 100) * (12 + round * 7 % 12);
		SET(r->run_id, run);
		SET(r->op, op);
		SET(r->method, method);
		SET(r->isa, "avx2");
		SET(r->check, strcmp(op, "bandwidth") ? "ok" : "none");
	}
	assert_true(b->n <= MAX);
	return first;
}

static void algorithm(struct kernel_record *first, const char *name)
{
	for (int i = 0; i < ROUNDS; i++)
		SET(first[i].select, name);
}

static const struct kernel_record row = {.batch = 64, .n_out = 500, .k = 20, .threads = 1, .dist = "gaussian"};

/* Rows that are read in 10 ns, selected in `ns`. */
static void add_selection(struct bench *b, const char *run, double ns)
{
	struct kernel_record own = row;

	algorithm(add(b, run, "topk_select", "topk", &row, ns), "bracket");
	algorithm(add(b, run, "topk_select", "topk", &row, 20 * ns), "quickselect");
	own.k = 0;
	add(b, run, "bandwidth", "read", &own, 10);
}

static void judge(struct bench *b, bool all)
{
	assert_int_equal(targets_judge(b->v, b->n, all, &b->list), 0);
}

/* The only verdict on this target. */
static const struct target_record *verdict_on(const struct bench *b, const char *id)
{
	const struct target_record *found = NULL;

	for (size_t i = 0; i < b->list.n; i++) {
		if (strcmp(b->list.v[i].target, id) != 0)
			continue;
		assert_null(found);
		found = &b->list.v[i];
	}
	assert_non_null(found);
	return found;
}

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

static const struct kernel_record layer = {
	.batch = 64, .n_in = 784, .n_out = 500, .threads = 1, .flops = 1e6, .dist = "relu"};

static void library(struct kernel_record *first, const char *name)
{
	for (int i = 0; i < ROUNDS; i++)
		SET(first[i].library, name);
}

static void test_dense_against_the_best_library(void **state)
{
	struct bench *b = bench_create();
	struct kernel_record peak = {.threads = 1, .flops = 1e6};
	const struct target_record *r;

	(void)state;
	add(b, "run", "forward", "dense", &layer, 100);
	library(add(b, "run", "forward", "dense_slow", &layer, 130), "Slow");
	judge(b, false);
	assert_string_equal(verdict_on(b, "1a")->verdict, "not judged");
	assert_string_equal(verdict_on(b, "1a")->why, "only Slow was measured");
	target_list_destroy(&b->list);
	library(add(b, "run", "forward", "dense_fast", &layer, 95), "Fast");
	add(b, "run", "fma_peak", "fma_peak", &peak, 90);
	judge(b, false);
	r = verdict_on(b, "1a");
	NEAR(r->measured, 0.95);
	assert_string_equal(r->verdict, "missed");
	assert_string_equal(r->cell, "forward 64x784x500 relu dense, 1 thread, over Fast");
	/* Another line, without libraries, asks nothing that is not answered. */
	add(b, "other", "forward", "dense", &layer, 100);
	target_list_destroy(&b->list);
	judge(b, false);
	NEAR(verdict_on(b, "1a")->measured, 0.95);
	target_list_destroy(&b->list);
	b->n -= ROUNDS;
	judge(b, false);
	r = verdict_on(b, "1b");
	NEAR(r->measured, 0.9);
	assert_string_equal(r->verdict, "met");
	bench_destroy(b);
}

/* 300 us on one thread, 160 on two, where the peak doubles: 0.94 of the ideal. */
static void test_threads_by_the_ceilings_of_both_teams(void **state)
{
	struct bench *b = bench_create();

	(void)state;
	for (int threads = 1; threads <= 2; threads++) {
		struct kernel_record peak = {.threads = threads, .flops = 1e6 * threads}, mine = layer;

		add(b, "run", "fma_peak", "fma_peak", &peak, 200e3);
		mine.threads = threads;
		mine.read[MEMORY_L1] = 1;
		add(b, "run", "forward", "dense", &mine, threads == 1 ? 300e3 : 160e3);
		peak.bytes = 1;
		SET(peak.dist, "L1");
		add(b, "run", "bandwidth", "read", &peak, 1);
		add(b, "run", "backward_data", "topk", &mine, 40e3); /* too short to count */
	}
	judge(b, false);
	NEAR(verdict_on(b, "6")->measured, 300.0 / 160 / 2);
	assert_string_equal(verdict_on(b, "6")->verdict, "met");
	bench_destroy(b);
}

/* Far below the bound the ideal is linear, whatever the ceilings do: 0.95 of two threads. */
static void test_threads_far_from_the_bound(void **state)
{
	struct bench *b = bench_create();

	(void)state;
	for (int threads = 1; threads <= 2; threads++) {
		struct kernel_record peak = {.threads = threads, .flops = 1e6, .bytes = 1}, mine = layer;

		mine.read[MEMORY_L1] = 1;
		add(b, "run", "fma_peak", "fma_peak", &peak, 90);
		mine.threads = threads;
		add(b, "run", "update", "dense", &mine, threads == 1 ? 380e3 : 200e3);
		SET(peak.dist, "L1");
		add(b, "run", "bandwidth", "read", &peak, 1);
	}
	judge(b, false);
	NEAR(verdict_on(b, "6")->measured, 0.95);
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
		cmocka_unit_test(test_dense_against_the_best_library),
		cmocka_unit_test(test_threads_by_the_ceilings_of_both_teams),
		cmocka_unit_test(test_threads_far_from_the_bound),
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
