/* SPDX-License-Identifier: MIT */
/*
 * The history of what was measured: ratios of accepted runs over time, a row per process and cell, in files of their
 * own, one per machine. Ratios, as absolute times of a shared machine say little; and never those of two machines (CPU,
 * compiler, flags, instruction set) side by side.
 */
#ifndef REPORT_HISTORY_H
#define REPORT_HISTORY_H

#include "report/record.h"

#define HISTORY_FOLDER "results/history"

struct history_list {
	size_t n;
	struct history_record *v;
	int left_out; /* history_collect: cells of the processes that had nothing in their rounds to be held against */
};

/*
 * The rows of a run: per process (run_id) each contender against the best dense of its rounds; dense, selections and
 * others that have no dense beside them against the yardstick of the same rounds, where it was entered. Refused with a
 * sentence that begins with `name`: what was measured under degraded conditions, has a wrong result, comes from a
 * modified tree or from another compiler than `compiler`, whose `flags` these are, or holds nothing to compare. 0 or a
 * negative errno; release with history_list_destroy.
 */
int history_collect(const struct kernel_record *records, size_t n, const char *name, const char *compiler,
		    const char *flags, struct history_list *out, struct failure *f);

/*
 * Appends the rows to FOLDER/<machine>.csv, made where it is not there. What is there already (same process, same cell)
 * is not added again: *added says how many rows were. 0 or a negative errno.
 */
int history_append(const char *folder, const struct history_list *rows, size_t *added, struct failure *f);

/*
 * All rows of the CSV files of a folder, sorted by machine, cell, then time; each process and cell once. A torn last
 * line is left out. 0 or a negative errno, -EINVAL where a file is none of ours.
 */
int history_load(const char *folder, struct history_list *out, struct failure *f);
void history_list_destroy(struct history_list *list);

int history_compare_machine(const struct history_record *a, const struct history_record *b);
/* With what it is held against: another best dense, or a yardstick of other code, makes another series. */
int history_compare_cell(const struct history_record *a, const struct history_record *b);

/* The name of a machine's file, without folder and ending. */
struct history_name {
	char s[200];
};
struct history_name history_machine_name(const struct history_record *r);

#endif
