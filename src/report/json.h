/* SPDX-License-Identifier: MIT */
/* JSON for other programs: Google Benchmark's format, and the conditions of a run. Reads nothing but its arguments. */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include "machine/machine.h"
#include "report/record.h"

#include <jansson.h>

/*
 * Writes samples in Google Benchmark's format, for its compare.py and for dashboards: repetitions share a name, times
 * are ns per call. Samples whose result was wrong carry error_occurred and no time. The file is replaced as a whole.
 */
int json_write_samples(const char *path, const struct kernel_record *records, size_t n, const struct conditions *c,
		       struct failure *f);

/* The same for trainings: one repetition per epoch, its time in ns, its accuracies as counters. */
int json_write_epochs(const char *path, const struct train_record *records, size_t n, const struct conditions *c,
		      struct failure *f);

/* All conditions as one flat object, keys named like the fields; NULL when out of memory. The caller owns it. */
json_t *json_conditions(const struct conditions *c);

/* Writes `value` to path, through a temporary file renamed into place; "-" is standard output. */
int json_write(const char *path, const json_t *value, struct failure *f);

#endif
