/* SPDX-License-Identifier: MIT */
/* Operands for tests of the checker, and the words of its tests: what it must accept, what it must reject. */
#ifndef TESTS_CHECK_DATA_H
#define TESTS_CHECK_DATA_H

#include "measure/check.h"
#include "reference.h"

#include <stdint.h>

#define BATCH 13
#define N_IN 37
#define N_OUT 29
#define STRIDE (N_OUT + SPARSE_PAD)
#define SEED 7

struct fixture {
	struct kernel_args args;
	struct sparse_dy kept;
	struct row_list rows;
	int32_t count[BATCH], index[BATCH * STRIDE], row[N_OUT];
	float value[BATCH * STRIDE];
	float x[BATCH * N_IN], w[N_OUT * N_IN], bias[N_OUT], dy[BATCH * N_OUT];
	float y[BATCH * N_OUT], dx[BATCH * N_IN], dw[N_OUT * N_IN];
	uint8_t keep[BATCH * N_OUT];
};

/* Random operands, a third of dy zero; nothing is kept yet. */
void fixture_create(struct fixture *t);
/* The list of what `keep` marks. */
void keep_to_kept(struct fixture *t);
void select_right(struct fixture *t, const char *method);
struct check verdict(const struct fixture *t, enum kernel_op op, const char *method);
/* They fail the test otherwise. */
void accept(const struct fixture *t, enum kernel_op op, const char *method);
void reject(const struct fixture *t, enum kernel_op op, const char *method, const char *mutant);

#endif
