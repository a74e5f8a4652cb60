/* SPDX-License-Identifier: MIT */
/* Shared by the files of this room only: what `struct machine` holds, and the readers of cgroup and /sys files. */
#ifndef MACHINE_PRIVATE_H
#define MACHINE_PRIVATE_H

#include "machine/machine.h"

#include <hwloc.h>

#define CGROUP_MAX_DEPTH 16

/* The groups above this process that limit its CPU time. */
struct cgroup {
	int n;
	char stat[CGROUP_MAX_DEPTH][640]; /* paths of their cpu.stat */
	double quota;			  /* the tightest limit in CPUs; 0: none */
};

/* Reads <root>/proc/self/cgroup and <root>/sys/fs/cgroup, v1 and v2; root is "" outside of tests. */
void cgroup_read(struct cgroup *g, const char *root);
long cgroup_throttled(const struct cgroup *g);

struct machine {
	hwloc_topology_t topology; /* restricted to the usable PUs */
	bool here;		   /* describes the machine we run on; else binding does nothing */
	struct cgroup cgroup;
};

/* First line of a small file without its newline; false (and text "") if it cannot be read. */
bool file_line(const char *path, char *text, size_t size);

/* OS indexes of the PUs named by an hwloc location, as a set. 0 or -EINVAL with a sentence that names --bind. */
int location_parse(hwloc_topology_t topology, const char *text, hwloc_bitmap_t set, struct failure *f);

#endif
