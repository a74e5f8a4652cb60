/* SPDX-License-Identifier: MIT */
/*
 * What `ceilings`, `select` and `backward` share: points -> contenders -> verification -> interleaved samples ->
 * records (written after each point) -> tables. A command is the table of its points and the declaration of its
 * contenders.
 */
#ifndef BENCH_KERNEL_RUN_H
#define BENCH_KERNEL_RUN_H

#include "lineup.h"
#include "points.h"

struct kernel_plan {
	const char *command;
	/* The points of the options, appended with point_add. */
	int (*points)(const struct session *s, struct point_list *list, struct failure *f);
	/* Declares the contenders of l->point with lineup_add. */
	int (*enter)(struct lineup *l, struct failure *f);
	bool ceilings; /* they are all there is */
};

/* The command: an exit status (EXIT_WRONG_RESULT if any contender failed its check), or a negative errno. */
int kernel_run(const struct options *o, const struct kernel_plan *plan, struct failure *f);

#endif
