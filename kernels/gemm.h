/* SPDX-License-Identifier: MIT */
/*
 * The dense engine: C = A B, shared by the dense and the unified kernels.
 *
 * After Goto and van de Geijn (2008) and BLIS, cut down to what back-propagation needs: no alpha, no beta. A tile of C
 * stays in registers for one block of the inner dimension (gemm_tile.h). A is read in place, one broadcast per row and
 * step; B is read in place where that is cheap and else packed first (gemm_pack.h). What the next tiles need is fetched
 * on the way. Bound it aims at: the FMA peak.
 *
 * Each element of C is summed in the order of the inner index, in blocks of at most GEMM_DEPTH that depend on k alone,
 * whatever the thread, tile or strip it falls in: results do not depend on the team's size. GEMM_DEPTH is therefore
 * fixed, not taken from the cache.
 */
#ifndef KERNELS_GEMM_H
#define KERNELS_GEMM_H

#include "isa.h"

/* MNIST's 784 in one piece, and 128 columns of it in less than half of a 1 MB L2. */
#define GEMM_DEPTH 800

struct gemm {
	int m, n, k;
	const float *a; /* A(i, p) = a[i * a_row + p * a_col]; one of the two strides is 1 */
	ptrdiff_t a_row, a_col;
	const float *b;		/* B(p, j) = b[row(p) * b_row + j * b_col], row(p) = b_rows ? b_rows[p] : p */
	ptrdiff_t b_row, b_col; /* b_col == 1, or with b_transposed b_row == 1; with b_rows a_col == 1, too */
	bool b_transposed;	/* said, as a row of one element leaves both strides 1 */
	const int32_t *b_rows;
	float *c;		/* C(i, j) = c[row(i) * c_row + j * c_col], row(i) = c_rows ? c_rows[i] : i */
	ptrdiff_t c_row, c_col; /* c_col == 1, or with c_transposed c_row == 1, then without c_rows */
	bool c_transposed;
	const int32_t *c_rows;
	const float *bias; /* (m) or NULL: added to each row; only where C is transposed */
	bool relu;	   /* C = max(0, .) at the end; only where C is transposed */
};

/* C = A B, this thread's part of it. scratch: ISA(gemm_scratch_bytes)(team.size) bytes for the whole team. */
void ISA(gemm)(const struct gemm *g, struct team team, void *scratch);
size_t ISA(gemm_scratch_bytes)(int team_size);

#endif
