/* SPDX-License-Identifier: MIT */
/*
 * How many calls make a sample: grow until the clock and a stray interrupt no longer matter, then scale to the target.
 * Every contender gets the same target time. The tries also warm up code, caches and the processor's clock.
 */
#include "measure_private.h"

#include <math.h>

#define MAX_CALLS ((int64_t)1 << 40)

/* The next number of calls to try, from `calls` that took elapsed_ns; at most tenfold, as a first call is slow. */
static int64_t grow(int64_t calls, uint64_t elapsed_ns, double target_ns)
{
	double factor = elapsed_ns ? target_ns / (double)elapsed_ns : 10;
	double next = ceil((double)calls * fmin(factor, 10));

	return next < (double)MAX_CALLS ? (int64_t)fmax(next, 1) : MAX_CALLS;
}

static void fix(struct rounds *r, int c, int64_t calls, double per_call_ns)
{
	r->contenders[c].calls = calls;
	r->expected_ns[c] = (uint64_t)(per_call_ns * (double)calls) + 1;
}

static int64_t fixed_calls(const struct rounds *r)
{
	return r->evict ? 1 : r->params->fixed_calls;
}

void calibrate(struct rounds *r, int c, struct team team)
{
	double min_time = r->params->min_time_s > 0 ? r->params->min_time_s : MEASURE_MIN_TIME_S;
	double target_ns = min_time * 1e9, best = INFINITY;
	int64_t fixed = fixed_calls(r), calls = fixed > 0 ? fixed : 1;

	/* Every thread computes the same from what rank 0 left in r->current. */
	for (int tries = 0; tries < 64; tries++) {
		double elapsed;

		sample_take(r, c, calls, team);
		elapsed = (double)r->current.elapsed_ns;
		best = fmin(best, elapsed / (double)calls);
		if (fixed > 0 ? tries == 1 : tries > 0 && (elapsed >= 0.5 * target_ns || calls == MAX_CALLS))
			break;
		if (fixed <= 0)
			calls = grow(calls, r->current.elapsed_ns, target_ns);
	}
#pragma omp barrier
	if (team.rank == 0)
		fix(r, c,
		    fixed > 0 ? fixed : (int64_t)fmin(fmax(ceil(target_ns / fmax(best, 1e-3)), 1), (double)MAX_CALLS),
		    best);
#pragma omp barrier
}
