/* SPDX-License-Identifier: MIT */
/* The rules of update.h: each method of update_methods.h with its numbers, and its loop over a stretch of elements. */
#include "update_methods.h"

#include <math.h>

/* The loop for a gradient that is there or not, with weight decay or without. */
ALWAYS_INLINE void walk(const struct update_part *part, int n_states, update_lanes_fn *step, const float *factor)
{
	if (!update_decays(factor) && part->grad)
		update_walk(part, (struct update_loop){n_states, true, false, step}, factor);
	else if (!update_decays(factor))
		update_walk(part, (struct update_loop){n_states, false, false, step}, factor);
	else if (part->grad)
		update_walk(part, (struct update_loop){n_states, true, true, step}, factor);
	else
		update_walk(part, (struct update_loop){n_states, false, true, step}, factor);
}

void ISA(update_factors)(const struct update_args *a, const struct update_rule *rule, float *factor)
{
	factor[UPDATE_L2] = a->l2;
	factor[UPDATE_L1] = a->l1;
	rule->factors(a, factor);
}

static void sgd_factors(const struct update_args *a, float *factor)
{
	factor[SGD_RATE] = a->lr;
}

static void sgd_step(const struct update_part *part, const float *factor)
{
	walk(part, 0, update_sgd_lanes, factor);
}

static void momentum_factors(const struct update_args *a, float *factor)
{
	factor[MOMENTUM_RATE] = a->lr;
	factor[MOMENTUM_BETA] = a->beta1;
}

static void momentum_step(const struct update_part *part, const float *factor)
{
	walk(part, 1, update_momentum_lanes, factor);
}

static void adagrad_factors(const struct update_args *a, float *factor)
{
	factor[ADAGRAD_RATE] = 2 * a->lr;
	factor[ADAGRAD_EPS] = 2 * a->eps;
}

static void adagrad_step(const struct update_part *part, const float *factor)
{
	walk(part, 1, update_adagrad_lanes, factor);
}

static void adam_factors(const struct update_args *a, float *factor)
{
	double unbias1 = 1 - pow((double)a->beta1, (double)a->step);
	double unbias2 = sqrt(1 - pow((double)a->beta2, (double)a->step));

	factor[ADAM_RATE] = (float)(2 * (double)a->lr * unbias2 / unbias1);
	factor[ADAM_EPS] = (float)(2 * (double)a->eps * unbias2);
	factor[ADAM_TO_GRAD] = 1 - a->beta1;
	factor[ADAM_TO_SQUARE] = 1 - a->beta2;
}

static void adam_step(const struct update_part *part, const float *factor)
{
	walk(part, 2, update_adam_lanes, factor);
}

/* A zero gradient changes nothing in sgd and adagrad. */
const struct update_rule ISA(update_rule_sgd) = {0, false, 2, sgd_factors, sgd_step};
const struct update_rule ISA(update_rule_momentum) = {1, true, 4, momentum_factors, momentum_step};
const struct update_rule ISA(update_rule_adagrad) = {1, false, 7, adagrad_factors, adagrad_step};
const struct update_rule ISA(update_rule_adam) = {2, true, 12, adam_factors, adam_step};
