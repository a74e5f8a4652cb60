/* SPDX-License-Identifier: MIT */
/*
 * Synthetic gradients: rows whose distribution is an axis of the benchmark, because selection time depends on it.
 */
#ifndef DATA_DIST_H
#define DATA_DIST_H

#include "base/rng.h"

struct dist {
	const char *name, *summary;
	void (*fill)(float *row, int n, struct rng *r);
};

/*
 * gaussian; relu (gaussian, half exact zeros); zeros90; heavy (Student t, 2 degrees); ties (8 magnitudes);
 * equal; sorted; reversed; adversarial (built against median-of-3 quickselect). Ends with name == NULL.
 */
extern const struct dist dists[];

const struct dist *dist_find(const char *name); /* NULL if unknown */
/* Fills (rows, n), each row a function of (seed, row) alone. */
void dist_fill(const struct dist *d, float *m, int rows, int n, uint64_t seed);

#endif
