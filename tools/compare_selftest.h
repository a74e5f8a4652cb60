/* SPDX-License-Identifier: MIT */
/*
 * The gate judged by its own rule: twins (copies of the same code, timed in the same rounds) stand for the new build.
 * Where nothing was injected, whatever is flagged is a false positive; where work was injected, it should be found.
 *
 * A trial takes as many processes as the rule asks for, in the order of the records, and judges all cells together; the
 * control is what the other processes without injected work show.
 */
#ifndef TOOLS_COMPARE_SELFTEST_H
#define TOOLS_COMPARE_SELFTEST_H

#include "compare.h"

#define SELFTEST_LEVELS 6

/* Trials at one share of injected work. */
struct selftest_tally {
	int trials, slower, faster, same; /* what was found */
	double ratio;			  /* measured: twin / original, median of the processes; NaN if there is none */
};

struct selftest_cell {
	const struct kernel_record *key;
	int processes, once; /* without injected work: how many; how many alone are beyond the threshold */
	double bias;	     /* the largest of them, NaN without */
	double detectable;   /* MDE: the largest of the trials, NaN without */
	struct selftest_tally tallies[SELFTEST_LEVELS];
};

struct selftest {
	struct rule rule;
	int n, n_levels;
	int percent[SELFTEST_LEVELS]; /* injected, ascending; 0 first */
	struct selftest_cell *cells;  /* by MDE, the largest first */
	struct selftest_tally all[SELFTEST_LEVELS];
	bool several_isas;
};

/* 0; -EINVAL with a sentence if there are no twins; -ENOMEM. The records must outlive it. */
int selftest_create(struct selftest *s, const struct record_list *records, const struct rule *rule, struct failure *f);
void selftest_destroy(struct selftest *s);

int selftest_table(const struct selftest *s, struct table *t); /* 0 or -ENOMEM */
void selftest_print_summary(const struct selftest *s, FILE *out);
/* EXIT_REGRESSION: identical code was flagged; EXIT_INCONCLUSIVE: no trial without injected work. */
enum exit_status selftest_exit_status(const struct selftest *s);

#endif
