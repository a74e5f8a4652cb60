/* SPDX-License-Identifier: MIT */
/*
 * The contenders of one point, declared before any operand exists: so that --filter and --dry-run see them all, and
 * so that adding a comparison is adding a declaration. kernel_run.c brings them to life.
 */
#ifndef BENCH_LINEUP_H
#define BENCH_LINEUP_H

#include "measure/check.h"
#include "measure/traffic.h"
#include "points.h"
#include "session.h"
#include "workload.h"

#include <regex.h>

#define TRIAL_MAX_STEPS 3

/* A selection's result on every copy of dY: filled once, verified, then shared by all trials that need it. */
struct kept_set {
	const struct method *method;
	int k;	       /* asked for; where tau is to be found: the mean k it should give */
	double tau;    /* given, or found from k; NAN until then */
	float l1_seen; /* tinyprop: the largest norm of a row in all copies, found with tau */
	bool used;     /* by a trial that passed the filter */
	bool right;    /* filled and verified */
	double mean_k; /* of all rows of all copies */
	struct sparse_dy kept[WORKLOAD_MAX_COPIES];
	struct row_list touched[WORKLOAD_MAX_COPIES]; /* the columns that some example kept, where an optimiser steps */
};

/* One contender: one kernel, or several with a barrier between. */
struct trial {
	enum kernel_op op;
	const struct build *build;	  /* set by lineup_add */
	const struct kernel_set *kernels; /* likewise */
	const char *method;		  /* as recorded */
	const char *select;		  /* the selection algorithm that is part of it, else "" */
	const struct kernel *steps[TRIAL_MAX_STEPS];
	int n_steps;
	int set;      /* the kept set it reads or writes, -1: none */
	bool dw_rows; /* write only the touched rows of dW */
	const struct blas_peer *peer;
	const struct kernel_set *tuned; /* method auto: chooses its steps from here, see lineup_tune; else NULL */
	int k;				/* that is asked of it then */
	bool reads_dy;			/* bandwidth over the rows of dY itself: the one-pass bound of selection */
	const char *level;		/* ceilings: registers, or the memory level that working_set is meant for */
	double working_set;		/* bytes that a bandwidth kernel goes through */
	bool like_update; /* bandwidth over as many bytes as a step on the rows of `set` (none: all) works on */
	/* made by lineup_add and kernel_run */
	char name[160];
	struct choice_text chosen; /* by method auto, else "" */
	struct kernel_args args[WORKLOAD_MAX_COPIES];
	int copies;
	struct kernel_args extra; /* of the yardstick that --inject adds to each call; k == 0: none is */
	struct kernel_cost cost;  /* of one call */
	struct level_traffic traffic;
	struct check check;
};

#define LINEUP_FILTERS 2 /* that of the command line, that of a plan's line */

struct lineup {
	const struct session *session;
	const regex_t *filters; /* all of them must match */
	int n_filters;
	const struct build *build;	  /* whose contenders are being entered: each build in turn */
	const struct kernel_set *kernels; /* and of it each of --isa */
	bool all_ceilings;		  /* they are what is asked for: of every build */
	struct point point;
	struct kept_set *sets;
	struct trial *trials;
	int n_sets, n_trials;
	unsigned ops; /* 1 << op of every step of every trial */
};

/* How a method takes part: as itself, or by a BLAS peer. */
struct entrant {
	const struct method *method;
	const char *name; /* as recorded: method->name, or the peer's */
	const struct blas_peer *peer;
};

/* The instruction set of its kernels. */
static inline const char *trial_isa(const struct trial *t)
{
	return t->steps[0]->isa;
}

void lineup_destroy(struct lineup *l);

/* The methods named by --method (none or "all": every one that this machine has); returns how many, or -EINVAL. */
int lineup_entrants(const struct session *s, const struct word_list *names, struct entrant *out, int max,
		    struct failure *f);
/* Takes the entrant of this name out of the n; returns how many are left, or -EINVAL and `why` if it was named. */
int lineup_leave_out(const struct word_list *names, struct entrant *v, int n, const char *name, const char *why,
		     struct failure *f);
/* The same for error_feedback, whose kernels are those of topk: it is a method of training alone. */
int lineup_leave_out_feedback(const struct word_list *names, struct entrant *v, int n, struct failure *f);

/* Is the word on the list, or the list "all"? */
bool lineup_named(const struct word_list *names, const char *word);

/*
 * The variants of a selection method that --select or --algo names ("all": all; names it does not have are skipped). If
 * that leaves none: its best, which is the first registered. Returns how many.
 */
int lineup_variants(const struct kernel_set *set, const char *select, const struct word_list *names,
		    const struct kernel **out, int max);

/* The index of the kept set of these properties, declared if new; -ENOMEM. tau: NAN: find it from k, where one is
 * taken. */
int lineup_set(struct lineup *l, const struct method *method, int k, double tau);

/*
 * Enters a contender of l->build unless the filter says no; the filter does not know builds. A kernel that is missing
 * (NULL) leaves it out. Ceilings are of the machine, so one build enters them for all, and
 * none where results are only checked: they have none.
 */
int lineup_add(struct lineup *l, const struct trial *t, struct failure *f);

/* Enters both yardsticks, whatever the filter says, if --yardstick asks for them and there is anything to time. */
int lineup_add_yardsticks(struct lineup *l, struct failure *f);

/*
 * Gives the trials of method auto, which stand there as top-k, the kernels that are fastest at this point; may measure,
 * so it comes before anything is timed.
 */
int lineup_tune(struct lineup *l, struct tuner *tuner, struct failure *f);

/*
 * Enters the ceilings that bound contenders whose operands take up to this many bytes each: multiply-adds, and the
 * streams (a list that ends with NULL) at every level of memory up to theirs; so that rooflines are of the same rounds.
 */
int lineup_add_roofline(struct lineup *l, double operand_bytes, const char *const *streams, struct failure *f);
/* The same for a layer of the point's shape, reading and writing. Alone they are no result: nothing if none has
 * entered. */
int lineup_add_layer_roofline(struct lineup *l, struct failure *f);

#endif
