/* SPDX-License-Identifier: MIT */
/*
 * Timing of anything a team can run: samples taken in interleaved rounds, with evidence.
 * Knows nothing of kernels, shapes or files. Only clock.c reads a clock.
 */
#ifndef MEASURE_MEASURE_H
#define MEASURE_MEASURE_H

#include "kernel.h"
#include "machine/machine.h"

uint64_t clock_ns(void);	  /* monotonic */
double clock_s(void);		  /* the same in seconds */
double clock_resolution_ns(void); /* smallest step seen in a few hundred microseconds of trying */
/* The time of day in UTC, in strftime's format: for names and records, never for timing. */
void clock_utc_text(char *text, size_t size, const char *format) __attribute__((format(strftime, 3, 0)));

/*
 * What is timed: every thread of the team calls run(arg, call, team); call = 0, 1, ... within a sample lets it rotate
 * its operands, so that every sample does the same work. run may contain barriers and needs none at its end.
 */
struct contender {
	const char *name;
	void (*run)(void *arg, int64_t call, struct team team);
	void *arg;
	int64_t calls; /* out: calls per sample, fixed by calibration */
};

/*
 * Why a sample was thrown away: by cause, never by value.
 * Migrated: a bound thread was seen off its PU, before or after. Throttled: the cgroup's quota stopped us.
 * Preempted: involuntary switches, charged 1 ms each (about what the scheduler gives a neighbour), come to more than a
 * quarter of the time that the calibrated sample should take. So one switch spoils a sample of 2 ms and is lost in
 * one of 50 ms, and a long sample on a shared machine isn't rejected for ever. Not judged where the team is larger than
 * its PUs: switching is then what is measured. Steal is of the whole machine, so it is evidence and no cause.
 */
enum sample_reject { SAMPLE_OK, SAMPLE_MIGRATED, SAMPLE_PREEMPTED, SAMPLE_THROTTLED };

struct evidence {
	int migrations;	     /* threads whose CPU differed from their binding before or after */
	long switches;	     /* involuntary context switches, all threads */
	long steal_ticks;    /* of the whole machine */
	long throttled;	     /* cgroup nr_throttled */
	uint64_t slowest_ns; /* the slowest and the fastest thread's own time in the last call, up to its barrier */
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
	double min_time_s;   /* a sample lasts about this long, the same for all contenders; <= 0: MEASURE_MIN_TIME_S */
	int64_t fixed_calls; /* > 0: `--min-time=200x`: exactly this many calls */
	int rounds;
	uint64_t seed;		  /* order of the contenders within the rounds */
	bool cold_cache;	  /* evict the caches before each call (one call per sample) */
	const volatile int *stop; /* set asynchronously: finish the sample, then return; may be NULL */
};

#define MEASURE_MIN_TIME_S 2e-3

/*
 * Times n contenders in p->rounds interleaved rounds within the running team (called by every thread, inside
 * team_run, with the same arguments). barrier, t0, calls x (run, barrier), t1; before it one untimed call warms the
 * caches (unless they are evicted). Fills samples[round * n + i]. A rejected sample is measured again at once, up to 3
 * times and until n * rounds tries were rejected in all; the last try is stored, with its `reject` still set if it
 * failed too. *rejected counts every rejected try. Rounds: pairs of an order and its reverse (ABBA), in squares that
 * balance places and neighbours, drawn from the seed. Returns, on every thread, the rounds completed (fewer if stopped:
 * the rest of samples means nothing), or -ENOMEM.
 */
int measure_rounds(struct contender *contenders, int n, const struct measure_params *p, const struct binding *binding,
		   struct team team, struct sample *samples, int *rejected);

#endif
