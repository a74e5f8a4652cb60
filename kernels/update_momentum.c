/* SPDX-License-Identifier: MIT */
/* m = beta1 * m + g; w -= lr * m (Polyak's heavy ball). */
#include "update_lanes.h"

enum { RATE, BETA };

static void momentum_factors(const struct update_args *a, float *factor)
{
	factor[RATE] = a->lr;
	factor[BETA] = a->beta1;
}

ALWAYS_INLINE struct update_lanes momentum_lanes(struct update_lanes e, vf grad, const vf *factor)
{
	e.state1 = factor[BETA] * e.state1 + grad;
	e.param -= factor[RATE] * e.state1;
	return e;
}

static void momentum_step(const struct update_part *part, const float *factor)
{
	if (part->grad)
		update_walk(part, (struct update_loop){1, true, momentum_lanes}, factor);
	else
		update_walk(part, (struct update_loop){1, false, momentum_lanes}, factor);
}

const struct update_rule ISA(update_rule_momentum) = {1, true, 4, momentum_factors, momentum_step};
