/* SPDX-License-Identifier: MIT */
/*
 * The rule of the gate: each finding and each reason on evidence made for it. Simulated gates are in
 * test_judge_simulated.c.
 */
#include "judge.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define ROUNDS 20

/* A cell whose processes have these medians, and rounds within +-spread of them. */
struct cell {
	double values[8][ROUNDS];
	struct rounds v[8];
	int n;
};

static void add(struct cell *c, double mid, double spread, int rounds)
{
	double *v = c->values[c->n];

	for (int i = 0; i < rounds; i++)
		v[i] = mid * (1 + spread * (2 * i - rounds + 1) / (rounds - 1));
	c->v[c->n++] = (struct rounds){.v = v, .n = rounds};
}

static void fill(struct cell *c, int n, const double *mids, double spread)
{
	c->n = 0;
	for (int i = 0; i < n; i++)
		add(c, mids[i], spread, ROUNDS);
}

/* One cell alone, with a control of so many medians that all have this bias. */
static struct evidence judged_by(const struct cell *c, double bias, int medians)
{
	double v[RULE_LEAST_CONTROL];
	struct control control = {.v = v, .n = medians};
	struct evidence e = evidence_paired(c->v, c->n, &rule_default);

	for (int i = 0; i < medians; i++)
		v[i] = bias;
	assert_int_equal(judge(&e, 1, &control, &rule_default), 0);
	return e;
}

static struct evidence judged(const struct cell *c, double bias)
{
	return judged_by(c, bias, RULE_LEAST_CONTROL);
}

static void expect(int n, const double *mids, double spread, double bias, enum finding found, enum reason why,
		   bool suspect)
{
	struct evidence e;
	struct cell c;

	fill(&c, n, mids, spread);
	e = judged(&c, bias);
	assert_int_equal(e.found, found);
	assert_int_equal(e.why, why);
	assert_int_equal(e.suspect, suspect);
}

#define MIDS(...)                                                                                                      \
	sizeof((double[]){__VA_ARGS__}) / sizeof(double), (const double[])                                             \
	{                                                                                                              \
		__VA_ARGS__                                                                                            \
	}

static void test_findings(void **state)
{
	(void)state;
	expect(MIDS(1, 1), 0.01, 0.01, FOUND_SAME, WHY_NONE, false);
	expect(MIDS(1), 0.01, 0.01, FOUND_SAME, WHY_NONE, false);
	expect(MIDS(1.2, 1.2), 0.01, 0.01, FOUND_SLOWER, WHY_NONE, false);
	expect(MIDS(1 / 1.2, 1 / 1.2), 0.01, 0.01, FOUND_FASTER, WHY_NONE, false);
	expect(MIDS(1.2), 0.01, 0.01, FOUND_OPEN, WHY_FEW_PROCESSES, true);
	expect(MIDS(1 / 1.2), 0.01, 0.01, FOUND_NOT_SLOWER, WHY_FEW_PROCESSES, true);
	expect(MIDS(0.975, 0.972), 0.01, 0.01, FOUND_NOT_SLOWER, WHY_WIDE, false);
	expect(MIDS(1.0, 0.8), 0.01, 0.01, FOUND_NOT_SLOWER, WHY_NOT_AGAIN, false);
	expect(MIDS(1 / 1.05, 1 / 1.05), 0.01, 0.04, FOUND_NOT_SLOWER, WHY_SMALL, false);
	expect(MIDS(1.2, 1.0), 0.01, 0.01, FOUND_OPEN, WHY_NOT_AGAIN, false);
	expect(MIDS(1.2, 0.8), 0.01, 0.01, FOUND_OPEN, WHY_NOT_AGAIN, false);
	expect(MIDS(1.2, 1.2, 1.2, 1.02), 0.001, 0.01, FOUND_OPEN, WHY_NOT_AGAIN, false);
	expect(MIDS(1.05, 1.05), 0.01, 0.04, FOUND_OPEN, WHY_SMALL, false);
	expect(MIDS(1.02, 1.02), 0.05, 0.01, FOUND_OPEN, WHY_WIDE, false);
	expect(MIDS(1, 1), 0.01, 0.04, FOUND_OPEN, WHY_WIDE, false);
}

