/* SPDX-License-Identifier: MIT */
/* See target_bench.h. */
#include "target_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct bench *bench_create(void)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	return b;
}

void bench_destroy(struct bench *b)
{
	target_list_destroy(&b->list);
	free(b);
}

/* All rounds of a contender; `like` gives workload, k and threads. */
struct kernel_record *add(struct bench *b, const char *run, const char *op, const char *method,
			  const struct kernel_record *like, double ns)
{
	struct kernel_record *first = &b->v[b->n];

	for (int round = 0; round < ROUNDS; round++) {
		struct kernel_record *r = &b->v[b->n++];

		*r = *like;
		r->round = round;
		r->calls = 1200;
		r->elapsed_ns = (int64_t)(ns * 100) * (12 + round * 7 % 12);
		SET(r->run_id, run);
		SET(r->op, op);
		SET(r->method, method);
		SET(r->isa, "avx2");
		SET(r->check, strcmp(op, "bandwidth") ? "ok" : "none");
	}
	assert_true(b->n <= MAX);
	return first;
}

void algorithm(struct kernel_record *first, const char *name)
{
	for (int i = 0; i < ROUNDS; i++)
		SET(first[i].select, name);
}

static const struct kernel_record row = {.batch = 64, .n_out = 500, .k = 20, .threads = 1, .dist = "gaussian"};

/* Rows that are read in 10 ns, selected in `ns`. */
void add_selection(struct bench *b, const char *run, double ns)
{
	struct kernel_record own = row;

	algorithm(add(b, run, "topk_select", "topk", &row, ns), "bracket");
	algorithm(add(b, run, "topk_select", "topk", &row, 20 * ns), "quickselect");
	own.k = 0;
	add(b, run, "bandwidth", "read", &own, 10);
}

void judge(struct bench *b, bool all)
{
	assert_int_equal(targets_judge(b->v, b->n, all, &b->list), 0);
}

/* The only verdict on this target. */
const struct target_record *verdict_on(const struct bench *b, const char *id)
{
	const struct target_record *found = NULL;

	for (size_t i = 0; i < b->list.n; i++) {
		if (strcmp(b->list.v[i].target, id) != 0)
			continue;
		assert_null(found);
		found = &b->list.v[i];
	}
	assert_non_null(found);
	return found;
}
