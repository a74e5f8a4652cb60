/* SPDX-License-Identifier: MIT */
/*
 * topk and unified_topk, every algorithm of every instruction set this CPU runs: against the definition
 * (reference_keep) on hostile rows of many rows_sizes, for any team size, and against the rule on many random rows.
 * The checks themselves must reject planted mistakes.
 */
#include "reference.h"
#include "select_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <math.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

static void with_each_k(struct rows *p, const char *method)
{
	int n = p->args.n_out, ks[] = {n, n - 1, n / 2, n / 4, 5, 2, 1, 0};
	int step = n > 1024 ? 3 : n > 500 ? 2 : 1; /* the reference is quadratic */

	for (int i = 0; i < COUNT(ks); i += step) {
		p->args.k = ks[i] < n ? ks[i] : n;
		rows_against_reference(p, method);
	}
}

static void test_topk_matches_definition(void **state)
{
	struct rng r = rng_create(1, 0);

	(void)state;
	for (int s = 0; s < ROWS_SIZES; s++) {
		struct rows p;

		rows_create(&p, ROWS_KINDS, rows_sizes[s]);
		rows_fill(&p, ROWS_KINDS, &r);
		with_each_k(&p, "topk");
		rows_destroy(&p);
	}
}

/* A NaN in one column, an infinity in another: such a sum is the largest there is. */
static void spoil_columns(struct rows *p)
{
	if (p->args.batch > 0) {
		rows_at(p, p->args.batch / 2)[p->args.n_out / 2] = NAN;
		rows_at(p, p->args.batch - 1)[p->args.n_out / 3] = -INFINITY;
	}
}

static void test_unified_matches_definition(void **state)
{
	static const int batches[] = {0, 1, 2, 9, 64};
	struct rng r = rng_create(2, 0);

	(void)state;
	for (int s = 0; s < ROWS_SIZES; s++)
		for (int i = 0; i < COUNT(batches); i++) {
			struct rows p;

			if (rows_sizes[s] > 1024 || rows_sizes[s] * batches[i] > 2048)
				continue;
			rows_create(&p, batches[i], rows_sizes[s]);
			rows_fill(&p, ROWS_FINITE_KINDS, &r);
			with_each_k(&p, "unified_topk");
			spoil_columns(&p);
			with_each_k(&p, "unified_topk");
			for (int b = 0; b < p.args.batch; b++)
				rows_fill_ties(rows_at(&p, b), rows_sizes[s], &r);
			with_each_k(&p, "unified_topk");
			rows_destroy(&p);
		}
}

static void run_and_check_rule(struct rows *p, const struct kernel *kernel)
{
	rows_run(p, kernel, 1);
	rows_demand(rows_check_rule(p), p, kernel, 1);
}

/* Many random problems, checked by the rule in O(n); all variants then return the same set. */
static void test_topk_on_many_rows(void **state)
{
	struct rng r = rng_create(4, 0);
	int rows = 0;

	(void)state;
	while (rows < 24000) {
		int n = 1 + (int)rng_below(&r, rng_below(&r, 8) ? 300 : 3000);
		struct rows p;

		rows_create(&p, 2 * ROWS_KINDS, n);
		rows_fill(&p, ROWS_KINDS, &r);
		p.args.k = (int)rng_below(&r, 1 + (uint32_t)(rng_below(&r, 2) ? n : n / 20));
		rows_for_kernels("topk", &p, run_and_check_rule);
		rows += p.args.batch;
		rows_destroy(&p);
	}
}

/* ---- The checks reject what is wrong. ---- */

static void mutate_swap(struct rows *p)
{
	int32_t t = p->kept.index[0];

	p->kept.index[0] = p->kept.index[1];
	p->kept.index[1] = t;
}

/* Keeps the second of two ties instead of the first. */
static void mutate_tie(struct rows *p)
{
	p->kept.index[1] = 5;
	p->kept.value[1] = p->dy[5];
}

static void mutate_drop(struct rows *p)
{
	p->kept.count[0]--;
}

static void mutate_empty(struct rows *p)
{
	p->kept.count[0] = 0;
}

static void mutate_extra(struct rows *p)
{
	p->kept.index[p->kept.count[0]] = 7;
	p->kept.value[p->kept.count[0]++] = p->dy[7];
}

static void mutate_smaller(struct rows *p)
{
	p->kept.index[2] = 7;
	p->kept.value[2] = p->dy[7];
}

static void mutate_value(struct rows *p)
{
	p->kept.value[1] = -p->kept.value[1];
}

static void mutate_duplicate(struct rows *p)
{
	p->kept.index[1] = p->kept.index[0];
	p->kept.value[1] = p->kept.value[0];
}

static void mutate_overrun(struct rows *p)
{
	p->kept.index[p->args.n_out + SPARSE_PAD] = 0;
}

static void (*const mutants[])(struct rows *) = {
	mutate_swap,	mutate_tie,   mutate_drop,	mutate_empty,	mutate_extra,
	mutate_smaller, mutate_value, mutate_duplicate, mutate_overrun,
};

static void run_mutated(struct rows *p, const struct kernel *kernel)
{
	rows_run(p, kernel, 1);
	assert_null(rows_check_keep(p));
	assert_null(rows_check_rule(p));
	for (int m = 0; m < COUNT(mutants); m++) {
		rows_run(p, kernel, 1);
		mutants[m](p);
		assert_non_null(rows_check_keep(p));
		assert_non_null(rows_check_rule(p));
	}
}

static void test_checks_reject_mutants(void **state)
{
	/* The three largest are 0, 4 and 6, where 4 ties with 5. */
	static const float row[] = {9, 1, -1, 0, -3, 3, 5, 2};
	struct rows p;

	(void)state;
	rows_create(&p, 1, COUNT(row));
	memcpy(p.dy, row, sizeof(row));
	p.args.k = 3;
	assert_true(reference_keep("topk", &p.args, p.keep));
	assert_true(rows_for_kernels("topk", &p, run_mutated) > 0);
	rows_destroy(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checks_reject_mutants),
		cmocka_unit_test(test_topk_matches_definition),
		cmocka_unit_test(test_unified_matches_definition),
		cmocka_unit_test(test_topk_on_many_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
