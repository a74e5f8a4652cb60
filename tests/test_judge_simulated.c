/* SPDX-License-Identifier: MIT */
/*
 * Simulated gates on noise worse than a shared machine's, with fixed seeds: how often identical code is flagged, and
 * how often a slow-down is found. What is printed is what judge.h tells.
 */
#include "judge.h"

#include "base/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ROUNDS 20
#define PROCESSES 3

/*
 * A simulated gate: up to CELLS cells, SLOWED of them slower, with sigma of 0.3 to 3 % (three times that on a loaded
 * machine), t-distributed noise with 3 degrees of freedom, a slow wave of half a sigma, bursts of 10 to 70 % in 5 % (20
 * %) of the rounds of one side; each process and cell adds a bias, gaussian of 1 %, and with 3 % probability 3 to 12 %
 * more. Its own twin has its own bias.
 */
enum { CELLS = 60, SLOWED = 4, RUNS = 100, SMALL_RUNS = 2000 };

struct gate {
	int cells,
		copies; /* of each median of the control: one is what there is, more pretend that there were enough */
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
	double room[CELLS * PROCESSES * RULE_LEAST_CONTROL];
	struct control control = {.v = room};

	for (int i = 0; i < g->cells; i++) {
		struct rounds a[PROCESSES], b[PROCESSES];

		for (int p = 0; p < g->n[i]; p++) {
			a[p] = (struct rounds){.v = g->ratios[i][p], .n = ROUNDS};
			b[p] = (struct rounds){.v = g->twins[i][p], .n = ROUNDS};
		}
		g->v[i] = evidence_paired(a, g->n[i], rule);
		for (int copy = 0; copy < g->copies; copy++)
			g->v[i].own_bias = control_add(&control, b, g->n[i], rule);
	}
	assert_int_equal(judge(g->v, g->cells, &control, rule), 0);
}

/*
 * All cells once, then what is suspect in fresh processes, as tools/ab does: until as many agree as the rule wants, and
 * at most PROCESSES.
 */
static void run_gate(struct gate *g, uint64_t seed, double effect, bool loaded, const struct rule *rule)
{
	g->rng = rng_create(seed, 5);
	for (int i = 0; i < g->cells; i++) {
		g->sigma[i] = 0.003 * exp(rng_uniform(&g->rng) * log(10));
		g->n[i] = 0;
		run_process(g, i, effect, loaded);
	}
	judge_gate(g, rule);
	for (int p = 1; p < PROCESSES; p++) {
		for (int i = 0; i < g->cells; i++) {
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
		static struct gate g = {.cells = CELLS, .copies = 1};
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
	print_message("simulated, %s, +%g%%, %d processes agree: found in %d of %d runs, %d of %d cells (%d called the "
		      "same); "
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

/* Gates of one to four cells without a change: the runs that flag any, with the control as it is or trusted. */
static int count_flagged(int cells, bool loaded, int copies)
{
	int flagged = 0;

	for (int run = 0; run < SMALL_RUNS; run++) {
		static struct gate g;
		bool any = false;

		g.cells = cells;
		g.copies = copies;
		run_gate(&g, (uint64_t)run, 0, loaded, &rule_default);
		for (int i = 0; i < cells; i++)
			any = any || g.v[i].found == FOUND_SLOWER;
		flagged += any;
	}
	return flagged;
}

static void test_simulated_small_gates(void **state)
{
	(void)state;
	for (int loaded = 0; loaded < 2; loaded++)
		for (int cells = 1; cells <= 4; cells++) {
			const int flagged = count_flagged(cells, loaded, 1);

			print_message("simulated, %s, %d cells: flagged in %d of %d runs, %d were so small a control "
				      "trusted\n",
				      loaded ? "loaded" : "quiet", cells, flagged, SMALL_RUNS,
				      count_flagged(cells, loaded, RULE_LEAST_CONTROL));
			assert_true(flagged <= SMALL_RUNS / 100);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_simulated_identical_code),
		cmocka_unit_test(test_simulated_slow_downs),
		cmocka_unit_test(test_simulated_small_gates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
