/* SPDX-License-Identifier: MIT */
/* The part of a stage that is about yardsticks, and about those that --inject adds to the twins' calls. */
#ifndef BENCH_STAGE_YARDSTICK_H
#define BENCH_STAGE_YARDSTICK_H

#include "stage.h"

/* The operands, where any yardstick will run. */
int stage_yardstick_create(struct stage *s, struct failure *f);
/* The arguments of a trial that is a yardstick. */
void stage_yardstick_args(const struct stage *s, struct trial *t);

/*
 * --inject: finds, for each twin that is right, how many steps of the yardstick take so many percent of its own time,
 * in a few rounds where both are timed side by side, and adds them to its calls. *stop as in measure_params.
 */
int stage_inject(const struct stage *s, const volatile int *stop, struct failure *f);

#endif
