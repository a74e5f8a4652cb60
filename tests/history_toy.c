/* SPDX-License-Identifier: MIT */
/* See history_toy.h. */
#include "history_toy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The machine drifts: each round is slower than the one before, for all alike. */
void add(struct kernels *k, const char *run_id, const char *op, const char *method, int64_t kept, double ns)
{
	for (int round = 0; round < ROUNDS; round++) {
		struct kernel_record *r = &k->v[k->n++];

		*r = (struct kernel_record){
			.batch = 8, .n_in = 40, .n_out = 30, .k = kept, .threads = 2, .round = round};
		SET(r->run_id, run_id);
		SET(r->op, op);
		SET(r->method, method);
		SET(r->isa, "avx2");
		SET(r->dist, "gaussian");
		SET(r->check, "ok");
		SET(r->cache, "warm");
		SET(r->bind, "core");
		SET(r->cpu, "CPU, \"one\"");
		SET(r->compiler, "gcc 12");
		SET(r->commit, "0123456789ab");
		r->calls = 1000;
		r->elapsed_ns = (int64_t)(1000 * ns * (1 + 0.1 * round));
	}
}

struct kernels *create(const char *run_id, double topk_ns)
{
	struct kernels *k = calloc(1, sizeof(*k));

	assert_non_null(k);
	add(k, run_id, "backward", "dense", 30, 4000);
	add(k, run_id, "backward", "dense_blas", 30, 3000);
	add(k, run_id, "backward", "topk", 5, topk_ns);
	return k;
}

struct history_list collect(struct kernels *k)
{
	struct history_list list;
	struct failure f = {""};

	assert_int_equal(history_collect(k->v, k->n, "run", "gcc 12", "-O3", &list, &f), 0);
	free(k);
	return list;
}
