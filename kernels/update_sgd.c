/* SPDX-License-Identifier: MIT */
/* w -= lr * g. A zero gradient changes nothing, so only touched rows are visited. */
#include "kernels.h"
#include "update.h"

static void sgd_row(const struct update_row *row, const float *factor)
{
	float *restrict param = row->param, lr = factor[0];
	const float *restrict grad = row->grad;

	for (int i = 0; i < row->n; i++)
		param[i] -= lr * grad[i];
}

void ISA(update_sgd)(const struct kernel_args *args, struct team team)
{
	update_run(args, team, false, &args->update.lr, sgd_row);
}

struct kernel_cost ISA(update_sgd_cost)(const struct kernel_args *args)
{
	return update_cost(args, false, 0, 2);
}
