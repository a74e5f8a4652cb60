/* SPDX-License-Identifier: MIT */
/* Series laid out on two axes: what every table about kernels is made from. */
#ifndef REPORT_PIVOT_H
#define REPORT_PIVOT_H

#include "report/series.h"

typedef int series_compare_fn(const struct kernel_record *a, const struct kernel_record *b);
typedef bool series_filter_fn(const struct kernel_record *key);

/* Which series take part, and which of their columns make the rows and the columns of the table. */
struct axes {
	series_filter_fn *keep;
	series_compare_fn *row, *col;
};

struct pivot {
	int n_rows, n_cols;
	const struct kernel_record **rows, **cols; /* one example of each, sorted */
	const struct series **cells;		   /* (n_rows, n_cols); NULL: not measured */
};

/* Points into `v`. Of several series in one cell the fastest is kept. 0 or -ENOMEM. */
int pivot_create(struct pivot *p, const struct series *v, int n, const struct axes *axes);
void pivot_destroy(struct pivot *p);
const struct series *pivot_at(const struct pivot *p, int row, int col);

/* The series after `first` that still belong to its group: returns the index behind the last. */
int series_group_end(const struct series_list *list, int first, series_compare_fn *same);

/* Comparisons that serve as axes. */
int compare_method(const struct kernel_record *a, const struct kernel_record *b);
int compare_k(const struct kernel_record *a, const struct kernel_record *b);
int compare_tau(const struct kernel_record *a, const struct kernel_record *b);
int compare_threads(const struct kernel_record *a, const struct kernel_record *b);
int compare_threads_and_way(const struct kernel_record *a, const struct kernel_record *b);
int compare_way_and_tau(const struct kernel_record *a, const struct kernel_record *b);
int compare_workload_and_threads(const struct kernel_record *a, const struct kernel_record *b);

#endif
