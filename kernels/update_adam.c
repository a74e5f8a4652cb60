/* SPDX-License-Identifier: MIT */
/*
 * m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g g; w -= lr m' / (sqrt(v') + eps), where m' = m / (1 -
 * beta1^t) and v' = v / (1 - beta2^t) (Kingma, Ba 2015). Multiplying through by c = sqrt(1 - beta2^t) folds both
 * corrections into two numbers per call: w -= (lr c / (1 - beta1^t)) m / (sqrt(v) + eps c). The moments are written as
 * m + (1 - beta1) (g - m): one multiply-add, and no choice for the compiler of which product to fuse. One pass: 28
 * bytes an element.
 */
#include "update_lanes.h"

#include <math.h>

enum { RATE, EPS, TO_GRAD, TO_SQUARE };

static void adam_factors(const struct update_args *a, float *factor)
{
	double unbias1 = 1 - pow((double)a->beta1, (double)a->step);
	double unbias2 = sqrt(1 - pow((double)a->beta2, (double)a->step));

	factor[RATE] = (float)(2 * (double)a->lr * unbias2 / unbias1);
	factor[EPS] = (float)(2 * (double)a->eps * unbias2);
	factor[TO_GRAD] = 1 - a->beta1;
	factor[TO_SQUARE] = 1 - a->beta2;
}

ALWAYS_INLINE struct update_lanes adam_lanes(struct update_lanes e, vf grad, const vf *factor)
{
	e.state1 += factor[TO_GRAD] * (grad - e.state1);
	e.state2 += factor[TO_SQUARE] * (grad * grad - e.state2);
	e.param -= update_ratio(factor[RATE] * e.state1, e.state2, factor[EPS]);
	return e;
}

static void adam_step(const struct update_part *part, const float *factor)
{
	if (part->grad)
		update_walk(part, (struct update_loop){2, true, adam_lanes}, factor);
	else
		update_walk(part, (struct update_loop){2, false, adam_lanes}, factor);
}

const struct update_rule ISA(update_rule_adam) = {2, true, 12, adam_factors, adam_step};
