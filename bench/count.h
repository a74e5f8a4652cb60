/* SPDX-License-Identifier: MIT */
/*
 * --count: the instructions of one call, exact to the last one. The program starts itself again under valgrind's tool
 * callgrind, which counts; what the C library, OpenMP and the linker execute (memset, barriers) is left out: which of
 * their variants runs depends on the machine. There is no time in what is counted.
 */
#ifndef BENCH_COUNT_H
#define BENCH_COUNT_H

#include "base/failure.h"

#include <stdbool.h>
#include <stdint.h>

/* Whether this process counts: one that count_start has started. */
bool count_active(void);

/*
 * Runs this program with these words (n of them, behind the command's name) under callgrind, with passive waiting.
 * Returns its exit status, or -EINVAL with a sentence where valgrind is missing.
 */
int count_start(const char *command, int n, char *const *words, struct failure *f);

/* What is counted: one call of run(arg). */
struct counted {
	void (*run)(void *arg);
	void *arg;
	bool built_in; /* its code is part of this program, else it is in a library opened by it */
};

/* Around the calls of count_call. Between end and begin the program runs several times as fast; either takes a moment.
 */
void count_begin(void);
void count_end(void);

/* Calls it once and sets *instructions. 0, or a negative errno with a sentence. Only where count_active. */
int count_call(const struct counted *c, int64_t *instructions, struct failure *f);

/* The instructions in a profile that callgrind wrote, those of libraries of the system and of the object `harness` left
 * out; -1 if it is no profile. */
int64_t count_profile(const char *path, const char *harness);

#endif
