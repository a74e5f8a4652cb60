/* SPDX-License-Identifier: MIT */
/*
 * backward_data from a sparse dY: top-k, norm, threshold, random-k and relu_skip alike.
 *
 * dx[b] is the sum of value * w[o] over the columns o that example b kept. A block of columns at a time, which of all
 * rows of w stays in L2, each example adds up its rows in registers: one load per multiply-add, one store per element.
 * The team splits dx by columns, so that each thread reads only its columns of w, and by examples if there are more
 * threads than blocks. Bound: loads from L2, and reading w once.
 */
#include "caches.h"
#include "kernels.h"
#include "row_sum.h"

#define LINE_FLOATS (KERNEL_ALIGN / (int)sizeof(float))

/* Entries ahead whose row of w is asked for: its first line; the processor then sees to those that follow. */
#define AHEAD 2

/*
 * Blocks that an example sums before the next one does: their lines of w follow each other. Few, so that what they read
 * of w stays in L2 for other examples; more, if each row serves less than REUSE examples and w hardly exceeds L2.
 */
#define TOGETHER 2
#define FAR_TOGETHER 4
#define MAX_TOGETHER 8
#define REUSE 3

/* The entries of an example, and the blocks that they lead from and to. */
struct gather {
	int count;
	const int32_t *index;
	const float *value;
	const float *w;
	float *dx;
	ptrdiff_t row, last;
	bool far; /* w comes from memory */
};

/* Asks for n floats, to be in L2 when they are read. */
ALWAYS_INLINE void ask(const float *p, int n)
{
	for (int i = 0; i < n; i += LINE_FLOATS)
		__builtin_prefetch(p + i, 0, 2);
}

/* vectors and far are constants after inlining. */
ALWAYS_INLINE void gather_run(int vectors, bool far, const struct gather *g)
{
	const int32_t *index = g->index;
	const float *w = g->w, *value = g->value;
	ptrdiff_t row = g->row, last = g->last;
	vf sums[MAX_VECTORS];

#pragma GCC unroll 8
	for (int v = 0; v < vectors; v++)
		sums[v] = (vf){0};
	for (int e = 0, n = g->count; e < n; e++) {
		const float *line = w + index[e] * row;

		if (far)
			ask(line + vectors * VF, vectors * VF);
		else
			__builtin_prefetch(w + index[min_int(e + AHEAD, n - 1)] * row);
		sums_add(sums, vectors, value[e], line, last);
	}
	sums_store(sums, vectors, g->dx, last);
}

#define GATHER(vectors)                                                                                                \
	static void gather_##vectors(const struct gather *g)                                                           \
	{                                                                                                              \
		if (g->far)                                                                                            \
			gather_run(vectors, true, g);                                                                  \
		else                                                                                                   \
			gather_run(vectors, false, g);                                                                 \
	}
GATHER(1)
GATHER(2)
GATHER(3)
GATHER(4)
GATHER(5)
GATHER(6)
GATHER(7)
GATHER(8)

typedef void gather_fn(const struct gather *g);

static gather_fn *const gathers[MAX_VECTORS + 1] = {
	NULL, gather_1, gather_2, gather_3, gather_4, gather_5, gather_6, gather_7, gather_8,
};

/* Fewer columns than a vector holds. */
static void gather_narrow(const struct gather *g, int columns)
{
	float sums[VF] = {0};

	for (int e = 0; e < g->count; e++)
		for (int j = 0; j < columns; j++)
			sums[j] += g->value[e] * g->w[g->index[e] * g->row + j];
	memcpy(g->dx, sums, (size_t)columns * sizeof(float));
}

/* A block of dx[b]. */
static void gather_block(const struct kernel_args *a, int b, const struct block *block, bool far)
{
	ptrdiff_t entries = (ptrdiff_t)b * a->kept->stride;
	struct gather g = {
		.count = a->kept->count[b],
		.index = a->kept->index + entries,
		.value = a->kept->value + entries,
		.w = a->w + block->column,
		.dx = a->dx + (ptrdiff_t)b * a->n_in + block->column,
		.row = a->n_in,
		.last = block->last,
		.far = far,
	};

	if (block->columns < VF)
		gather_narrow(&g, block->columns);
	else
		gathers[block->vectors](&g);
}

/* A w of half of L3 comes from memory: too late, unless the next block of each row is asked for in time. */
static bool is_far(const struct kernel_args *a)
{
	return weight_matrix_bytes(a) >= l3_bytes(a) / 2;
}

static int blocks_together(const struct kernel_args *a)
{
	int64_t entries = 0;

	if (weight_matrix_bytes(a) > 2 * l2_bytes(a))
		return is_far(a) ? FAR_TOGETHER : TOGETHER;
	for (int b = 0; b < a->batch; b++)
		entries += a->kept->count[b];
	return entries < (int64_t)REUSE * a->n_out ? MAX_TOGETHER : TOGETHER;
}

void ISA(backward_data_sparse)(const struct kernel_args *a, struct team team)
{
	struct grid grid = team_grid(team, a->n_in);
	struct span part = team_span(grid.by_column, a->n_in, VF);
	struct span examples = team_lists(grid.by_row, a->batch, a->kept->count);
	bool far = is_far(a);
	int n = block_count(part.end - part.begin, MAX_VECTORS), step = blocks_together(a);

	for (int i = 0; i < n; i += step) {
		struct block blocks[MAX_TOGETHER];
		int together = min_int(step, n - i);

		for (int j = 0; j < together; j++)
			blocks[j] = block_of(part, i + j, n);
		for (int b = examples.begin; b < examples.end; b++)
			for (int j = 0; j < together; j++)
				gather_block(a, b, &blocks[j], far);
	}
}
