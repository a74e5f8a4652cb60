/* SPDX-License-Identifier: MIT */
/*
 * Every selection kernel of every instruction set this CPU runs: against the definition (reference_keep) on hostile
 * rows of many sizes, against each other on many random rows, and for any team size. The buffers of dY have no slack,
 * so that a sanitizer sees a read past the end; outputs are poisoned, with canaries past what a kernel may write.
 * The checks themselves must reject planted mistakes.
 */
#include "base/rng.h"
#include "reference.h"

#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CANARIES 3
#define POISON 0x5a5a5a5a
#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

/* One call's operands, all owned here. */
struct problem {
	struct kernel_args args;
	struct sparse_dy kept;
	float *dy;
	uint8_t *keep;
};

static void *checked_alloc(size_t bytes)
{
	void *p = NULL;

	assert_int_equal(posix_memalign(&p, KERNEL_ALIGN, bytes ? bytes : 1), 0);
	return p;
}

static void problem_create(struct problem *p, int batch, int n)
{
	size_t size = (size_t)batch * (size_t)n;

	*p = (struct problem){.args = {.batch = batch, .n_out = n, .rescale = 1}};
	p->kept.stride = n + SPARSE_PAD + CANARIES;
	p->kept.count = checked_alloc((size_t)batch * sizeof(int32_t));
	p->kept.index = checked_alloc((size_t)batch * (size_t)p->kept.stride * sizeof(int32_t));
	p->kept.value = checked_alloc((size_t)batch * (size_t)p->kept.stride * sizeof(float));
	p->dy = checked_alloc(size * sizeof(float));
	p->keep = checked_alloc(size);
	p->args.kept = &p->kept;
	p->args.dy = p->dy;
}

static void problem_destroy(struct problem *p)
{
	free(p->kept.count);
	free(p->kept.index);
	free(p->kept.value);
	free(p->dy);
	free(p->keep);
}

static float *row_of(const struct problem *p, int b)
{
	return p->dy + (size_t)b * (size_t)p->args.n_out;
}

