/* SPDX-License-Identifier: MIT */
/* A plan in a folder of its own, and what a run of it leaves there. */
#ifndef TESTS_PLAN_FOLDER_H
#define TESTS_PLAN_FOLDER_H

#include "scratch.h"

struct folder {
	char dir[SCRATCH_PATH], plan[SCRATCH_PATH + 16], out[SCRATCH_PATH + 16]; /* out: the flag */
};

/* Fixture: *state is a folder. */
int plan_setup(void **state);
int plan_teardown(void **state);
/* Kernel records of a file in out. */
size_t count_records(const struct folder *d, const char *name);

#endif
