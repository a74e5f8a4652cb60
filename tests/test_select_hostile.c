/* SPDX-License-Identifier: MIT */
/*
 * Rows built against the fast selections: against the samples that place levels and guess where the k-th is, against
 * levels that part the keys badly, against bounds by maxima; short rows and long ones, with every algorithm of every
 * instruction set this CPU runs. Top-k is checked by the rule, norm against the definition.
 */
#include "data/dist.h"
#include "reference.h"
#include "select_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <math.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

static float float_of(uint32_t bits)
{
	float x;

	memcpy(&x, &bits, sizeof(x));
	return x;
}

static float with_sign(float x, struct rng *r)
{
	return rng_below(r, 2) ? x : -x;
}

/* Groups of 16, 32 or 64 elements are sampled, evenly: `every` of these blocks is larger than the others. */
static void fill_blocks(float *row, int n, struct rng *r)
{
	int every = 2 + (int)rng_below(r, 40), block = 16 << rng_below(r, 3);

	for (int i = 0; i < n; i++)
		row[i] = with_sign((float)rng_uniform(r) + (i / block % every ? 0 : 2), r);
}

/* All keys share their leading bits: one level holds them all, again and again. */
static void fill_one_level(float *row, int n, struct rng *r)
{
	uint32_t bits = 1 + rng_below(r, 23);

	for (int i = 0; i < n; i++)
		row[i] = float_of(0x3f800000U | rng_below(r, 1U << bits) | rng_below(r, 2) << 31);
}

/* NaNs of many payloads, up to the largest key there is, and some finite values. */
static void fill_nan(float *row, int n, struct rng *r)
{
	for (int i = 0; i < n; i++)
		row[i] = rng_below(r, 4) ? float_of(0x7fffffffU - rng_below(r, 3 + rng_below(r, 300)))
					 : (float)rng_uniform(r);
}

/* Zeros, subnormals and the smallest normal values: the lowest level has most of them. */
static void fill_tiny(float *row, int n, struct rng *r)
{
	for (int i = 0; i < n; i++)
		row[i] = rng_below(r, 3) ? with_sign(0, r) : float_of(rng_below(r, 1U << rng_below(r, 25)));
}

/* One element in ten is large and all large ones tie, so that the cut falls among ties or just off them. */
static void fill_plateau(float *row, int n, struct rng *r)
{
	for (int i = 0; i < n; i++)
		row[i] = with_sign(rng_below(r, 10) ? (float)rng_uniform(r) : 1.0F, r);
}

typedef void fill_fn(float *row, int n, struct rng *r);

static fill_fn *const kinds[] = {fill_blocks, fill_one_level, fill_tiny, fill_plateau, fill_nan};

/* Those that `mepbench select` measures. */
static const char *const names[] = {"hostile_sample", "hostile_peaks", "hostile_level", "hostile_nested"};

#define FINITE_KINDS (COUNT(names) + COUNT(kinds) - 1) /* the first so many */
#define ALL_KINDS (FINITE_KINDS + 1)

static void fill_kind(int kind, float *row, int n, struct rng *r)
{
	if (kind < COUNT(names))
		dist_find(names[kind])->fill(row, n, r);
	else
		kinds[kind - COUNT(names)](row, n, r);
}

static void run_and_check_rule(struct rows *p, const struct kernel *kernel)
{
	rows_run(p, kernel, 1);
	rows_demand(rows_check_rule(p), p, kernel, 1);
}

/* n columns, some k; each batch has every kind, so that rows of all kinds advance together. */
static void check_topk(int n, struct rng *r, int rounds)
{
	struct rows p;

	rows_create(&p, ALL_KINDS, n);
	for (int round = 0; round < rounds; round++) {
		for (int b = 0; b < ALL_KINDS; b++)
			fill_kind((b + round) % ALL_KINDS, rows_at(&p, b), n, r);
		p.args.k = 1 + (int)rng_below(r, round % 2 ? (uint32_t)n : 1 + (uint32_t)n / 20);
		rows_for_kernels("topk", &p, run_and_check_rule);
	}
	rows_destroy(&p);
}

static void test_topk_on_short_rows(void **state)
{
	struct rng r = rng_create(11, 0);

	(void)state;
	for (int i = 0; i < 600; i++)
		check_topk(1 + (int)rng_below(&r, i % 4 ? 300 : 2500), &r, 2);
}

static void test_topk_on_long_rows(void **state)
{
	static const int sizes[] = {4096, 8191, 8200, 16383, 16384, 20001, 40000};
	struct rng r = rng_create(12, 0);

	(void)state;
	for (int i = 0; i < COUNT(sizes); i++)
		check_topk(sizes[i], &r, 6);
}

static void test_norm_matches_definition(void **state)
{
	static const float taus[] = {1e-6F, 0.1F, 0.5F, 0.9F, 0.9999F};
	static const int sizes[] = {1, 5, 16, 33, 64, 65, 127, 300, 500, 1000, 2100};
	struct rng r = rng_create(13, 0);

	(void)state;
	for (int s = 0; s < COUNT(sizes); s++)
		for (int t = 0; t<COUNT(taus); t += sizes[s]> 500 ? 2 : 1) {
			struct rows p;

			rows_create(&p, FINITE_KINDS, sizes[s]);
			for (int b = 0; b < FINITE_KINDS; b++)
				fill_kind(b, rows_at(&p, b), sizes[s], &r);
			p.args.tau = taus[t];
			rows_against_reference(&p, "norm");
			rows_destroy(&p);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_topk_on_short_rows),
		cmocka_unit_test(test_topk_on_long_rows),
		cmocka_unit_test(test_norm_matches_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
