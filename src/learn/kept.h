/* SPDX-License-Identifier: MIT */
/*
 * How many entries of dY a layer kept, over many examples: a histogram with one count for each possible number, so that
 * mean and quantiles are exact and the same for every team. Counting costs one increment per example.
 */
#ifndef LEARN_KEPT_H
#define LEARN_KEPT_H

#include <stdint.h>

/* Of one layer over an epoch. A quantile q is the least number that at least the share q of the examples do not exceed.
 */
struct kept_stats {
	double mean;
	int p10, p50, p90;
};

/* counts: (n + 1) examples that kept 0, 1, ... n entries. All 0 where there are no examples. */
struct kept_stats kept_stats_of(const int64_t *counts, int n);

#endif
