/* SPDX-License-Identifier: MIT */
/* The study in tables: what the comparisons of study.h say, for terminal, Markdown and HTML. */
#ifndef REPORT_SUMMARY_STUDY_H
#define REPORT_SUMMARY_STUDY_H

#include "report/summary.h"

struct experiment_list;
struct study_family;

/*
 * A count of the verdicts of each curve that has begun, first; then, as details, the tables of all families. Of records
 * that no comparison of the study asks for: those of summary_train.
 */
int summary_study(const struct train_record *records, size_t n, struct table_list *out);
/* Whether the experiments of any comparison of the study are there. */
bool study_begun(const struct experiment_list *list);

/* The first table alone; the tables of one family; what stands in none. All append to `out` and return 0 or -ENOMEM. */
int summary_study_overview(const struct experiment_list *list, struct table_list *out);
int summary_study_family(const struct experiment_list *list, const struct study_family *family, struct table_list *out);
/* Of the family `anneal` the epochs at which it struck, of `tau` how many entries each layer kept: with its tables. */
int summary_study_strikes(const struct experiment_list *list, struct table_list *out);
int summary_study_kept(const struct experiment_list *list, struct table_list *out);
int summary_study_rest(const struct experiment_list *list, struct table_list *out);

/* A line for each curve that leads its family: what is better, worse, not told apart. */
int verdict_study(const struct experiment_list *list, struct verdict_list *out);

#endif
