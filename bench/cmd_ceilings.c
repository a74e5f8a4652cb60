/* SPDX-License-Identifier: MIT */
/*
 * mepbench ceilings: multiply-adds from registers, and reading, writing and copying at working sets that half fill each
 * level of cache, and far larger than all. One point per level x team size, and one for fma_peak. In
 * records `dist` names the level, n_in the floats that all threads together go through in a call, and `method` read,
 * write or copy.
 */
#include "commands.h"
#include "kernel_run.h"

#define N_LEVELS 5
#define REGISTERS 0
#define MEMORY (N_LEVELS - 1)
#define MIN_MEMORY_SET (256e6)
#define MAX_FLOATS 1e9

static const char *const level_names[N_LEVELS] = {"registers", "L1", "L2", "L3", "memory"};

/* Caches of this level that the threads of a team fill, placed in locality order. */
static double caches_used(const struct machine *m, int level, int threads)
{
	int sharing = machine_cache_sharing(m, level);

	int caches = sharing > 0 ? (threads + sharing - 1) / sharing : 1;

	return caches;
}

/* Bytes; 0 if the machine doesn't say how large the cache is. */
static double working_set(const struct session *s, int level, int threads)
{
	double last = 0, cache;

	if (level < MEMORY)
		return (double)machine_cache_bytes(s->machine, level) * caches_used(s->machine, level, threads) / 2;
	for (int i = 1; i < MEMORY; i++) {
		cache = (double)machine_cache_bytes(s->machine, i) * caches_used(s->machine, i, threads);
		last = cache > last ? cache : last;
	}
	last = 4 * last > MIN_MEMORY_SET ? 4 * last : MIN_MEMORY_SET;
	return last < MAX_FLOATS * sizeof(float) ? last : MAX_FLOATS * sizeof(float);
}

static int ceiling_points(const struct session *s, struct point_list *list, struct failure *f)
{
	int err = 0;

	for (int t = 0; t < s->threads.n; t++)
		for (int level = REGISTERS; level < N_LEVELS && !err; level++) {
			struct point p = {.threads = (int)s->threads.v[t], .copies = 1, .level = level_names[level]};

			p.working_set = level == REGISTERS ? 0 : working_set(s, level, p.threads);
			if (level == REGISTERS || p.working_set > 0)
				err = point_add(list, &p, f);
		}
	return err;
}

static int enter_ceilings(struct lineup *l, struct failure *f)
{
	return lineup_add_ceilings(l, l->point.working_set > 0 ? OP_BANDWIDTH : OP_FMA_PEAK, f);
}

int cmd_ceilings(const struct options *o, struct failure *f)
{
	static const struct kernel_plan plan = {"ceilings", ceiling_points, enter_ceilings};

	return kernel_run(o, &plan, f);
}
