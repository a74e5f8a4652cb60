/* SPDX-License-Identifier: MIT */
/* Verdicts on builds whose difference is known: each verdict, tier and reason, and what decides the whole. */
#include "compare.h"
#include "gate_records.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int setup(void **state)
{
	*state = calloc(2, sizeof(struct gate_records));
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static void test_time(void **state)
{
	static const struct {
		double ratios[3];
		int n;
		enum verdict verdict;
		enum tier tier;
		const char *why;
		int status;
	} cases[] = {
		{{1, 1}, 2, VERDICT_UNCHANGED, TIER_TIME, "", EXIT_OK},
		{{1.02, 0.99}, 2, VERDICT_UNCHANGED, TIER_TIME, "", EXIT_OK},
		{{1.2, 1.2}, 2, VERDICT_REGRESSED, TIER_TIME, "", EXIT_REGRESSION},
		{{1.1, 1.2, 1.15}, 3, VERDICT_REGRESSED, TIER_TIME, "", EXIT_REGRESSION},
		{{0.8, 0.8}, 2, VERDICT_IMPROVED, TIER_TIME, "", EXIT_OK},
		{{0.975, 0.972}, 2, VERDICT_NOT_SLOWER, TIER_TIME, "too wide", EXIT_OK},
		{{0.8}, 1, VERDICT_NOT_SLOWER, TIER_TIME, "one process", EXIT_OK},
		{{1.2}, 1, VERDICT_INCONCLUSIVE, TIER_NONE, "one process", EXIT_INCONCLUSIVE},
		{{1.2, 1.0, 1.2}, 3, VERDICT_INCONCLUSIVE, TIER_NONE, "did not recur", EXIT_INCONCLUSIVE},
		{{1.03, 1.03}, 2, VERDICT_INCONCLUSIVE, TIER_NONE, "too wide", EXIT_INCONCLUSIVE},
	};
	struct gate_records *g = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		g->n = 0;
		for (int p = 0; p < cases[i].n; p++)
			gate_process(g, "topk", (const char *[]){"p1", "p2", "p3"}[p], cases[i].ratios[p], 1.002);
		gate_expect(gate_compare_builds(g), cases[i].verdict, cases[i].tier, cases[i].why, cases[i].status);
	}
}

/* A twin that is as far away as the new build: today nothing can be told. */
static void test_below_what_is_detectable(void **state)
{
	struct gate_records *g = *state;

	gate_process(g, "topk", "p1", 1.1, 1.1);
	gate_process(g, "topk", "p2", 1.1, 1);
	gate_expect(gate_compare_builds(g), VERDICT_INCONCLUSIVE, TIER_NONE, "below the MDE", EXIT_INCONCLUSIVE);
}

/* Work that was injected into a twin is not what identical code shows. */
static void test_injected_work_is_no_control(void **state)
{
	struct gate_records *g = *state;

	for (int p = 0; p < 2; p++) {
		gate_process(g, "topk", p ? "p2" : "p1", 1.2, 0);
		gate_add(g, &(struct contender_rounds){
				    .build = "twin", .run_id = p ? "p2" : "p1", .ns = 1440, .injected = 0.2});
	}
	gate_expect(gate_compare_builds(g), VERDICT_REGRESSED, TIER_TIME, "", EXIT_REGRESSION);
}

static void add_both(struct gate_records *g, const char *run_id, double ratio, const char *old_code,
		     const char *new_code)
{
	gate_add(g, &(struct contender_rounds){.run_id = run_id, .ns = 1000 * ratio, .code = new_code});
	gate_add(g, &(struct contender_rounds){.run_id = run_id, .build = "base", .code = old_code});
}

static void test_same_code_is_never_flagged(void **state)
{
	struct gate_records *g = *state;

	add_both(g, "p1", 1.3, "aa", "aa");
	add_both(g, "p2", 1.3, "aa", "aa");
	gate_expect(gate_compare_builds(g), VERDICT_UNCHANGED, TIER_CODE, "", EXIT_OK);
	/* One process that ran other code, and nothing is proved. */
	g->n = 0;
	add_both(g, "p1", 1.3, "aa", "aa");
	add_both(g, "p2", 1.3, "aa", "bb");
	gate_expect(gate_compare_builds(g), VERDICT_REGRESSED, TIER_TIME, "", EXIT_REGRESSION);
	g->n = 0;
	add_both(g, "p1", 1.3, "", "");
	add_both(g, "p2", 1.3, "", "");
	gate_expect(gate_compare_builds(g), VERDICT_REGRESSED, TIER_TIME, "", EXIT_REGRESSION);
}

