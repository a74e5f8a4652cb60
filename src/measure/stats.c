/* SPDX-License-Identifier: MIT */
/*
 * Order statistics and the little of classical statistics that the reports need, all exact or to double precision.
 * Intervals of medians come from the binomial distribution of ranks (sign test), so they assume nothing of the data.
 */
#include "measure/stats.h"

#include "base/rng.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double *sorted_copy(const double *v, int n)
{
	double *s = n > 0 ? malloc((size_t)n * sizeof(*s)) : NULL;

	if (s) {
		memcpy(s, v, (size_t)n * sizeof(*s));
		qsort(s, (size_t)n, sizeof(*s), by_value);
	}
	return s;
}

/* Linear interpolation between order statistics (type 7 of Hyndman and Fan). */
static double quantile_of_sorted(const double *s, int n, double q)
{
	double at = q * (n - 1);
	int low = (int)floor(at);

	if (low >= n - 1)
		return s[n - 1];
	return s[low] + (at - low) * (s[low + 1] - s[low]);
}

double stats_quantile(const double *v, int n, double q)
{
	double *s = sorted_copy(v, n), result;

	if (!s)
		return NAN;
	result = quantile_of_sorted(s, n, fmin(fmax(q, 0), 1));
	free(s);
	return result;
}

double stats_median(const double *v, int n)
{
	return stats_quantile(v, n, 0.5);
}

double stats_mean(const double *v, int n)
{
	double sum = 0;

	for (int i = 0; i < n; i++)
		sum += v[i];
	return n > 0 ? sum / n : NAN;
}

/* P(X <= k) for X of Binomial(n, 1/2); terms through lgamma, as 2^-n underflows for large n. */
static double binomial_half_cdf(int k, int n)
{
	double sum = 0;

	for (int i = 0; i <= k; i++)
		sum += exp(lgamma(n + 1.0) - lgamma(i + 1.0) - lgamma(n - i + 1.0) - n * M_LN2);
	return fmin(sum, 1);
}

struct interval stats_median_interval(const double *v, int n, double level)
{
	double *s = sorted_copy(v, n), tail = 0;
	struct interval r = {.mid = NAN, .low = NAN, .high = NAN};
	int rank = 0;

	if (!s)
		return r;
	r.mid = r.low = r.high = quantile_of_sorted(s, n, 0.5);
	r.n = n;
	/* The largest rank whose pair (rank, n + 1 - rank) still covers the median often enough. */
	while (rank < n / 2 && 1 - 2 * binomial_half_cdf(rank, n) >= level)
		tail = binomial_half_cdf(rank++, n);
	if (rank > 0) {
		r.low = s[rank - 1];
		r.high = s[n - rank];
		r.level = 1 - 2 * tail;
	}
	free(s);
	return r;
}

struct interval stats_ratio_interval(const double *a, const double *b, int n, double level)
{
	double *ratio = n > 0 ? malloc((size_t)n * sizeof(*ratio)) : NULL;
	struct interval r = {.mid = NAN, .low = NAN, .high = NAN};

	if (!ratio)
		return r;
	for (int i = 0; i < n; i++)
		ratio[i] = a[i] / b[i];
	r = stats_median_interval(ratio, n, level);
	free(ratio);
	return r;
}

/* The continued fraction of the incomplete beta function (Lentz's method; Abramowitz and Stegun 26.5.8). */
static double beta_fraction(double x, double a, double b)
{
	double c = 1, d = 1 / (1 - (a + b) * x / (a + 1)), h = d;

	for (int m = 1; m < 10000; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		double before;

		d = 1 / (1 + even * d);
		c = 1 + even / c;
		h *= d * c;
		d = 1 / (1 + odd * d);
		c = 1 + odd / c;
		before = h;
		h *= d * c;
		if (fabs(h - before) <= 1e-16 * fabs(h))
			break;
	}
	return h;
}

/* Regularised incomplete beta function I_x(a, b). */
static double beta_cdf(double x, double a, double b)
{
	double front;

	if (x <= 0 || x >= 1)
		return x <= 0 ? 0 : 1;
	front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
	return x < (a + 1) / (a + b + 2) ? front * beta_fraction(x, a, b) / a
					 : 1 - front * beta_fraction(1 - x, b, a) / b;
}

double stats_t_quantile(double level, double freedom)
{
	double low = 0, high = 1;

	if (!(level > 0 && level < 1 && freedom > 0))
		return NAN;
	/* P(|T| > t) = I_{f/(f+t^2)}(f/2, 1/2): falling in t, so bracket and bisect. */
	while (beta_cdf(freedom / (freedom + high * high), freedom / 2, 0.5) > 1 - level && high < 1e150)
		high *= 2;
	for (double t = (low + high) / 2; t > low && t < high; t = (low + high) / 2) {
		if (beta_cdf(freedom / (freedom + t * t), freedom / 2, 0.5) > 1 - level)
			low = t;
		else
			high = t;
	}
	return (low + high) / 2;
}

double stats_deviation(const double *v, int n)
{
	double mean = stats_mean(v, n), squares = 0;

	for (int i = 0; i < n; i++)
		squares += (v[i] - mean) * (v[i] - mean);
	return n > 1 ? sqrt(squares / (n - 1)) : NAN;
}

struct interval stats_mean_interval(const double *v, int n, double level)
{
	struct interval r = {.mid = stats_mean(v, n), .n = n};
	double half;

	r.low = r.high = r.mid;
	if (n < 2)
		return r;
	half = stats_t_quantile(level, n - 1) * stats_deviation(v, n) / sqrt(n);
	r.low -= half;
	r.high += half;
	r.level = level;
	return r;
}

