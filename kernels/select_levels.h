/* SPDX-License-Identifier: MIT */
/*
 * A row in bytes: its keys cut to 256 levels, of a power of two of keys each, on which the level of the k-th largest
 * is found by halving, at a quarter of the row's traffic. What is above that level is then known, and few are in it.
 */
#ifndef KERNELS_SELECT_LEVELS_H
#define KERNELS_SELECT_LEVELS_H

#include "select_bytes.h"
#include "select_words.h"

#define LEVELS 256
#define SAMPLES 8	  /* vectors that tell where to place the levels */
#define OCTAVE (1 << 23)  /* keys from a power of two to the next */
#define OCTAVE_SHIFT 18	  /* 32 levels to an octave */
#define SAMPLED_GROUPS 32 /* groups that tell of a long row about where its k-th level is */
#define LONG_GROUPS 256	  /* groups that make a row long */
#define SHORT_GROUPS 4	  /* AVX-512: of so few, bits are counted faster than bytes */
#define COUNT_MOST 127	  /* groups whose counts a byte holds, even twice */
#define LEVEL_ERROR 3	  /* levels that the sample may be wrong by, or a longer search follows */

/* Level j has the keys low + (j << shift) and up; level 0 also all below, level 255 all above. */
struct scale {
	int32_t low;
	int shift;
};

/* Keys from least to most. */
struct range {
	int32_t least, most;
};

static inline struct range range_of(const float *row, int n)
{
	vi least = vi_set(INT32_MAX), most = {0};

	for (int i = 0; i + VF <= n; i += VF) {
		least = vi_min(least, keys_of(vf_load(row + i)));
		most = vi_max(most, keys_of(vf_load(row + i)));
	}
	for (int i = n / VF * VF; i < n; i++) {
		least = vi_min(least, vi_set(key_of(row[i])));
		most = vi_max(most, vi_set(key_of(row[i])));
	}
	return (struct range){INT32_MAX - lanes_max(INT32_MAX - least), lanes_max(most)};
}

/* The levels for a row not seen yet: 8 octaves, the uppermost an octave above that of a sample spread over the row. */
static inline struct scale scale_of_sample(const float *row, int n)
{
	vi most = {0};
	int step = max_int(VF, n / SAMPLES);
	int32_t largest;

	for (int i = 0; i + VF <= n; i += step)
		most = vi_max(most, keys_of(vf_load(row + i)));
	largest = min_int(lanes_max(most), INT32_MAX - OCTAVE) + OCTAVE;
	return (struct scale){max_int(0, largest - ((LEVELS << OCTAVE_SHIFT) - 1)), OCTAVE_SHIFT};
}

/* The levels that part a range best. */
ALWAYS_INLINE struct scale scale_of_range(struct range range)
{
	int bits = 32 - __builtin_clz((unsigned)(range.most - range.least) | 1);

	return (struct scale){range.least, max_int(0, bits - 8)};
}

ALWAYS_INLINE struct range level_range(struct scale s, int level)
{
	int64_t end = s.low + ((int64_t)(level + 1) << s.shift);

	return (struct range){level > 0 ? s.low + (level << s.shift) : 0,
			      level < LEVELS - 1 && end <= INT32_MAX ? (int32_t)(end - 1) : INT32_MAX};
}

/* The image has a byte for each element, and fills up its last group with level 0. */
static inline void image_fill(int8_t *image, const float *row, int n, struct scale s)
{
	vi base = vi_set(s.low);

	for (int i = 0; i < n; i += GROUP) {
		vf v[4];
		vi level[4];

		group_load(v, row, n, i);
#pragma GCC unroll 4
		for (int r = 0; r < 4; r++)
			level[r] = (keys_of(v[r]) - base) >> s.shift;
		bytes_store(image + i, level[0], level[1], level[2], level[3]);
	}
}

/* How many of every step-th group from `begin` to `end` reach a level >= 1; at most COUNT_MOST groups. */
ALWAYS_INLINE int image_count_part(const int8_t *image, int begin, int end, int step, int level)
{
	vcount below = (int8_t)(level - 129) - (vcount){0};
	vtally count[GROUP / COUNTED] = {{0}};

	if (VF == 16 && end - begin <= SHORT_GROUPS * GROUP) {
		int sum = 0;

		for (int i = begin; i < end; i += step * GROUP)
			sum += __builtin_popcountll(bytes_ge(vb_load(image + i), level));
		return sum;
	}
#pragma GCC unroll 4
	for (int i = begin; i < end; i += step * GROUP)
		for (int c = 0; c < GROUP / COUNTED; c++)
			count[c] -= (vtally)(vcount_load(image + i + c * COUNTED) > below);
	for (int c = 1; c < GROUP / COUNTED; c++)
		count[0] += count[c];
	return (int)vsum_total(vsum_add((vsum){0}, (vcount)count[0]));
}

ALWAYS_INLINE int image_count(const int8_t *image, int n, int step, int level)
{
	const int most = COUNT_MOST * step * GROUP;
	int begin = 0, sum = 0;

	for (; n - begin > most; begin += most)
		sum += image_count_part(image, begin, begin + most, step, level);
	return sum + image_count_part(image, begin, n, step, level);
}

/* The sum of the levels of an image that are at least `level` >= 1. */
ALWAYS_INLINE int64_t image_mass(const int8_t *image, int n, int level)
{
	vcount below = (int8_t)(level - 129) - (vcount){0};
	vsum sum = {0};

#pragma GCC unroll 4
	for (int i = 0; i < words_of(n) * GROUP; i += COUNTED) {
		vcount v = vcount_load(image + i);

		sum = vsum_add(sum, (v ^ (vcount)(-128 - (vcount){0})) & (v > below));
	}
	return vsum_total(sum);
}

/* `step` if count >= k, else 0; in arithmetic, as a branch would be wrong half of the time. */
ALWAYS_INLINE int step_if_reached(int step, int count, int k)
{
	return step & ((k - 1 - count) >> 31);
}

/* The level of the k-th largest, by halving: k elements reach `low` or it is 0, fewer than k reach `high`. */
static inline int image_search(const int8_t *image, int n, int step, int k, int low, int high)
{
	for (int width = high - low; width > 1;) {
		int half = width / 2, right = step_if_reached(half, image_count(image, n, step, low + half), k);

		low += right;
		width = half + ((right > 0) & width);
	}
	return low;
}

/* The same for a long row: about, by some of its groups; then the whole is counted near there only. */
static inline int image_search_long(const int8_t *image, int n, int k)
{
	int step = words_of(n) / SAMPLED_GROUPS, about = image_search(image, n, step, max_int(1, k / step), 0, LEVELS);
	int low = max_int(0, about - LEVEL_ERROR), high = min_int(about + LEVEL_ERROR + 1, LEVELS);

	if (low > 0 && image_count(image, n, 1, low) < k)
		return image_search(image, n, 1, k, 0, low);
	if (high < LEVELS && image_count(image, n, 1, high) >= k)
		return image_search(image, n, 1, k, high, LEVELS);
	return image_search(image, n, 1, k, low, high);
}

#endif
