/* SPDX-License-Identifier: MIT */
/* Order statistics: medians, exact intervals, no assumption of normality. */
#ifndef MEASURE_STATS_H
#define MEASURE_STATS_H

#include <stdbool.h>

struct interval {
	double mid, low, high; /* low == high == mid if n is too small for the level asked */
	double level;	       /* confidence reached; 0 if none could be */
	int n;		       /* how many values it was taken from; 0 if that is not known */
};

double stats_median(const double *v, int n); /* v is not changed; NaN if n == 0 */
double stats_mean(const double *v, int n);
double stats_quantile(const double *v, int n, double q);

/* Median with the order-statistic (sign-test) interval of at least `level`, e.g. 0.95; n >= 6 for 0.95. */
struct interval stats_median_interval(const double *v, int n, double level);
/* The same for the paired ratios a[i] / b[i]. */
struct interval stats_ratio_interval(const double *a, const double *b, int n, double level);
/* Mean with Student's t interval. */
struct interval stats_mean_interval(const double *v, int n, double level);
/* The t with P(|T| <= t) = level, e.g. 2.262 for 0.95 and 9 degrees of freedom. */
double stats_t_quantile(double level, double freedom);
/* Standard deviation, n - 1 in the denominator; NaN below two values. */
double stats_deviation(const double *v, int n);
/*
 * Two-sided sign-flip permutation test of mean == 0 for paired differences: the share of all 2^n ways to give them
 * signs whose sum is as far from 0 as theirs, or further; never below 2^(1-n). Up to STATS_EXACT_PAIRS values every
 * pattern is counted, and ties are exact where the values are whole numbers; above, 99,999 random patterns of a fixed
 * seed. 1 for no values; NaN if one is not finite.
 */
#define STATS_EXACT_PAIRS 20
double stats_permutation_test(const double *v, int n);
/*
 * The smallest true mean of n paired differences with this standard deviation that a two-sided t test at level alpha
 * finds with probability `power`: (t(1 - alpha/2) + t(power)) deviation / sqrt(n), n - 1 degrees of freedom (Zar,
 * Biostatistical Analysis, "minimum detectable difference"). NaN below two pairs.
 */
double stats_detectable(double deviation, int n, double alpha, double power);
/*
 * The same for stats_permutation_test, whose p comes in steps of 2^(1-n), so that it needs more: ten pairs at 0.05 / 15
 * 2.0 deviations where t needs 1.5. The share `power` of 1,000 draws of n normal differences (fixed seed) whose shift
 * by it makes them significant; beyond 12 pairs the steps are small, and it is stats_detectable. Infinite where no
 * outcome is significant.
 */
double stats_permutation_detectable(double deviation, int n, double alpha, double power);
/* Two-sided exact sign test of median == 0 (zeros dropped), and the same from the counts. */
double stats_sign_test(const double *v, int n);
double stats_sign_p(int above, int below);
/* Holm's step-down adjustment in place. */
void stats_holm(double *p, int n);

#endif
