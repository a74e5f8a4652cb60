/* SPDX-License-Identifier: MIT */
/*
 * Compares the kernel records of two runs, contender by contender.
 * The runs were not interleaved, so drift of the machine is in every ratio: a first look, not a gate.
 */
#ifndef TOOLS_COMPARE_H
#define TOOLS_COMPARE_H

#include "report/series.h"
#include "report/table.h"

/* By severity, the worst first. */
enum verdict {
	VERDICT_WRONG,		/* the new result does not match its reference */
	VERDICT_REGRESSED,	/* the whole interval is slower by more than the threshold */
	VERDICT_MISSING,	/* in the old run only */
	VERDICT_INCONCLUSIVE,	/* the interval reaches across the threshold, or there are too few samples for one */
	VERDICT_NOT_COMPARABLE, /* another CPU or compiler */
	VERDICT_IMPROVED,	/* the whole interval is faster by more than the threshold */
	VERDICT_ADDED,		/* in the new run only */
	VERDICT_UNCHANGED,	/* the whole interval lies within the threshold */
	N_VERDICTS
};

struct comparison_cell {
	enum verdict verdict;
	const struct kernel_record *key;
	double old_ns, new_ns; /* medians of one call, NaN if absent */
	struct interval ratio; /* new / old time: above 1 is slower */
};

struct comparison {
	int n, counts[N_VERDICTS];
	struct comparison_cell *cells; /* sorted by severity, then by ratio */
};

/* threshold: a fraction, 0.05. The records must outlive the comparison. 0 or -ENOMEM. */
int comparison_create(struct comparison *c, const struct series_list *old, const struct series_list *new,
		      double threshold);
void comparison_destroy(struct comparison *c);

const char *verdict_name(enum verdict v);
/* Ratio of the medians with an interval of at least 95 %, conservative: from intervals of 97.5 % on each side. */
struct interval comparison_ratio(const struct series *old, const struct series *new);
int comparison_table(const struct comparison *c, struct table *t); /* 0 or -ENOMEM */
/* `1 wrong result, 2 regressed, ...` with the verdict of the whole. */
void comparison_print_summary(const struct comparison *c, double threshold, FILE *out);
int comparison_exit_status(const struct comparison *c);

#endif
