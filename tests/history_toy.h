/* SPDX-License-Identifier: MIT */
/* A run whose ratios are known, and the rows of history that it becomes. */
#ifndef TESTS_HISTORY_TOY_H
#define TESTS_HISTORY_TOY_H

#include "report/history.h"

#define SET(field, text) snprintf(field, sizeof(field), "%s", text)
#define ROUNDS 8
#define RUN_1 "20261122T173314.248Z-vm-1"
#define RUN_2 "20261122T173314.250Z-vm-2"

struct kernels {
	size_t n;
	struct kernel_record v[512];
};

/* The rounds of one contender, ns per call in the first. The machine drifts: each round is slower, for all alike. */
void add(struct kernels *k, const char *run_id, const char *op, const char *method, int64_t kept, double ns);
/* Dense of 4000 ns, a BLAS of 3000 ns, and top-k. */
struct kernels *create(const char *run_id, double topk_ns);
/* The rows of k, which is released. */
struct history_list collect(struct kernels *k);

#endif
