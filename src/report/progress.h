/* SPDX-License-Identifier: MIT */
/*
 * One line of progress with ETA on stderr; silent with --no-progress; no escape codes when stderr is no terminal
 * (there: a plain line now and then). Never called in a timed window.
 */
#ifndef REPORT_PROGRESS_H
#define REPORT_PROGRESS_H

#include <stdbool.h>

struct progress {
	double total, done; /* in expected seconds of work, or any unit that is linear in time */
	double started_s, printed_s;
	bool enabled, terminal;
	char label[96];
};

void progress_start(struct progress *p, bool enabled, double total, const char *label);
/* `done` is what was done since the last step; label NULL keeps the last one. */
void progress_step(struct progress *p, double done, const char *label);
/* Clears the line on a terminal. */
void progress_end(struct progress *p);

#endif
