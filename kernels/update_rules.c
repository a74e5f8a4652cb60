/* SPDX-License-Identifier: MIT */
/* The rules of update.h: each method of update_methods.h with its numbers, and its loop over a stretch of elements. */
#include "update_methods.h"

#include <math.h>

static void sgd_factors(const struct update_args *a, float *factor)
{
	factor[SGD_RATE] = a->lr;
}

static void sgd_step(const struct update_part *part, const float *factor)
{
	update_walk(part, (struct update_loop){0, true, update_sgd_lanes}, factor);
}

static void momentum_factors(const struct update_args *a, float *factor)
{
	factor[MOMENTUM_RATE] = a->lr;
	factor[MOMENTUM_BETA] = a->beta1;
}

static void momentum_step(const struct update_part *part, const float *factor)
{
	if (part->grad)
		update_walk(part, (struct update_loop){1, true, update_momentum_lanes}, factor);
	else
		update_walk(part, (struct update_loop){1, false, update_momentum_lanes}, factor);
}

static void adagrad_factors(const struct update_args *a, float *factor)
{
	factor[ADAGRAD_RATE] = 2 * a->lr;
	factor[ADAGRAD_EPS] = 2 * a->eps;
}

static void adagrad_step(const struct update_part *part, const float *factor)
{
	update_walk(part, (struct update_loop){1, true, update_adagrad_lanes}, factor);
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
	if (part->grad)
		update_walk(part, (struct update_loop){2, true, update_adam_lanes}, factor);
	else
		update_walk(part, (struct update_loop){2, false, update_adam_lanes}, factor);
}

/* A zero gradient changes nothing in sgd and adagrad. */
const struct update_rule ISA(update_rule_sgd) = {0, false, 2, sgd_factors, sgd_step};
const struct update_rule ISA(update_rule_momentum) = {1, true, 4, momentum_factors, momentum_step};
const struct update_rule ISA(update_rule_adagrad) = {1, false, 7, adagrad_factors, adagrad_step};
const struct update_rule ISA(update_rule_adam) = {2, true, 12, adam_factors, adam_step};
