/* SPDX-License-Identifier: MIT */
/* The kernel records of result files and folders, for comparisons. */
#ifndef TOOLS_COMPARE_LOAD_H
#define TOOLS_COMPARE_LOAD_H

#include "compare.h"

/*
 * Appends the kernel records of a CSV file, plain or gzip, or of all such files of a folder; other kinds of records in
 * a folder are passed over. A torn last line is left out, with a warning. -EINVAL with a sentence: nothing there,
 * records of another kind, a foreign schema.
 */
int record_list_load(struct record_list *list, const char *path, struct failure *f);
/* Copies all of `more` to the end. 0 or -ENOMEM. */
int record_list_append(struct record_list *list, const struct record_list *more);
/* Leaves the cells whose names match, and the yardsticks. -EINVAL: no regular expression, or nothing is left. */
int record_list_filter(struct record_list *list, const char *pattern, struct failure *f);
#define TURNS_OF_PROCESS 10
/*
 * Runs that took turns with those of another build: TURNS_OF_PROCESS runs in a row become one process, its rounds
 * numbered through, all of this build. The runs of a cell are in the order of the list. 0 or -ENOMEM.
 */
int record_list_join_turns(struct record_list *list, const char *build);
void record_list_destroy(struct record_list *list);
bool record_list_has_build(const struct record_list *list, const char *build);

#endif
