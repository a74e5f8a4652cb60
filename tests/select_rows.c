/* SPDX-License-Identifier: MIT */
/* See select_rows.h. Rows of every kind that has broken a selection somewhere, and the two ways to check what was kept.
 */
#include "select_rows.h"

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

static void *checked_alloc(size_t bytes)
{
	void *p = NULL;

	assert_int_equal(posix_memalign(&p, KERNEL_ALIGN, bytes ? bytes : 1), 0);
	return p;
}

void rows_outputs(struct rows *p)
{
	size_t batch = (size_t)p->args.batch, size = batch * (size_t)p->kept.stride;

	p->kept.count = checked_alloc(batch * sizeof(int32_t));
	p->kept.index = checked_alloc(size * sizeof(int32_t));
	p->kept.value = checked_alloc(size * sizeof(float));
	p->args.kept = &p->kept;
}

void rows_outputs_destroy(struct rows *p)
{
	free(p->kept.count);
	free(p->kept.index);
	free(p->kept.value);
}

void rows_create(struct rows *p, int batch, int n)
{
	size_t size = (size_t)batch * (size_t)n;

	*p = (struct rows){.args = {.batch = batch, .n_out = n, .rescale = 1}};
	p->kept.stride = n + SPARSE_PAD + CANARIES;
	rows_outputs(p);
	p->dy = checked_alloc(size * sizeof(float));
	p->keep = checked_alloc(size);
	p->args.dy = p->dy;
}

void rows_destroy(struct rows *p)
{
	rows_outputs_destroy(p);
	free(p->dy);
	free(p->keep);
}

float *rows_at(const struct rows *p, int b)
{
	return p->dy + (size_t)b * (size_t)p->args.n_out;
}

int32_t rows_bits(float x)
{
	int32_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits;
}

static int32_t magnitude_of(float x)
{
	return rows_bits(x) & 0x7fffffff;
}

static void poison(struct rows *p)
{
	size_t size = (size_t)p->args.batch * (size_t)p->kept.stride;

	memset(p->kept.count, 0x5a, (size_t)p->args.batch * sizeof(int32_t));
	memset(p->kept.index, 0x5a, size * sizeof(int32_t));
	memset(p->kept.value, 0x5a, size * sizeof(float));
}

/* Poisons outputs and a new scratch. */
static void prepare(struct rows *p, const struct kernel *kernel, int threads)
{
	size_t bytes = kernel->scratch_bytes ? kernel->scratch_bytes(&p->args, threads) : 0;

	poison(p);
	p->args.scratch = checked_alloc(bytes);
	memset(p->args.scratch, 0xa5, bytes);
}

void rows_run_alone(struct rows *p, const struct kernel *kernel)
{
	prepare(p, kernel, 1);
	kernel->run(&p->args, (struct team){0, 1});
	free(p->args.scratch);
}

void rows_run(struct rows *p, const struct kernel *kernel, int threads)
{
	prepare(p, kernel, threads);
#pragma omp parallel num_threads(threads)
	kernel->run(&p->args, (struct team){omp_get_thread_num(), omp_get_num_threads()});
	free(p->args.scratch);
}

void rows_fill_gaussian(float *row, int n, struct rng *r)
{
	for (int i = 0; i < n; i++)
		row[i] = (float)rng_gaussian(r);
}

