/* SPDX-License-Identifier: MIT */
/*
 * The chosen elements of a row as bits, a word to each group of 4 vectors, and the pass that turns them into the list
 * of kept entries. Where to store is known from the bits alone, so that the stores of a group do not wait for each
 * other.
 */
#ifndef KERNELS_SELECT_WORDS_H
#define KERNELS_SELECT_WORDS_H

#include "select.h"

#define GROUP (4 * VF) /* elements to a word, and to a vector of bytes */
#define SPARSE 12      /* one kept entry in so many: bit by bit is cheaper than vectors of mostly nothing */
#define AT_ONCE 2      /* elements taken of a group at once where about one is expected */
#define AHEAD 192      /* entries between what is written and what is fetched for writing */
#define CACHE_LINE 16  /* entries */
#define NARROW 3       /* one in so many: half a vector nearly always holds what a vector of the row keeps */

ALWAYS_INLINE int words_of(int n)
{
	return (n + GROUP - 1) / GROUP;
}

/* VF keys from row[i] on; 0 past the end. */
ALWAYS_INLINE vf row_part(const float *row, int n, int i)
{
	return i + VF <= n ? vf_load(row + i) : i < n ? vf_load_part(row + i, n - i) : (vf){0};
}

ALWAYS_INLINE vi keys_at(const float *row, int n, int i)
{
	return keys_of(row_part(row, n, i));
}

/* The group of the row at i; 0 past the end. */
ALWAYS_INLINE void group_load(vf v[4], const float *row, int n, int i)
{
	if (i + GROUP <= n)
		for (int r = 0; r < 4; r++)
			v[r] = vf_load(row + i + r * VF);
	else
		for (int r = 0; r < 4; r++)
			v[r] = row_part(row, n, i + r * VF);
}

/* The word of the keys of row[i ...] that are at least `key`. */
ALWAYS_INLINE uint64_t word_ge(const float *row, int n, int i, int32_t key)
{
	uint64_t word = 0;
	vf v[4];

	group_load(v, row, n, i);
#pragma GCC unroll 4
	for (int r = 0; r < 4; r++)
		word |= (uint64_t)lanes_ge(keys_of(v[r]), vi_set(key)) << r * VF;
	return i + GROUP <= n ? word : word & bits_first(n - i);
}

/* Marks what has at least this key; returns how many. */
static inline int words_mark(uint64_t *words, const float *row, int n, int32_t key)
{
	int count = 0;

	for (int i = 0; i < n; i += GROUP) {
		words[i / GROUP] = word_ge(row, n, i, key);
		count += __builtin_popcountll(words[i / GROUP]);
	}
	return count;
}

/* Marks also the first `ties` of those that equal `key`, when all above it are marked; returns how many are missing. */
static inline int words_add_ties(uint64_t *words, const float *row, int n, int32_t key, int ties)
{
	for (int i = 0; i < n && ties > 0; i += GROUP) {
		uint64_t equal = word_ge(row, n, i, key) & ~words[i / GROUP];

		if (__builtin_popcountll(equal) > ties)
			equal = bits_lowest(equal, ties);
		ties -= __builtin_popcountll(equal);
		words[i / GROUP] |= equal;
	}
	return ties;
}

/* Marks the k largest, ties to the first, if `key` is the k-th largest; else returns false. */
static inline bool words_mark_ties(uint64_t *words, const float *row, int n, int k, int32_t key)
{
	int above = 0;

	if (key < INT32_MAX)
		above = words_mark(words, row, n, key + 1);
	else
		memset(words, 0, (size_t)words_of(n) * sizeof(*words));
	return above < k && words_add_ties(words, row, n, key, k - above) == 0;
}

/* Marks the k largest when `key` is the k-th largest. */
static inline void words_mark_kth(uint64_t *words, const float *row, int n, int k, int32_t key)
{
	if (words_mark(words, row, n, key) != k)
		words_mark_ties(words, row, n, k, key);
}

/* Appends row[i], ..., bit by bit; `at_once` of them needed or not, which is cheaper than to guess how many. */
ALWAYS_INLINE int emit_bits(struct kept_row out, int at, const float *row, int i, uint64_t word, int at_once)
{
	int count = __builtin_popcountll(word);

	for (int done = 0; done < count; done += at_once)
		for (int j = done; j < done + at_once; j++) {
			int from = i + lowest_bit(word);

			out.index[at + j] = from;
			out.value[at + j] = row[from];
			word &= word - 1;
		}
	return at + count;
}

/* Appends the marked ones of the group v = row[i ...]. `halves`: of each vector store but the first half. */
ALWAYS_INLINE int emit_vectors(struct kept_row out, int at, const vf v[4], int i, uint64_t word, bool halves)
{
	int to[5] = {at};

#pragma GCC unroll 4
	for (int r = 0; r < 4; r++)
		to[r + 1] = to[r] + lanes_count((uint32_t)(word >> r * VF) & lanes_first(VF));
#pragma GCC unroll 4
	for (int r = 0; r < 4; r++) {
		vi order = lanes_order((uint32_t)(word >> r * VF) & lanes_first(VF));
		vi index = order + (i + r * VF);
		vf value = vf_permute(v[r], order);

		memcpy(out.index + to[r], &index, sizeof(index) / (halves ? 2 : 1));
		memcpy(out.value + to[r], &value, sizeof(value) / (halves ? 2 : 1));
	}
	return to[4];
}

/* Does a vector's part of the word have more than VF / 2 bits set? */
ALWAYS_INLINE bool word_is_wide(uint64_t word)
{
	bool wide = false;

	for (int r = 0; r < 4; r++)
		wide |= lanes_count((uint32_t)(word >> r * VF) & lanes_first(VF)) > VF / 2;
	return wide;
}

ALWAYS_INLINE int emit_group(struct kept_row out, int at, const float *row, int n, int i, uint64_t word, bool narrow)
{
	vf v[4];

	group_load(v, row, n, i);
	for (int ahead = AHEAD; ahead < AHEAD + GROUP / 2; ahead += CACHE_LINE) {
		__builtin_prefetch(out.index + at + ahead, 1);
		__builtin_prefetch(out.value + at + ahead, 1);
	}
	if (narrow && !word_is_wide(word))
		return emit_vectors(out, at, v, i, word, true);
	return emit_vectors(out, at, v, i, word, false);
}

/* Lists the marked elements; `k` is about how many there are. Returns how many. */
static inline int emit_words(struct kept_row out, const float *row, int n, int k, const uint64_t *words)
{
	int at = 0;

	if ((int64_t)k * GROUP <= n)
		for (int i = 0; i < n; i += GROUP)
			at = emit_bits(out, at, row, i, words[i / GROUP], AT_ONCE);
	else if ((int64_t)k * SPARSE <= n)
		for (int i = 0; i < n; i += GROUP)
			at = emit_bits(out, at, row, i, words[i / GROUP], 2 * AT_ONCE);
	else if (VF == 16 && (int64_t)k * NARROW <= n)
		for (int i = 0; i < n; i += GROUP)
			at = emit_group(out, at, row, n, i, words[i / GROUP], true);
	else
		for (int i = 0; i < n; i += GROUP)
			at = emit_group(out, at, row, n, i, words[i / GROUP], false);
	return at;
}

#endif