static int32_t bits_of(float x)
{
	int32_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

static int32_t magnitude_of(float x)
{
	return bits_of(x) & 0x7fffffff;
}

static void poison(struct problem *p)
{
	size_t size = (size_t)p->args.batch * (size_t)p->kept.stride;

	memset(p->kept.count, 0x5a, (size_t)p->args.batch * sizeof(int32_t));
	memset(p->kept.index, 0x5a, size * sizeof(int32_t));
	memset(p->kept.value, 0x5a, size * sizeof(float));
}

static void run(struct problem *p, const struct kernel *kernel, int threads)
{
	size_t bytes = kernel->scratch_bytes ? kernel->scratch_bytes(&p->args, threads) : 0;

	poison(p);
	p->args.scratch = checked_alloc(bytes);
	memset(p->args.scratch, 0xa5, bytes);
#pragma omp parallel num_threads(threads)
	kernel->run(&p->args, (struct team){omp_get_thread_num(), omp_get_num_threads()});
	free(p->args.scratch);
}

/* Rows of every kind that has broken a selection somewhere. */
static void fill_gaussian(float *row, int n, struct rng *r)
{
	for (int i = 0; i < n; i++)
		row[i] = (float)rng_gaussian(r);
}

static void fill_zeros(float *row, int n, struct rng *r, double share)
{
	fill_gaussian(row, n, r);
	for (int i = 0; i < n; i++)
		if (rng_uniform(r) < share)
			row[i] = rng_below(r, 2) ? 0.0F : -0.0F;
}

static void fill_zeros_50(float *row, int n, struct rng *r)
{
	fill_zeros(row, n, r, 0.5);
}

static void fill_zeros_90(float *row, int n, struct rng *r)
{
	fill_zeros(row, n, r, 0.9);
}

static void fill_zeros_all(float *row, int n, struct rng *r)
{
	fill_zeros(row, n, r, 1);
}

static void fill_ties(float *row, int n, struct rng *r)
{
	for (int i = 0; i < n; i++)
		row[i] = ((float)rng_below(r, 8) + 1) * (rng_below(r, 2) ? 0.25F : -0.25F);
}

static void fill_equal(float *row, int n, struct rng *r)
{
	for (int i = 0; i < n; i++)
		row[i] = rng_below(r, 2) ? 1.5F : -1.5F;
}

static void fill_sorted(float *row, int n, struct rng *r)
{
	(void)r;
	for (int i = 0; i < n; i++)
		row[i] = (float)(i + 1) * 0.01F;
}

static void fill_reversed(float *row, int n, struct rng *r)
{
	(void)r;
	for (int i = 0; i < n; i++)
		row[i] = (float)(n - i) * -0.01F;
}

static void fill_some(float *row, int n, struct rng *r, float special)
{
	fill_gaussian(row, n, r);
	for (int i = 0; i < n; i++)
		if (rng_below(r, 8) == 0)
			row[i] = rng_below(r, 2) ? special : -special;
}

static void fill_nan(float *row, int n, struct rng *r)
{
	fill_some(row, n, r, NAN);
}

static void fill_infinite(float *row, int n, struct rng *r)
{
	fill_some(row, n, r, INFINITY);
}

static void fill_nan_kinds(float *row, int n, struct rng *r)
{
	for (int i = 0; i < n; i++) {
		uint32_t bits = 0x7f7ffffe + rng_below(r, 1 << 23) * (rng_below(r, 2) ? 0x1u : 0x101u) % 0x7fffff;

		bits |= rng_below(r, 2) << 31;
		memcpy(&row[i], &bits, sizeof(bits));
	}
}

static void fill_denormal(float *row, int n, struct rng *r)
{
	for (int i = 0; i < n; i++)
		row[i] = (float)(int)rng_below(r, 2000) * 0x1p-149F * (rng_below(r, 2) ? 1 : -1);
}

static void fill_one_huge(float *row, int n, struct rng *r)
{
	for (int i = 0; i < n; i++)
		row[i] = (float)rng_gaussian(r) * 1e-30F;
	row[rng_below(r, (uint32_t)n)] = -3e38F;
}

static void fill_any_bits(float *row, int n, struct rng *r)
{
	for (int i = 0; i < n; i++) {
		uint32_t bits = (uint32_t)rng_next(r);

		memcpy(&row[i], &bits, sizeof(bits));
	}
}

/* Magnitudes over 60 powers of two: what a linear bracket resolves worst. */
static void fill_heavy(float *row, int n, struct rng *r)
{
	for (int i = 0; i < n; i++)
		row[i] = ldexpf((float)rng_gaussian(r), (int)rng_below(r, 60) - 30);
}

/* The upper half in a few neighbouring floats, the lower spread wide: brackets collapse. */
static void fill_cluster(float *row, int n, struct rng *r)
{
	for (int i = 0; i < n; i++)
		row[i] = rng_below(r, 2) ? 1 + (float)rng_below(r, 40) * 0x1p-23F : (float)rng_gaussian(r) * 1e-3F;
}

/* Blocks of 16 that alternate: a sample with a stride sees only one kind. */
static void fill_comb(float *row, int n, struct rng *r)
{
	for (int i = 0; i < n; i++)
		row[i] = (float)rng_gaussian(r) * (i / 8 % 2 ? 1e6F : 1);
}

static void (*const fills[])(float *, int, struct rng *) = {
	fill_gaussian, fill_zeros_50, fill_zeros_90, fill_zeros_all, fill_ties,	    fill_equal,
	fill_sorted,   fill_reversed, fill_denormal, fill_one_huge,  fill_heavy,    fill_cluster,
	fill_comb,     fill_infinite, fill_nan,	     fill_nan_kinds, fill_any_bits,
};
/* The first so many are finite. */
#define FINITE_FILLS 13

/* ---- Checks: NULL, or what is wrong. ---- */

static const char *check_canaries(const struct problem *p)
{
	const struct sparse_dy *kept = &p->kept;

	for (int b = 0; b < p->args.batch; b++)
		for (int i = p->args.n_out + SPARSE_PAD; i < kept->stride; i++) {
			size_t at = (size_t)b * (size_t)kept->stride + (size_t)i;

			if (kept->index[at] != POISON || bits_of(kept->value[at]) != POISON)
				return "wrote past the padding";
		}
	return NULL;
}

/* Against the keep flags of the definition. */
static const char *check_keep(const struct problem *p)
{
	const struct sparse_dy *kept = &p->kept;

	for (int b = 0; b < p->args.batch; b++) {
		const int32_t *index = kept->index + (size_t)b * (size_t)kept->stride;
		const float *value = kept->value + (size_t)b * (size_t)kept->stride, *row = row_of(p, b);
		const uint8_t *keep = p->keep + (size_t)b * (size_t)p->args.n_out;
		int at = 0;

		for (int i = 0; i < p->args.n_out; i++) {
			if (!keep[i])
				continue;
			if (at >= kept->count[b])
				return "an entry is missing";
			if (index[at] != i)
				return "wrong index";
			if (bits_of(value[at++]) != bits_of(row[i]))
				return "wrong value";
		}
		if (at != kept->count[b])
			return "too many entries";
	}
	return check_canaries(p);
}

/* The definition of exact top-k in O(n), for one row. */
static const char *check_row_by_rule(const struct problem *p, int b)
{
	const int32_t *index = p->kept.index + (size_t)b * (size_t)p->kept.stride;
	const float *value = p->kept.value + (size_t)b * (size_t)p->kept.stride, *row = row_of(p, b);
	int n = p->args.n_out, at = 0, lowest_dropped = n, highest_kept = -1;
	int32_t least = INT32_MAX, most = -1;

	if (p->kept.count[b] != (p->args.k < n ? p->args.k : n))
		return "wrong count";
	for (int i = 0; i < n; i++) {
		int32_t key = magnitude_of(row[i]);

		if (at < p->kept.count[b] && index[at] == i) {
			if (bits_of(value[at++]) != bits_of(row[i]))
				return "wrong value";
			highest_kept = key <= least ? i : highest_kept;
			least = key < least ? key : least;
		} else if (key > most) {
			most = key;
			lowest_dropped = i;
		}
	}
	if (at != p->kept.count[b])
		return "indices not ascending and distinct";
	if (least < most)
		return "kept less than it dropped";
	return least == most && at && highest_kept > lowest_dropped ? "ties not to the lowest index" : NULL;
}

static const char *check_by_rule(const struct problem *p)
{
	for (int b = 0; b < p->args.batch; b++) {
		const char *wrong = check_row_by_rule(p, b);

		if (wrong)
			return wrong;
	}
	return check_canaries(p);
}

static void demand(const char *wrong, const struct problem *p, const struct kernel *kernel, int threads)
{
	if (wrong)
		fail_msg("%s/%s (%s): %s: batch %d, n %d, k %d, tau %g, threads %d", kernel->method, kernel->variant,
			 kernel->isa, wrong, p->args.batch, p->args.n_out, p->args.k, (double)p->args.tau, threads);
}

/* Calls the body with every registered kernel of the method at every ISA of this CPU. */
typedef void kernel_body(struct problem *p, const struct kernel *kernel);

static int for_kernels(const char *method, struct problem *p, kernel_body *body)
{
	int found = 0;

	for (const struct kernel_set *set = kernel_sets; set->isa; set++)
		for (const struct kernel *k = set->kernels; set->supported() && k->method; k++)
			if (k->op == OP_TOPK_SELECT && !strcmp(k->method, method)) {
				body(p, k);
				found++;
			}
	return found;
}

static void run_and_check_keep(struct problem *p, const struct kernel *kernel)
{
	/* Teams that outnumber the processors spin: a few sizes will do for them. */
	int most = p->args.n_out <= 9 || p->args.n_out == 129 || p->args.n_out == 500 ? 3 : 1;

	for (int threads = 1; threads <= most; threads++) {
		run(p, kernel, threads);
		demand(check_keep(p), p, kernel, threads);
	}
}

static void against_reference(struct problem *p, const char *method)
{
	assert_true(reference_keep(method, &p->args, p->keep));
	assert_true(for_kernels(method, p, run_and_check_keep) > 0);
}

static const int sizes[] = {1,	2,  3,	 7,   8,   9,	15,  16,  17,	31,   33,  63,
			    64, 65, 100, 127, 128, 129, 500, 784, 1000, 1024, 4096};

static void fill_rows(struct problem *p, int n_fills, struct rng *r)
{
	for (int b = 0; b < p->args.batch; b++)
		fills[b % n_fills](row_of(p, b), p->args.n_out, r);
}

static void with_each_k(struct problem *p, const char *method)
{
	int n = p->args.n_out, ks[] = {0, 1, 2, 5, n / 4, n / 2, n - 1, n};

	/* The reference is quadratic. */
	for (int i = 0; i<COUNT(ks); i += n> 1024 ? 4 : n > 500 ? 2 : 1) {
		p->args.k = ks[i] < n ? ks[i] : n;
		against_reference(p, method);
	}
}

static void test_topk_matches_definition(void **state)
{
	struct rng r = rng_create(1, 0);

	(void)state;
	for (int s = 0; s < COUNT(sizes); s++) {
		struct problem p;

		problem_create(&p, COUNT(fills), sizes[s]);
		fill_rows(&p, COUNT(fills), &r);
		with_each_k(&p, "topk");
		problem_destroy(&p);
	}
}

static void test_unified_matches_definition(void **state)
{
	static const int batches[] = {0, 1, 2, 9, 64};
	struct rng r = rng_create(2, 0);

	(void)state;
	for (int s = 0; s < COUNT(sizes); s++)
		for (int i = 0; i < COUNT(batches); i++) {
			struct problem p;

			if (sizes[s] > 1024 || sizes[s] * batches[i] > 2048)
				continue;
			problem_create(&p, batches[i], sizes[s]);
			fill_rows(&p, i % 2 ? COUNT(fills) : FINITE_FILLS, &r);
			with_each_k(&p, "unified_topk");
			for (int b = 0; b < p.args.batch; b++)
				fill_ties(row_of(&p, b), sizes[s], &r);
			with_each_k(&p, "unified_topk");
			problem_destroy(&p);
		}
}

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
	for (int s = 0; s < COUNT(sizes); s++)
		for (int c = 0; c<COUNT(cases); c += sizes[s]> 1024 ? 4 : 1) {
			struct problem p;

			problem_create(&p, COUNT(fills), sizes[s]);
			fill_rows(&p, COUNT(fills), &r);
			p.args.tau = cases[c].tau;
			against_reference(&p, cases[c].method);
			problem_destroy(&p);
		}
}

