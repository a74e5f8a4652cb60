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
/* Two-sided exact sign test of median == 0 (zeros dropped). */
double stats_sign_test(const double *v, int n);
/* Holm's step-down adjustment in place. */
void stats_holm(double *p, int n);

#endif
