/* SPDX-License-Identifier: MIT */
/*
 * backward_data, dense: dx = dy w, and backward_weights, dense: dw = dy^T x, both on the dense engine.
 *
 * dx: A = dy, read along its rows; B = w. dw: A = dy^T, read along dy's columns without transposing; B = x. The team
 * splits the result in a grid; every thread packs what it multiplies itself, so no barrier is needed.
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
		.c_col = 1,
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
		.c_col = 1,
	};

	ISA(gemm)(&g, team, a->scratch);
}

struct kernel_cost ISA(backward_data_dense_cost)(const struct kernel_args *a)
{
	double batch = a->batch, n_in = a->n_in, n_out = a->n_out;

	return (struct kernel_cost){
		.flops = 2 * batch * n_in * n_out,
		.bytes = {[OPERAND_DY] = {.read = 4 * batch * n_out},
			  [OPERAND_W] = {.read = 4 * n_in * n_out},
			  [OPERAND_DX] = {.written = 4 * batch * n_in}},
	};
}

struct kernel_cost ISA(backward_weights_dense_cost)(const struct kernel_args *a)
{
	double batch = a->batch, n_in = a->n_in, n_out = a->n_out;

	return (struct kernel_cost){
		.flops = 2 * batch * n_in * n_out,
		.bytes = {[OPERAND_DY] = {.read = 4 * batch * n_out},
			  [OPERAND_X] = {.read = 4 * batch * n_in},
			  [OPERAND_DW] = {.written = 4 * n_in * n_out}},
	};
}

size_t ISA(backward_dense_scratch_bytes)(const struct kernel_args *a, int team_size)
{
	(void)a;
	return ISA(gemm_scratch_bytes)(team_size);
}
