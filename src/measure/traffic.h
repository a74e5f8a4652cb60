/* SPDX-License-Identifier: MIT */
/* From what kernels say of their operands to compulsory traffic by level of memory: one side of the roofline. */
#ifndef MEASURE_TRAFFIC_H
#define MEASURE_TRAFFIC_H

#include "machine/machine.h"

/* Bytes of one call by the level that the operand lives in. */
struct level_traffic {
	double read[N_MEMORY_LEVELS], written[N_MEMORY_LEVELS];
};

/* The cost of a call that runs both: an operand that both touch counts once. */
struct kernel_cost cost_join(const struct kernel_cost *a, const struct kernel_cost *b);

/* Reading and writing, all operands together. */
double cost_bytes(const struct kernel_cost *cost);

/*
 * Where an operand lives is decided by its own size: the nearest level that holds it alone, in the caches of the team
 * together, as the ceilings are measured. That is the best that it can have: each thread with a part of its own near
 * by. copies: of dY and what is kept of it, through which successive calls rotate. cold: every operand starts in
 * memory.
 */
struct level_traffic traffic_by_level(const struct kernel_cost *cost, const struct machine *machine, int threads,
				      int copies, bool cold);

#endif
