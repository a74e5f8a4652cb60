/* SPDX-License-Identifier: MIT */
/*
 * backward_data, dense: dx = dy w, and backward_weights, dense: dw = dy^T x, both on the dense engine.
 *
 * dx: A = dy, read along its rows; B = w. dw: A = dy^T, read along dy's columns without transposing; B = x. The team
 * splits the result's columns, so every thread packs only what it multiplies and no barrier is needed.
 */
#include "gemm.h"
#include "kernels.h"

void ISA(backward_data_dense)(const struct kernel_args *a, struct team team)
{
	struct gemm g = {
		.m = a->batch,
		.n = a->n_in,
		.k = a->n_out,
		.a = a->dy,
		.a_row = a->n_out,
		.a_col = 1,
		.b = a->w,
		.b_row = a->n_in,
		.b_col = 1,
		.c = a->dx,
		.c_row = a->n_in,
	};

	ISA(gemm)(&g, team, a->scratch);
}

void ISA(backward_weights_dense)(const struct kernel_args *a, struct team team)
{
	struct gemm g = {
		.m = a->n_out,
		.n = a->n_in,
		.k = a->batch,
		.a = a->dy,
		.a_row = 1,
		.a_col = a->n_out,
		.b = a->x,
		.b_row = a->n_in,
		.b_col = 1,
		.c = a->dw,
		.c_row = a->n_in,
	};

	ISA(gemm)(&g, team, a->scratch);
}

/* The operands and the results of the two are alike in size: (batch, n_in), (batch, n_out), (n_out, n_in). */
struct kernel_cost ISA(backward_dense_cost)(const struct kernel_args *a)
{
	return ISA(forward_cost)(a);
}

size_t ISA(backward_dense_scratch_bytes)(const struct kernel_args *a, int team_size)
{
	(void)a;
	return ISA(gemm_scratch_bytes)(team_size);
}
