/* SPDX-License-Identifier: MIT */
/*
 * Synthetic gradients, see dist.h. Each function fills one row from its own generator, so that a row is the same
 * whatever the number of rows or threads. Values are of the order of 1; signs are random where they matter not.
 */
#include "data/dist.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static float random_sign(struct rng *r)
{
	return rng_next(r) >> 63 ? 1.0f : -1.0f;
}

static void fill_gaussian(float *row, int n, struct rng *r)
{
	for (int i = 0; i < n; i++)
		row[i] = (float)rng_gaussian(r);
}

static void fill_relu(float *row, int n, struct rng *r)
{
	for (int i = 0; i < n; i++) {
		float v = (float)rng_gaussian(r);

		row[i] = rng_next(r) >> 63 ? v : 0.0f;
	}
}

static void fill_zeros90(float *row, int n, struct rng *r)
{
	for (int i = 0; i < n; i++) {
		float v = (float)rng_gaussian(r);

		row[i] = rng_uniform(r) < 0.1 ? v : 0.0f;
	}
}

static void fill_heavy(float *row, int n, struct rng *r)
{
	/* Student's t with 2 degrees of freedom by its inverse: (2u - 1) / sqrt(2 u (1 - u)). */
	for (int i = 0; i < n; i++) {
		double u = (rng_uniform(r) + 0x1p-54) * (1 - 0x1p-52);

		row[i] = (float)((2 * u - 1) / sqrt(2 * u * (1 - u)));
	}
}

static void fill_ties(float *row, int n, struct rng *r)
{
	for (int i = 0; i < n; i++)
		row[i] = random_sign(r) * (float)(1 + rng_below(r, 8)) * 0.125f;
}

static void fill_equal(float *row, int n, struct rng *r)
{
	for (int i = 0; i < n; i++)
		row[i] = random_sign(r) * 0.5f;
}

static void fill_sorted(float *row, int n, struct rng *r)
{
	for (int i = 0; i < n; i++)
		row[i] = random_sign(r) * (float)(i + 1) / (float)n;
}

static void fill_reversed(float *row, int n, struct rng *r)
{
	for (int i = 0; i < n; i++)
		row[i] = random_sign(r) * (float)(n - i) / (float)n;
}

/*
 * Musser's sequence (Introspective sorting and selection algorithms, 1997) for an even h: 1, h+1, 3, h+3, ..., h-1,
 * 2h-1, then 2, 4, ..., 2h: each median-of-3 pivot splits off two entries only. What is left of the row is larger
 * still.
 */
static void fill_adversarial(float *row, int n, struct rng *r)
{
	int half = n / 4 * 2;

	for (int i = 0; i < half; i++) {
		row[i] = (float)(i % 2 ? half + i : i + 1);
		row[half + i] = (float)(2 * (i + 1));
	}
	for (int i = 2 * half; i < n; i++)
		row[i] = (float)(i + 1);
	for (int i = 0; i < n; i++)
		row[i] *= random_sign(r) / (float)n;
}

const struct dist dists[] = {
	{"gaussian", "independent normal values", fill_gaussian},
	{"relu", "normal values, half of them exactly zero: dY behind a ReLU", fill_relu},
	{"zeros90", "normal values, nine tenths exactly zero", fill_zeros90},
	{"heavy", "heavy tail: Student's t with 2 degrees of freedom", fill_heavy},
	{"ties", "eight magnitudes only", fill_ties},
	{"equal", "one magnitude", fill_equal},
	{"sorted", "magnitudes ascending", fill_sorted},
	{"reversed", "magnitudes descending", fill_reversed},
	{"adversarial", "Musser's sequence, bad for median-of-3 quickselect", fill_adversarial},
	{NULL, NULL, NULL},
};

const struct dist *dist_find(const char *name)
{
	for (const struct dist *d = dists; d->name; d++)
		if (!strcmp(d->name, name))
			return d;
	return NULL;
}

void dist_fill(const struct dist *d, float *m, int rows, int n, uint64_t seed)
{
	for (int i = 0; i < rows; i++) {
		struct rng r = rng_create(seed, (uint64_t)i);

		d->fill(m + (size_t)i * (size_t)n, n, &r);
	}
}
