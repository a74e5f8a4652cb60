/* SPDX-License-Identifier: MIT */
/* Shared by the files of this room only: the state of one measure_rounds, one sample, the order of a round. */
#ifndef MEASURE_PRIVATE_H
#define MEASURE_PRIVATE_H

#include "measure/measure.h"

/* order[0..n-1]: which contender is timed at each place of this round. scratch: n more entries. */
void round_order(uint64_t seed, int round, int n, uint32_t *order, uint32_t *scratch);

/* What one thread saw in one sample; a cache line each. */
struct witness {
	int pu_before, pu_after;
	long switches;
	uint64_t last_call_ns;
} __attribute__((aligned(64)));

/* Shared by the team; written by rank 0 between barriers, except that each thread writes its own witness. */
struct rounds {
	const struct measure_params *params;
	const struct binding *binding;
	struct contender *contenders;
	struct sample *samples;
	struct witness *witnesses; /* (team size) */
	uint32_t *order, *scratch; /* (n) each */
	float *evict;		   /* NULL unless cold_cache */
	size_t evict_count;
	uint64_t *expected_ns; /* (n) what a calibrated sample should take */
	struct machine_counters before;
	uint64_t start_ns;
	int n, rejected;
	bool again, stop;
	struct sample current;
};

/* All threads: `calls` calls of contender c between two barriers; rank 0 finds elapsed, evidence and verdict in
 * r->current, and reads the stop flag into r->stop, so that all threads agree. */
void sample_take(struct rounds *r, int c, int64_t calls, struct team team);

/* All threads: sets calls and expected_ns of contender c; in vain where r->stop is set. */
void calibrate(struct rounds *r, int c, struct team team);

#endif
