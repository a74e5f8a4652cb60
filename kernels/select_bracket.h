/* SPDX-License-Identifier: MIT */
/*
 * The k-th largest key of any row by rounds of levels (select_levels.h): each narrows the range of the keys to one
 * level, at most a 128th of it, and goes on with the keys in there, until few are left or all are equal: at most five
 * passes, so that every input is linear.
 */
#ifndef KERNELS_SELECT_BRACKET_H
#define KERNELS_SELECT_BRACKET_H

#include "select_levels.h"
#include "select_network.h"

#define TOGETHER 4	   /* rows that advance together: their images fit L1 */
#define TOGETHER_MOST 2048 /* elements of a row up to which that gains */

/* Collects the keys of a range into `keys` (room for VF more); may work in place. */
static inline int collect_range(int32_t *keys, const float *row, int n, struct range range)
{
	int count = 0;

	for (int i = 0; i < n; i += VF) {
		vi v = keys_at(row, n, i);
		uint32_t lanes = lanes_ge(v, vi_set(range.least)) & lanes_ge(vi_set(range.most), v);

		lanes &= lanes_first(min_int(VF, n - i));
		compress_store(keys + count, v, lanes);
		count += lanes_count(lanes);
	}
	return count;
}

/* The slice of one thread: a list and keys of one row, then the words and the image of each row that advances. */
ALWAYS_INLINE size_t bracket_array(int n)
{
	return slice_bytes(((size_t)n + FEW + VF) * sizeof(int32_t));
}

ALWAYS_INLINE size_t bracket_row_bytes(int n)
{
	return slice_bytes((size_t)words_of(n) * (sizeof(uint64_t) + GROUP));
}

ALWAYS_INLINE size_t bracket_bytes(const struct kernel_args *a)
{
	return 3 * bracket_array(a->n_out) + TOGETHER * bracket_row_bytes(a->n_out);
}

ALWAYS_INLINE uint64_t *bracket_words(void *slice, int n, int r)
{
	return (uint64_t *)((char *)slice + 3 * bracket_array(n) + (size_t)r * bracket_row_bytes(n));
}

ALWAYS_INLINE int8_t *bracket_image(void *slice, int n, int r)
{
	return (int8_t *)(bracket_words(slice, n, r) + words_of(n));
}

/* The k-th largest key of a row. `keys` has room for n + FEW + VF, the image for the row's. */
static inline int32_t kth_key(const float *row, int n, int k, int32_t *keys, int8_t *image)
{
	while (n > FEW) {
		struct range range = range_of(row, n);
		struct scale s = scale_of_range(range);
		int level;

		if (range.least == range.most)
			return range.least;
		image_fill(image, row, n, s);
		level = image_search(image, n, 1, k, 0, LEVELS);
		if (level < LEVELS - 1)
			k -= image_count(image, n, 1, level + 1);
		n = collect_range(keys, row, n, level_range(s, level));
		row = (const float *)keys;
	}
	sort_few(keys, row, n);
	return keys[k - 1];
}

#endif
