/* SPDX-License-Identifier: MIT */
/* Rounds of contenders whose times are known, and the verdicts on them. */
#ifndef TESTS_TARGET_BENCH_H
#define TESTS_TARGET_BENCH_H

#include "report/targets.h"

#include <math.h>

#define ROUNDS 10
#define MAX 2000
#define SET(field, text) snprintf(field, sizeof(field), "%s", text)
#define NEAR(a, b) assert_true(fabs((a) - (b)) < 1e-6 * (b))

struct bench {
	struct kernel_record v[MAX];
	size_t n;
	struct target_list list;
};

struct bench *bench_create(void);
void bench_destroy(struct bench *b);
/* All rounds of a contender, returns the first; `like` gives workload, k and threads. */
struct kernel_record *add(struct bench *b, const char *run, const char *op, const char *method,
			  const struct kernel_record *like, double ns);
/* Names the selection of a contender. */
void algorithm(struct kernel_record *first, const char *name);
/* Rows of 500 that are read in 10 ns, selected in `ns`. */
void add_selection(struct bench *b, const char *run, double ns);
void judge(struct bench *b, bool all);
/* The only verdict on this target. */
const struct target_record *verdict_on(const struct bench *b, const char *id);

#endif
