/* SPDX-License-Identifier: MIT */
/*
 * See series.h. The records are sorted by contender once, so that a contender is a stretch of pointers; sorting is
 * stable in file order, which is the order of time and serves to pair samples.
 */
#include "report/series.h"

#include "kernel.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare_int(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int compare_real(double a, double b)
{
	return (a > b) - (a < b);
}

/* The first that is not 0. */
static int first_difference(const int *differences, int n)
{
	for (int i = 0; i < n; i++) {
		if (differences[i])
			return differences[i];
	}
	return 0;
}

int series_compare_workload(const struct kernel_record *a, const struct kernel_record *b)
{
	const int d[] = {
		strcmp(a->op, b->op),
		compare_int(a->n_in, b->n_in),
		compare_int(a->n_out, b->n_out),
		compare_int(a->batch, b->batch),
		strcmp(a->dist, b->dist),
		strcmp(a->dataset, b->dataset),
		strcmp(a->cache, b->cache),
		strcmp(a->isa, b->isa),
		strcmp(a->optimizer, b->optimizer),
	};

	return first_difference(d, sizeof(d) / sizeof(d[0]));
}

int series_compare_way(const struct kernel_record *a, const struct kernel_record *b)
{
	const int d[] = {
		strcmp(a->method, b->method),
		strcmp(a->select, b->select),
		strcmp(a->dw, b->dw),
		strcmp(a->library, b->library),
	};

	return first_difference(d, sizeof(d) / sizeof(d[0]));
}

int series_compare_cell(const struct kernel_record *a, const struct kernel_record *b)
{
	const int d[] = {
		series_compare_workload(a, b), compare_int(a->threads, b->threads), series_compare_way(a, b),
		compare_int(a->k, b->k),       compare_real(a->tau, b->tau),
	};

	return first_difference(d, sizeof(d) / sizeof(d[0]));
}

int series_compare(const struct kernel_record *a, const struct kernel_record *b)
{
	int d = series_compare_cell(a, b);

	return d ? d : strcmp(a->build, b->build);
}

static int compare_order(const void *pa, const void *pb)
{
	const struct kernel_record *a = *(const struct kernel_record *const *)pa;
	const struct kernel_record *b = *(const struct kernel_record *const *)pb;
	int d = series_compare(a, b);

	return d ? d : (a > b) - (a < b);
}

/* Ceilings and yardsticks have no result to check. */
static bool is_unchecked(const struct kernel_record *r)
{
	return strcmp(r->op, "fma_peak") == 0 || strcmp(r->op, "bandwidth") == 0 || strcmp(r->op, "yardstick") == 0;
}

static bool is_failed(const struct kernel_record *r)
{
	return strcmp(r->check, "fail") == 0;
}

/* A sample is rejected by cause, never by value. What ran under valgrind, to be counted, has no time. */
static bool is_usable(const struct kernel_record *r)
{
	return r->calls > 0 && r->instructions == 0 && r->rejected == 0 && r->elapsed_ns > 0 &&
	       (strcmp(r->check, "ok") == 0 || (is_unchecked(r) && !is_failed(r)));
}

double series_sample_ns(const struct kernel_record *r)
{
	return (double)r->elapsed_ns / (double)r->calls;
}

/* Collects the pointers to those of this build that pass `keep`, sorted; returns how many. */
static int collect(const struct kernel_record *records, size_t n, const char *build,
		   bool (*keep)(const struct kernel_record *), const struct kernel_record **order)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(records[i].build, build) == 0 && keep(&records[i]))
			order[kept++] = &records[i];
	}
	qsort(order, kept, sizeof(const struct kernel_record *), compare_order);
	return (int)kept;
}

/* Cuts sorted pointers into one series per contender; returns how many. `v` NULL: counts only. */
static int cut(const struct kernel_record **order, int n, struct series *v)
{
	int n_series = 0;

	for (int i = 0; i < n; i++) {
		if (i && series_compare(order[i - 1], order[i]) == 0) {
			if (v)
				v[n_series - 1].n++;
			continue;
		}
		if (v)
			v[n_series] = (struct series){.key = order[i], .samples = &order[i], .n = 1};
		n_series++;
	}
	return n_series;
}

static int take_medians(struct series_list *list, int n_samples)
{
	double *ns = malloc(sizeof(*ns) * (size_t)(n_samples + 1));

	if (!ns)
		return -ENOMEM;
	for (int i = 0; i < list->n; i++) {
		for (int j = 0; j < list->v[i].n; j++)
			ns[j] = series_sample_ns(list->v[i].samples[j]);
		list->v[i].ns = stats_median(ns, list->v[i].n);
	}
	free(ns);
	return 0;
}

int series_list_create(struct series_list *list, const struct kernel_record *records, size_t n)
{
	return series_list_create_build(list, records, n, "");
}

int series_list_create_build(struct series_list *list, const struct kernel_record *records, size_t n, const char *build)
{
	int usable, failed;

	*list = (struct series_list){0};
	list->order = calloc(n + 1, sizeof(*list->order));
	if (!list->order)
		return -ENOMEM;
	usable = collect(records, n, build, is_usable, list->order);
	failed = collect(records, n, build, is_failed, list->order + usable);
	list->v = calloc((size_t)cut(list->order, usable, NULL) + 1, sizeof(*list->v));
	list->failed = calloc((size_t)cut(list->order + usable, failed, NULL) + 1, sizeof(*list->failed));
	if (!list->v || !list->failed)
		goto fail;
	list->n = cut(list->order, usable, list->v);
	list->n_failed = cut(list->order + usable, failed, list->failed);
	if (take_medians(list, usable) == 0)
		return 0;
fail:
	series_list_destroy(list);
	return -ENOMEM;
}

