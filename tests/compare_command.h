/* SPDX-License-Identifier: MIT */
/* mepcompare as a command in a folder of its own. Include before <cmocka.h>. */
#ifndef TESTS_COMPARE_COMMAND_H
#define TESTS_COMPARE_COMMAND_H

#include "gate_records.h"
#include "scratch.h"

struct compare_folder {
	char dir[SCRATCH_PATH];
	struct gate_records g;
};

/* cmocka's: *state is a struct compare_folder, its folder empty; the environment names no summary of GitHub's. */
int compare_setup(void **state);
int compare_teardown(void **state);

/* Runs it in the folder; what it says is in `out` there. The exit status, -1 where a signal ended it. */
int compare_run(const struct compare_folder *f, const char *arguments);
/* The same, and fails unless it ends with this status and says these words. */
void compare_expect(const struct compare_folder *f, const char *arguments, int status, const char *words);
/* The text of a file of the folder, to be freed. */
char *compare_text_of(const struct compare_folder *f, const char *name);
void compare_put_text(const struct compare_folder *f, const char *name, const char *text);

#endif
