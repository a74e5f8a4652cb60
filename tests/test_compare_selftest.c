/* SPDX-License-Identifier: MIT */
/* mepcompare --self-test from outside: what it says of identical code, and of work that was put in. */
#include "compare_command.h"
#include "compare_selftest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* Twins of this many processes, with work injected. */
static void add_twins(struct compare_folder *f, const char *name, int processes, double injected, double ratio)
{
	char run_id[32];

	for (int p = 0; p < processes; p++) {
		snprintf(run_id, sizeof(run_id), "%s %d", name, p);
		for (int cell = 0; cell < 2; cell++) {
			const char *method = cell ? "norm" : "topk";

			gate_add(&f->g, &(struct contender_rounds){.method = method, .run_id = run_id});
			gate_add(&f->g, &(struct contender_rounds){.method = method,
								   .run_id = run_id,
								   .build = "twin",
								   .ns = 1000 * ratio * (1 + 0.002 * (p % 3)),
								   .injected = injected});
		}
	}
}

static void test_self_test(void **state)
{
	struct compare_folder *f = *state;

	f->g.n = 0;
	add_twins(f, "same", 6, 0, 1);
	gate_store(&f->g, f->dir, "same.csv");
	compare_expect(f, "--self-test same.csv", EXIT_OK,
		       "ok: 2 cells; identical code flagged in 0 of 6 trials of 2 processes");
	f->g.n = 0;
	add_twins(f, "slow", 4, 0.1, 1.1);
	add_twins(f, "slower", 4, 0.2, 1.2);
	gate_store(&f->g, f->dir, "slow.csv");
	compare_expect(
		f, "--self-test same.csv slow.csv", EXIT_OK,
		"; +10% found in 4 of 4, called unchanged in 0; +20% found in 4 of 4, called unchanged in 0; MDE 8.");
	compare_expect(f, "--self-test slow.csv", EXIT_INCONCLUSIVE, "identical code flagged in 0 of 0 trials");
}

/* Identical code that shows 20 % in two processes in a row, with a control that does not: a false positive, and told.
 */
static void test_self_test_tells_false_positives(void **state)
{
	struct compare_folder *f = *state;

	f->g.n = 0;
	add_twins(f, "same", 4, 0, 1);
	add_twins(f, "odd", 2, 0, 1.2);
	gate_store(&f->g, f->dir, "odd.csv");
	compare_expect(f, "--self-test odd.csv", EXIT_REGRESSION,
		       "false positives: 2 cells; identical code flagged in 2 of 6");
}

static void test_self_test_takes_few_levels(void **state)
{
	struct compare_folder *f = *state;

	f->g.n = 0;
	for (int i = 0; i < 8; i++)
		add_twins(f, "level", 1, 0.01 * i, 1);
	gate_store(&f->g, f->dir, "levels.csv");
	compare_expect(f, "--self-test levels.csv", EXIT_USAGE, "more than 5 different shares of injected work");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, compare_setup, compare_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_self_test),
		TEST(test_self_test_tells_false_positives),
		TEST(test_self_test_takes_few_levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
