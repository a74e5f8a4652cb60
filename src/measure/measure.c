/* SPDX-License-Identifier: MIT */
/*
 * Rounds of interleaved samples, run by every thread of a team: rank 0 decides (order, retries, stop), the others
 * follow what it wrote before a barrier. Shared state is made by one thread and handed to the others by copyprivate, so
 * that neither globals nor the caller need to hold it.
 */
#include "measure_private.h"

#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_RETRIES 3

static size_t evict_bytes(const struct machine *machine)
{
	size_t bytes = 2 * machine_cache_bytes(machine, 2) + machine_cache_bytes(machine, 3) * 3 / 2;

	return bytes > ((size_t)8 << 20) ? bytes : (size_t)8 << 20;
}

static void rounds_destroy(struct rounds *r)
{
	if (!r)
		return;
	free(r->witnesses);
	free(r->order);
	free(r->scratch);
	free(r->expected_ns);
	free(r->evict);
	free(r);
}

static struct rounds *rounds_create(struct contender *contenders, int n, const struct measure_params *p,
				    const struct binding *binding, int team_size)
{
	struct rounds *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->params = p;
	r->binding = binding;
	r->contenders = contenders;
	r->n = n;
	r->witnesses = memory_create((size_t)team_size, sizeof(*r->witnesses));
	r->order = calloc((size_t)n + 1, sizeof(*r->order));
	r->scratch = calloc((size_t)n + 1, sizeof(*r->scratch));
	r->expected_ns = calloc((size_t)n + 1, sizeof(*r->expected_ns));
	if (p->cold_cache) {
		r->evict_count = evict_bytes(binding->machine) / sizeof(*r->evict);
		r->evict = memory_create(r->evict_count, sizeof(*r->evict));
	}
	if (r->witnesses && r->order && r->scratch && r->expected_ns && (r->evict || !p->cold_cache))
		return r;
	rounds_destroy(r);
	return NULL;
}

/* One sample that counts: measured again while it is rejected, within the limit. */
static void measure_one(struct rounds *r, int round, int position, struct team team)
{
	const int c = (int)r->order[position], budget = r->n * r->params->rounds;
	int tries = 0;
	bool again;

	do {
		sample_take(r, c, r->contenders[c].calls, team);
		again = r->current.reject != SAMPLE_OK && tries++ < MAX_RETRIES && r->rejected < budget && !r->stop;
		team_barrier(team);
		if (team.rank == 0)
			r->rejected += r->current.reject != SAMPLE_OK;
	} while (again);
	if (team.rank == 0) {
		r->current.round = round;
		r->current.position = position;
		r->samples[(size_t)round * (size_t)r->n + (size_t)c] = r->current;
	}
	team_barrier(team);
}

/* Rank 0 sets the order of the round. */
static void begin_round(struct rounds *r, int round, struct team team)
{
	team_barrier(team);
	if (team.rank == 0)
		round_order(r->params->seed, round, r->n, r->order, r->scratch);
	team_barrier(team);
}

/* A round that was cut short does not count. */
static int run_rounds(struct rounds *r, struct team team)
{
	int round = 0;

	for (int c = 0; c < r->n && !r->stop; c++)
		calibrate(r, c, team);
	while (round < r->params->rounds && !r->stop) {
		begin_round(r, round, team);
		for (int position = 0; position < r->n && !r->stop; position++)
			measure_one(r, round, position, team);
		round += !r->stop;
	}
	return round;
}

int measure_rounds(struct contender *contenders, int n, const struct measure_params *p, const struct binding *binding,
		   struct team team, struct sample *samples, int *rejected)
{
	struct rounds *r;
	int rounds;

	if (n <= 0)
		return 0;
#pragma omp single copyprivate(r)
	r = rounds_create(contenders, n, p, binding, team.size);
	if (!r)
		return -ENOMEM;
	if (team.rank == 0) {
		r->samples = samples;
		memset(samples, 0, (size_t)n * (size_t)p->rounds * sizeof(*samples));
	}
	rounds = run_rounds(r, team);
	team_barrier(team);
	if (team.rank == 0) {
		*rejected = r->rejected;
		rounds_destroy(r);
	}
	team_barrier(team);
	return rounds;
}
