/* SPDX-License-Identifier: MIT */
/* Statistics against values from tables and against definitions. */
#include "measure/stats.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_near(double got, double want, double tolerance)
{
	if (!(fabs(got - want) <= tolerance))
		fail_msg("got %.10g, should be %.10g", got, want);
}

static void medians_and_quantiles(void **state)
{
	const double odd[] = {3, 1, 2}, even[] = {4, 1, 3, 2};

	(void)state;
	assert_near(stats_median(odd, 3), 2, 0);
	assert_near(odd[0], 3, 0);
	assert_near(stats_median(even, 4), 2.5, 0);
	assert_near(stats_median(odd, 1), 3, 0);
	assert_true(isnan(stats_median(odd, 0)));
	assert_true(isnan(stats_mean(odd, 0)));
	assert_near(stats_mean(even, 4), 2.5, 0);
	assert_near(stats_quantile(even, 4, 0), 1, 0);
	assert_near(stats_quantile(even, 4, 1), 4, 0);
	assert_near(stats_quantile(even, 4, 0.25), 1.75, 1e-15);
}

/* The ranks of Conover's table: n, the lower rank of the 95 % interval, its true level. */
static void median_intervals(void **state)
{
	static const struct {
		int n, rank;
		double level;
	} table[] = {
		{6, 1, 0.96875},   {9, 2, 0.9609375}, {10, 2, 0.978515625},
		{20, 6, 0.958610}, {25, 8, 0.956715}, {100, 40, 0.964800},
	};
	double v[100];

	(void)state;
	for (int i = 0; i < 100; i++)
		v[i] = i + 1;
	for (size_t t = 0; t < sizeof(table) / sizeof(table[0]); t++) {
		struct interval r = stats_median_interval(v, table[t].n, 0.95);

		assert_near(r.low, table[t].rank, 0);
		assert_near(r.high, table[t].n + 1 - table[t].rank, 0);
		assert_near(r.mid, (table[t].n + 1) / 2.0, 1e-12);
		assert_near(r.level, table[t].level, 1e-6);
	}
	for (int n = 1; n < 6; n++) {
		struct interval r = stats_median_interval(v, n, 0.95);

		assert_true(r.level == 0 && r.low == r.mid && r.high == r.mid);
	}
	assert_true(isnan(stats_median_interval(v, 0, 0.95).mid));
}

static void ratio_intervals(void **state)
{
	double a[20], b[20];
	struct interval r;

	(void)state;
	for (int i = 0; i < 20; i++) {
		b[i] = 1 + i * i; /* the machine drifts; the ratio does not */
		a[i] = 3 * b[i];
	}
	r = stats_ratio_interval(a, b, 20, 0.95);
	assert_near(r.mid, 3, 1e-12);
	assert_near(r.low, 3, 1e-12);
	assert_near(r.high, 3, 1e-12);
	assert_true(r.level >= 0.95);
}

