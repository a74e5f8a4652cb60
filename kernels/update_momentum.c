/* SPDX-License-Identifier: MIT */
/* m = beta1 * m + g; w -= lr * m (Polyak's heavy ball). */
#include "kernels.h"
#include "update.h"

ALWAYS_INLINE void momentum_step(const struct update_row *row, const float *factor, bool has_grad)
{
	float *restrict param = row->param, *restrict m = row->state1, lr = factor[0], beta = factor[1];
	const float *restrict grad = row->grad;

	for (int i = 0; i < row->n; i++) {
		m[i] = update_flush(beta * m[i] + (has_grad ? grad[i] : 0.0f));
		param[i] -= lr * m[i];
	}
}

static void momentum_row(const struct update_row *row, const float *factor)
{
	if (row->grad)
		momentum_step(row, factor, true);
	else
		momentum_step(row, factor, false);
}

void ISA(update_momentum)(const struct kernel_args *args, struct team team)
{
	update_run(args, team, true, (float[]){args->update.lr, args->update.beta1}, momentum_row);
}

struct kernel_cost ISA(update_momentum_cost)(const struct kernel_args *args)
{
	return update_cost(args, true, 1, 4);
}
