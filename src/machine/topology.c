/* SPDX-License-Identifier: MIT */
/*
 * The topology, restricted to the processors that this process may use.
 * hwloc sees neither `taskset` nor OMP_PLACES, and OMP_PROC_BIND narrows the main thread's mask before main(): so the
 * mask is the union of the OpenMP places if there are any, else the caller's affinity mask.
 */
#define _GNU_SOURCE /* sched_getcpu */
#include "machine_private.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <omp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The union of the OpenMP places; false if there are none. */
static bool places_union(hwloc_bitmap_t set)
{
	int places = omp_get_num_places();

	hwloc_bitmap_zero(set);
	for (int p = 0; p < places; p++) {
		int n = omp_get_place_num_procs(p), *ids = calloc((size_t)n + 1, sizeof(*ids));

		if (!ids)
			return false;
		omp_get_place_proc_ids(p, ids);
		for (int i = 0; i < n; i++)
			hwloc_bitmap_set(set, (unsigned)ids[i]);
		free(ids);
	}
	return !hwloc_bitmap_iszero(set);
}

static int restrict_to_usable(hwloc_topology_t topology, struct failure *f)
{
	hwloc_bitmap_t set = hwloc_bitmap_alloc();
	int rc = -ENOMEM;

	if (!set)
		return fail(f, rc, "out of memory while reading the topology");
	if (!places_union(set) && hwloc_get_cpubind(topology, set, HWLOC_CPUBIND_THREAD))
		hwloc_bitmap_copy(set, hwloc_topology_get_allowed_cpuset(topology));
	hwloc_bitmap_and(set, set, hwloc_topology_get_allowed_cpuset(topology));
	if (hwloc_bitmap_iszero(set))
		rc = fail(f, -EINVAL,
			  "no usable processor: OMP_PLACES or the affinity mask names none that is allowed");
	else if (hwloc_topology_restrict(topology, set, 0))
		rc = fail(f, -errno, "cannot restrict the topology to the usable processors: %s", strerror(errno));
	else
		rc = 0;
	hwloc_bitmap_free(set);
	return rc;
}

static int topology_load(struct machine *m, const char *synthetic, struct failure *f)
{
	if (hwloc_topology_init(&m->topology))
		return fail(f, -ENOMEM, "cannot create an hwloc topology: %s", strerror(errno));
	if (synthetic && hwloc_topology_set_synthetic(m->topology, synthetic))
		return fail(f, -EINVAL, "invalid synthetic topology '%s'; should be like 'pack:2 core:4 pu:2'",
			    synthetic);
	if (hwloc_topology_load(m->topology))
		return fail(f, -EIO, "cannot read the machine's topology: %s", strerror(errno));
	m->here = hwloc_topology_is_thissystem(m->topology) == 1;
	return m->here ? restrict_to_usable(m->topology, f) : 0;
}

int machine_create(struct machine **machine, const char *synthetic, struct failure *f)
{
	struct machine *m = calloc(1, sizeof(*m));
	int rc;

	if (!m)
		return fail(f, -ENOMEM, "out of memory while reading the topology");
	rc = topology_load(m, synthetic, f);
	if (rc) {
		machine_destroy(m);
		return rc;
	}
	if (!synthetic)
		cgroup_read(&m->cgroup, "");
	*machine = m;
	return 0;
}

void machine_destroy(struct machine *machine)
{
	if (machine && machine->topology)
		hwloc_topology_destroy(machine->topology);
	free(machine);
}

bool machine_is_here(const struct machine *machine)
{
	return machine->here;
}

int machine_pus(const struct machine *machine)
{
	return hwloc_get_nbobjs_by_type(machine->topology, HWLOC_OBJ_PU);
}

int machine_cores(const struct machine *machine)
{
	int cores = hwloc_get_nbobjs_by_type(machine->topology, HWLOC_OBJ_CORE);

	return cores > 0 ? cores : machine_pus(machine);
}

double machine_quota(const struct machine *machine)
{
	return machine->cgroup.quota;
}

int machine_default_threads(const struct machine *machine)
{
	int cores = machine_cores(machine);
	double quota = ceil(machine->cgroup.quota);

	return quota >= 1 && quota < cores ? (int)quota : cores;
}

static hwloc_obj_t cache_of(const struct machine *machine, int level)
{
	static const hwloc_obj_type_t types[] = {HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L2CACHE, HWLOC_OBJ_L3CACHE};
	hwloc_obj_t pu = hwloc_get_obj_by_type(machine->topology, HWLOC_OBJ_PU, 0);

	if (level < 1 || level > 3 || !pu)
		return NULL;
	return hwloc_get_ancestor_obj_by_type(machine->topology, types[level - 1], pu);
}

size_t machine_cache_bytes(const struct machine *machine, int level)
{
	hwloc_obj_t cache = cache_of(machine, level);

	return cache ? (size_t)cache->attr->cache.size : 0;
}

int machine_cache_sharing(const struct machine *machine, int level)
{
	hwloc_obj_t cache = cache_of(machine, level);
	int cores;

	if (!cache)
		return 0;
	cores = hwloc_get_nbobjs_inside_cpuset_by_type(machine->topology, cache->cpuset, HWLOC_OBJ_CORE);
	return cores > 0 ? cores : 1;
}

void machine_describe(const struct machine *machine, char *text, size_t size)
{
	static const struct {
		hwloc_obj_type_t type;
		const char *name;
	} levels[] = {
		{HWLOC_OBJ_PACKAGE, "package"},
		{HWLOC_OBJ_NUMANODE, "NUMA node"},
		{HWLOC_OBJ_L3CACHE, "L3 cache"},
		{HWLOC_OBJ_CORE, "core"},
		{HWLOC_OBJ_PU, "PU"},
	};
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]) && used < size; i++) {
		int n = hwloc_get_nbobjs_by_type(machine->topology, levels[i].type);

		if (n > 0)
			used += (size_t)snprintf(text + used, size - used, "%s%d %s%s", used ? ", " : "", n,
						 levels[i].name, n > 1 ? "s" : "");
	}
}

void machine_describe_pus(const struct machine *machine, char *text, size_t size)
{
	hwloc_bitmap_list_snprintf(text, size, hwloc_topology_get_topology_cpuset(machine->topology));
}

int machine_current_pu(void)
{
	return sched_getcpu();
}
