/* SPDX-License-Identifier: MIT */
/*
 * The chapters of the summary, each appending its tables to a list: summary.c puts them together, mepreport puts its
 * plots between them. All return 0 or -ENOMEM.
 */
#ifndef REPORT_SUMMARY_PARTS_H
#define REPORT_SUMMARY_PARTS_H

#include "report/format.h"
#include "report/pivot.h"
#include "report/roofline.h"
#include "report/summary.h"

typedef int summary_part(const struct series_list *list, struct table_list *out);

summary_part summary_failures;	/* contenders whose result was wrong */
summary_part summary_ceilings;	/* FMA peak and bandwidth per team size */
summary_part summary_selection; /* algorithm x k */
summary_part summary_speedups;	/* per shape: dense, speed-up with break-even, GFLOP/s and % of the bound */
summary_part summary_break_even; /* per shape and team: k* of each method */
summary_part summary_threads;	 /* per operation: what more threads bring, against the ideal */
summary_part summary_ledgers;	/* per shape: select | dX | dW | clear against the whole */
summary_part summary_others;	/* forward */
summary_part summary_updates;	/* the optimisers' steps against the bandwidth */
summary_part summary_auto;	/* per shape: what method auto chose, against the best fixed choice */
summary_part summary_isas;	/* the same kernel on several instruction sets, where they competed */

/* A new table at the end of the list, valid until the next is added; NULL when out of memory. */
struct table *table_list_add(struct table_list *list, int n_rows, int n_cols, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * `64x784x500 gaussian, adam, avx2, 2 threads`: what the numbers of a table have in common. threads 0, optimizer and
 * isa "": not said.
 */
struct label {
	char s[136];
};
struct label label_workload(const struct kernel_record *key, int64_t threads);
/* `topk quickselect`, `topk quickselect, full dW`: the way of working; without a word only touched rows are written. */
struct label label_way(const struct kernel_record *key);
/* The fastest of what method auto could have chosen beside `mine`; NULL if none was measured. */
const struct series *summary_best_fixed(const struct series_list *list, const struct kernel_record *mine);

/* Series whose key says in which column they stand (k), not what they kept: that is in samples[0]->k. */
struct columns {
	struct series *v; /* as many as were given, in the same order */
	struct kernel_record *keys;
};
#define COLUMN_ALL INT64_MAX /* the column of methods that have neither k nor tau */
int columns_create(struct columns *c, const struct series *v, int n); /* 0 or -ENOMEM */
void columns_destroy(struct columns *c);

/* `12.3 (45%)`: GFLOP/s and the share of the roofline bound, where the ceilings are known. */
struct text format_rate(const struct series *s, const struct series_list *list);

#endif