void series_list_destroy(struct series_list *list)
{
	free(list->v);
	free(list->failed);
	free(list->order);
	*list = (struct series_list){0};
}

bool series_is_dense(const struct kernel_record *key)
{
	return strncmp(key->method, "dense", 5) == 0;
}

bool series_takes_k(const struct kernel_record *key)
{
	const struct method *m = method_find(key->method);

	return m ? m->takes_k : key->k > 0;
}

bool series_takes_tau(const struct kernel_record *key)
{
	const struct method *m = method_find(key->method);

	return m ? m->takes_tau : key->k == 0 && key->tau > 0;
}

const struct series *series_best_dense(const struct series_list *list, const struct kernel_record *key)
{
	const struct series *best = NULL;

	for (int i = 0; i < list->n; i++) {
		const struct series *s = &list->v[i];

		if (series_is_dense(s->key) && s->key->threads == key->threads &&
		    series_compare_workload(s->key, key) == 0 && (!best || s->ns < best->ns))
			best = s;
	}
	return best;
}

const struct kernel_record *series_partner(const struct series *base, const struct kernel_record *r)
{
	int after = 0, before, end = base->n;

	/* The first sample behind r; samples are in the order of the file. */
	while (after < end) {
		int middle = after + (end - after) / 2;

		if (base->samples[middle] < r)
			after = middle + 1;
		else
			end = middle;
	}
	for (before = after - 1; before >= 0 || after < base->n;) {
		bool back = after == base->n || (before >= 0 && r - base->samples[before] <= base->samples[after] - r);
		const struct kernel_record *b = base->samples[back ? before-- : after++];

		if (b->round == r->round && strcmp(b->run_id, r->run_id) == 0)
			return b;
	}
	return NULL;
}

struct interval series_speedup(const struct series *s, const struct series *base, int *pairs)
{
	struct interval none = {.mid = NAN, .low = NAN, .high = NAN}, result = none;
	double *a = malloc(sizeof(*a) * 2 * (size_t)(s->n + 1)), *b = a ? a + s->n : NULL;
	int n = 0;

	for (int i = 0; a && i < s->n; i++) {
		const struct kernel_record *p = series_partner(base, s->samples[i]);

		if (!p)
			continue;
		a[n] = series_sample_ns(p);
		b[n++] = series_sample_ns(s->samples[i]);
	}
	if (n > 0)
		result = stats_ratio_interval(a, b, n, SERIES_LEVEL);
	if (pairs)
		*pairs = n;
	free(a);
	return result;
}

/* The axpy over as many bytes as the step of `key` works on. */
static const struct series *stream_of(const struct series_list *list, const struct kernel_record *key)
{
	for (int i = 0; i < list->n; i++) {
		struct kernel_record other = *list->v[i].key;

		if (strcmp(other.op, "bandwidth") != 0 || strcmp(other.select, key->method) != 0 || other.k != key->k ||
		    other.threads != key->threads)
			continue;
		memcpy(other.op, key->op, sizeof(other.op));
		memcpy(other.dataset, key->dataset, sizeof(other.dataset));
		if (series_compare_workload(&other, key) == 0)
			return &list->v[i];
	}
	return NULL;
}

struct interval series_step_share(const struct series_list *list, const struct series *s, double *bytes_per_ns)
{
	const struct series *stream = stream_of(list, s->key);
	struct interval r = {.mid = NAN, .low = NAN, .high = NAN};
	double scale;

	*bytes_per_ns = stream ? stream->key->bytes / stream->ns : NAN;
	if (!stream || !(stream->key->bytes > 0))
		return r;
	r = series_speedup(s, stream, NULL);
	scale = s->key->bytes / stream->key->bytes;
	r.mid *= scale;
	r.low *= scale;
	r.high *= scale;
	return r;
}

enum end { END_LOW, END_MID, END_HIGH };

static double end_of(const struct interval *i, enum end end)
{
	return end == END_LOW ? i->low : end == END_HIGH ? i->high : i->mid;
}

/* The first k at which the curve through these ends falls below 1. */
static double crossing(const struct sweep_point *points, int n, enum end end)
{
	for (int i = 0; i < n; i++) {
		double s = end_of(&points[i].speedup, end), before, share;

		if (s >= 1)
			continue;
		if (i == 0)
			return -INFINITY;
		before = end_of(&points[i - 1].speedup, end);
		share = log(before) / (log(before) - log(s));
		return points[i - 1].k * pow(points[i].k / points[i - 1].k, share);
	}
	return INFINITY;
}

struct interval series_break_even(const struct sweep_point *points, int n)
{
	struct interval r = {.mid = NAN, .low = NAN, .high = NAN, .level = SERIES_LEVEL};

	if (n == 0)
		return r;
	for (int i = 0; i < n; i++)
		r.level = points[i].speedup.level > 0 ? r.level : 0;
	r.mid = crossing(points, n, END_MID);
	r.low = crossing(points, n, END_LOW);
	r.high = crossing(points, n, END_HIGH);
	return r;
}
