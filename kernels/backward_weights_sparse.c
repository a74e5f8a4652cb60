/* SPDX-License-Identifier: MIT */
/*
 * backward_weights from a sparse dY: top-k, norm, threshold, random-k and relu_skip alike.
 *
 * Row o of dw is the sum of value * x[b] over the examples b that kept o. kept is transposed into lists, one for each
 * row; then, a block of columns at a time, that block of x is packed where it stays in L1, and all rows add up their
 * lists from there: one load from L1 per multiply-add, one store per element. The team splits dw by rows: threads that
 * write the two halves of one row at the same time hinder each other. Bound: loads from L1, and writing dw once.
 */
#include "caches.h"
#include "kernels.h"
#include "row_lists.h"
#include "stream.h"

size_t ISA(backward_weights_sparse_scratch_bytes)(const struct kernel_args *a, int team_size)
{
	return (row_lists_bytes(a) + row_lists_packed_bytes(a)) * (size_t)team_size;
}

/* Where a block of dw begins, how it ends, and whether it goes past the caches. */
struct target {
	float *dw;
	ptrdiff_t row, last;
	int columns;
	bool streams;
};

ALWAYS_INLINE void sums_stream(const vf *sums, int vectors, float *to)
{
#pragma GCC unroll 8
	for (int v = 0; v < vectors; v++)
		vf_stream(to + v * VF, sums[v]);
}

ALWAYS_INLINE void store(const void *context, int row, int vectors, const vf *sums)
{
	const struct target *t = context;

	if (t->streams)
		sums_stream(sums, vectors, t->dw + row * t->row);
	else
		sums_store(sums, vectors, t->dw + row * t->row, t->last);
}

/* Fewer columns than a vector holds. */
ALWAYS_INLINE void store_narrow(const void *context, int row, int vectors, const vf *sums)
{
	const struct target *t = context;

	(void)vectors;
	memcpy(t->dw + row * t->row, sums, (size_t)t->columns * sizeof(float));
}

typedef void block_fn(const struct row_lists *l, const float *x, const struct target *t);

static void block_narrow(const struct row_lists *l, const float *x, const struct target *t)
{
	row_lists_visit(l, 1, x, store_narrow, t);
}

#define BLOCK(vectors)                                                                                                 \
	static void block_##vectors(const struct row_lists *l, const float *x, const struct target *t)                 \
	{                                                                                                              \
		const struct target own = *t;                                                                          \
                                                                                                                       \
		row_lists_visit(l, vectors, x, store, &own);                                                           \
	}
BLOCK(1)
BLOCK(2)
BLOCK(3)
BLOCK(4)
BLOCK(5)
BLOCK(6)
BLOCK(7)
BLOCK(8)

static block_fn *const blocks[MAX_VECTORS + 1] = {
	block_narrow, block_1, block_2, block_3, block_4, block_5, block_6, block_7, block_8,
};

/* Rows that no example kept: those between this thread's rows. */
static void clear_rows(const struct kernel_args *a, const struct row_lists *l, struct span part)
{
	for (int o = l->rows.begin, i = l->own.begin; o < l->rows.end; o++) {
		if (i < l->own.end && l->touched[i] == o)
			i++;
		else
			memset(a->dw + (ptrdiff_t)o * a->n_in + part.begin, 0,
			       (size_t)(part.end - part.begin) * sizeof(float));
	}
}

static void list_touched(const struct row_lists *l, struct row_list *rows)
{
	rows->count = l->n_touched;
	memcpy(rows->row, l->touched, (size_t)l->n_touched * sizeof(int32_t));
}

/*
 * A dw of half of L3 goes to memory directly: w fills the other half, and would be evicted. Only whole vectors of
 * aligned rows can go past the caches.
 */
static bool streams(const struct kernel_args *a)
{
	return weight_matrix_bytes(a) >= l3_bytes(a) / 2 && a->n_in % VF == 0 &&
	       (uintptr_t)a->dw % (VF * sizeof(float)) == 0;
}

/*
 * Pieces that go past the caches are as long as can be; else the block of x should stay in most of L1, for the rows of
 * dw pass through it too.
 */
static int vectors_of_block(const struct kernel_args *a)
{
	return streams(a) ? MAX_VECTORS : row_lists_vectors(a, l1_bytes(a) / 8 * 7);
}

static void sum_columns(const struct kernel_args *a, const struct row_lists *l, struct span part, float *x)
{
	int n = block_count(part.end - part.begin, vectors_of_block(a));

	for (int i = 0; i < n; i++) {
		struct block b = block_of(part, i, n);
		struct target t = {a->dw + b.column, a->n_in, b.last, b.columns, streams(a)};

		row_lists_pack(a, &b, x);
		blocks[b.columns < VF ? 0 : b.vectors](l, x, &t);
	}
	if (streams(a))
		stream_end();
}

void ISA(backward_weights_sparse)(const struct kernel_args *a, struct team team)
{
	struct span all = {0, a->n_in};
	char *own = (char *)a->scratch + (row_lists_bytes(a) + row_lists_packed_bytes(a)) * (size_t)team.rank;
	struct row_lists l = row_lists_make(a, team, own);

	if (team.rank == 0 && a->dw_rows)
		list_touched(&l, a->dw_rows);
	if (!a->dw_rows)
		clear_rows(a, &l, all);
	sum_columns(a, &l, all, (float *)(void *)(own + row_lists_bytes(a)));
}
