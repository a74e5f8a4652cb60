/* SPDX-License-Identifier: MIT */
/* What a reader of a table has to know about the trainings in it: diverged, collapsed, left out, not reproducible. */
#ifndef REPORT_SUMMARY_NOTES_H
#define REPORT_SUMMARY_NOTES_H

#include "report/runs.h"
#include "report/table.h"
#include "report/verdict.h"

struct named_experiment {
	const struct experiment *e;
	const char *name;
};

/* Appends ` Diverged: topk k=1 (2 of 10 seeds).` and so on to the note of a table, for what happened at all. */
void note_trainings(struct table *t, const struct named_experiment *v, int n);
/* One line if any training was run twice and ended with other weights. 0 or -ENOMEM. */
int verdict_unreproduced(const struct experiment_list *list, struct verdict_list *out);

#endif
