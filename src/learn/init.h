/* SPDX-License-Identifier: MIT */
/*
 * How weights start. The recipe decides how small a k still learns, so it is named with every result.
 */
#ifndef LEARN_INIT_H
#define LEARN_INIT_H

#include "base/rng.h"

struct init {
	const char *name;
	/* Fills w (n_out, n_in) and bias (n_out), which are zero before. */
	void (*fill)(float *w, float *bias, int n_out, int n_in, struct rng *r);
	const char *summary;
};

/* glorot, wide, port; ends with name == NULL. */
extern const struct init inits[];

const struct init *init_find(const char *name); /* NULL if unknown */

#endif
