/* SPDX-License-Identifier: MIT */
/*
 * Timing of anything a team can run: samples taken in interleaved rounds, with evidence.
 * Knows nothing of kernels, shapes or files. Only clock.c reads a clock.
 */
#ifndef MEASURE_MEASURE_H
#define MEASURE_MEASURE_H

#include "kernel.h"
#include "machine/machine.h"

uint64_t clock_ns(void);	    /* monotonic */
double clock_resolution_ns(void); /* smallest step seen, measured once */

/* What is timed: every thread of the team calls run(arg, call, team); call = 0, 1, ... lets it rotate its operands. */
struct contender {
	const char *name;
	void (*run)(void *arg, int64_t call, struct team team);
	void *arg;
	int64_t calls; /* out: calls per sample, fixed by calibration */
};

/* Why a sample was thrown away; never because of its value. */
enum sample_reject { SAMPLE_OK, SAMPLE_MIGRATED, SAMPLE_PREEMPTED, SAMPLE_THROTTLED };

struct evidence {
	int migrations;	     /* threads whose CPU differed from their binding before or after */
	long switches;	     /* involuntary context switches, all threads */
	long steal_ticks;    /* of the whole machine */
	long throttled;	     /* cgroup nr_throttled */
	uint64_t slowest_ns; /* the slowest and the fastest thread's own time to the closing barrier */
	uint64_t fastest_ns;
};

struct sample {
	int contender, round, position; /* position: place in the round's order */
	int64_t calls;
	uint64_t elapsed_ns; /* of all calls */
	enum sample_reject reject;
	struct evidence evidence;
};

struct measure_params {
	double min_time_s; /* a sample lasts at least this long (all contenders the same number of calls if equal_calls) */
	int64_t fixed_calls; /* > 0: `--min-time=200x`: exactly this many calls */
	int rounds;
	uint64_t seed;	  /* order of the contenders within the rounds */
	bool cold_cache;  /* evict the caches before each call (one call per sample) */
	const volatile int *stop; /* set asynchronously: finish the round, then return; may be NULL */
};

/*
 * Times n contenders in p->rounds interleaved rounds within the running team (called by every thread, inside
 * team_run). barrier, t0, calls x (run, barrier), t1. Fills samples[round * n + i], all n * rounds of them
 * (rejected ones are measured again, up to a limit, and the count is in *rejected). Returns the rounds completed.
 */
int measure_rounds(struct contender *contenders, int n, const struct measure_params *p, const struct binding *binding,
		   struct team team, struct sample *samples, int *rejected);

#endif
