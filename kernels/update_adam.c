/* SPDX-License-Identifier: MIT */
/*
 * m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g g; w -= lr m' / (sqrt(v') + eps), where m' = m / (1 -
 * beta1^t) and v' = v / (1 - beta2^t) (Kingma, Ba 2015). Multiplying through by c = sqrt(1 - beta2^t) folds both
 * corrections into two numbers per call: w -= (lr c / (1 - beta1^t)) m / (sqrt(v) + eps c). One pass: 28 bytes an
 * element.
 */
#include "kernels.h"
#include "update.h"

#include <math.h>

enum { RATE, EPS, BETA1, BETA2, N_FACTORS };

ALWAYS_INLINE void adam_step(const struct update_row *row, const float *factor, bool has_grad)
{
	float *restrict param = row->param, *restrict m = row->state1, *restrict v = row->state2;
	float rate = factor[RATE], eps = factor[EPS], beta1 = factor[BETA1], beta2 = factor[BETA2];
	const float *restrict grad = row->grad;

	for (int i = 0; i < row->n; i++) {
		float g = has_grad ? grad[i] : 0.0f;

		m[i] = update_flush(beta1 * m[i] + (1 - beta1) * g);
		v[i] = update_flush(beta2 * v[i] + (1 - beta2) * g * g);
		param[i] -= rate * m[i] / (__builtin_sqrtf(v[i]) + eps);
	}
}

static void adam_row(const struct update_row *row, const float *factor)
{
	if (row->grad)
		adam_step(row, factor, true);
	else
		adam_step(row, factor, false);
}

void ISA(update_adam)(const struct kernel_args *args, struct team team)
{
	const struct update_args *a = &args->update;
	double unbias1 = 1 - pow((double)a->beta1, (double)a->step);
	double unbias2 = sqrt(1 - pow((double)a->beta2, (double)a->step));
	const float factor[N_FACTORS] = {
		[RATE] = (float)((double)a->lr * unbias2 / unbias1),
		[EPS] = (float)((double)a->eps * unbias2),
		[BETA1] = a->beta1,
		[BETA2] = a->beta2,
	};

	update_run(args, team, true, factor, adam_row);
}

struct kernel_cost ISA(update_adam_cost)(const struct kernel_args *args)
{
	return update_cost(args, true, 2, 12);
}
