/* SPDX-License-Identifier: MIT */
/*
 * s += g * g; w -= lr * g / (sqrt(s) + eps) (Duchi, Hazan, Singer 2011).
 * A zero gradient changes nothing, so only touched rows are visited.
 */
#include "update_lanes.h"

enum { RATE, EPS };

static void adagrad_factors(const struct update_args *a, float *factor)
{
	factor[RATE] = 2 * a->lr;
	factor[EPS] = 2 * a->eps;
}

ALWAYS_INLINE struct update_lanes adagrad_lanes(struct update_lanes e, vf grad, const vf *factor)
{
	e.state1 += grad * grad;
	e.param -= update_ratio(factor[RATE] * grad, e.state1, factor[EPS]);
	return e;
}

static void adagrad_step(const struct update_part *part, const float *factor)
{
	update_walk(part, (struct update_loop){1, true, adagrad_lanes}, factor);
}

const struct update_rule ISA(update_rule_adagrad) = {1, false, 7, adagrad_factors, adagrad_step};
