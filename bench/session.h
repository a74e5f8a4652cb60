/* SPDX-License-Identifier: MIT */
/*
 * What every measuring command opens first: the machine, the binding, the conditions, the kernels of the chosen ISA and
 * the BLAS peers; and the identity of the run.
 */
#ifndef BENCH_SESSION_H
#define BENCH_SESSION_H

#include "dists.h"
#include "library.h"
#include "machine/machine.h"
#include "options.h"
#include "report/record.h"
#include "tune/tuner.h"

#define SESSION_MAX_PEERS 8
#define SESSION_MAX_ISAS 8

/* Whose kernels: those under test, those of --against, or the copy of the first. */
struct build {
	const char *name; /* as recorded: "", base, twin */
	struct library library;
	const struct kernel_set *sets; /* all that it has */
};

enum { BUILD_TESTED, BUILD_BASE, BUILD_TWIN, N_BUILDS };

struct session {
	const struct options *options;
	struct machine *machine;
	struct binding binding;
	struct conditions conditions;
	const struct kernel_set *isas[SESSION_MAX_ISAS]; /* of --isa, weakest first; one unless several were named */
	int n_isas;
	const struct kernel_set *kernels; /* the strongest of them */
	struct build builds[N_BUILDS];	  /* those without sets take no part */
	struct blas_peer peers[SESSION_MAX_PEERS];
	int n_peers;
	struct tuner *tuner;	 /* of method auto */
	struct dist_list dists;	 /* --dist */
	char run_id[48];	 /* <UTC time>-<host>-<pid>: one per command that runs */
	struct int_list threads; /* --threads, or the default sweep 1, 2, 4 ... machine_default_threads */
};

/* 0, or a negative errno with a sentence; a --bind, --isa or library that cannot be honoured is found here. */
int session_create(struct session *s, const struct options *o, struct failure *f);
void session_destroy(struct session *s);

/* The strongest of --isa=LIST that this CPU runs; NULL: none. */
const struct kernel_set *session_best_isa(const struct word_list *isa);
/* The set of this build that `isa` of the session stands for; NULL if it has none. */
const struct kernel_set *session_kernels(const struct session *s, int build, int isa);
/* Kernels of libraries compete: what chooses its kernels by measuring has no place there. */
bool session_compares_builds(const struct session *s);
/* The names of those of the session: "portable avx2". */
void session_name_isas(const struct session *s, char *text, size_t size);

/* One warning line on stderr per degraded condition, once per process. */
void session_warn(const struct session *s);
/* The sentence of the next degraded condition, for a walk that starts with *next = 0; NULL at the end. */
const char *session_warning(const struct session *s, size_t *next);

/* Fills those of the columns run_id, isa (the strongest), bind, cpu, compiler, commit and degraded that this kind of
 * record has. */
void session_fill(const struct session *s, const struct record_kind *kind, void *record);

#endif