static void run_and_check_rule(struct problem *p, const struct kernel *kernel)
{
	run(p, kernel, 1);
	demand(check_by_rule(p), p, kernel, 1);
}

/* Many random problems, checked by the rule in O(n); all variants then return the same set. */
static void test_topk_on_many_rows(void **state)
{
	struct rng r = rng_create(4, 0);
	int rows = 0;

	(void)state;
	while (rows < 24000) {
		int n = 1 + (int)rng_below(&r, rng_below(&r, 8) ? 300 : 3000);
		struct problem p;

		problem_create(&p, 2 * COUNT(fills), n);
		fill_rows(&p, COUNT(fills), &r);
		p.args.k = (int)rng_below(&r, 1 + (uint32_t)(rng_below(&r, 2) ? n : n / 20));
		for_kernels("topk", &p, run_and_check_rule);
		rows += p.args.batch;
		problem_destroy(&p);
	}
}

/* ---- random_k: no unique answer, but a law. ---- */

static void run_and_check_random(struct problem *p, const struct kernel *kernel)
{
	int n = p->args.n_out, *hits = calloc((size_t)n + 1, sizeof(*hits));
	double chi2 = 0, expected = (double)p->args.batch * p->args.k / n;

	assert_non_null(hits);
	run(p, kernel, 2);
	for (int b = 0; b < p->args.batch; b++) {
		const int32_t *index = p->kept.index + (size_t)b * (size_t)p->kept.stride;
		const float *value = p->kept.value + (size_t)b * (size_t)p->kept.stride;

		assert_int_equal(p->kept.count[b], p->args.k);
		for (int i = 0; i < p->args.k; i++) {
			assert_in_range(index[i], i ? index[i - 1] + 1 : 0, n - 1);
			assert_true(value[i] == row_of(p, b)[index[i]] * p->args.rescale);
			hits[index[i]]++;
		}
	}
	for (int i = 0; i < n; i++)
		chi2 += (hits[i] - expected) * (hits[i] - expected) / (expected * (1 - (double)p->args.k / n));
	/* Mean n - 1, standard deviation sqrt(2n): six of them. */
	if (p->args.k > 0 && p->args.k < n)
		assert_true(chi2 * (n - 1) / n < n + 6 * sqrt(2.0 * n));
	assert_null(check_canaries(p));
	free(hits);
}

