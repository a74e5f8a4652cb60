/* SPDX-License-Identifier: MIT */
/*
 * s += g * g; w -= lr * g / (sqrt(s) + eps) (Duchi, Hazan, Singer 2011).
 * A zero gradient changes nothing, so only touched rows are visited.
 */
#include "kernels.h"
#include "update.h"

static void adagrad_row(const struct update_row *row, const float *factor)
{
	float *restrict param = row->param, *restrict sum = row->state1, lr = factor[0], eps = factor[1];
	const float *restrict grad = row->grad;

	for (int i = 0; i < row->n; i++) {
		sum[i] += grad[i] * grad[i];
		param[i] -= lr * grad[i] / (__builtin_sqrtf(sum[i]) + eps);
	}
}

void ISA(update_adagrad)(const struct kernel_args *args, struct team team)
{
	update_run(args, team, false, (float[]){args->update.lr, args->update.eps}, adagrad_row);
}

struct kernel_cost ISA(update_adagrad_cost)(const struct kernel_args *args)
{
	return update_cost(args, false, 1, 7);
}
