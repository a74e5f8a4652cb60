/* SPDX-License-Identifier: MIT */
/*
 * Runs the lines of a plan one after the other, each into its own CSV file of a results folder. A line that fails does
 * not stop the others.
 */
#ifndef BENCH_PLAN_RUN_H
#define BENCH_PLAN_RUN_H

#include "plan.h"
#include "results.h"

/*
 * Opens the folder, with --resume an old one, and runs what is not finished in it: the worst status of any line, or a
 * negative errno with a sentence. *results names the folder; release it with results_destroy unless negative.
 */
int plan_run(struct plan *plan, const struct options *o, struct results *results, struct failure *f);

/* Verifies the contenders of all lines and times none; nothing is written. EXIT_WRONG_RESULT if one is wrong. */
int plan_check(struct plan *plan);

/* What would run, and for how long. */
void plan_print(const struct plan *plan);

#endif
