/* SPDX-License-Identifier: MIT */
/* From series of samples to what each process measured: the numbers that judge.h takes. */
#ifndef TOOLS_COMPARE_ROUNDS_H
#define TOOLS_COMPARE_ROUNDS_H

#include "judge.h"
#include "report/series.h"

struct process_rounds {
	struct rounds *v;		    /* one per process (run_id), in order of appearance */
	const struct kernel_record **first; /* its first sample */
	int n;
	double *values; /* storage */
};

/* The ratios s / base of equal runs and rounds; base NULL: the ns of one call. 0 or -ENOMEM. */
int process_rounds_create(struct process_rounds *p, const struct series *s, const struct series *base);
void process_rounds_destroy(struct process_rounds *p);

/* The contender of this cell; NULL if it is not on the list. */
const struct series *series_list_find(const struct series_list *list, const struct kernel_record *cell);

/* The yardstick of this method that was timed beside the cell: at its point if there is one, else with its team. */
const struct series *series_list_yardstick(const struct series_list *list, const struct kernel_record *cell,
					   const char *method);
bool series_list_has_yardstick(const struct series_list *list);

#endif
