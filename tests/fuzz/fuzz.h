/* SPDX-License-Identifier: MIT */
/*
 * What the fuzzing targets share. A target is one file target_<name>.c with the function below: libFuzzer calls it with
 * inputs that it makes up (tools/run fuzz), replay.c with those that are kept (a normal test).
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include "base/failure.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Readers take paths: the name of a file in memory that holds just these bytes, until the next call. */
const char *fuzz_file(const void *bytes, size_t n);
/* The same, packed with gzip. */
const char *fuzz_gzip(const void *bytes, size_t n);

/* Whether to try a dear check on this input: one in `n`, by its content alone. */
int fuzz_one_in(unsigned n, const void *bytes, size_t size);

/* Ends the process unless the reader returned 0, or a negative errno and one sentence that fits a line. */
void fuzz_expect_sentence(int rc, const struct failure *f);
/* Ends the process with the words, as a crash does. */
void fuzz_broken(const char *words) __attribute__((noreturn));

#endif
