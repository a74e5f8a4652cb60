/* SPDX-License-Identifier: MIT */
/*
 * See dist.h. Each function of the table fills one row from its own generator, so that a row is the same
 * whatever the number of rows or threads. Values are of the order of 1; signs are random where they matter not.
 */
#include "data/dist.h"

#include <assert.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
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

/*
 * Against `bracket` (kernels/select_levels.h), which places its levels by the largest of up to 16 elements at every
 * n / 8: the first `wide` of these have one size, all others another. Rows of up to 128 entries are sampled whole.
 */
static void fill_against_sample(float *row, int n, struct rng *r, int wide, float sampled, float others)
{
	int step = n / 8 > 16 ? n / 8 : 16;

	for (int i = 0; i < n; i++)
		row[i] = random_sign(r) * (float)rng_uniform(r) * (i % step < wide ? sampled : others);
}

static void fill_hostile_sample(float *row, int n, struct rng *r)
{
	fill_against_sample(row, n, r, 16, 1e-30f, 1e20f);
}

/* One huge value is enough. */
static void fill_hostile_peaks(float *row, int n, struct rng *r)
{
	fill_against_sample(row, n, r, 1, 1e20f, 1e-10f);
}

static float float_of(uint32_t bits)
{
	float x;

	memcpy(&x, &bits, sizeof(x));
	return x;
}

/* Level bounds are 2^18 keys apart, at first. */
static void fill_hostile_level(float *row, int n, struct rng *r)
{
	for (int i = 0; i < n; i++)
		row[i] = random_sign(r) * float_of(0x3f800000u | rng_below(r, 1u << 17));
}

/* All bits of a key are set but the upper two and one more: an eighth lacks the first, an eighth of the rest the
 * fourth ... */
static void fill_hostile_nested(float *row, int n, struct rng *r)
{
	for (int i = 0; i < n; i++) {
		int lacks = 29;

		while (lacks > 2 && rng_below(r, 8))
			lacks -= 3;
		row[i] = random_sign(r) * float_of(0x3fffffffu ^ 1u << lacks);
	}
}

const struct dist dists[] = {
	{"gaussian", "independent normal values", fill_gaussian, NULL},
	{"relu", "normal values, half of them exactly zero: dY behind a ReLU", fill_relu, NULL},
	{"zeros90", "normal values, nine tenths exactly zero", fill_zeros90, NULL},
	{"heavy", "heavy tail: Student's t with 2 degrees of freedom", fill_heavy, NULL},
	{"ties", "eight magnitudes only", fill_ties, NULL},
	{"equal", "one magnitude", fill_equal, NULL},
	{"sorted", "magnitudes ascending", fill_sorted, NULL},
	{"reversed", "magnitudes descending", fill_reversed, NULL},
	{"adversarial", "Musser's sequence, bad for median-of-3 quickselect", fill_adversarial, NULL},
	{"hostile_sample", "tiny where bracket samples, huge elsewhere", fill_hostile_sample, NULL},
	{"hostile_peaks", "huge where bracket samples, tiny elsewhere", fill_hostile_peaks, NULL},
	{"hostile_level", "all within one level of bracket", fill_hostile_level, NULL},
	{"hostile_nested", "most of what is left within one level of bracket, again and again", fill_hostile_nested,
	 NULL},
	{NULL, NULL, NULL, NULL},
};

const struct dist *dist_find(const char *name)
{
	for (const struct dist *d = dists; d->name; d++)
		if (!strcmp(d->name, name))
			return d;
	return NULL;
}

bool dist_fits(const struct dist *d, int n)
{
	return !d->recording || d->recording->n == (uint32_t)n;
}

void dist_fill_row(const struct dist *d, float *row, int n, int64_t at, struct rng *r)
{
	const struct recording *from = d->recording;

	if (!from) {
		d->fill(row, n, r);
		return;
	}
	assert(dist_fits(d, n));
	memcpy(row, from->dy + (size_t)(at % from->rows) * from->n, from->n * sizeof(*row));
}

void dist_fill(const struct dist *d, float *m, int rows, int n, uint64_t seed)
{
	for (int i = 0; i < rows; i++) {
		struct rng r = rng_create(seed, (uint64_t)i);

		dist_fill_row(d, m + (size_t)i * (size_t)n, n, i, &r);
	}
}

const double dist_look_shares[3] = {0.5, 0.9, 0.99};

static int descending(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x < y) - (x > y);
}

/* Adds one row's part; v holds its magnitudes. */
static void look_at_row(struct dist_look *look, float *v, int n)
{
	double total = 0, sum = 0;
	int share = 0;

	qsort(v, (size_t)n, sizeof(*v), descending);
	for (int i = 0; i < n; i++) {
		total += v[i];
		look->zeros += v[i] == 0;
		look->tiny += v[i] > 0 && v[i] < FLT_MIN;
	}
	for (int i = 0; i < n && total > 0; i++) {
		sum += v[i];
		for (; share < 3 && sum >= dist_look_shares[share] * total; share++)
			look->k[share] += i + 1;
	}
}

int dist_look(struct dist_look *look, const float *m, int rows, int n)
{
	float *v = malloc(((size_t)n + 1) * sizeof(*v));
	double entries = (double)rows * n;

	if (!v)
		return -ENOMEM;
	*look = (struct dist_look){.zeros = 0};
	for (int row = 0; row < rows; row++) {
		for (int i = 0; i < n; i++)
			v[i] = fabsf(m[(size_t)row * (size_t)n + (size_t)i]);
		look_at_row(look, v, n);
	}
	free(v);
	look->zeros /= entries > 0 ? entries : 1;
	look->tiny /= entries > 0 ? entries : 1;
	for (int i = 0; i < 3; i++)
		look->k[i] /= rows > 0 ? rows : 1;
	return 0;
}
