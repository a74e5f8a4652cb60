/* SPDX-License-Identifier: MIT */
/* The few lines that a reader takes home: what the tables say, in words, from the same numbers. */
#ifndef REPORT_VERDICT_H
#define REPORT_VERDICT_H

struct experiment_list;
struct series_list;

struct verdict_list {
	int count;
	char (*v)[256]; /* one line of plain text each */
};

/*
 * Per layer shape and team where top-k was measured (or all, if none): the dense contenders, and top-k against the best
 * of them at the k nearest to 20 (the paper's) with its break-even, writing the touched rows of dW where that was
 * measured. 0 or -ENOMEM.
 */
int verdict_kernel(const struct series_list *list, struct verdict_list *out);
/* Per top-k training: accuracy, time and backward time against dense. 0 or -ENOMEM. */
int verdict_train(const struct experiment_list *list, struct verdict_list *out);

/* A new, empty line at the end, valid until the next is added; NULL when out of memory. */
char *verdict_list_add(struct verdict_list *out);
void verdict_list_destroy(struct verdict_list *list);

#endif
