/* SPDX-License-Identifier: MIT */
/*
 * Top-k by brackets: the fastest exact selection here. By regime:
 * - up to 64 columns: sort the keys in registers.
 * - k <= 24: the k-th largest of 32 interleaved maxima is a lower bound of the k-th key, and for random rows a tight
 *   one (at most 32 ln 4 = 44 candidates expected): write what reaches it, sort the candidates, keep k.
 * - else: rounds of levels (select_bracket.h), then one pass that writes what reaches the k-th key.
 * Bound: the read of the row; the maxima, image and writing passes each cost one to three times that.
 */
#include "select_bracket.h"

#define BLOCKS 32
#define SMALL_K 24
#define SAMPLES 8
#define OCTAVE (1 << 23)
#define SPARSE 12 /* one kept entry in so many: bit by bit is cheaper than vectors of mostly nothing */

/* Maxima of BLOCKS interleaved subsets of the row; a subset that is empty has 0. */
static void block_maxima(int32_t *maxima, const float *row, int n)
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

/* Appends row[i], ..., bit by bit: `word` has the chosen ones of the 64 entries from i on. */
ALWAYS_INLINE int emit_word(struct kept_row out, int at, const float *row, int i, uint64_t word)
{
	int count = __builtin_popcountll(word);

	/* Four at once, needed or not: cheaper than to guess how many. */
	for (int done = 0; done < count; done += 4)
		for (int j = done; j < done + 4; j++) {
			int from = i + lowest_bit(word);

			out.index[at + j] = from;
			out.value[at + j] = row[from];
			word &= word - 1;
		}
	return at + count;
}

/* Like emit_ge, for few entries; gives up, with a result above `most`, soon after it has passed that many. */
ALWAYS_INLINE int emit_ge_sparse(const float *row, int begin, int end, int32_t key, struct kept_row out, int at,
				 int most)
{
	vi bound = vi_set(key);
	int i = begin;

	for (; i + 64 <= end && at <= most; i += 64) {
		uint64_t word = 0;

		for (int r = 0; r < 64; r += VF)
			word |= (uint64_t)lanes_ge(keys_of(vf_load(row + i + r)), bound) << r;
		at = emit_word(out, at, row, i, word);
	}
	return at <= most ? emit_ge(row, i, end, key, out, at) : at;
}

static int emit_cut(const float *row, int n, int k, struct cut cut, struct kept_row out)
{
	int at, end = cut.reach == k ? n : after_nth_equal(row, n, cut.key, k - cut.above);

	if ((int64_t)k * SPARSE > n) {
		at = emit_ge(row, 0, end, cut.key, out, 0);
		return emit_above(row, end, n, cut.key, out, at);
	}
	at = emit_ge_sparse(row, 0, end, cut.key, out, 0, n);
	return cut.key == INT32_MAX ? at : emit_ge_sparse(row, end, n, cut.key + 1, out, at, n);
}

/* Keeps k of c <= FEW written entries, ties to the first. */
static int shrink(struct kept_row out, int c, int k)
{
	int32_t keys[FEW];
	struct cut cut;
	vi bound;
	int ties, at = 0;

	sort_few(keys, out.value, c);
	cut = cut_at(keys, c, k, 0);
	bound = vi_set(cut.key);
	ties = k - cut.above;
	for (int i = 0; i < c; i += VF) {
		vi index = vi_load(out.index + i);
		vf value = vf_load(out.value + i);
		uint32_t reach = lanes_ge(keys_of(value), bound) & lanes_first(min_int(VF, c - i));
		uint32_t equal = reach & lanes_ge(bound, keys_of(value)), above = reach & ~equal;

		while (lanes_count(equal) > ties)
			equal &= ~(1u << (31 - __builtin_clz(equal)));
		ties -= lanes_count(equal);
		compress_store(out.index + at, index, above | equal);
		compress_store(out.value + at, (vi)value, above | equal);
		at += lanes_count(above | equal);
	}
	return at;
}

/* A guess at the largest key, an octave above that of a sample: some vectors spread over the row. */
static int32_t guess_largest(const float *row, int n)
{
	vi most = {0};
	int step = max_int(VF, n / SAMPLES);
	int32_t keys[VF], largest = 0;

	for (int i = 0; i + VF <= n; i += step)
		most = vi_max(most, keys_of(vf_load(row + i)));
	memcpy(keys, &most, sizeof(keys));
	for (int j = 0; j < VF; j++)
		largest = max_int(largest, keys[j]);
	return min_int(largest, INT32_MAX - OCTAVE) + OCTAVE;
}

static int select_by_sort(const float *row, int n, int k, int32_t *work, struct kept_row out)
{
	for (int i = 0; i < n; i++)
		work[i] = key_of(row[i]);
	sort_few(work, work, n);
	return emit_cut(row, n, k, cut_at(work, n, k, 0), out);
}

/* Returns -1 when it gave up. */
static int select_by_maxima(const float *row, int n, int k, struct kept_row out)
{
	int32_t maxima[FEW], bound;
	int count;

	block_maxima(maxima, row, n);
	sort_few(maxima, maxima, BLOCKS);
	bound = maxima[k - 1];
	if (bound == 0)
		return -1;
	count = emit_ge_sparse(row, 0, n, bound, out, 0, FEW);
	return count <= FEW ? shrink(out, count, k) : -1;
}

static int select_by_levels(const float *row, int n, int k, int32_t *work, struct kept_row out)
{
	int32_t low = max_int(0, guess_largest(row, n) - (TOP_LEVEL << OCTAVE_SHIFT) - ((1 << OCTAVE_SHIFT) - 1));

	return emit_cut(row, n, k, kth_by_levels(row, n, k, low, OCTAVE_SHIFT, work), out);
}

static int select_row(const float *row, int n, int k, int32_t *work, struct kept_row out)
{
	int count = -1;

	if (n <= FEW)
		return select_by_sort(row, n, k, work, out);
	if (k <= SMALL_K)
		count = select_by_maxima(row, n, k, out);
	return count >= 0 ? count : select_by_levels(row, n, k, work, out);
}

void ISA(select_topk_bracket)(const struct kernel_args *a, struct team team)
{
	select_rows(a, team, bracket_bytes(a), select_row);
}

size_t ISA(select_bracket_scratch)(const struct kernel_args *a, int team_size)
{
	return (size_t)team_size * slice_bytes(bracket_bytes(a));
}