static void t_quantiles(void **state)
{
	static const struct {
		double level, freedom, t;
	} table[] = {
		{0.95, 1, 12.7062047}, {0.95, 2, 4.30265273},  {0.95, 4, 2.77644511},
		{0.95, 9, 2.26215716}, {0.95, 30, 2.04227246}, {0.95, 1000, 1.96233908},
		{0.99, 5, 4.03214298}, {0.90, 10, 1.81246112}, {0.50, 1, 1.0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_near(stats_t_quantile(table[i].level, table[i].freedom), table[i].t, 1e-7 * table[i].t);
	assert_true(isnan(stats_t_quantile(1, 5)));
	assert_true(isnan(stats_t_quantile(0.95, 0)));
}

static void mean_intervals(void **state)
{
	/* Student's sleep data, difference of the two drugs: 0.70 .. 2.46 at 95 %. */
	const double sleep[] = {1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4};
	struct interval r = stats_mean_interval(sleep, 10, 0.95);

	(void)state;
	assert_near(r.mid, 1.58, 1e-12);
	assert_near(r.low, 0.7001142, 1e-6);
	assert_near(r.high, 2.4598858, 1e-6);
	r = stats_mean_interval(sleep, 1, 0.95);
	assert_true(r.level == 0 && r.low == r.high);
}

static void sign_tests(void **state)
{
	const double v[] = {1, 2, 3, -1, 0, 4, 5, 6, 7, 8}, even[] = {1, -1}, zero[] = {0, 0};

	(void)state;
	assert_near(stats_sign_test(v, 10), 20.0 / 512, 1e-12);
	assert_near(stats_sign_test(even, 2), 1, 0);
	assert_near(stats_sign_test(zero, 2), 1, 0);
	assert_near(stats_sign_test(v, 3), 0.25, 1e-12);
}

static void holm_steps_down(void **state)
{
	double p[] = {0.01, 0.04, 0.03, 0.005}, one[] = {0.02}, same[] = {0.6, 0.6};

	(void)state;
	stats_holm(p, 4);
	assert_near(p[0], 0.03, 1e-12);
	assert_near(p[1], 0.06, 1e-12);
	assert_near(p[2], 0.06, 1e-12);
	assert_near(p[3], 0.02, 1e-12);
	stats_holm(one, 1);
	assert_near(one[0], 0.02, 0);
	stats_holm(same, 2);
	assert_near(same[0], 1, 0);
	assert_near(same[1], 1, 0);
	stats_holm(p, 0);
}

/* Student's sleep data: SciPy's permutation_test gives the same. */
static void permutation_tests(void **state)
{
	const double sleep[] = {1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4}, zeros[] = {0, 0, 0};
	const double same[] = {2, 2, 2, 2, 2, 2}, lost[] = {1, NAN, 2}, endless[] = {1, INFINITY};
	double tenths[21], all[30];

	(void)state;
	assert_near(stats_permutation_test(sleep, 10), 4.0 / 1024, 1e-15);
	assert_near(stats_permutation_test(zeros, 3), 1, 0);
	assert_near(stats_permutation_test(same, 6), 2.0 / 64, 1e-15);
	assert_near(stats_permutation_test(same, 1), 1, 0);
	assert_near(stats_permutation_test(same, 2), 0.5, 0);
	assert_near(stats_permutation_test(NULL, 0), 1, 0);
	assert_true(isnan(stats_permutation_test(lost, 3)));
	assert_true(isnan(stats_permutation_test(endless, 2)));
	for (int i = 0; i < 21; i++)
		tenths[i] = 0.1 * (i % 7 - 2); /* sums that only rounding tells apart must count as ties */
	assert_near(stats_permutation_test(tenths, 20), 93984.0 / 1048576, 1e-15);
	assert_near(stats_permutation_test(tenths, 21), 102272.0 / 2097152, 0.005);
	for (int i = 0; i < 30; i++)
		all[i] = 1 + i; /* none of those drawn is as far off: the one seen counts alone */
	assert_near(stats_permutation_test(all, 30), 1e-5, 0);
}

/* R: power.t.test(n = 10, sd = 1, power = 0.8, type = "paired") gives 0.996 by the noncentral t. */
static void detectable_differences(void **state)
{
	(void)state;
	assert_near(stats_detectable(1, 10, 0.05, 0.8), 0.9947137349915764, 1e-6);
	assert_near(stats_detectable(2, 20, 0.05, 0.8), 1.3210576039732538, 1e-6);
	assert_near(stats_detectable(0, 10, 0.05, 0.8), 0, 0);
	assert_true(isnan(stats_detectable(1, 1, 0.05, 0.8)));
	assert_true(isnan(stats_detectable(NAN, 10, 0.05, 0.8)));
}

/* Against a simulation in Python of all sign patterns, 4,000 draws at each of 11 steps of a bisection. */
static void detectable_by_permutation(void **state)
{
	static const struct {
		int n;
		double tests, want;
	} table[] = {{10, 1, 1.011}, {10, 6, 1.447}, {10, 9, 1.667}, {10, 15, 2.016},
		     {6, 1, 1.808},  {8, 3, 1.544},  {12, 25, 1.550}};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_near(stats_permutation_detectable(2, table[i].n, 0.05 / table[i].tests, 0.8), 2 * table[i].want,
			    0.1 * table[i].want);
	assert_near(stats_permutation_detectable(1, 20, 0.05, 0.8), stats_detectable(1, 20, 0.05, 0.8), 0);
	assert_near(stats_permutation_detectable(0, 10, 0.05, 0.8), 0, 0);
	assert_true(isinf(stats_permutation_detectable(1, 5, 0.05, 0.8)));
	assert_true(isinf(stats_permutation_detectable(1, 10, 0.05 / 26, 0.8)));
	assert_true(isnan(stats_permutation_detectable(1, 1, 0.05, 0.8)));
	assert_true(isnan(stats_permutation_detectable(NAN, 10, 0.05, 0.8)));
}

static void deviations(void **state)
{
	const double v[] = {2, 4, 4, 4, 5, 5, 7, 9};

	(void)state;
	assert_near(stats_deviation(v, 8), 2.138089935299395, 1e-12);
	assert_near(stats_deviation(v + 1, 3), 0, 0);
	assert_true(isnan(stats_deviation(v, 1)));
	assert_true(isnan(stats_deviation(v, 0)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(medians_and_quantiles),
		cmocka_unit_test(median_intervals),
		cmocka_unit_test(ratio_intervals),
		cmocka_unit_test(t_quantiles),
		cmocka_unit_test(mean_intervals),
		cmocka_unit_test(sign_tests),
		cmocka_unit_test(holm_steps_down),
		cmocka_unit_test(permutation_tests),
		cmocka_unit_test(detectable_differences),
		cmocka_unit_test(deviations),
		cmocka_unit_test(detectable_by_permutation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
