/* SPDX-License-Identifier: MIT */
/* See init.h. `wide` and `port` are what the two public programs of meProp's authors do (C# and PyTorch). */
#include "learn/init.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static void fill_uniform(float *v, size_t n, double limit, struct rng *r)
{
	for (size_t i = 0; i < n; i++)
		v[i] = (float)(limit * (2 * rng_uniform(r) - 1));
}

static void fill_glorot(float *w, float *bias, int n_out, int n_in, struct rng *r)
{
	(void)bias;
	fill_uniform(w, (size_t)n_out * (size_t)n_in, sqrt(6.0 / (n_in + n_out)), r);
}

static void fill_wide(float *w, float *bias, int n_out, int n_in, struct rng *r)
{
	double deviation = sqrt(6.0 / (n_in + n_out));

	(void)bias;
	for (size_t i = 0; i < (size_t)n_out * (size_t)n_in; i++)
		w[i] = (float)(deviation * rng_gaussian(r));
}

static void fill_port(float *w, float *bias, int n_out, int n_in, struct rng *r)
{
	double limit = 1 / sqrt(n_out);

	fill_uniform(w, (size_t)n_out * (size_t)n_in, limit, r);
	fill_uniform(bias, (size_t)n_out, limit, r);
}

const struct init inits[] = {
	{"glorot", fill_glorot, "uniform in +-sqrt(6 / (n_in + n_out)), bias 0 (Glorot, Bengio 2010)"},
	{"wide", fill_wide, "gaussian, deviation sqrt(6 / (n_in + n_out)), bias 0 (meProp's C# code)"},
	{"port", fill_port, "uniform in +-1 / sqrt(n_out), bias too (meProp's PyTorch port)"},
	{NULL, NULL, NULL},
};

const struct init *init_find(const char *name)
{
	for (const struct init *i = inits; i->name; i++)
		if (!strcmp(i->name, name))
			return i;
	return NULL;
}