static void fill_zeros(float *row, int n, struct rng *r, double share)
{
	rows_fill_gaussian(row, n, r);
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

void rows_fill_ties(float *row, int n, struct rng *r)
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
	rows_fill_gaussian(row, n, r);
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

		bits = rng_below(r, 3) ? bits : 0x7fffffff; /* the largest key there is, often */
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

static void (*const fills[ROWS_KINDS])(float *, int, struct rng *) = {
	rows_fill_gaussian, fill_zeros_50, fill_zeros_90, fill_zeros_all, rows_fill_ties, fill_equal,
	fill_sorted,	    fill_reversed, fill_denormal, fill_one_huge,  fill_heavy,	  fill_cluster,
	fill_comb,	    fill_infinite, fill_nan,	  fill_nan_kinds, fill_any_bits,
};

void rows_fill(struct rows *p, int n_fills, struct rng *r)
{
	for (int b = 0; b < p->args.batch; b++)
		fills[b % n_fills](rows_at(p, b), p->args.n_out, r);
}

/* ---- Checks: NULL, or what is wrong. ---- */

const char *rows_check_canaries(const struct rows *p)
{
	const struct sparse_dy *kept = &p->kept;

	for (int b = 0; b < p->args.batch; b++)
		for (int i = p->args.n_out + SPARSE_PAD; i < kept->stride; i++) {
			size_t at = (size_t)b * (size_t)kept->stride + (size_t)i;

			if (kept->index[at] != POISON || rows_bits(kept->value[at]) != POISON)
				return "wrote past the padding";
		}
	return NULL;
}

/* Against the keep flags of the definition. */
const char *rows_check_keep(const struct rows *p)
{
	const struct sparse_dy *kept = &p->kept;

	for (int b = 0; b < p->args.batch; b++) {
		const int32_t *index = kept->index + (size_t)b * (size_t)kept->stride;
		const float *value = kept->value + (size_t)b * (size_t)kept->stride, *row = rows_at(p, b);
		const uint8_t *keep = p->keep + (size_t)b * (size_t)p->args.n_out;
		int at = 0;

		for (int i = 0; i < p->args.n_out; i++) {
			if (!keep[i])
				continue;
			if (at >= kept->count[b])
				return "an entry is missing";
			if (index[at] != i)
				return "wrong index";
			if (rows_bits(value[at++]) != rows_bits(row[i]))
				return "wrong value";
		}
		if (at != kept->count[b])
			return "too many entries";
	}
	return rows_check_canaries(p);
}

/* The definition of exact top-k in O(n), for one row. */
const char *rows_check_row(const struct rows *p, int b)
{
	const int32_t *index = p->kept.index + (size_t)b * (size_t)p->kept.stride;
	const float *value = p->kept.value + (size_t)b * (size_t)p->kept.stride, *row = rows_at(p, b);
	int n = p->args.n_out, at = 0, lowest_dropped = n, highest_kept = -1;
	int32_t least = INT32_MAX, most = -1;

	if (p->kept.count[b] != (p->args.k < n ? p->args.k : n))
		return "wrong count";
	for (int i = 0; i < n; i++) {
		int32_t key = magnitude_of(row[i]);

		if (at < p->kept.count[b] && index[at] == i) {
			if (rows_bits(value[at++]) != rows_bits(row[i]))
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

const char *rows_check_rule(const struct rows *p)
{
	for (int b = 0; b < p->args.batch; b++) {
		const char *wrong = rows_check_row(p, b);

		if (wrong)
			return wrong;
	}
	return rows_check_canaries(p);
}

void rows_demand(const char *wrong, const struct rows *p, const struct kernel *kernel, int threads)
{
	if (wrong)
		fail_msg("%s/%s (%s): %s: batch %d, n %d, k %d, tau %g, threads %d", kernel->method, kernel->variant,
			 kernel->isa, wrong, p->args.batch, p->args.n_out, p->args.k, (double)p->args.tau, threads);
}

int rows_for_kernels(const char *method, struct rows *p, rows_body *body)
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

/* Teams cost a switch of threads per call where they outnumber the processors: some rows_sizes and k will do. */
static int largest_team(const struct kernel_args *a)
{
	static const int odd[] = {31, 33, 63, 129, 500};
	int n = a->n_out;
	bool teams = n <= 9;

	for (int i = 0; i < COUNT(odd); i++)
		teams = teams || n == odd[i];
	return teams && (a->k == 0 || a->k == n / 2 || a->k == n) ? 3 : 1;
}

static void run_and_check_keep(struct rows *p, const struct kernel *kernel)
{
	int most = largest_team(&p->args);

	for (int threads = 1; threads <= most; threads++) {
		rows_run(p, kernel, threads);
		rows_demand(rows_check_keep(p), p, kernel, threads);
	}
}

void rows_against_reference(struct rows *p, const char *method)
{
	assert_true(reference_keep(method, &p->args, p->keep));
	assert_true(rows_for_kernels(method, p, run_and_check_keep) > 0);
}

const int rows_sizes[] = {1,  2,  3,   7,   8,	 9,   15,  16,	17,   31,   33,	 63,
			  64, 65, 100, 127, 128, 129, 500, 784, 1000, 1024, 4096};
