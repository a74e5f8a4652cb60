/* SPDX-License-Identifier: MIT */
/* w -= lr * g. A zero gradient changes nothing, so only touched rows are visited. */
#include "update_lanes.h"

enum { RATE };

static void sgd_factors(const struct update_args *a, float *factor)
{
	factor[RATE] = a->lr;
}

ALWAYS_INLINE struct update_lanes sgd_lanes(struct update_lanes e, vf grad, const vf *factor)
{
	e.param -= factor[RATE] * grad;
	return e;
}

static void sgd_step(const struct update_part *part, const float *factor)
{
	update_walk(part, (struct update_loop){0, true, sgd_lanes}, factor);
}

const struct update_rule ISA(update_rule_sgd) = {0, false, 2, sgd_factors, sgd_step};
