/* SPDX-License-Identifier: MIT */
/*
 * The register tile of the dense engine (gemm.h): TILE_ROWS rows x PANEL columns of C, summed over one block of the
 * inner dimension. Each step loads a line of B, broadcasts one element of each row of A, and multiplies them out.
 * On a core with one 512-bit (two 256-bit) multiply-adds per cycle nothing but these bounds a step.
 */
#ifndef KERNELS_GEMM_TILE_H
#define KERNELS_GEMM_TILE_H

#include "isa.h"

#if VF == 16
#define PANEL_VECTORS 2
#define TILE_ROWS 12	   /* 24 accumulators of 32 registers */
#define ROWS_PER_POINTER 4 /* a pointer into A for all rows would leave no registers for their strides */
#elif VECTOR_REGISTERS == 32
#define PANEL_VECTORS 4 /* NEON's vectors are short: a broadcast should serve several */
#define TILE_ROWS 5	/* 20 accumulators of 32 registers; a step's 4 vectors of B and 5 elements of A stand beside */
#define ROWS_PER_POINTER 5
#else
#define PANEL_VECTORS 2
#define TILE_ROWS 6 /* 12 accumulators of 16 registers */
#define ROWS_PER_POINTER 6
#endif
#define PANEL (PANEL_VECTORS * VF)

/* Floats in a cache line. */
#define LINE 16

/*
 * What the next tiles will read, fetched into L2 while these are multiplied: PANEL floats a step, `step` apart, for
 * each panel from `panel` further on. After every `chunk` steps it begins anew `row` further on.
 */
struct ahead {
	const float *from;
	ptrdiff_t step, row, panel;
	int chunk;
};

/* One row of tiles: up to TILE_ROWS rows of C across some panels of B. */
struct tile_row {
	const float *a, *b;
	ptrdiff_t a_row, a_col;
	ptrdiff_t b_row;       /* from one step's line of a panel to the next */
	ptrdiff_t b_panel;     /* from one panel to the next */
	const int32_t *b_rows; /* step p's line is number b_rows[p]; NULL: p */
	struct ahead ahead;
	int depth, panels;
	bool add;	     /* C += instead of C = */
	float *c[TILE_ROWS]; /* the rows of C at the first column */
};

/* One step: a line of B times an element of each row of A. rows and vectors are constants after inlining. */
ALWAYS_INLINE void tile_step(int rows, int vectors, const float *const *a, ptrdiff_t a_row, const float *b, bool first,
			     vf acc[TILE_ROWS][PANEL_VECTORS])
{
	vf line[PANEL_VECTORS];

	for (int v = 0; v < vectors; v++)
		line[v] = vf_load(b + v * VF);
	for (int i = 0; i < rows; i++) {
		vf s = vf_set(a[i / ROWS_PER_POINTER][i % ROWS_PER_POINTER * a_row]);

		for (int v = 0; v < vectors; v++)
			acc[i][v] = first ? s * line[v] : acc[i][v] + s * line[v];
	}
}

/*
 * depth >= 1. `gather` (t->b_rows) and the stride of A that is 1 are constants after inlining, too. Gathered lines have
 * no stride, so the next panel's are fetched, whatever t->ahead says.
 */
ALWAYS_INLINE void tile_sum(int rows, int vectors, const struct tile_row *t, int panel, bool gather, ptrdiff_t a_row,
			    ptrdiff_t a_col, vf acc[TILE_ROWS][PANEL_VECTORS])
{
	const float *a[TILE_ROWS / ROWS_PER_POINTER], *base = t->b + panel * t->b_panel, *b = base;
	const float *ahead = t->ahead.from + panel * t->ahead.panel;
	const int32_t *b_rows = t->b_rows;
	ptrdiff_t b_row = t->b_row, step = t->ahead.step;

	for (int i = 0; i < rows; i += ROWS_PER_POINTER)
		a[i / ROWS_PER_POINTER] = t->a + i * a_row;
	if (gather)
		b = base + *b_rows++ * b_row;
	tile_step(rows, vectors, a, a_row, b, true, acc);
	for (int left = t->depth - 1; left > 0; left -= t->ahead.chunk, ahead += t->ahead.row) {
		const float *next = ahead;

		for (int p = min_int(left, t->ahead.chunk); p > 0; p--, next += step) {
			for (int i = 0; i < rows; i += ROWS_PER_POINTER)
				a[i / ROWS_PER_POINTER] += a_col;
			b = gather ? base + *b_rows++ * b_row : b + b_row;
			for (int l = 0; l < PANEL; l += LINE)
				__builtin_prefetch((gather ? b + PANEL : next) + l, 0, 2);
			tile_step(rows, vectors, a, a_row, b, false, acc);
		}
	}
}

