/* SPDX-License-Identifier: MIT */
/*
 * One sample and its evidence. Between t0 and t1 there is nothing but calls x (run, barrier), and two readings of the
 * clock around the last call that tell the slowest thread from the fastest.
 */
#define _GNU_SOURCE /* RUSAGE_THREAD */
#include "measure_private.h"

#include <sys/resource.h>

/* What an involuntary switch is taken to cost, and the share of a sample that may be lost to them. */
#define SWITCH_NS 1000000.0
#define SWITCH_SHARE 0.25

static long involuntary_switches(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_THREAD, &usage) ? 0 : usage.ru_nivcsw;
}

/* Streams through more than all caches, each thread through all of it, since it must leave the private caches too. */
static void evict_caches(const struct rounds *r)
{
	volatile float sink;
	float sum = 0;

	for (size_t i = 0; i < r->evict_count; i += 16)
		sum += r->evict[i];
	sink = sum;
	(void)sink;
}

static void before_sample(struct rounds *r, const struct contender *c, struct team team)
{
	struct witness *w = &r->witnesses[team.rank];

	if (r->evict)
		evict_caches(r);
	else
		c->run(c->arg, 0, team);
	if (team.rank == 0)
		machine_counters_read(r->binding->machine, &r->before);
	w->pu_before = machine_current_pu();
	w->switches = involuntary_switches();
}

static void timed_window(struct rounds *r, const struct contender *c, int64_t calls, struct team team)
{
	struct witness *w = &r->witnesses[team.rank];
	uint64_t last;

	team_barrier(team);
	if (team.rank == 0)
		r->start_ns = clock_ns();
	for (int64_t call = 0; call < calls - 1; call++) {
		c->run(c->arg, call, team);
		team_barrier(team);
	}
	last = clock_ns();
	c->run(c->arg, calls - 1, team);
	w->last_call_ns = clock_ns() - last;
	team_barrier(team);
	if (team.rank == 0)
		r->current.elapsed_ns = clock_ns() - r->start_ns;
}

static int off_place(const struct binding *binding, const struct witness *w, int rank)
{
	int pu;

	if (!binding->n_pus)
		return w->pu_before != w->pu_after;
	pu = binding->pu[rank % binding->n_pus];
	return w->pu_before != pu || w->pu_after != pu;
}

static struct evidence gather(const struct rounds *r, struct team team)
{
	struct evidence e = {.fastest_ns = UINT64_MAX};
	struct machine_counters now;

	machine_counters_read(r->binding->machine, &now);
	e.steal_ticks = now.steal_ticks - r->before.steal_ticks;
	e.throttled = now.throttled - r->before.throttled;
	for (int t = 0; t < team.size; t++) {
		const struct witness *w = &r->witnesses[t];

		e.migrations += off_place(r->binding, w, t);
		e.switches += w->switches;
		e.slowest_ns = w->last_call_ns > e.slowest_ns ? w->last_call_ns : e.slowest_ns;
		e.fastest_ns = w->last_call_ns < e.fastest_ns ? w->last_call_ns : e.fastest_ns;
	}
	return e;
}

static enum sample_reject judge(const struct rounds *r, const struct evidence *e, uint64_t expected_ns, int team_size)
{
	const struct binding *binding = r->binding;
	int places = binding->n_pus ? binding->n_pus : machine_pus(binding->machine);

	if (e->migrations && binding->n_pus)
		return SAMPLE_MIGRATED;
	if (e->throttled)
		return SAMPLE_THROTTLED;
	if (team_size <= places && (double)e->switches * SWITCH_NS > SWITCH_SHARE * (double)expected_ns)
		return SAMPLE_PREEMPTED;
	return SAMPLE_OK;
}

void sample_take(struct rounds *r, int c, int64_t calls, struct team team)
{
	struct witness *w = &r->witnesses[team.rank];

	before_sample(r, &r->contenders[c], team);
	timed_window(r, &r->contenders[c], calls, team);
	w->switches = involuntary_switches() - w->switches;
	w->pu_after = machine_current_pu();
	team_barrier(team);
	if (team.rank == 0) {
		r->current.contender = c;
		r->current.calls = calls;
		r->current.evidence = gather(r, team);
		r->current.reject = judge(r, &r->current.evidence, r->expected_ns[c], team.size);
		r->stop = r->params->stop && *r->params->stop;
	}
	team_barrier(team);
}
