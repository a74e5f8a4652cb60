/* SPDX-License-Identifier: MIT */
/*
 * The machine: usable processors, where each thread of a team goes, and the conditions of the run.
 * Only this room calls hwloc and reads /proc, /sys and cgroup files.
 */
#ifndef MACHINE_MACHINE_H
#define MACHINE_MACHINE_H

#include "base/failure.h"
#include "kernel.h"

#include <stddef.h>

#define MACHINE_MAX_CPUS 1024

/*
 * Topology restricted to the processors this process may use: (union of the OpenMP places if any, else the affinity
 * mask at start) AND hwloc's allowed set. Opaque; not thread-safe to create or destroy.
 */
struct machine;

/* synthetic: NULL for this machine, or an hwloc synthetic description (tests of placement). */
int machine_create(struct machine **machine, const char *synthetic, struct failure *f);
void machine_destroy(struct machine *machine);

/* False for a synthetic one, or where HWLOC_SYNTHETIC or HWLOC_XMLFILE describe another: no thread is bound then. */
bool machine_is_here(const struct machine *machine);

int machine_pus(const struct machine *machine);	     /* usable processing units */
int machine_cores(const struct machine *machine);    /* usable cores */
double machine_quota(const struct machine *machine); /* CPUs allowed by the cgroup's quota; 0: no limit */
/* Largest team of the default sweep: usable cores, capped by the quota (rounded up); >= 1. */
int machine_default_threads(const struct machine *machine);
/* Bytes of the data cache of this level (1, 2, 3) that a usable core sees, and how many usable cores share it; 0 if
 * unknown. */
size_t machine_cache_bytes(const struct machine *machine, int level);
int machine_cache_sharing(const struct machine *machine, int level);
struct caches machine_caches(const struct machine *machine); /* as kernels want to know them */

/* The levels of memory that an operand can live in. */
enum memory_level { MEMORY_L1, MEMORY_L2, MEMORY_L3, MEMORY_MAIN, N_MEMORY_LEVELS };
extern const char *const memory_level_names[N_MEMORY_LEVELS]; /* L1, L2, L3, memory */

/* The nearest level that holds this many bytes, in the caches that a team fills together. */
enum memory_level machine_level_of(const struct machine *machine, double bytes, int threads);
/*
 * Bytes of a working set that shows the bandwidth of a level to a team: four times the caches nearer to its cores, at
 * most half of the level's own, or far more than all of them; 0 if there is no such cache.
 */
double machine_stream_bytes(const struct machine *machine, enum memory_level level, int threads);

/* What is usable, in words: "1 package, 1 NUMA node, 2 cores, 2 PUs", and the OS indexes of the PUs: "0-1". */
void machine_describe(const struct machine *machine, char *text, size_t size);
void machine_describe_pus(const struct machine *machine, char *text, size_t size);

/* OS index of the PU that the calling thread runs on now; -1 if unknown. */
int machine_current_pu(void);

/* 64-bit FNV-1a of the file of the running program: two builds differ. 0 if it cannot be read. */
uint64_t machine_program_digest(void);

/* Running totals that tell whether somebody took time from us; differences of two readings are evidence. */
struct machine_counters {
	long steal_ticks;	     /* of the whole machine, from /proc/stat */
	long busy_ticks, idle_ticks; /* the same; steal counts as busy */
	long throttled;		     /* cgroup nr_throttled, of all groups above us that have a quota */
};
void machine_counters_read(const struct machine *machine, struct machine_counters *c);

/* Where the threads of a team go: one OS processor index per rank, or none. */
struct binding {
	const struct machine *machine;
	char policy[64];	  /* as given: none, compact, scatter, core, or an hwloc location */
	int n_pus;		  /* 0 for "none" */
	int pu[MACHINE_MAX_CPUS]; /* OS index of the PU of rank i % n_pus */
	bool explicit;		  /* the user asked: failing to bind is an error, not a warning */
};

/*
 * Turns --bind into a plan; only usable PUs are named and counted, an external mask or OMP_PLACES is thus honoured.
 *   none     threads are left to the system (or to OMP_PROC_BIND where that is set)
 *   compact  PUs in locality order, the PUs of a core first
 *   scatter  round-robin over packages, then caches, then cores; a core's second PU last
 *   core     one PU per core in locality order; second PUs after all cores are taken
 *   <hwloc location>  the PUs named, in the order of `core`: core:0-3.pu:0, package:1, numa:0.core:all, pu:0,2,4
 * NULL means core, not asked for by the user. A location that names nothing usable is an error that names --bind.
 */
int binding_create(struct binding *binding, const struct machine *machine, const char *policy, struct failure *f);

/* The plan of a team of `size` threads in words, e.g. "0 2 4 6" (OS indexes) or "unbound". */
void binding_describe(const struct binding *binding, int size, char *text, size_t text_size);

/* Binds the calling thread of rank `rank` and verifies it with the last CPU location. 0 or a negative errno. */
int binding_apply(const struct binding *binding, int rank);

/*
 * Runs `body` on every thread of a persistent OpenMP team of `size`, bound anew and verified.
 * With an explicit policy a thread that cannot be bound is an error (body is not run); else it is counted in *unbound
 * (may be NULL). A team larger than the plan wraps around it. The caller's own mask is restored at the end.
 */
typedef void team_body(struct team team, void *arg);
int team_run(const struct binding *binding, int size, team_body *body, void *arg, int *unbound, struct failure *f);

/* What a result depends on; filled once, stored with every run. Strings are never NULL ("" if unknown). */
struct conditions {
	char host[64], cpu[96], os[96], virt[32], governor[32], turbo[16], smt[16];
	char compiler[96], flags[256], build_type[32], sanitizers[64];
	char commit[48]; /* "-dirty" appended for a modified tree; "unknown" outside git */
	char omp_runtime[48], wait_policy[32];
	char libraries[256]; /* CBLAS peers found, with versions */
	int pus, cores;
	double quota, load1;
	double busy; /* share of the machine that others used while we slept a quarter of a second */
	size_t l1_bytes, l2_bytes, l3_bytes, memory_bytes;
	/* Degraded conditions, comma-separated short words: debug, sanitizer, unbound, loaded, oversubscribed, quota;
	 * of a study's trainings parallel or pool. */
	char degraded[128];
};

void conditions_read(struct conditions *c, const struct machine *machine);

/* Adds a word to c->degraded unless it is there. */
void conditions_degrade(struct conditions *c, const char *word);

/* A CBLAS library found at run time; the "blas" kernels call it single-threaded from every thread of the team. */
struct blas_peer {
	char method[32];  /* dense_openblas, dense_blis, ... */
	char library[96]; /* name and version, for records */
	char path[256];
	blas_sgemm_fn *sgemm;
};

/*
 * Loads the peers that are installed (table in blas.c; $MEPBENCH_BLAS adds a path as "dense_other"); returns how many,
 * at most max. They stay loaded for the life of the process. peers[0] is what the method name `dense_blas` means.
 */
int blas_load(struct blas_peer *peers, int max);

#endif
