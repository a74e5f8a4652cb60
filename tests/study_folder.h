/* SPDX-License-Identifier: MIT */
/* A tiny data set and a plan in a folder of their own, and the rows of studies run on them. */
#ifndef TESTS_STUDY_FOLDER_H
#define TESTS_STUDY_FOLDER_H

#include "command_run.h"

#define TOY "train --layers=9,8,6,10 --batch=20 "

struct study {
	char dir[SCRATCH_PATH], plan[SCRATCH_PATH + 16], out[SCRATCH_PATH + 16], rows[SCRATCH_PATH + 32];
	char data[SCRATCH_PATH + 16];
	struct failure f;
	struct train_record *records;
	size_t n;
};

/* Three experiments of three seeds, two epochs each. */
extern const char plan_text[];

/* Fixture: *state is a study. */
int study_setup(void **state);
int study_teardown(void **state);
/* The status of `mepbench study PLAN --out=OUT --data=DATA words`; text NULL: the plan that is there. */
int run_study(struct study *s, const char *text, const char *out, const char *const *words);
/* All rows of the folder, by experiment, seed and epoch. */
void read_rows(struct study *s);
int by_job(const void *a, const void *b);
void assert_same_rows(const struct study *s, const struct train_record *other, size_t n);

#endif