/* Byte-identical code has shown this in two processes: never a finding. */
static void test_one_odd_process_is_no_finding(void **state)
{
	(void)state;
	expect(MIDS(1.116, 1.009), 0.01, 0.01, FOUND_OPEN, WHY_NOT_AGAIN, false);
}

static void test_few_rounds(void **state)
{
	struct cell c = {.n = 0};
	struct evidence e;

	(void)state;
	add(&c, 2, 0.01, 5);
	e = judged(&c, 0.01);
	assert_int_equal(e.found, FOUND_OPEN);
	assert_int_equal(e.why, WHY_FEW_ROUNDS);
	assert_true(!e.suspect && e.processes == 0 && e.ratio.level <= 0);
	assert_true(fabs(e.ratio.mid - 2) < 1e-12);
	/* A torn process does not count, nor does it spoil the others. */
	c.n = 0;
	add(&c, 1.2, 0.01, ROUNDS);
	add(&c, 1.2, 0.01, ROUNDS);
	add(&c, 0.5, 0.01, 3);
	e = judged(&c, 0.01);
	assert_true(e.found == FOUND_SLOWER && e.processes == 2);
	/* Nothing at all. */
	c.n = 0;
	e = judged(&c, 0.01);
	assert_true(e.found == FOUND_OPEN && isnan(e.ratio.mid));
}

/* What is detectable is what the formula says, and a slow-down just above it is found, one just below is not. */
static void test_detectable(void **state)
{
	struct evidence e;
	struct cell one;

	(void)state;
	fill(&one, MIDS(1, 1), 0.02);
	e = judged(&one, 0.015);
	assert_true(fabs(e.detectable - (1.03 * (1 + e.half) * 1.015 - 1)) < 1e-12);
	for (int above = 0; above < 2; above++) {
		double mid = 1 + e.detectable + (above ? 1e-6 : -1e-6);

		expect(MIDS(mid, mid), 0.02, 0.015, above ? FOUND_SLOWER : FOUND_OPEN, above ? WHY_NONE : WHY_SMALL,
		       false);
	}
}

/* Ratios turned upside down give the mirror image. */
static void test_symmetry(void **state)
{
	(void)state;
	for (double mid = 0.8; mid < 1.25; mid += 0.003) {
		struct cell up, down;
		struct evidence a, b;

		fill(&up, MIDS(mid, mid * 1.01), 0.01);
		fill(&down, MIDS(mid, mid), 0.01);
		for (int i = 0; i < 2; i++)
			for (int j = 0; j < ROUNDS; j++)
				down.values[i][j] = 1 / up.values[i][j];
		a = judged(&up, 0.01);
		b = judged(&down, 0.01);
		assert_int_equal(a.why, b.why);
		assert_int_equal(a.found == FOUND_SLOWER, b.found == FOUND_FASTER);
		assert_int_equal(a.found == FOUND_SAME, b.found == FOUND_SAME);
		assert_int_equal(a.suspect, b.suspect);
	}
}

/* A control of a few medians that look harmless is not trusted to flag anything. */
static void test_small_control(void **state)
{
	struct evidence e;
	struct cell c;

	(void)state;
	fill(&c, MIDS(1.06, 1.06), 0.002);
	assert_int_equal(judged_by(&c, 0.001, RULE_LEAST_CONTROL).found, FOUND_SLOWER);
	e = judged_by(&c, 0.001, RULE_LEAST_CONTROL - 1);
	assert_true(e.found == FOUND_OPEN && e.why == WHY_SMALL);
	assert_true(fabs(e.detectable - (1.03 * (1 + e.half) * (1 + RULE_NO_CONTROL) - 1)) < 1e-12);
	e = judged_by(&c, 0.2, 1);
	assert_true(fabs(e.bias - 0.2) < 1e-12 && e.detectable > 0.2);
	fill(&c, MIDS(1.2, 1.2), 0.002);
	assert_int_equal(judged_by(&c, 0.001, 1).found, FOUND_SLOWER);
}