static void test_random_k_is_uniform(void **state)
{
	static const int cases[][2] = {{1, 0}, {1, 1}, {2, 1}, {7, 3}, {33, 1}, {100, 70}, {500, 20}, {500, 500}};
	struct rng r = rng_create(5, 0);

	(void)state;
	for (int c = 0; c < COUNT(cases); c++) {
		struct problem p;

		problem_create(&p, 2000, cases[c][0]);
		for (int b = 0; b < p.args.batch; b++)
			fill_gaussian(row_of(&p, b), p.args.n_out, &r);
		p.args.k = cases[c][1];
		p.args.rescale = 1.25F;
		p.args.seed = 77;
		assert_true(for_kernels("random_k", &p, run_and_check_random) > 0);
		problem_destroy(&p);
	}
}

/* The draw of a row depends on the seed and the row alone: not on the batch, the team, or the instruction set. */
static void test_random_k_is_reproducible(void **state)
{
	const struct kernel *first = kernel_find(&kernel_sets[0], OP_TOPK_SELECT, "random_k", NULL);
	struct rng r = rng_create(6, 0);
	struct problem p, q;

	(void)state;
	problem_create(&p, 8, 100);
	fill_rows(&p, FINITE_FILLS, &r);
	problem_create(&q, 5, 100);
	memcpy(q.dy, p.dy, 500 * sizeof(float));
	p.args.k = q.args.k = 10;
	run(&p, first, 1);
	for (const struct kernel_set *set = kernel_sets; set->isa; set++) {
		if (!set->supported())
			continue;
		run(&q, kernel_find(set, OP_TOPK_SELECT, "random_k", NULL), 3);
		for (size_t b = 0; b < 5; b++)
			assert_memory_equal(p.kept.index + b * (size_t)p.kept.stride,
					    q.kept.index + b * (size_t)q.kept.stride, 10 * sizeof(int32_t));
	}
	q.args.seed = 1;
	run(&q, first, 1);
	assert_memory_not_equal(p.kept.index, q.kept.index, 10 * sizeof(int32_t));
	problem_destroy(&p);
	problem_destroy(&q);
}

