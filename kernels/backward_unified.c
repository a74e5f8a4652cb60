/* SPDX-License-Identifier: MIT */
/*
 * backward_data and backward_weights, unified top-k: the whole minibatch keeps the same k columns of dY.
 *
 * The selection already packed them into kept->value (batch, k; leading dimension stride), so both are dense products
 * k wide: dx = packed w[columns], whose rows the engine gathers; dw[columns] = packed^T x, whose rows it stores in
 * place. Bound: the FMA peak on k/n_out of the dense work.
 */
#include "gemm.h"
#include "kernels.h"

/* Columns kept: the same in every row of the minibatch. */
static int columns_kept(const struct kernel_args *a)
{
	return a->batch > 0 ? a->kept->count[0] : 0;
}

void ISA(backward_data_unified)(const struct kernel_args *a, struct team team)
{
	struct gemm g = {
		.m = a->batch,
		.n = a->n_in,
		.k = columns_kept(a),
		.a = a->kept->value,
		.a_row = a->kept->stride,
		.a_col = 1,
		.b = a->w,
		.b_row = a->n_in,
		.b_col = 1,
		.b_rows = a->kept->index,
		.c = a->dx,
		.c_row = a->n_in,
		.c_col = 1,
	};

	ISA(gemm)(&g, team, a->scratch);
}

/* dw's rows that no column reaches, this thread's share. */
static void clear_untouched(const struct kernel_args *a, struct team team, int k)
{
	struct span part = team_span(team, a->n_out, 1);
	const int32_t *column = a->kept->index;
	int next = 0;

	for (int o = 0; o < part.end; o++) {
		if (next < k && column[next] == o)
			next++;
		else if (o >= part.begin)
			memset(a->dw + (ptrdiff_t)o * a->n_in, 0, (size_t)a->n_in * sizeof(float));
	}
}

void ISA(backward_weights_unified)(const struct kernel_args *a, struct team team)
{
	int k = columns_kept(a);
	struct gemm g = {
		.m = k,
		.n = a->n_in,
		.k = a->batch,
		.a = a->kept->value,
		.a_row = 1,
		.a_col = a->kept->stride,
		.b = a->x,
		.b_row = a->n_in,
		.b_col = 1,
		.c = a->dw,
		.c_row = a->n_in,
		.c_col = 1,
		.c_rows = a->kept->index,
	};

	if (!a->dw_rows) {
		clear_untouched(a, team, k);
	} else if (team.rank == 0) {
		memcpy(a->dw_rows->row, a->kept->index, (size_t)k * sizeof(int32_t));
		a->dw_rows->count = k;
	}
	ISA(gemm)(&g, team, a->scratch);
}

struct kernel_cost ISA(backward_data_unified_cost)(const struct kernel_args *a)
{
	double batch = a->batch, n_in = a->n_in, k = columns_kept(a);

	return (struct kernel_cost){
		.flops = 2 * batch * n_in * k,
		.bytes = {[OPERAND_KEPT] = {.read = 4 * batch * k},
			  [OPERAND_W] = {.read = 4 * k * n_in},
			  [OPERAND_DX] = {.written = 4 * batch * n_in}},
	};
}

/* A full dw has its other rows cleared. */
struct kernel_cost ISA(backward_weights_unified_cost)(const struct kernel_args *a)
{
	double batch = a->batch, n_in = a->n_in, k = columns_kept(a), rows = a->dw_rows ? k : a->n_out;

	return (struct kernel_cost){
		.flops = 2 * batch * n_in * k,
		.bytes = {[OPERAND_KEPT] = {.read = 4 * batch * k},
			  [OPERAND_X] = {.read = 4 * batch * n_in},
			  [OPERAND_DW] = {.written = 4 * rows * n_in}},
	};
}
