/* SPDX-License-Identifier: MIT */
/*
 * Sums of magnitudes in double: what the selections that go by the L1 norm of a row share. The order of a sum depends
 * on the row's length and the instruction set alone.
 */
#ifndef KERNELS_SELECT_MASS_H
#define KERNELS_SELECT_MASS_H

#include "select_words.h"

/* Half a vector of doubles for half a vector of floats. */
typedef double vd __attribute__((vector_size(VF * 4)));

/* Sums in double of vectors of floats: four, so that additions do not wait for each other. */
struct mass {
	vd sum[4];
};

/* Adds the magnitudes of these keys; `r` alternates between the sums. */
ALWAYS_INLINE void mass_add(struct mass *m, int r, vi keys)
{
	vd *sum = m->sum + r % 2 * 2;
#if defined(__AVX512F__)
	sum[0] += (vd)_mm512_cvtps_pd(_mm512_castps512_ps256((__m512)keys));
	sum[1] += (vd)_mm512_cvtps_pd(_mm512_extractf32x8_ps((__m512)keys, 1));
#elif defined(__AVX2__)
	sum[0] += (vd)_mm256_cvtps_pd(_mm256_castps256_ps128((__m256)keys));
	sum[1] += (vd)_mm256_cvtps_pd(_mm256_extractf128_ps((__m256)keys, 1));
#else
	vf x = (vf)keys;

	for (int j = 0; j < VF; j++)
		sum[j / (VF / 2)][j % (VF / 2)] += (double)x[j];
#endif
}

static double mass_total(const struct mass *m)
{
	vd sum = (m->sum[0] + m->sum[1]) + (m->sum[2] + m->sum[3]);
	double total = 0;

	for (int j = 0; j < VF / 2; j++)
		total += sum[j];
	return total;
}

/* The L1 norm of a row. */
static inline double mass_of_row(const float *row, int n)
{
	struct mass mass = {{{0}}};

	for (int i = 0; i < n; i += GROUP) {
		vf v[4];

		group_load(v, row, n, i);
#pragma GCC unroll 4
		for (int r = 0; r < 4; r++)
			mass_add(&mass, r, keys_of(v[r]));
	}
	return mass_total(&mass);
}

#endif
