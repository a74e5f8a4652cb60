/* SPDX-License-Identifier: MIT */
/*
 * The rule of the gate: each finding and each reason on evidence made for it, then simulated gates on noise worse than
 * a shared machine's, with a fixed seed: how often identical code is flagged, and how often a slow-down is found.
 */
#include "judge.h"

#include "base/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define ROUNDS 20
#define PROCESSES 3

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

/* One cell alone, whose control has this bias. */
static struct evidence judged(const struct cell *c, double bias)
{
	struct control control = {.v = &bias, .n = 1};
	struct evidence e = evidence_paired(c->v, c->n, &rule_default);

	assert_int_equal(judge(&e, 1, &control, &rule_default), 0);
	return e;
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
	expect(MIDS(1 / 1.2), 0.01, 0.01, FOUND_OPEN, WHY_FEW_PROCESSES, true);
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

/*
 * A simulated gate: CELLS cells with sigma of 0.3 to 3 % (three times that on a loaded machine), t-distributed noise
 * with 3 degrees of freedom, a slow wave of half a sigma, bursts of 10 to 70 % in 5 % (20 %) of the rounds of one side;
 * each process and cell adds a bias, gaussian of 1 %, and with 3 % probability 3 to 12 % more. Its own twin has its own
 * bias.
 */
enum { CELLS = 60, SLOWED = 4, RUNS = 100 };

struct gate {
	struct rng rng;
	double sigma[CELLS];
	double ratios[CELLS][PROCESSES][ROUNDS], twins[CELLS][PROCESSES][ROUNDS];
	int n[CELLS]; /* processes */
	struct evidence v[CELLS];
};

static double heavy_tailed(struct rng *rng)
{
	double squares = 0;

	for (int i = 0; i < 3; i++) {
		double z = rng_gaussian(rng);

		squares += z * z;
	}
	return rng_gaussian(rng) / sqrt(squares / 3);
}

static double either_sign(struct rng *rng, double v)
{
	return rng_uniform(rng) < 0.5 ? -v : v;
}

static void measure(struct rng *rng, double sigma, double effect, bool loaded, double *v)
{
	const double s = loaded ? 3 * sigma : sigma, bursts = loaded ? 0.2 : 0.05, phase = 6.28 * rng_uniform(rng);
	double bias = 0.01 * rng_gaussian(rng);

	if (rng_uniform(rng) < 0.03)
		bias += either_sign(rng, 0.03 + 0.09 * rng_uniform(rng));
	for (int i = 0; i < ROUNDS; i++) {
		double x = log1p(effect) + bias + 0.6 * s * heavy_tailed(rng) + 0.5 * s * sin(phase + 0.3 * i);

		if (rng_uniform(rng) < bursts)
			x += either_sign(rng, 0.1 + 0.6 * rng_uniform(rng));
		v[i] = exp(x);
	}
}

static void run_process(struct gate *g, int cell, double effect, bool loaded)
{
	int p = g->n[cell]++;

	measure(&g->rng, g->sigma[cell], cell < SLOWED ? effect : 0, loaded, g->ratios[cell][p]);
	measure(&g->rng, g->sigma[cell], 0, loaded, g->twins[cell][p]);
}

static void judge_gate(struct gate *g, const struct rule *rule)
{
	double room[CELLS * PROCESSES];
	struct control control = {.v = room};

	for (int i = 0; i < CELLS; i++) {
		struct rounds a[PROCESSES], b[PROCESSES];

		for (int p = 0; p < g->n[i]; p++) {
			a[p] = (struct rounds){.v = g->ratios[i][p], .n = ROUNDS};
			b[p] = (struct rounds){.v = g->twins[i][p], .n = ROUNDS};
		}
		g->v[i] = evidence_paired(a, g->n[i], rule);
		g->v[i].own_bias = control_add(&control, b, g->n[i], rule);
	}
	assert_int_equal(judge(g->v, CELLS, &control, rule), 0);
}

/* All cells once, then what is suspect in fresh processes, as tools/ab does. */
static void run_gate(struct gate *g, uint64_t seed, double effect, bool loaded, const struct rule *rule)
{
	*g = (struct gate){.rng = rng_create(seed, 5)};
	for (int i = 0; i < CELLS; i++) {
		g->sigma[i] = 0.003 * exp(rng_uniform(&g->rng) * log(10));
		run_process(g, i, effect, loaded);
	}
	judge_gate(g, rule);
	for (int p = 1; p < rule->processes; p++) {
		for (int i = 0; i < CELLS; i++) {
			if (g->v[i].suspect)
				run_process(g, i, effect, loaded);
		}
		judge_gate(g, rule);
	}
}

struct rates {
	int found, cells_found, called_same, others; /* runs that find it; cells; cells; runs that flag another cell */
};

static struct rates simulate(double effect, bool loaded, int processes)
{
	struct rule rule = rule_default;
	struct rates r = {0};

	rule.processes = processes;
	for (int run = 0; run < RUNS; run++) {
		static struct gate g;
		bool found = false, other = false;

		run_gate(&g, (uint64_t)run, effect, loaded, &rule);
		for (int i = 0; i < CELLS; i++) {
			bool slower = g.v[i].found == FOUND_SLOWER;

			found = found || (i < SLOWED && slower);
			other = other || (i >= SLOWED && slower);
			r.cells_found += i < SLOWED && slower;
			r.called_same += i < SLOWED && g.v[i].found == FOUND_SAME;
		}
		r.found += found;
		r.others += other;
	}
	print_message(
		"simulated, %s, +%g%%, %d processes: found in %d of %d runs, %d of %d cells (%d called the same); "
		"another kernel flagged in %d runs\n",
		loaded ? "loaded" : "quiet", 100 * effect, processes, r.found, RUNS, r.cells_found, RUNS * SLOWED,
		r.called_same, r.others);
	return r;
}

static void test_simulated_identical_code(void **state)
{
	(void)state;
	for (int loaded = 0; loaded < 2; loaded++) {
		struct rates two = simulate(0, loaded, 2), three = simulate(0, loaded, 3);

		assert_true(two.found + two.others <= 3);
		assert_int_equal(three.found + three.others, 0);
	}
}

static void test_simulated_slow_downs(void **state)
{
	(void)state;
	for (int processes = 2; processes <= 3; processes++) {
		assert_true(simulate(0.05, false, processes).called_same <= 2);
		assert_int_equal(simulate(0.1, false, processes).found, RUNS);
		assert_int_equal(simulate(0.2, false, processes).found, RUNS);
		assert_true(simulate(0.05, true, processes).called_same <= 2);
		assert_true(simulate(0.1, true, processes).found >= RUNS * 85 / 100);
		assert_int_equal(simulate(0.2, true, processes).found, RUNS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_one_odd_process_is_no_finding),
		cmocka_unit_test(test_few_rounds),
		cmocka_unit_test(test_detectable),
		cmocka_unit_test(test_symmetry),
		cmocka_unit_test(test_too_few_rounds_for_many_cells),
		cmocka_unit_test(test_control),
		cmocka_unit_test(test_many_processes),
		cmocka_unit_test(test_apart),
		cmocka_unit_test(test_simulated_identical_code),
		cmocka_unit_test(test_simulated_slow_downs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
