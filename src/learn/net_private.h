/* SPDX-License-Identifier: MIT */
/* Inside the net: how a team shares its work, and the selection of a layer (net_select.c), one part of a step. */
#ifndef LEARN_NET_PRIVATE_H
#define LEARN_NET_PRIVATE_H

#include "learn/net.h"

#define GRAIN 16 /* floats in a cache line: threads do not share lines */

struct range {
	int begin, end;
};

/* The part of n items that belongs to this thread, in multiples of grain. */
static inline struct range net_share(struct team team, int n, int grain)
{
	int64_t grains = (n + grain - 1) / grain;
	int begin = (int)(grains * team.rank / team.size) * grain;
	int end = (int)(grains * (team.rank + 1) / team.size) * grain;

	return (struct range){begin < n ? begin : n, end < n ? end : n};
}

/*
 * How much larger dY is in a minibatch of `count` examples than in a whole one, as the mean loss divides by the count.
 * What outlives a minibatch is kept in the units of a whole one: there this is 1, and costs no rounding.
 */
static inline float net_dy_unit(const struct net_params *p, int count)
{
	return p->loss_sum ? 1 : (float)p->batch / (float)count;
}

/* The operands of layer i for every operation. */
struct kernel_args net_layer_args(struct net *net, int i, const struct minibatch *m);

/* Fills `kept` of layer i, which selects. */
void net_layer_select(struct net *net, int i, const struct minibatch *m, struct team team);

/* By one thread, behind the backward pass of a minibatch: what the next selections, and the records, must know of it.
 */
void net_end_selections(struct net *net, int count);

#endif
