/* SPDX-License-Identifier: MIT */
/* Verdicts on two runs whose difference is known: apart, by yardstick, and where the machine differs. */
#include "compare.h"
#include "gate_records.h"

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

/* Two runs, four processes a side at most: the machine's speed is in the times. */
static void add_run(struct gate_records *g, const char *name, double ns, int processes, double yard_ns)
{
	char run_id[32];

	for (int p = 0; p < processes; p++) {
		const double drift = 1 + 0.004 * p;

		snprintf(run_id, sizeof(run_id), "%s %d", name, p);
		gate_add(g, &(struct contender_rounds){.run_id = run_id, .ns = ns * drift});
		if (yard_ns > 0)
			gate_add(g, &(struct contender_rounds){.op = "yardstick",
							       .method = "compute",
							       .check = "none",
							       .isa = "portable",
							       .run_id = run_id,
							       .ns = yard_ns * drift});
	}
}

static void test_two_runs(void **state)
{
	struct gate_records *old = *state, *new = old + 1;

	add_run(old, "a", 1000, 3, 0);
	add_run(new, "b", 1300, 3, 0);
	gate_expect(gate_compare_runs(old, new), VERDICT_REGRESSED, TIER_TIME, "", EXIT_REGRESSION);
	new->n = 0;
	add_run(new, "b", 1002, 3, 0);
	gate_expect(gate_compare_runs(old, new), VERDICT_UNCHANGED, TIER_TIME, "", EXIT_OK);
	new->n = 0;
	add_run(new, "b", 1300, 1, 0);
	gate_expect(gate_compare_runs(old, new), VERDICT_INCONCLUSIVE, TIER_NONE, "one process", EXIT_INCONCLUSIVE);
}

/* The new run's machine is twice as slow: the yardstick tells. */
static void test_yardstick(void **state)
{
	struct gate_records *old = *state, *new = old + 1;
	struct comparison c;

	add_run(old, "a", 1000, 3, 500);
	add_run(new, "b", 2000, 3, 1000);
	c = gate_compare_runs(old, new);
	assert_int_equal(c.meeting, MEET_YARDSTICK);
	gate_expect(c, VERDICT_UNCHANGED, TIER_TIME, "", EXIT_OK);
	new->n = 0;
	add_run(new, "b", 2400, 3, 1000);
	gate_expect(gate_compare_runs(old, new), VERDICT_REGRESSED, TIER_TIME, "", EXIT_REGRESSION);
	for (size_t i = 0; i < new->n; i++)
		SET(new->v[i].code, "ff");
	gate_expect(gate_compare_runs(old, new), VERDICT_NOT_COMPARABLE, TIER_NONE, "other yardstick",
		    EXIT_INCONCLUSIVE);
}

static void test_foreign_runs_are_not_comparable(void **state)
{
	struct gate_records *old = *state, *new = old + 1;

	gate_add(old, &(struct contender_rounds){.run_id = "a"});
	gate_add(new, &(struct contender_rounds){.run_id = "b", .cpu = "cpu two", .ns = 5000});
	gate_expect(gate_compare_runs(old, new), VERDICT_NOT_COMPARABLE, TIER_NONE, "other CPU", EXIT_INCONCLUSIVE);
	new->n = 0;
	gate_add(new, &(struct contender_rounds){.run_id = "b", .compiler = "clang 14"});
	gate_expect(gate_compare_runs(old, new), VERDICT_NOT_COMPARABLE, TIER_NONE, "other compiler",
		    EXIT_INCONCLUSIVE);
}

static void test_other_isa(void **state)
{
	struct gate_records *old = *state, *new = old + 1;
	struct comparison c;

	gate_add(old, &(struct contender_rounds){.run_id = "a"});
	gate_add(new, &(struct contender_rounds){.run_id = "b", .isa = "avx512"});
	c = gate_compare_runs(old, new);
	assert_int_equal(c.counts[VERDICT_NOT_COMPARABLE], 2);
	assert_string_equal(c.cells[0].why, "other ISA");
	assert_true(c.several_isas);
	comparison_destroy(&c);
}

/* Cells k = 1..n of one run, of which those from `changed` on have the code `code`. */
static void add_cells(struct gate_records *g, const char *name, int n, double ns, int changed, const char *code)
{
	for (int p = 0; p < 3; p++) {
		char run_id[32];

		snprintf(run_id, sizeof(run_id), "%s %d", name, p);
		for (int k = 1; k <= n; k++)
			gate_add(g, &(struct contender_rounds){
					    .k = k, .run_id = run_id, .ns = ns, .code = k < changed ? "aa" : code});
	}
}

/* The machine is slower today: so are the cells whose code is what it was, and nothing is flagged. */
static void test_same_code_tells_the_day(void **state)
{
	struct gate_records *old = *state, *new = old + 1;
	struct comparison c;

	add_cells(old, "a", 12, 1000, 12, "bb");
	add_cells(new, "b", 12, 1200, 12, "cc");
	c = gate_compare_runs(old, new);
	assert_int_equal(c.counts[VERDICT_UNCHANGED], 11);
	assert_int_equal(c.counts[VERDICT_INCONCLUSIVE], 1);
	assert_string_equal(c.cells[0].why, "below the MDE");
	assert_true(fabs(c.cells[0].time.bias - 0.2) < 0.01);
	comparison_destroy(&c);
	/* Were all of other code, nothing could tell. */
	old->n = new->n = 0;
	add_cells(old, "a", 12, 1000, 1, "bb");
	add_cells(new, "b", 12, 1200, 1, "cc");
	c = gate_compare_runs(old, new);
	assert_int_equal(c.counts[VERDICT_REGRESSED], 12);
	comparison_destroy(&c);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_two_runs),
		TEST(test_yardstick),
		TEST(test_foreign_runs_are_not_comparable),
		TEST(test_other_isa),
		TEST(test_same_code_tells_the_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
