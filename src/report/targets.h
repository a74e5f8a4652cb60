/* SPDX-License-Identifier: MIT */
/*
 * Targets: what the kernels should reach, as data, and the judgement of measured records by them. A target holds for
 * every cell (contender at a workload) that it describes. Each run is judged by its own ceilings and rounds; of several
 * runs the median counts. Runs of a cell are passes over the same line of a plan: processes that measured the same
 * contenders. Where two lines measure one cell, it has two verdicts. Reads nothing and measures nothing.
 */
#ifndef REPORT_TARGETS_H
#define REPORT_TARGETS_H

#include "report/series.h"
#include "report/summary.h"

struct target;

/*
 * What a cell reached: v.mid is NaN if that could not be said, and why tells the reason; low and high are NaN where
 * there are too few samples for an interval. beside: what it was compared with, "over BLIS 0.9.0", where the target
 * leaves a choice. skip: no cell of the target.
 */
struct quantity {
	struct interval v;
	char why[64], beside[64];
	bool skip;
};

typedef struct quantity quantity_fn(const struct target *t, const struct series_list *list, const struct series *s);

struct target {
	const char *id, *words;
	bool at_most; /* else at least */
	double bound;
	const char *unit; /* "x" for ratios, "" for shares of 1 */
	quantity_fn *measure;
	const char *versus; /* for measure: the algorithm or method compared with */
	/* The cells. Texts are alternatives with | between, NULL any; numbers 0 any. */
	const char *op, *method, *dw, *dist;
	int64_t batch, n_in, n_out, k, threads;
	int64_t least_batch, least_n_out;
	double above_share, max_share; /* above_share < k / n_out <= max_share */
	bool fastest;		       /* only the fastest selection of each cell */
};

extern const struct target targets[]; /* ends with id == NULL */

quantity_fn target_over_blas;	   /* speed relative to the best CBLAS library, of two at least */
quantity_fn target_over_dense;	   /* speed relative to the best dense kernel */
quantity_fn target_over_select;	   /* speed relative to the selection algorithm `versus` */
quantity_fn target_over_fixed;	   /* speed of method auto relative to the best fixed choice */
quantity_fn target_over_parts;	   /* speed of a fused kernel relative to dW and the step behind it */
quantity_fn target_reads;	   /* time in one-pass reads of the same rows */
quantity_fn target_against_method; /* time in times of method `versus` at the nearest k */
quantity_fn target_growth;	   /* time per element in times of that at n_out = 4096 and the same k / n_out */
quantity_fn target_peak_share;	   /* share of the FMA peak */
quantity_fn target_bound_share;	   /* share of its roofline bound */
quantity_fn target_step_share;	   /* share of what axpy reaches over as many bytes */
quantity_fn target_imbalance;	   /* (slowest - fastest thread) / slowest */
quantity_fn target_thread_share;   /* share of the ideal of this team, from one thread and the ceilings of both */

/* The verdicts, in the order of the targets; records for targets.csv. */
struct target_list {
	size_t n;
	struct target_record *v;
};

/* all: a target without a cell is not judged, instead of left out. 0 or -ENOMEM; free with target_list_destroy. */
int targets_judge(const struct kernel_record *records, size_t n, bool all, struct target_list *out);
void target_list_destroy(struct target_list *list);

/*
 * Below TARGET_RUNS runs a cell whose interval covers the bound (or that has none) is unsure: met or missed by its
 * median, marked ~ and counted apart. From then on the median of the runs decides.
 */
#define TARGET_RUNS 5
bool target_is_unsure(const struct target_record *r);

/* One table per target, a line per cell; then one of all targets. Nothing without verdicts. */
int summary_targets(const struct target_list *list, struct table_list *out);

#endif
