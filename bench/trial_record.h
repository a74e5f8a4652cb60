/* SPDX-License-Identifier: MIT */
/* From a contender and its sample to a record. */
#ifndef BENCH_TRIAL_RECORD_H
#define BENCH_TRIAL_RECORD_H

#include "lineup.h"
#include "measure/measure.h"

/* The columns that are the same for all samples of a verified trial; no time yet, which is all a failed one gets. */
struct kernel_record trial_record(const struct lineup *l, const struct trial *t, const char *command);

/* Adds time and evidence. */
void trial_record_sample(struct kernel_record *r, const struct sample *s);

#endif
