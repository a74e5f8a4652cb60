/* SPDX-License-Identifier: MIT */
/* The chapters of the study, one per family, and their figures. */
#ifndef TOOLS_REPORT_STUDY_H
#define TOOLS_REPORT_STUDY_H

#include "report_scene.h"

#include <errno.h>

/* Appends a chapter per family; one that has not been run says how. 0 or -ENOMEM. */
int study_chapters(struct chapter_list *list, const struct results *r);

/* What the study teaches, a sentence a line, for the head of its page. 0 or -ENOMEM. */
int study_lessons(const struct results *r, struct verdict_list *out);

/* The figures, a function per chapter; a figure without data is left out. */
plots_fn plots_study_k, plots_study_tau, plots_study_kept, plots_study_anneal, plots_study_strikes, plots_study_ratio,
	plots_study_map, plots_study_paper, plots_study_depth, plots_study_decay, plots_study_lazy,
	plots_study_lazy_time, plots_study_recipe, plots_study_other, plots_study_curves, plots_study_cost, plots_study_time;

/* Rows of figures none of whose experiments is in the list: tells each on `out` and returns how many. */
int study_rows_missing(const struct experiment_list *list, FILE *out);

#endif
