/* SPDX-License-Identifier: MIT */
/* What a target measures of a cell: each function takes samples of the same rounds, see series.h and roofline.h. */
#include "report/roofline.h"
#include "report/summary_parts.h"
#include "report/targets.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONG_NS 1e5	 /* kernels below are too short to share among threads */
#define K_NEAR 0.03	 /* and 1 more: what rounding to whole entries costs */
#define GROWTH_FROM 4096 /* elements of a row: a sixteenth of the long ones */
#define SHARE_NEAR 0.002

static struct quantity unknown(const char *why)
{
	struct quantity q = {.v = {.mid = NAN, .low = NAN, .high = NAN}};

	snprintf(q.why, sizeof(q.why), "%s", why);
	return q;
}

static struct quantity judged(struct interval v, const char *why)
{
	if (!isfinite(v.mid))
		return unknown(why);
	if (v.level <= 0)
		v.low = v.high = NAN;
	return (struct quantity){.v = v};
}

/* Speed of s relative to base: above 1 where s is faster. */
static struct quantity over(const struct series *s, const struct series *base, const char *why)
{
	return base ? judged(series_speedup(s, base, NULL), "no rounds in common") : unknown(why);
}

/* Same workload and team. */
static bool is_beside(const struct kernel_record *a, const struct kernel_record *b)
{
	return a->threads == b->threads && series_compare_workload(a, b) == 0;
}

struct quantity target_over_blas(const struct target *t, const struct series_list *list, const struct series *s)
{
	struct quantity worst = unknown("no CBLAS library was measured");
	const char *first = NULL;
	bool several = false;

	(void)t;
	for (int i = 0; i < list->n; i++) {
		const struct kernel_record *key = list->v[i].key;
		struct quantity q;

		if (!key->library[0] || !is_beside(key, s->key))
			continue;
		several = several || (first && strcmp(first, key->library) != 0);
		first = key->library;
		q = over(s, &list->v[i], "no rounds in common");
		snprintf(q.beside, sizeof(q.beside), "over %s", key->library);
		if (!isfinite(worst.v.mid) || q.v.mid < worst.v.mid)
			worst = q;
	}
	if (first && !several) {
		worst = unknown("");
		snprintf(worst.why, sizeof(worst.why), "only %.40s was measured", first);
	}
	return worst;
}

struct quantity target_over_dense(const struct target *t, const struct series_list *list, const struct series *s)
{
	(void)t;
	return over(s, series_best_dense(list, s->key), "no dense kernel was measured");
}

struct quantity target_over_select(const struct target *t, const struct series_list *list, const struct series *s)
{
	const struct series *base = NULL;

	for (int i = 0; i < list->n; i++) {
		const struct kernel_record *key = list->v[i].key;

		if (is_beside(key, s->key) && !strcmp(key->method, s->key->method) && key->k == s->key->k &&
		    !strcmp(key->select, t->versus))
			base = &list->v[i];
	}
	return over(s, base, "the other algorithm was not measured");
}

struct quantity target_over_fixed(const struct target *t, const struct series_list *list, const struct series *s)
{
	(void)t;
	return over(s, summary_best_fixed(list, s->key), "no fixed choice was measured");
}

struct quantity target_over_parts(const struct target *t, const struct series_list *list, const struct series *s)
{
	const struct series *parts = NULL;
	struct kernel_record key = *s->key;

	(void)t;
	snprintf(key.dw, sizeof(key.dw), "rows");
	for (int i = 0; i < list->n; i++)
		if (series_compare(list->v[i].key, &key) == 0)
			parts = &list->v[i];
	return over(s, parts, "dW and the step were not measured apart");
}

struct quantity target_reads(const struct target *t, const struct series_list *list, const struct series *s)
{
	(void)t;
	for (int i = 0; i < list->n; i++) {
		const struct series *read = &list->v[i];
		const struct kernel_record *a = read->key, *b = s->key;

		if (!strcmp(a->op, "bandwidth") && a->batch == b->batch && a->n_in == b->n_in && a->n_out == b->n_out &&
		    a->threads == b->threads && !strcmp(a->dist, b->dist) && !strcmp(a->isa, b->isa))
			return over(read, s, "no rounds in common");
	}
	return (struct quantity){.skip = true}; /* selections timed beside a backward pass */
}