/* Cells of equal code are a control: here it shows 30 %, and the other cell cannot be judged. */
static void test_same_code_joins_the_control(void **state)
{
	struct gate_records *g = *state;
	struct comparison c;

	add_both(g, "p1", 1.3, "aa", "aa");
	add_both(g, "p2", 1.3, "aa", "aa");
	gate_process(g, "norm", "p1", 1.2, 0);
	gate_process(g, "norm", "p2", 1.2, 0);
	c = gate_compare_builds(g);
	assert_int_equal(c.n, 2);
	assert_int_equal(c.control, 2);
	assert_true(fabs(c.bias - 0.3) < 0.01);
	assert_int_equal(c.cells[0].verdict, VERDICT_INCONCLUSIVE);
	assert_int_equal(c.cells[1].tier, TIER_CODE);
	comparison_destroy(&c);
}

static void test_wrong_result_decides_all(void **state)
{
	static const char *const builds[] = {"", "twin"};
	struct gate_records *g = *state;

	for (int i = 0; i < 2; i++) {
		struct comparison c;
		struct kernel_record *r;

		g->n = 0;
		gate_process(g, "topk", "p1", 1.5, 1);
		gate_process(g, "topk", "p2", 1.5, 1);
		r = gate_add(g, &(struct contender_rounds){
					.method = "norm", .build = builds[i], .check = "fail", .rounds = 1});
		r->calls = r->elapsed_ns = 0;
		c = gate_compare_builds(g);
		assert_int_equal(c.n, 2);
		assert_int_equal(c.cells[0].verdict, VERDICT_WRONG);
		assert_int_equal(c.cells[1].verdict, VERDICT_REGRESSED);
		assert_int_equal(comparison_exit_status(&c), EXIT_WRONG_RESULT);
		comparison_destroy(&c);
	}
}

static void test_old_result_was_wrong(void **state)
{
	struct gate_records *g = *state;

	gate_add(g, &(struct contender_rounds){.build = ""});
	gate_add(g, &(struct contender_rounds){.build = "base", .check = "fail", .rounds = 1});
	gate_expect(gate_compare_builds(g), VERDICT_NOT_COMPARABLE, TIER_NONE, "old was wrong", EXIT_INCONCLUSIVE);
}

static void test_one_side_only(void **state)
{
	struct gate_records *g = *state;

	gate_add(g, &(struct contender_rounds){.build = ""});
	gate_expect(gate_compare_builds(g), VERDICT_ADDED, TIER_NONE, "", EXIT_OK);
	g->n = 0;
	gate_add(g, &(struct contender_rounds){.build = "base"});
	gate_expect(gate_compare_builds(g), VERDICT_MISSING, TIER_NONE, "", EXIT_INCONCLUSIVE);
}

static void test_ceilings_and_libraries_are_not_compared(void **state)
{
	struct gate_records *g = *state;
	struct comparison c;

	gate_process(g, "topk", "p1", 1, 1);
	for (int i = 0; i < 3; i++)
		gate_add(g, &(struct contender_rounds){.op = (const char *[]){"fma_peak", "bandwidth", "yardstick"}[i],
						       .check = "none"});
	SET(gate_add(g, &(struct contender_rounds){.method = "dense_blas", .rounds = 1})->library, "BLIS");
	c = gate_compare_builds(g);
	assert_int_equal(c.n, 1);
	comparison_destroy(&c);
}

static void test_few_samples(void **state)
{
	struct gate_records *g = *state;

	gate_add(g, &(struct contender_rounds){.ns = 2000, .rounds = 5});
	gate_add(g, &(struct contender_rounds){.build = "base"});
	gate_expect(gate_compare_builds(g), VERDICT_INCONCLUSIVE, TIER_NONE, "few rounds", EXIT_INCONCLUSIVE);
	/* Rejected samples are none, and rounds that only one side has pair with nothing. */
	g->n = 0;
	gate_process(g, "topk", "p1", 1.3, 1);
	for (size_t i = 0; i < ROUNDS; i++)
		g->v[i].rejected = i < 10;
	for (size_t i = ROUNDS; i < 2 * ROUNDS; i++)
		g->v[i].rejected = i >= ROUNDS + 15;
	gate_expect(gate_compare_builds(g), VERDICT_INCONCLUSIVE, TIER_NONE, "few rounds", EXIT_INCONCLUSIVE);
}

