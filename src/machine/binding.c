/* SPDX-License-Identifier: MIT */
/*
 * Where the threads of a team go, and putting them there. A policy is an order of the usable PUs: rank i gets the
 * i-th. Nothing is bound behind the user's back: hwloc_set_cpubind would escape `taskset`, so only usable PUs are
 * named.
 */
#include "machine_private.h"

#include <errno.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int order_fn(const void *a, const void *b);

static int by_index(hwloc_obj_t a, hwloc_obj_t b)
{
	return (a->logical_index > b->logical_index) - (a->logical_index < b->logical_index);
}

static unsigned rank_in_core(hwloc_obj_t pu)
{
	return pu->parent && pu->parent->type == HWLOC_OBJ_CORE ? pu->sibling_rank : 0;
}

static int order_compact(const void *a, const void *b)
{
	return by_index(*(const hwloc_obj_t *)a, *(const hwloc_obj_t *)b);
}

static int order_core(const void *a, const void *b)
{
	hwloc_obj_t x = *(const hwloc_obj_t *)a, y = *(const hwloc_obj_t *)b;
	unsigned rx = rank_in_core(x), ry = rank_in_core(y);

	return rx != ry ? (rx > ry) - (rx < ry) : by_index(x, y);
}

/*
 * Read the way from the PU up to the root as the digits of a number, the PU's place in its core being the leading
 * digit and the package the last: counting in that order visits every package before any package twice.
 */
static int order_scatter(const void *a, const void *b)
{
	hwloc_obj_t x = *(const hwloc_obj_t *)a, y = *(const hwloc_obj_t *)b;

	for (hwloc_obj_t i = x, j = y; i && j && i != j; i = i->parent, j = j->parent)
		if (i->sibling_rank != j->sibling_rank)
			return i->sibling_rank > j->sibling_rank ? 1 : -1;
	return by_index(x, y);
}

static const struct {
	const char *name;
	order_fn *order; /* NULL: leave the threads alone */
} policies[] = {
	{"none", NULL},
	{"compact", order_compact},
	{"scatter", order_scatter},
	{"core", order_core},
};

/* Puts the PUs of the set into the binding in the given order. */
static int place(struct binding *b, hwloc_const_bitmap_t set, order_fn *order)
{
	hwloc_topology_t topology = b->machine->topology;
	int n = hwloc_get_nbobjs_inside_cpuset_by_type(topology, set, HWLOC_OBJ_PU);
	hwloc_obj_t *pus = calloc((size_t)n + 1, sizeof(hwloc_obj_t));

	if (!pus)
		return -ENOMEM;
	for (int i = 0; i < n; i++)
		pus[i] = hwloc_get_obj_inside_cpuset_by_type(topology, set, HWLOC_OBJ_PU, (unsigned)i);
	qsort(pus, (size_t)n, sizeof(hwloc_obj_t), order);
	b->n_pus = n < MACHINE_MAX_CPUS ? n : MACHINE_MAX_CPUS;
	for (int i = 0; i < b->n_pus; i++)
		b->pu[i] = (int)pus[i]->os_index;
	free(pus);
	return 0;
}

static int place_location(struct binding *b, const char *text, struct failure *f)
{
	hwloc_bitmap_t set = hwloc_bitmap_alloc();
	int rc;

	if (!set)
		return fail(f, -ENOMEM, "out of memory while reading --bind");
	rc = location_parse(b->machine->topology, text, set, f);
	if (!rc)
		rc = place(b, set, order_core);
	hwloc_bitmap_free(set);
	return rc;
}

int binding_create(struct binding *binding, const struct machine *machine, const char *policy, struct failure *f)
{
	const char *name = policy ? policy : "core";
	struct binding b = {.machine = machine, .explicit = policy != NULL};
	int rc;

	if (strlen(name) >= sizeof(b.policy))
		return fail(f, -EINVAL, "invalid value '%.40s...' for --bind; should be shorter than %zu characters",
			    name, sizeof(b.policy));
	memcpy(b.policy, name, strlen(name) + 1);
	for (size_t p = 0; p < sizeof(policies) / sizeof(policies[0]); p++) {
		if (strcmp(name, policies[p].name))
			continue;
		rc = policies[p].order
			     ? place(&b, hwloc_topology_get_topology_cpuset(machine->topology), policies[p].order)
			     : 0;
		if (rc)
			return fail(f, rc, "out of memory while planning --bind=%s", name);
		*binding = b;
		return 0;
	}
	rc = place_location(&b, name, f);
	if (!rc)
		*binding = b;
	return rc;
}

void binding_describe(const struct binding *binding, int size, char *text, size_t text_size)
{
	size_t used = 0;

	snprintf(text, text_size, "unbound");
	for (int rank = 0; binding->n_pus && rank < size && used < text_size; rank++)
		used += (size_t)snprintf(text + used, text_size - used, "%s%d", rank ? " " : "",
					 binding->pu[rank % binding->n_pus]);
}

/* --bind=none: every usable PU, unless OpenMP was told to bind. */
static int release_thread(const struct machine *machine)
{
	if (omp_get_proc_bind() != omp_proc_bind_false)
		return 0;
	if (hwloc_set_cpubind(machine->topology, hwloc_topology_get_topology_cpuset(machine->topology),
			      HWLOC_CPUBIND_THREAD))
		return -errno;
	return 0;
}

int binding_apply(const struct binding *binding, int rank)
{
	hwloc_topology_t topology = binding->machine->topology;
	hwloc_bitmap_t want, last;
	int rc = -ENOMEM;

	if (!binding->machine->here)
		return 0;
	if (!binding->n_pus)
		return release_thread(binding->machine);
	want = hwloc_bitmap_alloc();
	last = hwloc_bitmap_alloc();
	if (want && last) {
		hwloc_bitmap_only(want, (unsigned)binding->pu[rank % binding->n_pus]);
		rc = hwloc_set_cpubind(topology, want, HWLOC_CPUBIND_THREAD) ? -errno : 0;
		if (!rc && (hwloc_get_last_cpu_location(topology, last, HWLOC_CPUBIND_THREAD) ||
			    !hwloc_bitmap_isequal(want, last)))
			rc = -EXDEV;
	}
	hwloc_bitmap_free(want);
	hwloc_bitmap_free(last);
	return rc;
}
