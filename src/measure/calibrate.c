/* SPDX-License-Identifier: MIT */
/*
 * How many calls make a sample: grow until the clock and a stray interrupt no longer matter, then scale to the target.
 * Every contender gets the same target time. The tries also warm up code, caches and the processor's clock.
 */
#include "measure_private.h"

#include <math.h>

#define MAX_CALLS ((int64_t)1 << 40)
#define MAX_TRIES 8

/* The next number of calls to try, from `calls` that took elapsed_ns; at most tenfold, as a first call is slow. */
static int64_t grow(int64_t calls, double elapsed_ns, double target_ns)
{
	double factor = elapsed_ns > 0 ? target_ns / elapsed_ns : 10;
	double next = ceil((double)calls * fmin(factor, 10));

	return next < (double)MAX_CALLS ? (int64_t)next : MAX_CALLS;
}

/* The least of a few tries: being preempted makes a sample longer, so a try that was not ends the search. */
static double try_calls(struct rounds *r, int c, int64_t calls, struct team team)
{
	double best = INFINITY;
	int tries = 0;

	do {
		sample_take(r, c, calls, team);
		best = fmin(best, (double)r->current.elapsed_ns);
	} while (r->current.evidence.switches > 0 && !r->stop && ++tries < MAX_TRIES);
	return best;
}

static int64_t calls_for(double per_call_ns, double target_ns)
{
	double calls = ceil(target_ns / fmax(per_call_ns, 1e-3));

	return (int64_t)fmin(fmax(calls, 1), (double)MAX_CALLS);
}

/* Every thread computes the same from what rank 0 left in r->current; rank 0 stores it. */
void calibrate(struct rounds *r, int c, struct team team)
{
	double min_time = r->params->min_time_s > 0 ? r->params->min_time_s : MEASURE_MIN_TIME_S;
	double target_ns = min_time * 1e9, elapsed;
	int64_t fixed = r->evict ? 1 : r->params->fixed_calls, calls = fixed > 0 ? fixed : 1;

	elapsed = try_calls(r, c, calls, team);
	/* The first try was cold; a very long one is good enough all the same. */
	if (elapsed < 10 * target_ns && !r->stop)
		elapsed = try_calls(r, c, calls, team);
	while (fixed <= 0 && elapsed < 0.5 * target_ns && calls < MAX_CALLS && !r->stop) {
		calls = grow(calls, elapsed, target_ns);
		elapsed = try_calls(r, c, calls, team);
	}
	team_barrier(team);
	if (team.rank == 0) {
		double per_call_ns = elapsed / (double)calls;

		r->contenders[c].calls = fixed > 0 ? fixed : calls_for(per_call_ns, target_ns);
		r->expected_ns[c] = (uint64_t)(per_call_ns * (double)r->contenders[c].calls) + 1;
	}
	team_barrier(team);
}
