/* SPDX-License-Identifier: MIT */
/*
 * Unified top-k (Sun et al. 2017): the k columns of largest L1 norm over the minibatch, the same for every row.
 * The threads sum their columns in double, row after row, so the order does not depend on the team; after a barrier
 * each finds the k-th largest sum for itself (cheaper than to wait for one that does) and gathers its rows.
 * Doubles without sign order as 63-bit integers. The k-th is found 31 bits at a time, by quickselect on keys.
 */
#include "select_partition.h"

#include <float.h>
#include <math.h>

#define COLUMN_BLOCK 32

/* The sums stand first in the scratch; then, per thread, the columns chosen, keys, and candidates. */
static size_t sum_bytes(const struct kernel_args *a)
{
	return slice_bytes((size_t)a->n_out * sizeof(double));
}

static size_t work_bytes(const struct kernel_args *a)
{
	return slice_bytes((size_t)a->n_out * (2 * sizeof(int32_t) + sizeof(int64_t)));
}

/* sum[0, width) = sums of |dy| over the batch, for the columns from `begin` on. A NaN column counts as infinite. */
static void sum_columns(const struct kernel_args *a, int begin, int width, double *sum)
{
	double block[COLUMN_BLOCK] = {0};

	for (int b = 0; b < a->batch; b++) {
		const float *dy = dy_row(a, b) + begin;

		if (width == COLUMN_BLOCK)
			for (int c = 0; c < COLUMN_BLOCK; c++)
				block[c] += (double)fabsf(dy[c]);
		else
			for (int c = 0; c < width; c++)
				block[c] += (double)fabsf(dy[c]);
	}
	for (int c = 0; c < width; c++)
		sum[c] = block[c] <= DBL_MAX ? block[c] : (double)INFINITY;
}

static int32_t digit_of(int64_t bits, int round)
{
	static const int shift[] = {32, 1, 0};

	return (int32_t)(bits >> shift[round] & (round == 2 ? 1 : KEY_MASK));
}

/* The k-th largest of n non-negative 63-bit integers, 1 <= k <= n. Overwrites them; keys: n words of work. */
static int64_t kth_of_bits(int64_t *bits, int n, int k, int32_t *keys)
{
	for (int round = 0; round < 3 && n > 1; round++) {
		int equal = 0;
		int32_t kth;

		for (int i = 0; i < n; i++)
			keys[i] = digit_of(bits[i], round);
		kth = kth_by_quickselect(keys, n, k);
		for (int i = 0; i < n; i++) {
			int64_t x = bits[i];

			k -= digit_of(x, round) > kth;
			bits[equal] = x;
			equal += digit_of(x, round) == kth;
		}
		n = equal;
	}
	return bits[0];
}

/* The columns of the k largest sums, ascending, ties to the lowest; 0 < k <= n. */
static void choose_columns(const double *sum, int n, int k, int64_t *bits, int32_t *keys, int32_t *columns)
{
	int64_t kth, x;
	int above = 0, at = 0;

	memcpy(bits, sum, (size_t)n * sizeof(*bits));
	kth = kth_of_bits(bits, n, k, keys);
	memcpy(bits, sum, (size_t)n * sizeof(*bits));
	for (int i = 0; i < n; i++)
		above += bits[i] > kth;
	for (int i = 0, ties = k - above; at < k; i++) {
		x = bits[i];
		columns[at] = i;
		at += x > kth || (x == kth && ties > 0);
		ties -= x == kth;
	}
}

void ISA(select_unified)(const struct kernel_args *a, struct team team)
{
	struct span cols = team_span(team, a->n_out, COLUMN_BLOCK), rows = team_span(team, a->batch, 1);
	int n = a->n_out, k = max_int(0, min_int(a->k, n));
	double *sum = a->scratch;
	int64_t *bits = (int64_t *)((char *)a->scratch + sum_bytes(a) + (size_t)team.rank * work_bytes(a));
	int32_t *keys = (int32_t *)(bits + n), *columns = keys + n;

	for (int c = cols.begin; c < cols.end; c += COLUMN_BLOCK)
		sum_columns(a, c, min_int(COLUMN_BLOCK, cols.end - c), sum + c);
	team_barrier(team);
	if (k > 0)
		choose_columns(sum, n, k, bits, keys, columns);
	for (int b = rows.begin; b < rows.end; b++) {
		const float *dy = dy_row(a, b);
		struct kept_row out = kept_row(a, b);

		a->kept->count[b] = k;
		memcpy(out.index, columns, (size_t)k * sizeof(*columns));
		for (int i = 0; i < k; i++)
			out.value[i] = dy[columns[i]];
	}
}

size_t ISA(select_unified_scratch)(const struct kernel_args *a, int team_size)
{
	return sum_bytes(a) + (size_t)team_size * work_bytes(a);
}