/* ---- The checks reject what is wrong. ---- */

static void mutate_swap(struct problem *p)
{
	int32_t t = p->kept.index[0];

	p->kept.index[0] = p->kept.index[1];
	p->kept.index[1] = t;
}

/* Keeps the second of two ties instead of the first. */
static void mutate_tie(struct problem *p)
{
	p->kept.index[1] = 5;
	p->kept.value[1] = p->dy[5];
}

static void mutate_drop(struct problem *p)
{
	p->kept.count[0]--;
}

static void mutate_empty(struct problem *p)
{
	p->kept.count[0] = 0;
}

static void mutate_extra(struct problem *p)
{
	p->kept.index[p->kept.count[0]] = 7;
	p->kept.value[p->kept.count[0]++] = p->dy[7];
}

static void mutate_smaller(struct problem *p)
{
	p->kept.index[2] = 7;
	p->kept.value[2] = p->dy[7];
}

static void mutate_value(struct problem *p)
{
	p->kept.value[1] = -p->kept.value[1];
}

static void mutate_duplicate(struct problem *p)
{
	p->kept.index[1] = p->kept.index[0];
	p->kept.value[1] = p->kept.value[0];
}

static void mutate_overrun(struct problem *p)
{
	p->kept.index[p->args.n_out + SPARSE_PAD] = 0;
}

static void (*const mutants[])(struct problem *) = {
	mutate_swap,	mutate_tie,   mutate_drop,	mutate_empty,	mutate_extra,
	mutate_smaller, mutate_value, mutate_duplicate, mutate_overrun,
};

static void run_mutated(struct problem *p, const struct kernel *kernel)
{
	run(p, kernel, 1);
	assert_null(check_keep(p));
	assert_null(check_by_rule(p));
	for (int m = 0; m < COUNT(mutants); m++) {
		run(p, kernel, 1);
		mutants[m](p);
		assert_non_null(check_keep(p));
		assert_non_null(check_by_rule(p));
	}
}

static void test_checks_reject_mutants(void **state)
{
	/* The three largest are 0, 4 and 6, where 4 ties with 5. */
	static const float row[] = {9, 1, -1, 0, -3, 3, 5, 2};
	struct problem p;

	(void)state;
	problem_create(&p, 1, COUNT(row));
	memcpy(p.dy, row, sizeof(row));
	p.args.k = 3;
	assert_true(reference_keep("topk", &p.args, p.keep));
	assert_true(for_kernels("topk", &p, run_mutated) > 0);
	problem_destroy(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checks_reject_mutants),	   cmocka_unit_test(test_topk_matches_definition),
		cmocka_unit_test(test_unified_matches_definition), cmocka_unit_test(test_by_value_matches_definition),
		cmocka_unit_test(test_topk_on_many_rows),	   cmocka_unit_test(test_random_k_is_uniform),
		cmocka_unit_test(test_random_k_is_reproducible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
