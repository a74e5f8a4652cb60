/* SPDX-License-Identifier: MIT */
/*
 * forward, dense: y = relu(x w^T + bias). Each thread computes a range of outputs.
 *
 * Small minibatches go by dot products (forward_dot.h): packing w would cost as much as the multiplication. Larger
 * ones go through the dense engine with w packed transposed, which each element of w repays batch times.
 */
#include "forward_dot.h"
#include "gemm.h"
#include "kernels.h"

/* From here on packing w costs less than the sums across vectors. */
#define BATCH_WORTH_PACKING 48

/* y += bias, then relu, on columns [part) of y. */
static void finish(const struct kernel_args *a, struct span part)
{
	for (int b = 0; b < a->batch; b++) {
		float *y = a->y + (ptrdiff_t)b * a->n_out;

		for (int o = part.begin; a->bias && o < part.end; o++)
			y[o] += a->bias[o];
		for (int o = part.begin; a->relu && o < part.end; o++)
			y[o] = y[o] < 0 ? 0 : y[o];
	}
}

static void forward_gemm(const struct kernel_args *a, struct team team)
{
	struct span part = team_span(team, a->n_out, PANEL);
	struct gemm g = {
		.m = a->batch,
		.n = part.end - part.begin,
		.k = a->n_in,
		.a = a->x,
		.a_row = a->n_in,
		.a_col = 1,
		.b = a->w + (ptrdiff_t)part.begin * a->n_in,
		.b_row = 1,
		.b_col = a->n_in,
		.c = a->y + part.begin,
		.c_row = a->n_out,
	};

	ISA(gemm)(&g, (struct team){0, 1}, (char *)a->scratch + (size_t)team.rank * ISA(gemm_scratch_bytes)(1));
	finish(a, part);
}

void ISA(forward_dense)(const struct kernel_args *a, struct team team)
{
	if (a->batch < BATCH_WORTH_PACKING && a->n_in >= VF && (a->n_in % DEPTH == 0 || a->n_in % DEPTH >= VF))
		forward_dot(a, team);
	else
		forward_gemm(a, team);
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