double stats_detectable(double deviation, int n, double alpha, double power)
{
	if (n < 2)
		return NAN;
	return (stats_t_quantile(1 - alpha, n - 1) + stats_t_quantile(2 * power - 1, n - 1)) * deviation / sqrt(n);
}

/*
 * All patterns in Gray code order, so that the next sum is one addition away. The last value keeps its sign: the other
 * half of the patterns mirrors this one, and the test has two sides.
 */
static double permutations_exact(const double *v, int n, double bound)
{
	uint32_t patterns = UINT32_C(1) << (n - 1), flipped = 0;
	double sum = 0;
	uint32_t hits = 0;

	for (int i = 0; i < n; i++)
		sum += v[i];
	for (uint32_t i = 1;; i++) {
		int at = __builtin_ctz(i);

		hits += fabs(sum) >= bound;
		if (i == patterns)
			return (double)hits / patterns;
		flipped ^= UINT32_C(1) << at;
		sum += flipped >> at & 1 ? -2 * v[at] : 2 * v[at];
	}
}

/* The pattern seen counts as one of those drawn, so that p is never 0 and never too small on average. */
static double permutations_drawn(const double *v, int n, double bound)
{
	const int draws = 99999;
	struct rng rng = rng_create(1, 0);
	int hits = 1;

	for (int draw = 0; draw < draws; draw++) {
		uint64_t bits = 0;
		double sum = 0;

		for (int i = 0; i < n; i++) {
			bits = i % 64 ? bits >> 1 : rng_next(&rng);
			sum += bits & 1 ? v[i] : -v[i];
		}
		hits += fabs(sum) >= bound;
	}
	return (double)hits / (draws + 1);
}

double stats_permutation_test(const double *v, int n)
{
	double sum = 0, size = 0, bound;

	for (int i = 0; i < n; i++) {
		sum += v[i];
		size += fabs(v[i]);
	}
	if (!isfinite(size))
		return NAN;
	/* Sums that differ by rounding alone are equal; those of whole numbers do not round. */
	bound = fabs(sum) - 1e-10 * size;
	if (n < 1)
		return 1;
	return n <= STATS_EXACT_PAIRS ? permutations_exact(v, n, bound) : permutations_drawn(v, n, bound);
}

#define SIMULATED_PAIRS 12

/* Puts v, which is above the last or has room, among the `room` largest, in falling order; returns their count. */
static int keep_largest(double *largest, int n, int room, double v)
{
	int at = n < room ? n : room - 1;

	for (; at > 0 && largest[at - 1] < v; at--)
		largest[at] = largest[at - 1];
	largest[at] = v;
	return n < room ? n + 1 : room;
}

/*
 * The shift that makes n differences significant. Flipping the signs of a set of them leaves as large a sum if the
 * set's own sum is not positive, that is unless the shift is above its -mean; of all sets, the empty one counted, at
 * most `sets` may. So it is the sets-th largest of -mean.
 */
static double critical_shift(const double *v, int n, int sets)
{
	static const double reciprocal[] = {0,	    1,	    1. / 2, 1. / 3,  1. / 4,  1. / 5, 1. / 6,
					    1. / 7, 1. / 8, 1. / 9, 1. / 10, 1. / 11, 1. / 12};
	double sum[1 << SIMULATED_PAIRS], largest[1 << SIMULATED_PAIRS];
	int kept = 0;

	sum[0] = 0;
	for (int i = 0; i < n; i++)
		for (int set = 0; set < 1 << i; set++)
			sum[(1 << i) + set] = sum[set] - v[i];
	for (int set = 1; set < 1 << n; set++) {
		double shift = sum[set] * reciprocal[__builtin_popcount((unsigned)set)];

		if (kept < sets || shift > largest[kept - 1])
			kept = keep_largest(largest, kept, sets, shift);
	}
	return largest[kept - 1];
}

double stats_permutation_detectable(double deviation, int n, double alpha, double power)
{
	enum { DRAWS = 1000 };
	double shift[DRAWS], v[SIMULATED_PAIRS];
	struct rng rng = rng_create(1, 0);
	int sets;

	if (n < 2 || n > SIMULATED_PAIRS || isnan(deviation))
		return stats_detectable(deviation, n, alpha, power);
	sets = (int)floor(ldexp(alpha, n - 1) * (1 + 1e-12));
	if (sets < 1)
		return INFINITY;
	for (int draw = 0; draw < DRAWS; draw++) {
		for (int i = 0; i < n; i++)
			v[i] = rng_gaussian(&rng);
		shift[draw] = critical_shift(v, n, sets);
	}
	return stats_quantile(shift, DRAWS, power) * deviation;
}

double stats_sign_p(int above, int below)
{
	if (above + below == 0)
		return 1;
	return fmin(1, 2 * binomial_half_cdf(above < below ? above : below, above + below));
}

double stats_sign_test(const double *v, int n)
{
	int above = 0, below = 0;

	for (int i = 0; i < n; i++) {
		above += v[i] > 0;
		below += v[i] < 0;
	}
	return stats_sign_p(above, below);
}

/* Adjusts p in the order of size: p(i) becomes the largest of (n - j) p(j) for j <= i, at most 1. */
void stats_holm(double *p, int n)
{
	double *s = sorted_copy(p, n), *adjusted = n > 0 ? malloc((size_t)n * sizeof(*adjusted)) : NULL, most = 0;

	if (s && adjusted) {
		for (int i = 0; i < n; i++)
			adjusted[i] = most = fmin(1, fmax(most, (n - i) * s[i]));
		for (int i = 0; i < n; i++)
			p[i] = adjusted[(const double *)bsearch(&p[i], s, (size_t)n, sizeof(*s), by_value) - s];
	}
	free(s);
	free(adjusted);
}
