/* SPDX-License-Identifier: MIT */
/*
 * forward, dense: y = relu(x w^T + bias).
 *
 * Whole vectors of examples go through the dense engine as y^T = w x^T, because x is smaller than w and so cheaper to
 * pack. What is left over of the minibatch goes by dot products (forward_dot.h), which need no whole vectors.
 */
#include "forward_dot.h"
#include "gemm.h"
#include "kernels.h"

/* A vector with fewer examples than this costs the engine more than dot products: seven eighths of its lanes. */
#define EXAMPLES_WORTH_A_VECTOR (VF * 7 / 8)

/* So do fewer examples, or x to pack for fewer outputs, than these. */
#define EXAMPLES_WORTH_PACKING 16
#define OUTPUTS_WORTH_PACKING 64

/* Examples [0, batch) by the engine. */
static void forward_gemm(const struct kernel_args *a, int batch, struct team team)
{
	struct gemm g = {
		.m = a->n_out,
		.n = batch,
		.k = a->n_in,
		.a = a->w,
		.a_row = a->n_in,
		.a_col = 1,
		.b = a->x,
		.b_row = 1,
		.b_col = a->n_in,
		.b_transposed = true,
		.c = a->y,
		.c_row = 1,
		.c_col = a->n_out,
		.c_transposed = true,
		.bias = a->bias,
		.relu = a->relu,
	};

	ISA(gemm)(&g, team, a->scratch);
}

void ISA(forward_dense)(const struct kernel_args *a, struct team team)
{
	bool can_dot = a->n_in >= VF && (a->n_in % DEPTH == 0 || a->n_in % DEPTH >= VF);
	int left = a->batch % VF, whole = a->batch - left;

	if (!can_dot || left >= EXAMPLES_WORTH_A_VECTOR)
		whole = a->batch;
	else if (a->batch < EXAMPLES_WORTH_PACKING || a->n_out < OUTPUTS_WORTH_PACKING)
		whole = 0;
	if (whole > 0)
		forward_gemm(a, whole, team);
	if (whole < a->batch)
		forward_dot(a, (struct span){whole, a->batch}, team);
}

struct kernel_cost ISA(forward_cost)(const struct kernel_args *a)
{
	double batch = a->batch, n_in = a->n_in, n_out = a->n_out;

	return (struct kernel_cost){
		.flops = 2 * batch * n_in * n_out,
		.bytes = {[OPERAND_X] = {.read = 4 * batch * n_in},
			  [OPERAND_W] = {.read = 4 * n_in * n_out},
			  [OPERAND_Y] = {.written = 4 * batch * n_out}},
	};
}

size_t ISA(forward_scratch_bytes)(const struct kernel_args *a, int team_size)
{
	(void)a;
	return ISA(gemm_scratch_bytes)(team_size);
}
