/* SPDX-License-Identifier: MIT */
/*
 * The selection of a layer within a step: the kernel, and what methods remember from one minibatch to the next, which
 * is error_feedback's memory and tinyprop's largest norm.
 */
#include "learn/net_private.h"

#include "base/rng.h"

#include <float.h>
#include <math.h>

/* The memory becomes what is selected from: dY, and a share of what was dropped the last time. */
static void add_to_memory(const struct layer *l, float share, int count, struct team team)
{
	struct range all = net_share(team, count * l->n_out, GRAIN);
	const float *restrict dy = l->dy;
	float *restrict memory = l->memory;

	for (int e = all.begin; e < all.end; e++) {
		float v = dy[e] + share * memory[e];

		/* What fades away must not become denormal, which is slow. */
		memory[e] = fabsf(v) < FLT_MIN ? 0 : v;
	}
}

/* What was kept is not remembered; the rest is, in the units of a whole minibatch. */
static void forget_kept(const struct layer *l, float unit, int count, struct team team)
{
	struct range rows = net_share(team, count, 1);

	for (int b = rows.begin; b < rows.end; b++) {
		const int32_t *index = l->kept.index + (size_t)b * (size_t)l->kept.stride;
		float *memory = l->memory + (size_t)b * (size_t)l->n_out;

		for (int e = 0; e < l->kept.count[b]; e++)
			memory[index[e]] = 0;
		for (int c = 0; c < l->n_out && unit != 1; c++)
			memory[c] /= unit;
	}
}

void net_layer_select(struct net *net, int i, const struct minibatch *m, struct team team)
{
	const struct layer *l = &net->layer[i];
	struct kernel_args args = net_layer_args(net, i, m);
	struct rng r = rng_create(net->p.seed, net_stream(STREAM_SELECT, i, m->step));
	float unit = net_dy_unit(&net->p, m->count);

	args.seed = rng_next(&r);
	if (l->memory) {
		add_to_memory(l, net->p.memory * unit, m->count, team);
		args.dy = l->memory;
		team_barrier(team);
	}
	l->select->run(&args, team);
	if (l->memory) {
		team_barrier(team);
		forget_kept(l, unit, m->count, team);
	}
	net_end_phase(net, PHASE_SELECT, team);
}

static void count_kept(struct layer *l, int count)
{
	if (!l->select)
		l->kept_counts[l->n_out] += count;
	for (int b = 0; l->select && b < count; b++)
		l->kept_counts[l->kept.count[b]]++;
}

void net_end_selections(struct net *net, int count)
{
	float unit = net_dy_unit(&net->p, count);

	for (int i = 0; i < net->p.n_layers; i++) {
		struct layer *l = &net->layer[i];

		count_kept(l, count);
		for (int b = 0; l->l1 && b < count; b++)
			if (isfinite(l->l1[b]) && l->l1[b] / unit > l->l1_seen)
				l->l1_seen = l->l1[b] / unit;
	}
}
