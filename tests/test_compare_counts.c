/* SPDX-License-Identifier: MIT */
/* Verdicts where instructions were counted: what a count proves by itself, with the time, and against it. */
#include "compare.h"
#include "gate_records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

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

static void count(struct gate_records *g, const char *isa, int64_t old, int64_t new)
{
	gate_add(g, &(struct contender_rounds){.isa = isa, .rounds = 1, .instructions = new});
	gate_add(g, &(struct contender_rounds){.isa = isa, .rounds = 1, .instructions = old, .build = "base"});
}

static void test_counts(void **state)
{
	static const struct {
		double ratio, bias;
		const char *isa;
		int64_t new_count;
		enum verdict verdict;
		enum tier tier;
		const char *why;
		int status;
	} cases[] = {
		{1.06, 1.001, "avx2", 1100, VERDICT_REGRESSED, TIER_COUNT, "", EXIT_REGRESSION},
		{1.06, 1.001, "sse", 1100, VERDICT_INCONCLUSIVE, TIER_NONE, "count of another ISA", EXIT_INCONCLUSIVE},
		{1.00, 1.001, "avx2", 1100, VERDICT_UNCHANGED, TIER_TIME, "", EXIT_OK}, /* the time disproves it */
		{1.00, 1.001, "sse", 1100, VERDICT_UNCHANGED, TIER_TIME, "", EXIT_OK},
		{0.97, 1.08, "avx2", 1100, VERDICT_INCONCLUSIVE, TIER_NONE, "count up, time not", EXIT_INCONCLUSIVE},
		{1.00, 1.001, "avx2", 1000, VERDICT_UNCHANGED, TIER_TIME, "", EXIT_OK},
		{1.20, 1.001, "avx2", 1000, VERDICT_INCONCLUSIVE, TIER_NONE, "one process", EXIT_INCONCLUSIVE},
		{1.20, 1.001, "sse", 500, VERDICT_INCONCLUSIVE, TIER_NONE, "one process", EXIT_INCONCLUSIVE},
		{1.20, 1.001, "avx2", 1029, VERDICT_INCONCLUSIVE, TIER_NONE, "one process", EXIT_INCONCLUSIVE},
	};
	struct gate_records *g = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		g->n = 0;
		gate_process(g, "topk", "p1", cases[i].ratio, cases[i].bias);
		count(g, cases[i].isa, 1000, cases[i].new_count);
		gate_expect(gate_compare_builds(g), cases[i].verdict, cases[i].tier, cases[i].why, cases[i].status);
	}
}

/* Counts of a sibling and times below the MDE prove together what neither proves alone. */
static void test_counts_of_another_isa(void **state)
{
	static const struct {
		double ratios[2];
		int64_t new_count;
		enum verdict verdict;
		enum tier tier;
		const char *why;
		int status;
	} cases[] = {
		{{1.06, 1.07}, 1100, VERDICT_REGRESSED, TIER_COUNT, "", EXIT_REGRESSION},
		{{1.06, 1.01}, 1100, VERDICT_INCONCLUSIVE, TIER_NONE, "count of another ISA", EXIT_INCONCLUSIVE},
		{{1.06, 1.07}, 1000, VERDICT_INCONCLUSIVE, TIER_NONE, "below the MDE", EXIT_INCONCLUSIVE},
		{{1.00, 1.00}, 1100, VERDICT_UNCHANGED, TIER_TIME, "", EXIT_OK},
	};
	struct gate_records *g = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		g->n = 0;
		for (int p = 0; p < 2; p++)
			gate_process(g, "topk", p ? "p2" : "p1", cases[i].ratios[p], 1.001);
		count(g, "sse", 1000, cases[i].new_count);
		gate_expect(gate_compare_builds(g), cases[i].verdict, cases[i].tier, cases[i].why, cases[i].status);
	}
}

/* What got faster in every process does not fail for its instructions; half a proof is rechecked. */
static void test_more_instructions_and_faster(void **state)
{
	struct gate_records *g = *state;
	struct comparison c;

	gate_process(g, "topk", "p1", 0.8, 1.001);
	gate_process(g, "topk", "p2", 0.8, 1.001);
	count(g, "avx2", 1000, 1100);
	gate_expect(gate_compare_builds(g), VERDICT_IMPROVED, TIER_TIME, "", EXIT_OK);
	g->n = 0;
	gate_process(g, "topk", "p1", 0.97, 1.08);
	count(g, "avx2", 1000, 1100);
	c = gate_compare_builds(g);
	assert_true(comparison_is_suspect(&c.cells[0]));
	comparison_destroy(&c);
}

static void test_counts_without_times(void **state)
{
	struct gate_records *g = *state;

	count(g, "avx2", 1000, 1100);
	gate_expect(gate_compare_builds(g), VERDICT_REGRESSED, TIER_COUNT, "", EXIT_REGRESSION);
	g->n = 0;
	count(g, "avx2", 1000, 1000);
	gate_expect(gate_compare_builds(g), VERDICT_INCONCLUSIVE, TIER_NONE, "counts alone", EXIT_INCONCLUSIVE);
	for (size_t i = 0; i < g->n; i++)
		SET(g->v[i].code, "aa");
	gate_expect(gate_compare_builds(g), VERDICT_UNCHANGED, TIER_CODE, "", EXIT_OK);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_counts),
		TEST(test_counts_of_another_isa),
		TEST(test_more_instructions_and_faster),
		TEST(test_counts_without_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
