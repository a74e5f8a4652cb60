/* SPDX-License-Identifier: MIT */
/* See policy.h. Schedules set the state anew from t; anneals multiply it when the dev loss spikes. */
#include "learn/policy.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define STEPS 4.0	 /* step: as many levels */
#define WARMUP_SHARE 0.2 /* warmup: in this share of the training */

static double shape_linear(const struct policy_params *p, double t)
{
	(void)p;
	return 1 - t;
}

static double shape_cosine(const struct policy_params *p, double t)
{
	(void)p;
	return 0.5 * (1 + cos(3.14159265358979323846 * t));
}

static double shape_step(const struct policy_params *p, double t)
{
	return pow(p->factor, floor(fmin(STEPS * t, STEPS - 1)));
}

static double shape_warmup(const struct policy_params *p, double t)
{
	(void)p;
	return fmax(0, 1 - t / WARMUP_SHARE);
}

const struct policy policies[] = {
	{"constant", POLICY_NOTHING, NULL, "", "k and the learning rate stay as they are"},
	{"linear", POLICY_K, shape_linear, "", "k falls linearly from n to the target"},
	{"cosine", POLICY_K, shape_cosine, "", "k falls from n to the target along half a cosine"},
	{"step", POLICY_K, shape_step, "", "each quarter k's distance from the target is multiplied by the factor"},
	{"warmup", POLICY_K, shape_warmup, "", "k falls linearly from n to the target in the first fifth"},
	{"linear-lr", POLICY_LR, shape_linear, "", "the learning rate falls linearly to the floor"},
	{"cosine-lr", POLICY_LR, shape_cosine, "", "the learning rate falls to the floor along half a cosine"},
	{"step-lr", POLICY_LR, shape_step, "", "each quarter the learning rate is multiplied by the factor"},
	{"anneal-k", POLICY_K, NULL, "anneal_k", "a spike of the dev loss multiplies k by the factor"},
	{"anneal-lr", POLICY_LR, NULL, "anneal_lr",
	 "a spike of the dev loss multiplies the learning rate by the factor"},
	{"anneal-both", POLICY_BOTH, NULL, "anneal_both", "a spike of the dev loss multiplies both by the factor"},
	{NULL, POLICY_NOTHING, NULL, NULL, NULL},
};

const struct policy *policy_find(const char *name)
{
	for (const struct policy *p = policies; p->name; p++)
		if (!strcmp(p->name, name))
			return p;
	return NULL;
}

void policy_start(struct policy_state *s)
{
	*s = (struct policy_state){.from_n = 0, .k_scale = 1, .lr_scale = 1, .best_dev_loss = INFINITY};
}

void policy_before(const struct policy *policy, const struct policy_params *p, struct policy_state *s, int epoch)
{
	if (!policy->shape)
		return;
	/* k reaches its target in the last epoch (but for step); the learning rate is still above the floor there. */
	if (policy->changes & POLICY_K)
		s->from_n = policy->shape(p, p->epochs > 1 ? (epoch - 1.0) / (p->epochs - 1) : 1);
	if (policy->changes & POLICY_LR)
		s->lr_scale = fmax(p->floor, policy->shape(p, (epoch - 1.0) / p->epochs));
}

const char *policy_after(const struct policy *policy, const struct policy_params *p, struct policy_state *s,
			 double dev_loss)
{
	const struct policy_state before = *s;
	bool spike = !(dev_loss <= (1 + p->spike) * s->best_dev_loss);

	s->best_dev_loss = fmin(s->best_dev_loss, dev_loss);
	if (!spike || policy->shape || policy->changes == POLICY_NOTHING)
		return "";
	if (policy->changes & POLICY_K)
		s->k_scale = fmax(p->floor, s->k_scale * p->factor);
	if (policy->changes & POLICY_LR)
		s->lr_scale = fmax(p->floor, s->lr_scale * p->factor);
	return s->k_scale != before.k_scale || s->lr_scale != before.lr_scale ? policy->event : "";
}

int policy_k(const struct policy_state *s, int target, int n)
{
	double k = (target + s->from_n * (n - target)) * s->k_scale;

	if (target <= 0)
		return 0;
	return (int)fmin(n, fmax(1, round(k)));
}