struct quantity target_against_method(const struct target *t, const struct series_list *list, const struct series *s)
{
	const struct series *best = NULL;
	int64_t nearest = (int64_t)(K_NEAR * (double)s->key->k) + 1;
	struct quantity q;

	for (int i = 0; i < list->n; i++) {
		const struct series *other = &list->v[i];
		int64_t distance = llabs(other->key->k - s->key->k);

		if (!is_beside(other->key, s->key) || strcmp(other->key->method, t->versus) || distance > nearest)
			continue;
		if (!best || distance < nearest || other->ns < best->ns)
			best = other;
		nearest = distance;
	}
	if (!best)
		return unknown("the other method was not measured at a similar k");
	q = over(best, s, "no rounds in common");
	snprintf(q.beside, sizeof(q.beside), "beside %.16s k=%lld", t->versus, (long long)best->key->k);
	return q;
}

struct quantity target_peak_share(const struct target *t, const struct series_list *list, const struct series *s)
{
	const struct roofline roof = series_roofline(list, s->key);

	(void)t;
	return judged(series_peak_share(s, &roof), "no FMA peak was measured");
}

struct quantity target_bound_share(const struct target *t, const struct series_list *list, const struct series *s)
{
	const struct roofline roof = series_roofline(list, s->key);

	(void)t;
	return judged(series_bound_share(s, &roof), "no ceiling of its level of memory was measured");
}

struct quantity target_step_share(const struct target *t, const struct series_list *list, const struct series *s)
{
	double stream;

	(void)t;
	return judged(series_step_share(list, s, &stream), "no axpy was measured");
}

struct quantity target_imbalance(const struct target *t, const struct series_list *list, const struct series *s)
{
	double *v = malloc(sizeof(*v) * (size_t)(s->n + 1));
	struct quantity q = unknown("out of memory");

	(void)t;
	(void)list;
	for (int i = 0; v && i < s->n; i++)
		v[i] = s->samples[i]->imbalance;
	if (v)
		q = judged(stats_median_interval(v, s->n, SERIES_LEVEL), "no samples");
	free(v);
	return q;
}

struct quantity target_thread_share(const struct target *t, const struct series_list *list, const struct series *s)
{
	const struct series *one = series_on_one_thread(list, s);

	(void)t;
	if (!one || one->ns < LONG_NS || (!strcmp(s->key->dw, "full") && !series_is_dense(s->key)))
		return (struct quantity){.skip = true};
	return judged(series_thread_share(list, s, one), "no ceiling of its level of memory was measured");
}

/* The same selection of the same share of rows of GROWTH_FROM elements. */
static bool is_shorter(const struct kernel_record *a, const struct kernel_record *b)
{
	double apart = (double)a->k / (double)a->n_out - (double)b->k / (double)b->n_out;

	return a->n_out == GROWTH_FROM && a->n_in == b->n_in && a->threads == b->threads &&
	       series_compare_way(a, b) == 0 && !strcmp(a->op, b->op) && !strcmp(a->dist, b->dist) &&
	       !strcmp(a->isa, b->isa) && fabs(apart) < SHARE_NEAR;
}

struct quantity target_growth(const struct target *t, const struct series_list *list, const struct series *s)
{
	(void)t;
	for (int i = 0; i < list->n; i++) {
		const struct kernel_record *a = list->v[i].key, *b = s->key;
		struct quantity q;
		double elements;

		if (!is_shorter(a, b))
			continue;
		elements = (double)(a->batch * a->n_out) / (double)(b->batch * b->n_out);
		q = over(&list->v[i], s, "no rounds in common");
		q.v.mid *= elements;
		q.v.low *= elements;
		q.v.high *= elements;
		return q;
	}
	return (struct quantity){.skip = true}; /* of this share no shorter rows */
}