ALWAYS_INLINE void tile_store(int rows, int vectors, const struct tile_row *t, int panel,
			      vf acc[TILE_ROWS][PANEL_VECTORS])
{
	for (int i = 0; t->add && i < rows; i++)
		for (int v = 0; v < vectors; v++)
			acc[i][v] += vf_load(t->c[i] + panel * PANEL + v * VF);
	for (int i = 0; i < rows; i++)
		for (int v = 0; v < vectors; v++)
			vf_store(t->c[i] + panel * PANEL + v * VF, acc[i][v]);
}

ALWAYS_INLINE void tile_row_run(int rows, int vectors, const struct tile_row *row)
{
	const struct tile_row copy = *row, *t = &copy; /* which no store to C can change */

	for (int j = 0; j < t->panels; j++) {
		vf acc[TILE_ROWS][PANEL_VECTORS];

		if (t->b_rows)
			tile_sum(rows, vectors, t, j, true, t->a_row, 1, acc);
		else if (t->a_row == 1)
			tile_sum(rows, vectors, t, j, false, 1, t->a_col, acc);
		else
			tile_sum(rows, vectors, t, j, false, t->a_row, 1, acc);
		tile_store(rows, vectors, t, j, acc);
	}
}

typedef void tile_fn(const struct tile_row *t);

#define TILE(rows, vectors)                                                                                            \
	static void tile_##rows##x##vectors(const struct tile_row *t)                                                  \
	{                                                                                                              \
		tile_row_run(rows, vectors, t);                                                                        \
	}
#define TILES5(vectors)                                                                                                \
	TILE(1, vectors)                                                                                               \
	TILE(2, vectors) TILE(3, vectors) TILE(4, vectors) TILE(5, vectors)
#define TILES6(vectors) TILES5(vectors) TILE(6, vectors)
#define TILES12(vectors)                                                                                               \
	TILES6(vectors)                                                                                                \
	TILE(7, vectors)                                                                                               \
	TILE(8, vectors) TILE(9, vectors) TILE(10, vectors) TILE(11, vectors) TILE(12, vectors)

/* tiles[vectors - 1][rows - 1] */
#if TILE_ROWS == 12
TILES12(1)
TILES12(2)
static tile_fn *const tiles[PANEL_VECTORS][TILE_ROWS] = {
	{tile_1x1, tile_2x1, tile_3x1, tile_4x1, tile_5x1, tile_6x1, tile_7x1, tile_8x1, tile_9x1, tile_10x1, tile_11x1,
	 tile_12x1},
	{tile_1x2, tile_2x2, tile_3x2, tile_4x2, tile_5x2, tile_6x2, tile_7x2, tile_8x2, tile_9x2, tile_10x2, tile_11x2,
	 tile_12x2},
};
#elif TILE_ROWS == 6
TILES6(1)
TILES6(2)
static tile_fn *const tiles[PANEL_VECTORS][TILE_ROWS] = {
	{tile_1x1, tile_2x1, tile_3x1, tile_4x1, tile_5x1, tile_6x1},
	{tile_1x2, tile_2x2, tile_3x2, tile_4x2, tile_5x2, tile_6x2},
};
#else
TILES5(1)
TILES5(2)
TILES5(3)
TILES5(4)
static tile_fn *const tiles[PANEL_VECTORS][TILE_ROWS] = {
	{tile_1x1, tile_2x1, tile_3x1, tile_4x1, tile_5x1},
	{tile_1x2, tile_2x2, tile_3x2, tile_4x2, tile_5x2},
	{tile_1x3, tile_2x3, tile_3x3, tile_4x3, tile_5x3},
	{tile_1x4, tile_2x4, tile_3x4, tile_4x4, tile_5x4},
};
#endif

#endif
