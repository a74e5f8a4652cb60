/* SPDX-License-Identifier: MIT */
/* The times of the study in tables, see study_time.h. All append to `out` what the records support: 0 or -ENOMEM. */
#ifndef REPORT_STUDY_TIME_TABLES_H
#define REPORT_STUDY_TIME_TABLES_H

#include "report/runs.h"
#include "report/summary.h"

/*
 * Seconds to 97.5 and 98.0 % of every experiment that was timed, the front marked; the phases of an epoch beside
 * PyTorch's; what selection costs; the backward pass over k, beside a straight line.
 */
int summary_times(const struct experiment_list *list, struct table_list *out);

#endif
