/* SPDX-License-Identifier: MIT */
/*
 * Properties of the selections on a million random rows: widths of 1 to 1100, every distribution of data/dist.h and the
 * hostile rows of select_rows.h, any k. Top-k keeps exactly k distinct columns, the smallest kept is at least the
 * largest dropped, ties go to the lowest column; every algorithm of every instruction set keeps the same, bit by bit.
 * The other selections have rules of their own. Rows are shared out over threads; each is selected by one.
 * MEPBENCH_TEST_ROWS asks for fewer rows, for checkers that are slow.
 */
#include "data/dist.h"
#include "reference.h"
#include "select_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <omp.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))
#define ROWS_EACH 32 /* rows that share a width, a k and a seed */
#define N_KERNELS 64

static int rows_wanted(int usual)
{
	const char *text = getenv("MEPBENCH_TEST_ROWS");
	int asked = text ? atoi(text) : 0;

	return asked > 0 && asked < usual ? asked : usual;
}

/* Most rows are short, so that many fit in the time; k is any, small, or none and all. */
static void draw_case(struct rows *p, struct rng *r)
{
	static const uint32_t widest[] = {8, 8, 16, 16, 16, 32, 32, 32, 40, 40, 64, 64, 80, 130, 300, 1100};
	int n = 1 + (int)rng_below(r, widest[rng_below(r, COUNT(widest))]), n_dists = 0;

	rows_create(p, ROWS_EACH, n);
	while (dists[n_dists].name)
		n_dists++;
	for (int b = 0; b < ROWS_EACH; b++)
		dists[rng_below(r, (uint32_t)n_dists)].fill(rows_at(p, b), n, r);
	if (rng_below(r, 3) == 0)
		rows_fill(p, ROWS_KINDS, r);
	p->args.k = (int)rng_below(r, (uint32_t)n + 1);
	if (rng_below(r, 2))
		p->args.k = (int)rng_below(r, (uint32_t)n / 10 + 2);
	p->args.k = p->args.k < n ? p->args.k : n;
	p->args.tau = (float)rng_uniform(r) * 0.999F + 0.0005F;
	p->args.tinyprop =
		(struct tinyprop){0.5 * rng_uniform(r), rng_uniform(r), (float)rng_uniform(r) * (float)n, NULL};
	p->args.seed = rng_next(r);
}

/* The same entries in every row; the counts may differ from k. */
static bool same_kept(const struct rows *p, const struct rows *q)
{
	for (int b = 0; b < p->args.batch; b++) {
		size_t at = (size_t)b * (size_t)p->kept.stride, bytes = (size_t)p->kept.count[b] * sizeof(int32_t);

		if (p->kept.count[b] != q->kept.count[b] || memcmp(p->kept.index + at, q->kept.index + at, bytes) ||
		    memcmp(p->kept.value + at, q->kept.value + at, bytes))
			return false;
	}
	return true;
}

/* Whether the rows kept are right for the method; NULL, or what is wrong. */
typedef const char *rule_fn(struct rows *p);

static double kept_mass(const struct rows *p, int b, int from)
{
	const float *value = p->kept.value + (size_t)b * (size_t)p->kept.stride;
	double mass = 0;

	for (int i = from; i < p->kept.count[b]; i++)
		mass += fabs((double)value[i]);
	return mass;
}

/* The count of each row is taken from what was kept, and the rule of top-k must hold for it. */
static const char *rule_largest(struct rows *p)
{
	for (int b = 0; b < p->args.batch; b++) {
		const char *wrong;

		p->args.k = p->kept.count[b];
		wrong = p->args.k < 0 || p->args.k > p->args.n_out ? "impossible count" : rows_check_row(p, b);
		if (wrong)
			return wrong;
	}
	return rows_check_canaries(p);
}

static float least_kept(const struct rows *p, int b)
{
	const float *value = p->kept.value + (size_t)b * (size_t)p->kept.stride;
	float least = INFINITY;

	for (int i = 0; i < p->kept.count[b]; i++)
		least = fminf(least, fabsf(value[i]));
	return least;
}

/* The fewest whose mass exceeds tau of the row's; the last bits of a sum are free. */
static const char *rule_norm(struct rows *p)
{
	const char *wrong = rule_largest(p);

	for (int b = 0; b < p->args.batch && !wrong; b++) {
		double all = 0, mass = kept_mass(p, b, 0), slack = 1e-12;

		for (int i = 0; i < p->args.n_out; i++)
			all += fabs((double)rows_at(p, b)[i]);
		if (!isfinite(all))
			wrong = p->kept.count[b] == p->args.n_out ? NULL : "a norm that is not finite keeps all";
		else if (all == 0)
			wrong = p->kept.count[b] ? "a row of zeros keeps none" : NULL;
		else if (mass < (double)p->args.tau * all * (1 - slack))
			wrong = "too little mass";
		else if (mass - (double)least_kept(p, b) > (double)p->args.tau * all * (1 + slack))
			wrong = "more than the fewest";
	}
	return wrong;
}

/* A norm that lies at the edge of two counts may fall on either side. */
static const char *rule_tinyprop(struct rows *p)
{
	for (int b = 0; b < p->args.batch; b++) {
		double l1 = 0;

		for (int i = 0; i < p->args.n_out; i++)
			l1 += fabs((double)rows_at(p, b)[i]);
		if (p->kept.count[b] != reference_tinyprop_k(&p->args, l1) &&
		    p->kept.count[b] != reference_tinyprop_k(&p->args, l1 * (1 - 1e-6)) &&
		    p->kept.count[b] != reference_tinyprop_k(&p->args, l1 * (1 + 1e-6)))
			return "wrong count";
	}
	return rule_largest(p);
}

