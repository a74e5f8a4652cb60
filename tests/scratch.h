/* SPDX-License-Identifier: MIT */
/* What tests write: a folder of their own under /tmp, removed with all that it holds. Failures fail the test. */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <stddef.h>

#define SCRATCH_PATH 64

void scratch_create(char dir[SCRATCH_PATH]);
void scratch_destroy(const char *dir);

/* Fixtures: *state is the path of a file, not yet there, in a folder of its own. */
int scratch_setup(void **state);
int scratch_teardown(void **state);

void scratch_put(const char *path, const void *bytes, size_t n);
void scratch_put_text(const char *path, const char *text);
void scratch_put_gzip(const char *path, const void *bytes, size_t n);
/* The whole file, a zero behind it; free() it. n may be NULL. */
char *scratch_get(const char *path, size_t *n);

#endif
