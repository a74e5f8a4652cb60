/* SPDX-License-Identifier: MIT */
/*
 * Up to 64 keys sorted in registers by a bitonic network (Batcher 1968), and which of them are the largest. No branch
 * depends on the keys. What is left of a row when a search has narrowed it down ends here.
 */
#ifndef KERNELS_SELECT_NETWORK_H
#define KERNELS_SELECT_NETWORK_H

#include "select_simd.h"

#define FEW 64 /* keys that are sorted in registers */

/* One layer of a bitonic sort of n = vectors * VF keys, largest first: exchanges i with i ^ d in runs of `run`. */
ALWAYS_INLINE void sort_layer(vi *v, int vectors, int run, int d)
{
#pragma GCC unroll 16
	for (int r = 0; r < vectors; r++) {
		bool reverse = (r * VF & run) != 0;
		int q = r + d / VF;

		if (d < VF) {
			v[r] = vi_exchange(v[r], d, ~(lanes_with_bit(d) ^ lanes_with_bit(run) ^ (reverse ? ~0u : 0)));
		} else if (!(r & d / VF) && q < vectors) {
			vi high = vi_max(v[r], v[q]), low = vi_min(v[r], v[q]);

			v[r] = reverse ? low : high;
			v[q] = reverse ? high : low;
		}
	}
}

/* Merges runs of run / 2 keys, of alternate direction, into runs of `run`. Spelled out: all arguments are constants. */
ALWAYS_INLINE void sort_merge(vi *v, int vectors, int run)
{
	if (run >= 64)
		sort_layer(v, vectors, run, 32);
	if (run >= 32)
		sort_layer(v, vectors, run, 16);
	if (run >= 16)
		sort_layer(v, vectors, run, 8);
	if (run >= 8)
		sort_layer(v, vectors, run, 4);
	if (run >= 4)
		sort_layer(v, vectors, run, 2);
	sort_layer(v, vectors, run, 1);
}

/* Sorts the first n of `size` (16, 32 or 64) keys; the others become -1. */
__attribute__((nonnull)) ALWAYS_INLINE void sort_padded(int32_t *sorted, const void *keys, int n, int size)
{
	vi v[FEW / VF];

#pragma GCC unroll 16
	for (int r = 0; r < size / VF; r++)
		v[r] = keys_of(vf_load((const float *)keys + r * VF)) | (vi_iota() + r * VF >= n);
	sort_merge(v, size / VF, 2);
	sort_merge(v, size / VF, 4);
	sort_merge(v, size / VF, 8);
	sort_merge(v, size / VF, 16);
	if (size >= 32)
		sort_merge(v, size / VF, 32);
	if (size >= 64)
		sort_merge(v, size / VF, 64);
#pragma GCC unroll 16
	for (int r = 0; r < size / VF; r++)
		memcpy(sorted + r * VF, &v[r], sizeof(v[r]));
}

/*
 * Sorts n <= FEW keys, largest first, into `sorted` (room for FEW). The keys may also be floats, whose signs are
 * dropped; FEW of them must be readable.
 */
__attribute__((nonnull)) static inline void sort_few(int32_t *sorted, const void *keys, int n)
{
	if (n <= FEW / 4)
		sort_padded(sorted, keys, n, FEW / 4);
	else if (n <= FEW / 2)
		sort_padded(sorted, keys, n, FEW / 2);
	else
		sort_padded(sorted, keys, n, FEW);
}

/* Bit j: the magnitude of x[j], j < n <= FEW, has a key of at least `key`. A whole vector past them must be readable.
 */
ALWAYS_INLINE uint64_t few_ge(const float *x, int n, int32_t key)
{
	uint64_t bits = 0;

	for (int j = 0; j < n; j += VF)
		bits |= (uint64_t)lanes_ge(keys_of(vf_load(x + j)), vi_set(key)) << j;
	return bits & bits_first(n);
}

/* Which of n <= FEW floats are the k of largest magnitude when `kth` is the k-th key, ties to the first: a bit each. */
static inline uint64_t few_down_to(const float *x, int n, int k, int32_t kth)
{
	uint64_t chosen = few_ge(x, n, kth), above;

	if (__builtin_popcountll(chosen) == k)
		return chosen;
	above = kth == INT32_MAX ? 0 : few_ge(x, n, kth + 1);
	return above | bits_lowest(chosen & ~above, k - __builtin_popcountll(above));
}

/* The same without knowing the k-th, 1 <= k <= n; FEW floats must be readable. */
static inline uint64_t few_largest(const float *x, int n, int k)
{
	int32_t sorted[FEW];

	sort_few(sorted, x, n);
	return few_down_to(x, n, k, sorted[k - 1]);
}

#endif
