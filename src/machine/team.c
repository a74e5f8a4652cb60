/* SPDX-License-Identifier: MIT */
/*
 * A team: one OpenMP parallel region around a body. Threads are bound at its start every time, never once at start-up,
 * because libgomp maps OS threads anew when the size of the team changes.
 */
#include "machine_private.h"

#include <assert.h>
#include <errno.h>
#include <omp.h>
#include <string.h>

/* What the threads of one region share. */
struct region {
	const struct binding *binding;
	int size, started, unbound, error;
	team_body *body;
	void *arg;
};

static bool may_run(const struct region *r)
{
	return r->started == r->size && !(r->unbound && r->binding->explicit);
}

static void run_member(struct region *r, struct team team)
{
	int rc = binding_apply(r->binding, team.rank);

	if (team.rank == 0)
		r->started = team.size;
	if (rc) {
#pragma omp critical(team_unbound)
		{
			r->unbound++;
			r->error = rc;
		}
	}
#pragma omp barrier
	if (may_run(r))
		r->body(team, r->arg);
}

static void run_region(struct region *r)
{
#pragma omp parallel num_threads(r->size)
	run_member(r, (struct team){omp_get_thread_num(), omp_get_num_threads()});
}

int team_run(const struct binding *binding, int size, team_body *body, void *arg, int *unbound, struct failure *f)
{
	struct region r = {.binding = binding, .size = size, .body = body, .arg = arg};
	hwloc_topology_t topology = binding->machine->topology;
	hwloc_bitmap_t before = hwloc_bitmap_alloc();
	bool saved = before && binding->machine->here && !hwloc_get_cpubind(topology, before, HWLOC_CPUBIND_THREAD);

	assert(size >= 1);
	omp_set_dynamic(0);
	run_region(&r);
	if (saved)
		hwloc_set_cpubind(topology, before, HWLOC_CPUBIND_THREAD);
	hwloc_bitmap_free(before);
	if (r.started != size)
		return fail(f, -EAGAIN, "OpenMP started %d threads of --threads=%d; is OMP_THREAD_LIMIT set?",
			    r.started, size);
	if (r.unbound && binding->explicit)
		return fail(f, r.error, "cannot honour --bind=%s for %d of %d threads: %s", binding->policy, r.unbound,
			    size, strerror(-r.error));
	if (unbound)
		*unbound = r.unbound;
	return 0;
}
