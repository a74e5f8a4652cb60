/* SPDX-License-Identifier: MIT */
/*
 * The tau at which a method that takes one keeps k entries per row on average: so that `norm` and `threshold` stand
 * in the same columns as top-k.
 */
#ifndef BENCH_TAU_H
#define BENCH_TAU_H

#include "lineup.h"

struct tau_data {
	const float *const *dy; /* (copies) matrices (batch, n_out) */
	int copies, batch, n_out;
	struct tinyprop tinyprop; /* for that; its norms are not read */
};

/* The largest L1 norm of a row. */
float tau_largest_norm(const struct tau_data *d);

/* tau of the selection method `select` (norm, threshold, tinyprop) whose mean k is nearest to k; NAN if out of memory.
 */
double tau_for_mean_k(const char *select, const struct tau_data *d, double k);

/* Sets tau of a kept set whose method takes one and was given none, from all copies of dY; and tinyprop's norm. */
int tau_find(struct kept_set *set, const struct workload *w, const struct options *o, struct failure *f);

#endif
