/* SPDX-License-Identifier: MIT */
/*
 * The levels of memory as the roofline knows them: which one holds an operand, and how large a working set shows its
 * bandwidth. Sizes come from hwloc.
 */
#include "machine/machine.h"

#include <math.h>

#define MIN_MAIN_SET 256e6
#define MAX_SET 4e9
#define CLEAR 4 /* a stream through so many times a cache finds nothing in it */

struct caches machine_caches(const struct machine *machine)
{
	return (struct caches){machine_cache_bytes(machine, 1), machine_cache_bytes(machine, 2),
			       machine_cache_bytes(machine, 3)};
}

const char *const memory_level_names[N_MEMORY_LEVELS] = {"L1", "L2", "L3", "memory"};

/* All caches of a level that the threads of a team fill, placed in locality order. */
static double team_bytes(const struct machine *machine, int level, int threads)
{
	int sharing = machine_cache_sharing(machine, level + 1);
	int caches = sharing > 0 ? (threads + sharing - 1) / sharing : 1;

	return (double)machine_cache_bytes(machine, level + 1) * caches;
}

enum memory_level machine_level_of(const struct machine *machine, double bytes, int threads)
{
	int level = MEMORY_L1;

	while (level < MEMORY_MAIN && bytes > team_bytes(machine, level, threads))
		level++;
	return (enum memory_level)level;
}

double machine_stream_bytes(const struct machine *machine, enum memory_level level, int threads)
{
	double set = MIN_MAIN_SET, half, nearer;

	if (level < MEMORY_MAIN) {
		half = team_bytes(machine, (int)level, threads) / 2;
		nearer = level > MEMORY_L1 ? team_bytes(machine, (int)level - 1, threads) : half;
		return half > CLEAR * nearer ? CLEAR * nearer : half;
	}
	for (int i = MEMORY_L1; i < MEMORY_MAIN; i++)
		set = fmax(set, CLEAR * team_bytes(machine, i, threads));
	return fmin(set, MAX_SET);
}
