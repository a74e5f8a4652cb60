/* SPDX-License-Identifier: MIT */
/*
 * The operands of one point (shape x team size): fresh pages, first touched by the threads that will use them, filled
 * with data that is a function of the seed alone (not of the team), and fenced by guards against overruns.
 */
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

#include "base/failure.h"
#include "base/memory.h"
#include "data/dist.h"
#include "machine/machine.h"
#include "options.h"

/* Different dY that successive calls rotate through, so that no branch predictor learns one by heart. */
#define WORKLOAD_MAX_COPIES 8

struct workload_params {
	const struct binding *binding;
	struct shape shape;
	int threads;
	const struct dist *dist; /* of dY */
	int copies;		 /* of dY, 1..WORKLOAD_MAX_COPIES */
	unsigned ops;		 /* 1 << enum kernel_op of every operation that will run: which operands it needs */
	int n_states;		 /* of the optimiser that steps */
	uint64_t seed;
};

struct workload_block;

struct workload {
	struct workload_params p;
	struct kernel_args args[WORKLOAD_MAX_COPIES]; /* complete but for kept, k, tau, dw_rows, sgemm, and the numbers
							 of the update */
	struct row_list dw_rows;
	void *scratch;
	size_t scratch_bytes;
	struct workload_block *blocks;
};

/* 0, or a negative errno with nothing left to destroy. */
int workload_create(struct workload *w, const struct workload_params *p, struct failure *f);
void workload_destroy(struct workload *w);

/* Bytes that workload_create will take, and one more kept set: for refusing a point before the machine swaps. */
double workload_bytes(const struct workload_params *p);
double workload_kept_bytes(const struct workload_params *p);

/* One sparse dY of the workload's shape, its rows placed with the threads; owned by the workload. */
int workload_kept(struct workload *w, struct sparse_dy *kept, struct failure *f);

/* An empty list of rows of dW, with room for all; owned by the workload. */
int workload_rows(struct workload *w, struct row_list *list, struct failure *f);

/* At least n more floats, placed with the threads: what the bandwidth kernels stream through. */
int workload_floats(struct workload *w, size_t n, float **floats, struct failure *f);

/* Makes the shared scratch at least this large; args[].scratch follow. */
int workload_scratch(struct workload *w, size_t bytes, struct failure *f);

/* False if a guard around any block was overwritten: *what then names the block. Guards are renewed. */
bool workload_intact(struct workload *w, const char **what);

#endif
