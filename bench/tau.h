/* SPDX-License-Identifier: MIT */
/*
 * The tau at which a method that takes one keeps k entries per row on average: so that `norm` and `threshold` stand
 * in the same columns as top-k.
 */
#ifndef BENCH_TAU_H
#define BENCH_TAU_H

#include "kernel.h"

struct tau_data {
	const float *const *dy; /* (copies) matrices (batch, n_out) */
	int copies, batch, n_out;
};

/* tau of the selection method `select` ("norm" or "threshold") whose mean k is nearest to k; NAN if out of memory. */
double tau_for_mean_k(const char *select, const struct tau_data *d, double k);

#endif
