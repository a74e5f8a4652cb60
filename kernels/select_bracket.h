/* SPDX-License-Identifier: MIT */
/*
 * The fast search for the k-th largest key: narrow a bracket until few keys are left, and sort those.
 * Nothing is guessed that is not then counted: a bad first bracket costs another round, never a wrong answer, and
 * each round narrows the bracket 128 times, so that every input is linear.
 */
#ifndef KERNELS_SELECT_BRACKET_H
#define KERNELS_SELECT_BRACKET_H

#include "select.h"

#define FEW 64	      /* keys that are sorted in registers */
#define SEARCH_FEW 32 /* a window of so few is not narrowed further */
#define SAMPLED_GROUPS 8
#define PROBES 3       /* levels counted in one pass over the image */
#define GROUP (4 * VF) /* elements that share one vector of levels */
#define TOP_LEVEL 255
#define OCTAVE_SHIFT 18 /* levels of the first round: 32 to a power of two, the largest key on top */

/* The answer: the k-th largest key, how many keys are larger, and how many reach it (k, or more if ties are cut). */
struct cut {
	int32_t key;
	int above, reach;
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

/* The cut at the k-th of n sorted keys, when `above` others are larger than all of them. */
ALWAYS_INLINE struct cut cut_at(const int32_t *sorted, int n, int k, int above)
{
	int first = k - 1, end = k;

	while (first > 0 && sorted[first - 1] == sorted[k - 1])
		first--;
	while (end < n && sorted[end] == sorted[k - 1])
		end++;
	return (struct cut){sorted[k - 1], above + first, above + end};
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
static inline void image_fill(uint8_t *image, const float *row, int n, int32_t low, int shift)
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

/* Levels [low, high) hold the k-th key: `at_least` elements reach low, `above` < k <= at_least reach high. */
struct window {
	int low, high, at_least, above;
};

/*
 * Counts at three levels, ascending and >= 1, in every step-th group of the image, and narrows the window to where
 * the k-th key is. Bytes count up to 255 groups before they are summed. Free of branches that depend on the counts.
 */
ALWAYS_INLINE void image_probe(const uint8_t *image, int n, int step, int k, const int levels[PROBES], struct window *w)
{
	int counts[PROBES] = {0};

	for (int i = 0; i < n;) {
		vb count[PROBES] = {{0}};

		for (int left = 255; left > 0 && i < n; left--, i += step * GROUP)
#pragma GCC unroll 4
			for (int j = 0; j < PROBES; j++)
				count[j] = bytes_count(count[j], vb_load(image + i), (uint8_t)levels[j]);
		for (int j = 0; j < PROBES; j++)
			counts[j] += bytes_sum(count[j]);
	}
	for (int j = 0; j < PROBES; j++) {
		bool reached = counts[j] >= k, first = !reached && levels[j] < w->high;

		w->low = reached ? levels[j] : w->low;
		w->at_least = reached ? counts[j] : w->at_least;
		w->high = first ? levels[j] : w->high;
		w->above = first ? counts[j] : w->above;
	}
}

/* Quarters the window until it is one level or holds few elements. */
static inline struct window image_narrow(const uint8_t *image, int n, int step, int k, struct window w, int few)
{
	while (w.at_least - w.above > few && w.high - w.low > 1) {
		int width = w.high - w.low;
		int levels[PROBES] = {w.low + max_int(1, width / 4), w.low + width / 2,
				      w.low + max_int(1, width * 3 / 4)};

		image_probe(image, n, step, k, levels, &w);
	}
	return w;
}

/* On long rows every step-th group tells about where to count in all of them. */
static inline struct window image_search(const uint8_t *image, int n, int k)
{
	struct window w = {0, TOP_LEVEL + 1, n, 0};
	int step = n / (SAMPLED_GROUPS * GROUP);

	if (step > 1) {
		struct window s = image_narrow(image, n, step, max_int(1, k / step), w, 0);
		int low = max_int(1, s.low - 2),
		    levels[PROBES] = {low, min_int(low + 3, TOP_LEVEL), min_int(low + 6, TOP_LEVEL)};

		image_probe(image, n, 1, k, levels, &w);
	}
	return image_narrow(image, n, 1, k, w, SEARCH_FEW);
}

/* The elements of the image's group at i that lie in the window. */
ALWAYS_INLINE uint64_t window_bits(const uint8_t *image, int n, int i, const struct window *w)
{
	vb v = vb_load(image + i);
	uint64_t bits = bytes_ge(v, (uint8_t)w->low);

	bits &= w->high <= TOP_LEVEL ? ~bytes_ge(v, (uint8_t)w->high) : ~(uint64_t)0;
	return n - i < GROUP ? bits & (((uint64_t)1 << (n - i)) - 1) : bits;
}

/*
 * Collects the keys of the window, bit by bit as they are few. It takes `at_once` from each group, needed or not:
 * cheaper than to guess how many. `keys` has room for 4 more.
 */
ALWAYS_INLINE int collect_bits(int32_t *keys, const float *row, int n, const uint8_t *image, const struct window *w,
			       int at_once)
{
	int count = 0;

	for (int i = 0; i < n; i += GROUP) {
		uint64_t bits = window_bits(image, n, i, w);
		int end = count + __builtin_popcountll(bits);

		do {
			for (int j = 0; j < at_once; j++) {
				keys[count + j] = key_of(row[i + lowest_bit(bits)]);
				bits &= bits - 1;
			}
			count += at_once;
		} while (count < end);
		count = end;
	}
	return count;
}

static inline int collect_few(int32_t *keys, const float *row, int n, const uint8_t *image, const struct window *w)
{
	if (n > SEARCH_FEW * GROUP)
		return collect_bits(keys, row, n, image, w, 1);
	return collect_bits(keys, row, n, image, w, 4);
}

/* Collects the keys in [least, most] into `keys` (room for VF more); may work in place. */
static inline int collect_range(int32_t *keys, const float *row, int n, int32_t least, int32_t most)
{
	int count = 0;

	for (int i = 0; i < n; i += VF) {
		vi v = keys_at(row, n, i);
		uint32_t lanes = lanes_ge(v, vi_set(least)) & lanes_ge(vi_set(most), v);

		lanes &= lanes_first(min_int(VF, n - i));
		compress_store(keys + count, v, lanes);
		count += lanes_count(lanes);
	}
	return count;
}

struct range {
	int32_t least, most;
};

static inline struct range range_of(const int32_t *keys, int n)
{
	struct range range = {INT32_MAX, 0};

	for (int i = 0; i < n; i++) {
		range.least = min_int(range.least, keys[i]);
		range.most = max_int(range.most, keys[i]);
	}
	return range;
}

/* The largest key below level `high`: no key is above INT32_MAX, the NaN of all bits set. */
static inline int32_t end_of_level(int32_t low, int high, int shift)
{
	int64_t end = low + ((int64_t)high << shift) - 1;

	return high <= TOP_LEVEL && end < INT32_MAX ? (int32_t)end : INT32_MAX;
}

/*
 * Rounds: image, search for the level of the k-th key, collect that level's keys. They end when few keys are left
 * or all that are left are equal. `low` and `shift` place the first image.
 */
static inline struct cut kth_by_levels(const float *row, int n, int k, int32_t low, int shift, int32_t *keys)
{
	uint8_t *image = (uint8_t *)keys + bracket_key_bytes(n);
	int above = 0;

	for (;;) {
		struct window w;
		struct range range;

		image_fill(image, row, n, low, shift);
		w = image_search(image, n, k - above);
		above += w.above;
		if (w.at_least - w.above <= FEW) {
			n = collect_few(keys, row, n, image, &w);
			sort_few(keys, keys, n);
			return cut_at(keys, n, k - above, above);
		}
		range.least = w.low ? low + (w.low << shift) : 0;
		range.most = end_of_level(low, w.high, shift);
		n = collect_range(keys, row, n, range.least, range.most);
		range = range_of(keys, n);
		if (range.least == range.most)
			return (struct cut){range.least, above, above + n};
		row = (const float *)keys;
		low = range.least;
		shift = max_int(0, 24 - __builtin_clz((unsigned)(range.most - range.least)));
	}
}

#endif
