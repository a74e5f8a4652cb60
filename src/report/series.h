/* SPDX-License-Identifier: MIT */
/*
 * Kernel records by contender: the samples of one point of the benchmark, and the numbers taken from them.
 * Everything that tables, plots and comparisons say about kernels comes through here.
 */
#ifndef REPORT_SERIES_H
#define REPORT_SERIES_H

#include "measure/stats.h"
#include "report/record.h"

#include <stdbool.h>

#define SERIES_LEVEL 0.95

/* One contender: all its usable samples, in the order of the file. */
struct series {
	const struct kernel_record *key; /* the first sample: the columns that identify the contender */
	const struct kernel_record **samples;
	int n;
	double ns; /* median ns of one call */
};

struct series_list {
	int n, n_failed;
	struct series *v;		    /* sorted by workload, threads, contender */
	const struct kernel_record **order; /* storage of all `samples` */
	struct series *failed;		    /* contenders with check=fail; their samples are in no series */
};

/*
 * The kernels under test alone, which is what tables and plots speak of. Points into `records`, which must outlive the
 * list. 0 or -ENOMEM.
 */
int series_list_create(struct series_list *list, const struct kernel_record *records, size_t n);
/* The same of another build: "base", "twin". */
int series_list_create_build(struct series_list *list, const struct kernel_record *records, size_t n,
			     const char *build);
void series_list_destroy(struct series_list *list);

/* Same operation, sizes, data, instruction set and cache state: tables compare only within this. */
int series_compare_workload(const struct kernel_record *a, const struct kernel_record *b);
/* Same way of working (method, selection, form of dW, library), whatever its k, tau and threads. */
int series_compare_way(const struct kernel_record *a, const struct kernel_record *b);
/* The same cell: workload, threads, way, k and tau; whichever build. */
int series_compare_cell(const struct kernel_record *a, const struct kernel_record *b);
/* All columns that identify a contender: its cell and its build. */
int series_compare(const struct kernel_record *a, const struct kernel_record *b);

bool series_is_dense(const struct kernel_record *key);
/* How the method is set: by k, by tau or not at all. */
bool series_takes_k(const struct kernel_record *key);
bool series_takes_tau(const struct kernel_record *key);

double series_sample_ns(const struct kernel_record *r); /* ns of one call */

/* The dense contender with the smallest median, of this workload and these threads; NULL if none was measured. */
const struct series *series_best_dense(const struct series_list *list, const struct kernel_record *key);

/*
 * The sample of `base` from the run and round of r; where a round was measured several times (dense once more for each
 * k, say) the one nearest in the file, which is the nearest in time. NULL if there is none.
 */
const struct kernel_record *series_partner(const struct series *base, const struct kernel_record *r);

/*
 * Speed-up of s over base: the median of the ratios base / s over samples of the same run and round, with its
 * order-statistic interval. *pairs (may be NULL): how many. mid is NaN without pairs; level is 0 if too few.
 */
struct interval series_speedup(const struct series *s, const struct series *base, int *pairs);

/*
 * Of an optimiser's step: its compulsory bytes per ns as a share of those that axpy reached in the same rounds over a
 * working set as large, and what that was. mid is NaN where it was not measured.
 */
struct interval series_step_share(const struct series_list *list, const struct series *s, double *bytes_per_ns);

/* One point of a sweep over k. */
struct sweep_point {
	double k;
	struct interval speedup;
};

/*
 * Where the speed-up crosses 1, interpolated on log k and log speed-up between neighbours; points by ascending k.
 * low and high come from the ends of the intervals. -inf: below the smallest k measured; +inf: above the largest;
 * NaN: no points. level is 0 where an interval is missing.
 */
struct interval series_break_even(const struct sweep_point *points, int n);

#endif
