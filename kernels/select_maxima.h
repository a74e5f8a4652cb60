/* SPDX-License-Identifier: MIT */
/*
 * Top-k for small k: the k-th largest of 32 interleaved maxima of the row is a lower bound of the k-th key, and for
 * random rows a tight one (at most 32 ln 4 = 44 candidates expected). What reaches it is written at once, and the list
 * then cut to the k largest. Gives up on rows with many candidates, as ties and sorted rows may have.
 */
#ifndef KERNELS_SELECT_MAXIMA_H
#define KERNELS_SELECT_MAXIMA_H

#include "select_network.h"
#include "select_words.h"

#define BLOCKS 32	/* maxima */
#define MAXIMA_MOST 12	/* k up to which this is faster than a search by levels */
#define MAXIMA_FROM 256 /* elements of a row from which it is */

/* Maxima of BLOCKS interleaved subsets of the row; a subset that is empty has 0. */
static inline void block_maxima(int32_t *maxima, const float *row, int n)
{
	vi v[BLOCKS / VF] = {{0}};
	int i = 0;

	for (; i + BLOCKS <= n; i += BLOCKS)
		for (int r = 0; r < BLOCKS / VF; r++)
			v[r] = vi_max(v[r], keys_of(vf_load(row + i + r * VF)));
	for (int r = 0; i < n; i += VF, r++)
		v[r] = vi_max(v[r], keys_at(row, n, i));
	memcpy(maxima, v, sizeof(v));
}

/* Keeps k of c <= FEW written entries, ties to the first. */
static inline int entries_shrink(struct kept_row out, int c, int k)
{
	uint64_t chosen = few_largest(out.value, c, k);
	int at = 0;

	for (int i = 0; i < c; i += VF) {
		uint32_t lanes = (uint32_t)(chosen >> i) & lanes_first(VF);
		vi index = vi_load(out.index + i);
		vf value = vf_load(out.value + i);

		compress_store(out.index + at, index, lanes);
		compress_store(out.value + at, (vi)value, lanes);
		at += lanes_count(lanes);
	}
	return at;
}

/* Returns the number kept, or -1 when it gives up; out has room for n + SPARSE_PAD entries. */
static inline int select_by_maxima(const float *row, int n, int k, struct kept_row out)
{
	int32_t maxima[FEW], bound;
	int count = 0;

	block_maxima(maxima, row, n);
	sort_few(maxima, maxima, BLOCKS);
	bound = maxima[k - 1];
	if (bound == 0)
		return -1;
	for (int i = 0; i < n && count <= FEW; i += GROUP)
		count = emit_bits(out, count, row, i, word_ge(row, n, i, bound), AT_ONCE);
	return count <= FEW ? entries_shrink(out, count, k) : -1;
}

#endif
