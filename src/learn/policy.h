/* SPDX-License-Identifier: MIT */
/*
 * k policies: what k and the learning rate are in each epoch. Pure functions of a small state; they know no net.
 * A policy is started, asked before each epoch, and told the development loss after it.
 */
#ifndef LEARN_POLICY_H
#define LEARN_POLICY_H

#include <stdbool.h>

struct policy_params {
	int epochs;    /* of the whole training, >= 1 */
	double spike;  /* anneal: a dev loss above (1 + spike) x the best so far is a spike; >= 0 */
	double factor; /* anneal: what k or lr is multiplied by on a spike; step: by in each quarter; in (0, 1) */
	double floor;  /* k and lr never fall below this share of what was asked for; in [0, 1] */
};

struct policy_state {
	double from_n;	      /* k = target + from_n * (n - target): 1 keeps everything, 0 is the target */
	double k_scale;	      /* times this */
	double lr_scale;      /* the learning rate is the one asked for times this */
	double best_dev_loss; /* infinity before the first epoch */
};

enum policy_changes { POLICY_NOTHING = 0, POLICY_K = 1, POLICY_LR = 2, POLICY_BOTH = 3 };

struct policy {
	const char *name;
	enum policy_changes changes;
	/* Schedules: from 1 at t = 0 down towards 0 at t = 1, the share of the training that is past. NULL: anneals. */
	double (*shape)(const struct policy_params *p, double t);
	const char *event; /* what the record says when a spike made it act; "" for schedules */
	const char *summary;
};

/*
 * constant; k falling from n to the target: linear, cosine, step, warmup (in the first fifth); the learning rate
 * falling: linear-lr, cosine-lr, step-lr; on a spike of the dev loss: anneal-k, anneal-lr, anneal-both (De Alba,
 * Kannan, Kim). Ends with name == NULL.
 */
extern const struct policy policies[];

const struct policy *policy_find(const char *name); /* NULL if unknown */

void policy_start(struct policy_state *s);

/* Sets the state for `epoch`, 1..epochs. */
void policy_before(const struct policy *policy, const struct policy_params *p, struct policy_state *s, int epoch);

/* Takes in the dev loss of an epoch (NaN counts as a spike). Returns policy->event if it acted, else "": at the floor
 * it has nothing left to do. */
const char *policy_after(const struct policy *policy, const struct policy_params *p, struct policy_state *s,
			 double dev_loss);

/* The k of a layer of n outputs whose target is `target`: in 1..n, or 0 where the target is 0. */
int policy_k(const struct policy_state *s, int target, int n);

#endif
