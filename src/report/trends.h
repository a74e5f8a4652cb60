/* SPDX-License-Identifier: MIT */
/*
 * The history by machine and cell, in order of time, with the places where a cell's ratio changed for good. What looks
 * for changes is one value per visit of a commit: consecutive processes of one commit are one visit, as code cannot
 * change between them.
 */
#ifndef REPORT_TRENDS_H
#define REPORT_TRENDS_H

#include "measure/stats.h"
#include "report/changes.h"
#include "report/history.h"

/* One cell. */
struct trend {
	const struct history_record *rows; /* by time, one per process */
	int n_rows, n;			   /* n: visits */
	int *visit;			   /* of each row: its visit, in the order of the machine */
	int *place;			   /* of each value: the same */
	double *value;			   /* per visit: log of the geometric mean ratio */
	struct change *changes;		   /* `at` is an index of place and value */
	int n_changes;
};

/* One machine. */
struct trend_machine {
	const struct history_record *key;
	const struct history_record **visits; /* the first row of each, by time */
	int n_visits, n, n_changes;
	struct change_reach reach; /* of the cells; values are visits */
	struct trend *v;	   /* in the order of history_compare_cell */
	struct change *changes;	   /* of all cells */
};

struct trend_list {
	int n;
	struct trend_machine *v;
};

/* `history` is sorted as history_load does, and must outlive the list. 0 or -ENOMEM. */
int trend_list_create(struct trend_list *list, const struct history_list *history);
void trend_list_destroy(struct trend_list *list);

/* Geometric mean ratio of the visits from `from` to before `to`. */
double trend_level(const struct trend *t, int from, int to);
/* Where the stretch that ends with the last visit begins. */
int trend_last_stretch(const struct trend *t);
/* A key with the columns of the cell, for series_* and label_*. */
struct kernel_record trend_key(const struct history_record *r);

#endif
