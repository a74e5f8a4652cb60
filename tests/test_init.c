/* SPDX-License-Identifier: MIT */
/* The recipes of initial weights: range and spread as they say, a function of the generator alone. */
#include "learn/init.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define N_OUT 300
#define N_IN 200

struct moments {
	double mean, deviation, largest;
};

static struct moments moments_of(const float *v, int n)
{
	struct moments m = {0, 0, 0};

	for (int i = 0; i < n; i++) {
		m.mean += (double)v[i] / n;
		m.largest = fmax(m.largest, fabs((double)v[i]));
	}
	for (int i = 0; i < n; i++)
		m.deviation += ((double)v[i] - m.mean) * ((double)v[i] - m.mean) / n;
	m.deviation = sqrt(m.deviation);
	return m;
}

static struct moments fill(const char *name, float *bias)
{
	static float w[N_OUT * N_IN];
	struct rng r = rng_create(3, 1);

	memset(w, 0, sizeof(w));
	memset(bias, 0, N_OUT * sizeof(float));
	assert_non_null(init_find(name));
	init_find(name)->fill(w, bias, N_OUT, N_IN, &r);
	return moments_of(w, N_OUT * N_IN);
}

/* 60,000 draws: the deviation is within 2 % of what it should be with room to spare. */
static void check(const char *name, double deviation, double limit, double bias_limit)
{
	float bias[N_OUT];
	struct moments m = fill(name, bias), b = moments_of(bias, N_OUT);

	assert_true(fabs(m.deviation / deviation - 1) < 0.02);
	assert_true(fabs(m.mean) < 0.02 * deviation);
	assert_true(m.largest <= limit && m.largest > 0.99 * fmin(limit, 3 * deviation));
	assert_true(b.largest <= bias_limit && b.largest >= 0.9 * bias_limit);
}

static void test_spread(void **state)
{
	double glorot = sqrt(6.0 / (N_IN + N_OUT)), port = 1 / sqrt(N_OUT);

	(void)state;
	check("glorot", glorot / sqrt(3), glorot * 1.000001, 0);
	check("wide", glorot, INFINITY, 0);
	check("port", port / sqrt(3), port * 1.000001, port * 1.000001);
}

static void test_same_generator_same_weights(void **state)
{
	float first[N_OUT], second[N_OUT];

	(void)state;
	for (const struct init *i = inits; i->name; i++) {
		struct moments a = fill(i->name, first), b = fill(i->name, second);

		assert_true(a.mean == b.mean && a.deviation == b.deviation);
		assert_memory_equal(first, second, sizeof(first));
	}
	assert_null(init_find("zero"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spread),
		cmocka_unit_test(test_same_generator_same_weights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
