/* SPDX-License-Identifier: MIT */
/* Any kernel of the registry on a stage of its own: all its operands in hostile memory (fenced.h), and calls of it. */
#ifndef TESTS_KERNEL_STAGE_H
#define TESTS_KERNEL_STAGE_H

#include "base/rng.h"
#include "fenced.h"
#include "kernel.h"

#define STAGE_WAYS 4

/* `kernel` .. `way` are the caller's; way < STAGE_WAYS chooses k, which operands there are, and sizes of caches. */
struct stage {
	const struct kernel *kernel;
	int batch, n_in, n_out;
	enum fenced_place place;
	int way;
	struct rng rng;
	struct kernel_args args;
	struct sparse_dy kept;
	struct row_list rows, touched;
	struct fenced block[12];
	int n;
};

void stage_create(struct stage *s);
void stage_destroy(struct stage *s);

/*
 * Calls the kernel with a team, on outputs and scratch filled with `poison`. NULL, or what it did that it must not;
 * then what is no result is blanked.
 */
const char *stage_call(struct stage *s, int team_size, int poison);

size_t stage_result_bytes(const struct stage *s);
/* Copies the results of the last call, one after the other; or compares them with such a copy. */
bool stage_results(const struct stage *s, char *copy, bool compare);

#endif
