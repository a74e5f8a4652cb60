/* SPDX-License-Identifier: MIT */
/*
 * The selections that are not given k largest: relu_skip, threshold, norm and tinyprop against their definitions on
 * hostile rows, and random_k, which has no unique answer, against its law.
 */
#include "reference.h"
#include "select_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

static void test_by_value_matches_definition(void **state)
{
	static const struct {
		const char *method;
		float tau;
	} cases[] = {{"relu_skip", 0},	      {"threshold", 0}, {"threshold", 0.5F}, {"threshold", 1e30F},
		     {"threshold", INFINITY}, {"norm", 1e-6F},	{"norm", 0.1F},	     {"norm", 0.25F},
		     {"norm", 0.5F},	      {"norm", 0.9F},	{"norm", 0.99999F}};
	struct rng r = rng_create(3, 0);

	(void)state;
	for (int s = 0; s < ROWS_SIZES; s++)
		for (int c = 0; c<COUNT(cases); c += rows_sizes[s]> 1024 ? 4 : 1) {
			struct rows p;

			rows_create(&p, ROWS_KINDS, rows_sizes[s]);
			rows_fill(&p, ROWS_KINDS, &r);
			p.args.tau = cases[c].tau;
			rows_against_reference(&p, cases[c].method);
			rows_destroy(&p);
		}
}

/* Whatever the norms told, as large as one row's or none, and whatever the shares. */
static void test_tinyprop_matches_definition(void **state)
{
	static const struct {
		double least, most;
		float seen, tau;
	} cases[] = {{0.1, 0.9, 0, 0.5F},    {0.1, 0.9, 100, 0.5F}, {0.02, 0.1, 1000, 1}, {0.1, 0.9, 1e30F, 1},
		     {0, 0, 10, 1},	     {1, 1, 10, 2},	    {0.9, 0.1, 300, 1},	  {0.05, 0.95, INFINITY, 1},
		     {0.1, 0.9, 1, 0.0625F}, {0.1, 0.9, 200, 0}};
	struct rng r = rng_create(7, 0);
	float l1[ROWS_KINDS];

	(void)state;
	for (int s = 0; s < ROWS_SIZES; s++)
		for (int c = 0; c<COUNT(cases); c += rows_sizes[s]> 1024 ? 4 : 1) {
			struct rows p;

			rows_create(&p, ROWS_KINDS, rows_sizes[s]);
			rows_fill(&p, ROWS_KINDS, &r);
			p.args.tinyprop = (struct tinyprop){cases[c].least, cases[c].most, cases[c].seen, l1};
			p.args.tau = cases[c].tau;
			rows_against_reference(&p, "tinyprop");
			for (int b = 0; b < ROWS_FINITE_KINDS; b++) {
				double sum = 0;

				for (int i = 0; i < rows_sizes[s]; i++)
					sum += fabs((double)rows_at(&p, b)[i]);
				assert_true(fabs(sum - (double)l1[b]) <= 1e-7 * sum + 1e-45);
			}
			rows_destroy(&p);
		}
}

static void run_and_check_random(struct rows *p, const struct kernel *kernel)
{
	int n = p->args.n_out, *hits = calloc((size_t)n + 1, sizeof(*hits));
	double chi2 = 0, expected = (double)p->args.batch * p->args.k / n;

	assert_non_null(hits);
	rows_run(p, kernel, 2);
	for (int b = 0; b < p->args.batch; b++) {
		const int32_t *index = p->kept.index + (size_t)b * (size_t)p->kept.stride;
		const float *value = p->kept.value + (size_t)b * (size_t)p->kept.stride;

		assert_int_equal(p->kept.count[b], p->args.k);
		for (int i = 0; i < p->args.k; i++) {
			assert_in_range(index[i], i ? index[i - 1] + 1 : 0, n - 1);
			assert_true(value[i] == rows_at(p, b)[index[i]] * p->args.rescale);
			hits[index[i]]++;
		}
	}
	for (int i = 0; i < n; i++)
		chi2 += (hits[i] - expected) * (hits[i] - expected) / (expected * (1 - (double)p->args.k / n));
	/* Mean n - 1, standard deviation sqrt(2n): six of them. */
	if (p->args.k > 0 && p->args.k < n)
		assert_true(chi2 * (n - 1) / n < n + 6 * sqrt(2.0 * n));
	assert_null(rows_check_canaries(p));
	free(hits);
}

static void test_random_k_is_uniform(void **state)
{
	static const int cases[][2] = {{1, 0}, {1, 1}, {2, 1}, {7, 3}, {33, 1}, {100, 70}, {500, 20}, {500, 500}};
	struct rng r = rng_create(5, 0);

	(void)state;
	for (int c = 0; c < COUNT(cases); c++) {
		struct rows p;

		rows_create(&p, 2000, cases[c][0]);
		for (int b = 0; b < p.args.batch; b++)
			rows_fill_gaussian(rows_at(&p, b), p.args.n_out, &r);
		p.args.k = cases[c][1];
		p.args.rescale = 1.25F;
		p.args.seed = 77;
		assert_true(rows_for_kernels("random_k", &p, run_and_check_random) > 0);
		rows_destroy(&p);
	}
}

/* The draw of a row depends on the seed and the row alone: not on the batch, the team, or the instruction set. */
static void test_random_k_is_reproducible(void **state)
{
	const struct kernel *first = kernel_find(&kernel_sets[0], OP_TOPK_SELECT, "random_k", NULL);
	struct rng r = rng_create(6, 0);
	struct rows p, q;

	(void)state;
	rows_create(&p, 8, 100);
	rows_fill(&p, ROWS_FINITE_KINDS, &r);
	rows_create(&q, 5, 100);
	memcpy(q.dy, p.dy, 500 * sizeof(float));
	p.args.k = q.args.k = 10;
	rows_run(&p, first, 1);
	for (const struct kernel_set *set = kernel_sets; set->isa; set++) {
		if (!set->supported())
			continue;
		rows_run(&q, kernel_find(set, OP_TOPK_SELECT, "random_k", NULL), 3);
		for (size_t b = 0; b < 5; b++)
			assert_memory_equal(p.kept.index + b * (size_t)p.kept.stride,
					    q.kept.index + b * (size_t)q.kept.stride, 10 * sizeof(int32_t));
	}
	q.args.seed = 1;
	rows_run(&q, first, 1);
	assert_memory_not_equal(p.kept.index, q.kept.index, 10 * sizeof(int32_t));
	rows_destroy(&p);
	rows_destroy(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_value_matches_definition),
		cmocka_unit_test(test_tinyprop_matches_definition),
		cmocka_unit_test(test_random_k_is_uniform),
		cmocka_unit_test(test_random_k_is_reproducible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
