/* SPDX-License-Identifier: MIT */
/* See kept.h. */
#include "learn/kept.h"

/* The least number whose examples, with all below it, are `percent` % of the total or more. */
static int quantile(const int64_t *counts, int n, int64_t total, int percent)
{
	int64_t below = 0;

	for (int kept = 0; kept <= n; kept++) {
		below += counts[kept];
		if (100 * below >= percent * total)
			return kept;
	}
	return n;
}

struct kept_stats kept_stats_of(const int64_t *counts, int n)
{
	int64_t total = 0, sum = 0;

	for (int kept = 0; kept <= n; kept++) {
		total += counts[kept];
		sum += counts[kept] * kept;
	}
	if (!total)
		return (struct kept_stats){0};
	return (struct kept_stats){
		.mean = (double)sum / (double)total,
		.p10 = quantile(counts, n, total, 10),
		.p50 = quantile(counts, n, total, 50),
		.p90 = quantile(counts, n, total, 90),
	};
}
