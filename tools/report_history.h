/* SPDX-License-Identifier: MIT */
/* mepreport --accept and --history: a run joins the history, and the history as a report. */
#ifndef TOOLS_REPORT_HISTORY_H
#define TOOLS_REPORT_HISTORY_H

#include "report.h"

/* Appends the kernel records of the results folder dir to the history in `into`; *added says how many rows were new. */
int history_accept(const char *dir, const char *into, size_t *added, struct failure *f);

#endif