static void test_nan(void **state)
{
	struct gate_records *g = *state;

	gate_process(g, "topk", "p1", 1, 1);
	for (size_t i = 0; i < g->n; i++)
		g->v[i].flops = g->v[i].bytes = g->v[i].max_err = g->v[i].injected = NAN;
	gate_expect(gate_compare_builds(g), VERDICT_UNCHANGED, TIER_TIME, "", EXIT_OK);
}

static void test_many_processes(void **state)
{
	struct gate_records *g = *state;
	struct comparison c;
	char run_id[16];

	for (int i = 0; i < 60; i++) {
		snprintf(run_id, sizeof(run_id), "process %d", i);
		gate_process(g, "topk", run_id, 1.15 + 0.001 * (i % 7), 1 + 0.001 * (i % 3));
	}
	c = gate_compare_builds(g);
	assert_int_equal(c.processes, 60);
	assert_int_equal(c.control, 60);
	gate_expect(c, VERDICT_REGRESSED, TIER_TIME, "", EXIT_REGRESSION);
}

static void test_severity_orders(void **state)
{
	static const enum verdict order[] = {VERDICT_REGRESSED,	   VERDICT_REGRESSED, VERDICT_MISSING,
					     VERDICT_INCONCLUSIVE, VERDICT_IMPROVED,  VERDICT_ADDED,
					     VERDICT_UNCHANGED};
	struct gate_records *g = *state;
	struct comparison c;

	for (int p = 0; p < 2; p++) {
		const char *run_id = p ? "p2" : "p1";

		gate_process(g, "dense", run_id, 1, 1.001);
		gate_process(g, "norm", run_id, 0.7, 1.001);
		gate_process(g, "random_k", run_id, p ? 1 : 1.3, 1.001);
		gate_process(g, "topk", run_id, 1.2, 1.001);
		gate_process(g, "threshold", run_id, 1.4, 1.001);
		gate_add(g, &(struct contender_rounds){.method = "gone", .build = "base", .run_id = run_id});
		gate_add(g, &(struct contender_rounds){.method = "new", .run_id = run_id});
	}
	c = gate_compare_builds(g);
	assert_int_equal(c.n, 7);
	for (int i = 0; i < 7; i++)
		assert_string_equal(verdict_name(c.cells[i].verdict), verdict_name(order[i]));
	assert_string_equal(c.cells[0].key->method, "threshold");
	comparison_destroy(&c);
}

static void test_names(void **state)
{
	struct kernel_record r = {.batch = 64, .n_in = 784, .n_out = 500, .k = 20, .threads = 2};

	(void)state;
	SET(r.op, "backward");
	SET(r.method, "topk");
	SET(r.select, "bracket");
	SET(r.isa, "avx2");
	assert_string_equal(cell_name_of(&r, false).s, "backward/topk/bracket/64x784x500/20/2");
	assert_string_equal(cell_name_of(&r, true).s, "backward/topk/bracket/64x784x500/20/2/avx2");
	assert_string_equal(cell_pattern_of(&r).s, "backward/topk/bracket/64x784x500/20/2(/avx2)?");
	SET(r.method, "dense_blis");
	SET(r.select, "");
	r.k = 500;
	SET(r.optimizer, "adam");
	assert_string_equal(cell_name_of(&r, false).s, "backward/dense_blis//64x784x500//2/adam");
	SET(r.method, "norm");
	SET(r.optimizer, "");
	r.tau = 0.9;
	assert_string_equal(cell_name_of(&r, false).s, "backward/norm//64x784x500/tau0.9/2");
	assert_string_equal(cell_pattern_of(&r).s, "backward/norm//64x784x500/[^/]*/2(/avx2)?");
	SET(r.method, "a.b+c");
	assert_non_null(strstr(cell_pattern_of(&r).s, "a\\.b\\+c"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_time),
		TEST(test_below_what_is_detectable),
		TEST(test_injected_work_is_no_control),
		TEST(test_same_code_is_never_flagged),
		TEST(test_same_code_joins_the_control),
		TEST(test_wrong_result_decides_all),
		TEST(test_old_result_was_wrong),
		TEST(test_one_side_only),
		TEST(test_ceilings_and_libraries_are_not_compared),
		TEST(test_few_samples),
		TEST(test_nan),
		TEST(test_many_processes),
		TEST(test_severity_orders),
		TEST(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
