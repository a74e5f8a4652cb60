/* SPDX-License-Identifier: MIT */
/*
 * What the selection algorithms share: the walk over the rows of a thread, counting and writing by a threshold, and
 * the thread's slice of the scratch. An algorithm only has to find the k-th largest key of a row; these passes turn
 * it into the ascending list of kept entries, ties to the lowest index.
 */
#ifndef KERNELS_SELECT_H
#define KERNELS_SELECT_H

#include "kernels.h"
#include "select_simd.h"

/* Where the kept entries of one row go. Stores may run up to VF entries past the last, as SPARSE_PAD allows. */
struct kept_row {
	int32_t *index;
	float *value;
};

ALWAYS_INLINE struct kept_row kept_row(const struct kernel_args *a, int b)
{
	size_t at = (size_t)b * (size_t)a->kept->stride;

	return (struct kept_row){a->kept->index + at, a->kept->value + at};
}

ALWAYS_INLINE const float *dy_row(const struct kernel_args *a, int b)
{
	return a->dy + (size_t)b * (size_t)a->n_out;
}

/* Bytes of one thread's slice, in whole cache lines, so that threads share none. */
ALWAYS_INLINE size_t slice_bytes(size_t bytes)
{
	return (bytes + KERNEL_ALIGN - 1) / KERNEL_ALIGN * KERNEL_ALIGN;
}

ALWAYS_INLINE void *thread_slice(const struct kernel_args *a, struct team team, size_t bytes)
{
	return (char *)a->scratch + (size_t)team.rank * slice_bytes(bytes);
}

/* The slice of the algorithms that copy a row's keys. */
ALWAYS_INLINE size_t select_key_bytes(const struct kernel_args *a)
{
	return (size_t)a->n_out * sizeof(int32_t);
}

/* Appends the chosen lanes of v = row[i ...] as entries `at`, `at` + 1, ...; returns the new end. */
ALWAYS_INLINE int emit_lanes(struct kept_row out, int at, int i, vf v, uint32_t lanes)
{
	compress_store(out.index + at, vi_iota() + i, lanes);
	compress_store(out.value + at, (vi)v, lanes);
	return at + lanes_count(lanes);
}

/* Appends the entries of row[begin, end) whose key is at least `key`; returns the new end. */
ALWAYS_INLINE int emit_ge(const float *row, int begin, int end, int32_t key, struct kept_row out, int at)
{
	vi bound = vi_set(key);
	int i = begin;

	for (; i + VF <= end; i += VF) {
		vf v = vf_load(row + i);

		at = emit_lanes(out, at, i, v, lanes_ge(keys_of(v), bound));
	}
	if (i < end) {
		vf v = vf_load_part(row + i, end - i);

		at = emit_lanes(out, at, i, v, lanes_ge(keys_of(v), bound) & lanes_first(end - i));
	}
	return at;
}

/* How many of n floats have a key of at least `key`. */
ALWAYS_INLINE int count_ge(const float *row, int n, int32_t key)
{
	vi bound = vi_set(key), hits = {0};
	int i = 0, count = 0;

	for (; i + VF <= n; i += VF)
		hits -= keys_of(vf_load(row + i)) >= bound;
	for (int j = 0; j < VF; j++)
		count += hits[j];
	if (i < n)
		count += lanes_count(lanes_ge(keys_of(vf_load_part(row + i, n - i)), bound) & lanes_first(n - i));
	return count;
}

/* One past the position of the nth entry (1, 2, ...) of the row whose key equals `key`; n if there are fewer. */
ALWAYS_INLINE int after_nth_equal(const float *row, int n, int32_t key, int nth)
{
	int i = 0, seen = 0;

	for (; i + VF <= n; i += VF) {
		vi keys = keys_of(vf_load(row + i));
		int here = lanes_count(lanes_ge(keys, vi_set(key)) & lanes_ge(vi_set(key), keys));

		if (seen + here >= nth)
			break;
		seen += here;
	}
	for (; i < n && seen < nth; i++)
		seen += key_of(row[i]) == key;
	return i;
}

/* The same for keys above `key`. The NaN of all bits set is the largest key there is. */
ALWAYS_INLINE int emit_above(const float *row, int begin, int end, int32_t key, struct kept_row out, int at)
{
	return key == INT32_MAX ? at : emit_ge(row, begin, end, key + 1, out, at);
}

ALWAYS_INLINE int count_above(const float *row, int n, int32_t key)
{
	return key == INT32_MAX ? 0 : count_ge(row, n, key + 1);
}

/* Keeps what is above the key, and as many of its equals, from the left, as make k. `above` counts the former. */
ALWAYS_INLINE int emit_kth(const float *row, int n, int k, int32_t key, int above, struct kept_row out)
{
	int end = after_nth_equal(row, n, key, k - above);

	return emit_above(row, end, n, key, out, emit_ge(row, 0, end, key, out, 0));
}

/* Selects k of n entries, 0 < k < n; `work` is the thread's slice. Returns the number kept. */
typedef int select_row_fn(const float *row, int n, int k, int32_t *work, struct kept_row out);

/* Keeps nothing, or all, of row b; false if k leaves a choice. */
ALWAYS_INLINE bool select_trivial(const struct kernel_args *a, int b, int k)
{
	if (k > 0 && k < a->n_out)
		return false;
	a->kept->count[b] = k <= 0 ? 0 : emit_ge(dy_row(a, b), 0, a->n_out, 0, kept_row(a, b), 0);
	return true;
}

/* Runs the algorithm on this thread's rows. work_bytes: the slice of one thread. */
ALWAYS_INLINE void select_rows(const struct kernel_args *a, struct team team, size_t work_bytes, select_row_fn *select)
{
	struct span rows = team_span(team, a->batch, 1);
	int32_t *work = thread_slice(a, team, work_bytes);

	for (int b = rows.begin; b < rows.end; b++) {
		if (!select_trivial(a, b, a->k))
			a->kept->count[b] = select(dy_row(a, b), a->n_out, a->k, work, kept_row(a, b));
	}
}

/* The k-th largest of n keys, 0 < k < n; may reorder them. */
typedef int32_t kth_key_fn(int32_t *keys, int n, int k);

/* A row algorithm out of a textbook one: copy the keys, find the k-th, emit. */
ALWAYS_INLINE int select_by_kth(const float *row, int n, int k, int32_t *work, struct kept_row out, kth_key_fn *kth)
{
	int32_t key;
	int kept;

	for (int i = 0; i < n; i++)
		work[i] = key_of(row[i]);
	key = kth(work, n, k);
	kept = count_ge(row, n, key);
	if (kept == k)
		return emit_ge(row, 0, n, key, out, 0);
	return emit_kth(row, n, k, key, count_above(row, n, key), out);
}

ALWAYS_INLINE void swap_keys(int32_t *a, int32_t *b)
{
	int32_t t = *a;

	*a = *b;
	*b = t;
}

#endif