/* With so many cells, six rounds can prove nothing: said before, not after. */
static void test_too_few_rounds_for_many_cells(void **state)
{
	enum { CELLS = 1000 };
	struct evidence *v = calloc(CELLS, sizeof(*v));
	struct cell c = {.n = 0};
	double bias = 0;

	(void)state;
	add(&c, 1.5, 0.001, 6);
	add(&c, 1.5, 0.001, 6);
	for (int i = 0; i < CELLS; i++)
		v[i] = evidence_paired(c.v, 2, &rule_default);
	assert_int_equal(judge(v, 1, &(struct control){.v = &bias, .n = 1}, &rule_default), 0);
	assert_int_equal(v[0].found, FOUND_SLOWER);
	assert_int_equal(judge(v, CELLS, &(struct control){.v = &bias, .n = 1}, &rule_default), 0);
	assert_true(isinf(v[0].detectable));
	assert_true(v[0].found == FOUND_OPEN && v[0].why == WHY_FEW_ROUNDS);
	free(v);
}

static void test_control(void **state)
{
	double room[8];
	struct control control = {.v = room};
	struct cell c;

	(void)state;
	fill(&c, MIDS(1.02, 0.96, 1.001), 0.001);
	assert_true(control_bias(&control, &rule_default) == RULE_NO_CONTROL);
	assert_true(fabs(control_add(&control, c.v, 3, &rule_default) - (1 / 0.96 - 1)) < 1e-4);
	assert_int_equal(control.n, 3);
	assert_true(control_bias(&control, &rule_default) > 0.019);
	control.n = 0;
	control_add_side(&control, c.v, 3, &rule_default);
	assert_int_equal(control.n, 2);
	assert_true(fabs(room[0] - (1.02 / 0.96 - 1)) < 1e-4);
}

static void test_many_processes(void **state)
{
	enum { MANY = 300 };
	double v[ROUNDS], bias = 0.01;
	struct rounds rounds[MANY];
	struct evidence e;

	(void)state;
	for (int i = 0; i < ROUNDS; i++)
		v[i] = 1.2 + 0.001 * i;
	for (int i = 0; i < MANY; i++)
		rounds[i] = (struct rounds){.v = v, .n = ROUNDS};
	e = evidence_paired(rounds, MANY, &rule_default);
	assert_int_equal(judge(&e, 1, &(struct control){.v = &bias, .n = 1}, &rule_default), 0);
	assert_true(e.found == FOUND_SLOWER && e.processes == MANY);
}

/* Sides measured apart: the interval covers the spread between the processes of both. */
static void test_apart(void **state)
{
	double bias = 0.01;
	struct control control = {.v = &bias, .n = 1};
	struct cell old, same, slow;
	struct evidence e;

	(void)state;
	fill(&old, MIDS(100, 104), 0.01);
	fill(&same, MIDS(101, 103), 0.01);
	fill(&slow, MIDS(130, 126), 0.01);
	e = evidence_apart(old.v, 2, same.v, 2, &rule_default);
	assert_int_equal(judge(&e, 1, &control, &rule_default), 0);
	assert_int_equal(e.found, FOUND_OPEN);
	assert_true(e.ratio.low < 101. / 104 && e.ratio.high > 103. / 100);
	e = evidence_apart(old.v, 2, slow.v, 2, &rule_default);
	assert_int_equal(judge(&e, 1, &control, &rule_default), 0);
	assert_int_equal(e.found, FOUND_SLOWER);
	e = evidence_apart(old.v, 1, slow.v, 2, &rule_default);
	assert_int_equal(judge(&e, 1, &control, &rule_default), 0);
	assert_true(e.found == FOUND_OPEN && e.suspect);
	e = evidence_apart(old.v, 0, slow.v, 2, &rule_default);
	assert_true(e.processes == 0 && isnan(e.ratio.mid));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_one_odd_process_is_no_finding),
		cmocka_unit_test(test_few_rounds),
		cmocka_unit_test(test_detectable),
		cmocka_unit_test(test_small_control),
		cmocka_unit_test(test_symmetry),
		cmocka_unit_test(test_too_few_rounds_for_many_cells),
		cmocka_unit_test(test_control),
		cmocka_unit_test(test_many_processes),
		cmocka_unit_test(test_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