static const char *rule_by_value(struct rows *p, float least)
{
	for (int b = 0; b < p->args.batch; b++) {
		int wanted = 0;

		for (int i = 0; i < p->args.n_out; i++)
			wanted += (rows_bits(rows_at(p, b)[i]) & 0x7fffffff) >= rows_bits(least);
		if (p->kept.count[b] != wanted)
			return "wrong count";
	}
	return rule_largest(p);
}

static const char *rule_relu_skip(struct rows *p)
{
	return rule_by_value(p, 0x1p-149F);
}

static const char *rule_threshold(struct rows *p)
{
	return rule_by_value(p, p->args.tau);
}

/* k distinct columns, and their values. */
static const char *rule_random(struct rows *p)
{
	for (int b = 0; b < p->args.batch; b++) {
		const int32_t *index = p->kept.index + (size_t)b * (size_t)p->kept.stride;
		const float *value = p->kept.value + (size_t)b * (size_t)p->kept.stride;

		if (p->kept.count[b] != p->args.k)
			return "wrong count";
		for (int i = 0; i < p->args.k; i++)
			if (index[i] <= (i ? index[i - 1] : -1) || index[i] >= p->args.n_out)
				return "columns not ascending and distinct";
			else if (isnan(value[i]) ? !isnan(rows_at(p, b)[index[i]])
						 : value[i] != rows_at(p, b)[index[i]])
				return "wrong value";
	}
	return rows_check_canaries(p);
}

static const char *rule_topk(struct rows *p)
{
	return rows_check_rule(p);
}

/* The same k columns in every row, those of largest sum. */
static const char *rule_unified(struct rows *p)
{
	assert_true(reference_keep("unified_topk", &p->args, p->keep));
	return rows_check_keep(p);
}

static const struct {
	const char *method;
	rule_fn *rule;
	int rows;
} methods_tested[] = {
	{"topk", rule_topk, 1000000},	       {"norm", rule_norm, 20000},	     {"tinyprop", rule_tinyprop, 20000},
	{"relu_skip", rule_relu_skip, 20000},  {"threshold", rule_threshold, 20000}, {"random_k", rule_random, 20000},
	{"unified_topk", rule_unified, 20000},
};

/* The kernels of a method; returns how many. */
static int kernels_of(const char *method, const struct kernel **list)
{
	int n = 0;

	for (const struct kernel_set *set = kernel_sets; set->isa; set++)
		for (const struct kernel *k = set->kernels; set->supported() && k->method; k++)
			if (k->op == OP_TOPK_SELECT && !strcmp(k->method, method) && n < N_KERNELS)
				list[n++] = k;
	return n;
}

/* One case: the first kernel by the rule, the others like the first. Writes what is wrong, "" if nothing. */
static void try_case(int method, uint64_t at, char *text, size_t size)
{
	const struct kernel *list[N_KERNELS];
	int n = kernels_of(methods_tested[method].method, list);
	struct rng r = rng_create(17, at * 16 + (uint64_t)method);
	const char *wrong = NULL;
	struct rows p, q;
	int k;

	draw_case(&p, &r);
	q = p;
	k = p.args.k;
	rows_outputs(&q);
	rows_run_alone(&p, list[0]);
	for (int i = 0; i < n && !wrong; i++) {
		rows_run_alone(&q, list[i]);
		wrong = i ? (same_kept(&p, &q) ? NULL : "keeps something else than the first algorithm")
			  : methods_tested[method].rule(&p);
		p.args.k = k;
		if (wrong)
			snprintf(text, size, "%s/%s/%s: %s: case %llu, n %d, k %d, tau %g", list[i]->method,
				 list[i]->variant, list[i]->isa, wrong, (unsigned long long)at, p.args.n_out, k,
				 (double)p.args.tau);
	}
	rows_outputs_destroy(&q);
	rows_destroy(&p);
}

static void test_method(int method)
{
	int cases = rows_wanted(methods_tested[method].rows) / ROWS_EACH + 1;
	char text[240] = "";

#pragma omp parallel for schedule(dynamic, 8)
	for (int at = 0; at < cases; at++) {
		char own[240] = "";

		try_case(method, (uint64_t)at, own, sizeof(own));
		if (own[0]) {
#pragma omp critical
			memcpy(text, own, sizeof(text));
		}
	}
	if (text[0])
		fail_msg("%s", text);
}

static void test_methods(void **state)
{
	(void)state;
	for (int m = 0; m < COUNT(methods_tested); m++)
		test_method(m);
}

/* What the contract says of NaN, spelled out on one row: larger than infinity, by their bits, kept as they are. */
static void test_nan(void **state)
{
	static const uint32_t bits[] = {0x7fc00000, 0x3f800000, 0xffffffff, 0x7f800000, 0x7f800001,
					0x80000000, 0x7fc00000, 0xff800000, 0x00000001, 0x42000000};
	/* By falling magnitude, ties to the lowest column. */
	static const int order[] = {2, 0, 6, 4, 3, 7, 9, 1, 8, 5};
	const struct kernel *list[N_KERNELS];
	int n = kernels_of("topk", list);
	struct rows p;

	(void)state;
	rows_create(&p, 1, COUNT(bits));
	memcpy(p.dy, bits, sizeof(bits));
	for (int k = 0; k <= COUNT(bits); k++)
		for (int i = 0; i < n; i++) {
			memset(p.keep, 0, COUNT(bits));
			for (int j = 0; j < k; j++)
				p.keep[order[j]] = 1;
			p.args.k = k;
			rows_run_alone(&p, list[i]);
			rows_demand(rows_check_keep(&p), &p, list[i], 1);
		}
	rows_destroy(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_nan),
	};

	return cmocka_run_group_tests_name("select_properties", tests, NULL, NULL);
}
