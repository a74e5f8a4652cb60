/* SPDX-License-Identifier: MIT */
/*
 * What the dense engine (gemm.h) moves before it multiplies: B into panels, rows of A apart.
 *
 * A packed strip of B lies panel by panel, and each panel step by step: PANEL neighbours of one row of B are a line.
 * Columns beyond the last are zeros.
 */
#ifndef KERNELS_GEMM_PACK_H
#define KERNELS_GEMM_PACK_H

#include "gemm.h"
#include "gemm_tile.h"

typedef float v4 __attribute__((vector_size(16)));

/* out[j] = column j of the four rows in[]. */
ALWAYS_INLINE void transpose4(const v4 in[4], v4 out[4])
{
	v4 lo[2], hi[2];

	for (int i = 0; i < 2; i++) {
		lo[i] = __builtin_shufflevector(in[2 * i], in[2 * i + 1], 0, 4, 1, 5);
		hi[i] = __builtin_shufflevector(in[2 * i], in[2 * i + 1], 2, 6, 3, 7);
	}
	out[0] = __builtin_shufflevector(lo[0], lo[1], 0, 1, 4, 5);
	out[1] = __builtin_shufflevector(lo[0], lo[1], 2, 3, 6, 7);
	out[2] = __builtin_shufflevector(hi[0], hi[1], 0, 1, 4, 5);
	out[3] = __builtin_shufflevector(hi[0], hi[1], 2, 3, 6, 7);
}

ALWAYS_INLINE void load4(const float *from, ptrdiff_t row, v4 to[4])
{
	for (int i = 0; i < 4; i++)
		memcpy(&to[i], from + i * row, sizeof(v4));
}

/* B given by rows: steps [p, p + depth), columns [j, j + n). */
ALWAYS_INLINE void pack_rows(const struct gemm *g, int p, int depth, int j, int n, float *packed)
{
	for (int s = 0; s < depth; s++) {
		const float *row = g->b + (g->b_rows ? g->b_rows[p + s] : p + s) * g->b_row + j;
		float *to = packed + s * PANEL;
		int c = 0;

		for (; c + PANEL <= n; c += PANEL, to += depth * PANEL)
			for (int v = 0; v < PANEL_VECTORS; v++)
				vf_store(to + v * VF, vf_load(row + c + v * VF));
		for (; c + VF <= n; c += VF, to += VF)
			vf_store(to, vf_load(row + c));
		for (int e = 0; c < n && e < VF; e++)
			to[e] = c + e < n ? row[c + e] : 0;
	}
}

/* B given by columns, in blocks of 4 x 4. */
ALWAYS_INLINE void pack_columns(const struct gemm *g, int p, int depth, int j, int n, float *packed)
{
	int padded = (n + PANEL - 1) / PANEL * PANEL;

	for (int c = 0; c < padded; c += 4) {
		const float *column = g->b + (j + c) * g->b_col + p;
		float *to = packed + (ptrdiff_t)(c / PANEL) * PANEL * depth + c % PANEL;
		int s = 0, left = n - c;

		for (; left >= 4 && s + 4 <= depth; s += 4) {
			v4 in[4], out[4];

			load4(column + s, g->b_col, in);
			transpose4(in, out);
			for (int i = 0; i < 4; i++)
				memcpy(to + (s + i) * PANEL, &out[i], sizeof(v4));
		}
		for (; s < depth; s++)
			for (int e = 0; e < 4; e++)
				to[s * PANEL + e] = e < left ? column[e * g->b_col + s] : 0;
	}
}

#endif
