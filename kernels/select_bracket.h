/* SPDX-License-Identifier: MIT */
/*
 * The fast search for the k-th largest key: narrow a bracket until few keys are left, and sort those.
 * Nothing is guessed that is not then counted: a bad first bracket costs another round, never a wrong answer, and
 * each round narrows the bracket 128 times, so that every input is linear.
 */
#ifndef KERNELS_SELECT_BRACKET_H
#define KERNELS_SELECT_BRACKET_H

#include "select.h"

#define FEW 64	       /* keys that are sorted in registers */
#define GROUP (4 * VF) /* elements that share one vector of levels */
#define TOP_LEVEL 255
#define OCTAVE_SHIFT 18 /* levels of the first round: 32 to a power of two, the largest key on top */

/* The answer: the k-th largest key, and how many are strictly larger. */
struct cut {
	int32_t key;
	int above;
};

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

/* Sorts 16, 32 or 64 keys, largest first. */
ALWAYS_INLINE void sort_keys(int32_t *keys, int n)
{
	vi v[FEW / VF];

	for (int r = 0; r < n / VF; r++)
		v[r] = vi_load(keys + r * VF);
#pragma GCC unroll 8
	for (int run = 2; run <= n; run *= 2)
#pragma GCC unroll 8
		for (int d = run / 2; d > 0; d /= 2)
			sort_layer(v, n / VF, run, d);
	for (int r = 0; r < n / VF; r++)
		memcpy(keys + r * VF, &v[r], sizeof(v[r]));
}

/* The k-th largest of n <= FEW keys, 1 <= k <= n. keys has room for FEW; what is past n is overwritten. */
static int32_t kth_of_few(int32_t *keys, int n, int k)
{
	int size = n <= 16 ? 16 : n <= 32 ? 32 : FEW;

	for (int i = n; i < size; i++)
		keys[i] = -1;
	if (size == 16)
		sort_keys(keys, 16);
	else if (size == 32)
		sort_keys(keys, 32);
	else
		sort_keys(keys, FEW);
	return keys[k - 1];
}

/* How many of sorted[0, k) equal the last of them. */
ALWAYS_INLINE int ties_at(const int32_t *sorted, int k)
{
	int ties = 1;

	while (ties < k && sorted[k - 1 - ties] == sorted[k - 1])
		ties++;
	return ties;
}

/* The slice of one thread: keys of a window, and an image of the row in bytes. */
ALWAYS_INLINE size_t bracket_key_bytes(int n)
{
	return slice_bytes(((size_t)n + FEW + VF) * sizeof(int32_t));
}

ALWAYS_INLINE size_t bracket_bytes(const struct kernel_args *a)
{
	return bracket_key_bytes(a->n_out) + (size_t)a->n_out + GROUP;
}

/* VF keys from row[i] on; 0 past the end. */
ALWAYS_INLINE vi keys_at(const float *row, int n, int i)
{
	return keys_of(i + VF <= n ? vf_load(row + i) : i < n ? vf_load_part(row + i, n - i) : (vf){0});
}

/* The image: a key becomes the byte (key - low) >> shift, cut to 0..255. Keys below the row's end fill the group. */
static void image_fill(uint8_t *image, const float *row, int n, int32_t low, int shift)
{
	vi base = vi_set(low);
	int i = 0;

	for (; i + GROUP <= n; i += GROUP) {
		vi v[4];

		for (int r = 0; r < 4; r++)
			v[r] = (keys_of(vf_load(row + i + r * VF)) - base) >> shift;
		bytes_store(image + i, v[0], v[1], v[2], v[3]);
	}
	if (i < n) {
		vi v[4];

		for (int r = 0; r < 4; r++)
			v[r] = (keys_at(row, n, i + r * VF) - base) >> shift;
		bytes_store(image + i, v[0], v[1], v[2], v[3]);
	}
}

/* How many of the row's n elements have at least this level, >= 1. */
ALWAYS_INLINE int image_count(const uint8_t *image, int n, int level)
{
	int count = 0;

	for (int i = 0; i < n; i += GROUP)
		count += bytes_count_ge(image + i, (uint8_t)level);
	return count;
}

/* Levels [low, high) hold the k-th key: `at_least` elements reach low, `above` < k <= at_least reach high. */
struct window {
	int low, high, at_least, above;
};

static struct window image_search(const uint8_t *image, int n, int k, int few)
{
	struct window w = {0, TOP_LEVEL + 1, n, 0};

	for (bool bisect = false; w.at_least - w.above > few && w.high - w.low > 1; bisect = !bisect) {
		int width = w.high - w.low, level, count;

		level = bisect ? width / 2 : (int)((int64_t)width * (w.at_least - k) / (w.at_least - w.above));
		level = w.low + max_int(1, min_int(level, width - 1));
		count = image_count(image, n, level);
		if (count >= k) {
			w.low = level;
			w.at_least = count;
		} else {
			w.high = level;
			w.above = count;
		}
	}
	return w;
}

/* Collects the keys in [least, most] into `keys` (room for VF more); returns how many. May work in place. */
static int collect(int32_t *keys, const float *row, int n, const uint8_t *image, const struct window *w, int32_t least,
		   int32_t most)
{
	int count = 0;

	for (int i = 0; i < n; i += GROUP) {
		if ((w->low ? bytes_count_ge(image + i, (uint8_t)w->low) : GROUP) ==
		    (w->high <= TOP_LEVEL ? bytes_count_ge(image + i, (uint8_t)w->high) : 0))
			continue;
		for (int j = i; j < n && j < i + GROUP; j += VF) {
			vi v = keys_at(row, n, j);
			uint32_t lanes = lanes_ge(v, vi_set(least)) & lanes_ge(vi_set(most), v);

			lanes &= j + VF <= n ? lanes_first(VF) : lanes_first(n - j);
			compress_store(keys + count, v, lanes);
			count += lanes_count(lanes);
		}
	}
	return count;
}

struct range {
	int32_t least, most;
};

static struct range range_of(const int32_t *keys, int n)
{
	struct range range = {INT32_MAX, 0};

	for (int i = 0; i < n; i++) {
		range.least = min_int(range.least, keys[i]);
		range.most = max_int(range.most, keys[i]);
	}
	return range;
}

/*
 * Rounds: image, search for the level of the k-th key, collect that level's keys. They end when few keys are left
 * or all that are left are equal. `low` and `shift` place the first image.
 */
static struct cut kth_by_levels(const float *row, int n, int k, int32_t low, int shift, int32_t *keys)
{
	uint8_t *image = (uint8_t *)keys + bracket_key_bytes(n);
	struct cut cut = {0, 0};

	for (;;) {
		struct window w;
		struct range range;

		image_fill(image, row, n, low, shift);
		w = image_search(image, n, k - cut.above, FEW);
		range.least = w.low ? low + (w.low << shift) : 0;
		range.most =
			w.high <= TOP_LEVEL ? (int32_t)((uint32_t)low + ((uint32_t)w.high << shift) - 1) : INT32_MAX;
		n = collect(keys, row, n, image, &w, range.least, range.most);
		cut.above += w.above;
		if (n <= FEW)
			break;
		range = range_of(keys, n);
		if (range.least == range.most) {
			cut.key = range.least;
			return cut;
		}
		row = (const float *)keys;
		low = range.least;
		shift = max_int(0, 24 - __builtin_clz((unsigned)(range.most - range.least)));
	}
	cut.key = kth_of_few(keys, n, k - cut.above);
	cut.above = k - ties_at(keys, k - cut.above);
	return cut;
}

#endif
