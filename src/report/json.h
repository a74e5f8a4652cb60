/* SPDX-License-Identifier: MIT */
/* JSON: for other programs in Google Benchmark's format, the conditions of a run, and files of our own read back. */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include "machine/machine.h"
#include "report/record.h"

#include <jansson.h>

/*
 * Writes samples in Google Benchmark's format, for its compare.py and for dashboards: repetitions share a name, times
 * are ns per call. Samples whose result was wrong carry error_occurred and a time of 0. The file is replaced as a whole.
 */
int json_write_samples(const char *path, const struct kernel_record *records, size_t n, const struct conditions *c,
		       struct failure *f);

/* The same for trainings: one repetition per epoch, its time in ns, its accuracies as counters. */
int json_write_epochs(const char *path, const struct train_record *records, size_t n, const struct conditions *c,
		      struct failure *f);

/* All conditions as one flat object, keys named like the fields; NULL when out of memory. The caller owns it. */
json_t *json_conditions(const struct conditions *c);

/* A string of any text; where that is not UTF-8, what is not ASCII becomes '?'. NULL when out of memory. */
json_t *json_text(const char *text);

/*
 * Reads an object from a file of at most JSON_MAX_BYTES; json_decref it. `what` is what the file should be. 0; -ENOENT,
 * -EINVAL with file and line, or -ENOMEM.
 */
#define JSON_MAX_BYTES ((size_t)4 << 20)
int json_read(const char *path, const char *what, json_t **value, struct failure *f);

/* Writes `value` to path, through a temporary file renamed into place; "-" is standard output. */
int json_write(const char *path, const json_t *value, struct failure *f);

#endif
