/* SPDX-License-Identifier: MIT */
/* A command run within a test: its words, its status, and the records that it left. */
#ifndef TESTS_COMMAND_RUN_H
#define TESTS_COMMAND_RUN_H

#include "commands.h"
#include "report/record.h"
#include "scratch.h"

/* A result file in a folder of its own, and what a command left in it. */
struct run {
	char folder[SCRATCH_PATH], csv[SCRATCH_PATH + 16], flag[SCRATCH_PATH + 24];
	struct failure f;
	int status;
	struct kernel_record *records;
	size_t n;
};

void run_start(struct run *r);
void run_read(struct run *r);
void run_end(struct run *r);
/* The words after those that keep a test short; WORDS below. */
void parse(struct options *o, const char *command, struct run *r, const char *const *words);
/* Runs a command: in the folder that is there; in one made for it. */
void run_more(struct run *r, const char *command, const char *const *words);
void run_command(struct run *r, const char *command, const char *const *words);
/* Every record is of a kernel that is right, and has a time. */
void assert_all_timed(const struct run *r);
/* Records of this operation; method NULL: any; k < 0: any. */
int count_of(const struct run *r, const char *op, const char *method, int64_t k);

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

#endif
