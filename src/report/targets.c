/* SPDX-License-Identifier: MIT */
/* See targets.h. Sightings of cells are collected run by run, then joined: one verdict per target and cell. */
#include "report/targets.h"

#include "report/pivot.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One cell of one target in one run. */
struct sighting {
	const struct target *target;
	const struct kernel_record *key;
	struct quantity q;
	size_t line; /* the first run of the same line of the plan */
	bool timed;
	bool wrong; /* the result was */
	bool taken; /* part of a verdict */
};

/* A stretch of records of one process, and the contenders in it: one record of each, sorted. */
struct run {
	const struct kernel_record *records, **contenders;
	size_t n, n_contenders, line;
};

struct sightings {
	size_t n, capacity, n_runs;
	struct sighting *v;
	struct run *runs;
	bool several_isas;
};

/* Is it one of the alternatives that | separates? NULL: anything is. */
static bool is_of(const char *word, const char *alternatives)
{
	size_t n = strlen(word);

	if (!alternatives)
		return true;
	for (const char *a = alternatives;; a++) {
		size_t length = strcspn(a, "|");

		if (length == n && strncmp(a, word, n) == 0)
			return true;
		a += length;
		if (!*a)
			return false;
	}
}

static bool is_number(int64_t wanted, int64_t found)
{
	return wanted == 0 || wanted == found;
}

static bool is_cell(const struct target *t, const struct kernel_record *r)
{
	double share = r->n_out > 0 ? (double)r->k / (double)r->n_out : 0;

	return !r->build[0] && is_of(r->op, t->op) && is_of(r->method, t->method) && is_of(r->dw, t->dw) &&
	       is_of(r->dist, t->dist) && is_number(t->batch, r->batch) && is_number(t->n_in, r->n_in) &&
	       is_number(t->n_out, r->n_out) && is_number(t->k, r->k) && is_number(t->threads, r->threads) &&
	       r->batch >= t->least_batch && r->n_out >= t->least_n_out &&
	       (t->max_share <= 0 || (share > t->above_share && share <= t->max_share));
}

/* The same cell of this target: where only the fastest selection counts, whatever it is. */
static bool is_same_cell(const struct target *t, const struct kernel_record *a, const struct kernel_record *b)
{
	struct kernel_record other = *a;

	if (t->fastest)
		memcpy(other.select, b->select, sizeof(other.select));
	return series_compare(&other, b) == 0;
}

/* The fastest of this cell; NULL if none has samples. */
static const struct series *find_fastest(const struct target *t, const struct series_list *list,
					 const struct kernel_record *key)
{
	const struct series *best = NULL;

	for (int i = 0; i < list->n; i++)
		if (is_same_cell(t, list->v[i].key, key) && (!best || list->v[i].ns < best->ns))
			best = &list->v[i];
	return best;
}

static int keep(struct sightings *all, const struct sighting *s)
{
	if (all->n == all->capacity) {
		size_t capacity = all->capacity ? 2 * all->capacity : 256;
		struct sighting *more = realloc(all->v, capacity * sizeof(*more));

		if (!more)
			return -ENOMEM;
		all->v = more;
		all->capacity = capacity;
	}
	all->v[all->n++] = *s;
	return 0;
}

static bool has_failed(const struct series_list *list, const struct kernel_record *key)
{
	for (int i = 0; i < list->n_failed; i++)
		if (series_compare(list->failed[i].key, key) == 0)
			return true;
	return false;
}

/* A cell that nothing was timed for is seen too, and says why. */
static struct sighting see_untimed(const struct target *t, const struct series_list *list,
				   const struct kernel_record **key)
{
	struct series s = {.key = *key, .samples = key, .n = 1, .ns = NAN};
	struct sighting seen = {
		.target = t, .key = *key, .q = t->measure(t, list, &s), .wrong = has_failed(list, *key)};

	seen.q.v = (struct interval){.mid = NAN, .low = NAN, .high = NAN};
	snprintf(seen.q.why, sizeof(seen.q.why), "%s", seen.wrong ? "wrong result" : "no accepted sample");
	return seen;
}

static int look_at_contender(const struct target *t, const struct series_list *list, const struct kernel_record **key,
			     size_t line, struct sightings *all)
{
	const struct series *s;
	struct sighting seen;

	if (!is_cell(t, *key))
		return 0;
	s = find_fastest(t, list, *key);
	if (s && series_compare(s->key, *key) != 0)
		return 0;
	if (s)
		seen = (struct sighting){.target = t, .key = s->key, .q = t->measure(t, list, s), .timed = true};
	else
		seen = see_untimed(t, list, key);
	seen.line = line;
	return seen.q.skip ? 0 : keep(all, &seen);
}

static int look_at_run(const struct run *run, struct sightings *all)
{
	struct series_list list;
	int rc = series_list_create(&list, run->records, run->n);

	for (const struct target *t = targets; t->id && !rc; t++)
		for (size_t i = 0; i < run->n_contenders && !rc; i++)
			rc = look_at_contender(t, &list, &run->contenders[i], run->line, all);
	series_list_destroy(&list);
	return rc;
}

static int compare_contenders(const void *pa, const void *pb)
{
	const struct kernel_record *a = *(const struct kernel_record *const *)pa;
	const struct kernel_record *b = *(const struct kernel_record *const *)pb;
	int d = series_compare(a, b);

	return d ? d : (a > b) - (a < b);
}

static int find_contenders(struct run *run)
{
	const struct kernel_record **v = calloc(run->n, sizeof(*v));
	size_t n = 0;

	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < run->n; i++)
		v[i] = &run->records[i];
	qsort(v, run->n, sizeof(const struct kernel_record *), compare_contenders);
	for (size_t i = 0; i < run->n; i++)
		if (!n || series_compare(v[n - 1], v[i]) != 0)
			v[n++] = v[i];
	run->contenders = v;
	run->n_contenders = n;
	return 0;
}

static bool is_same_line(const struct run *a, const struct run *b)
{
	if (a->n_contenders != b->n_contenders)
		return false;
	for (size_t i = 0; i < a->n_contenders; i++)
		if (series_compare(a->contenders[i], b->contenders[i]) != 0)
			return false;
	return true;
}

/* Appends a run, whose line is that of the first one with the same contenders. */
static int add_run(struct sightings *all, const struct kernel_record *records, size_t n)
{
	struct run *more = realloc(all->runs, (all->n_runs + 1) * sizeof(*more)), *run;

	if (!more)
		return -ENOMEM;
	all->runs = more;
	run = &more[all->n_runs];
	*run = (struct run){.records = records, .n = n};
	if (find_contenders(run))
		return -ENOMEM;
	while (run->line < all->n_runs && !is_same_line(&more[run->line], run))
		run->line++;
	all->n_runs++;
	return 0;
}

/* A run is a stretch of records of one process: commands write them one after another. */
static int look_at_all(const struct kernel_record *records, size_t n, struct sightings *all)
{
	int rc = 0;

	for (size_t i = 0, end; i < n && !rc; i = end) {
		for (end = i + 1; end < n && !strcmp(records[end].run_id, records[i].run_id);)
			end++;
		rc = add_run(all, records + i, end - i);
		rc = rc ? rc : look_at_run(&all->runs[all->n_runs - 1], all);
	}
	for (size_t i = 1; i < all->n; i++)
		all->several_isas = all->several_isas || strcmp(all->v[i].key->isa, all->v[0].key->isa) != 0;
	return rc;
}

static void sightings_destroy(struct sightings *all)
{
	for (size_t i = 0; i < all->n_runs; i++)
		free(all->runs[i].contenders);
	free(all->runs);
	free(all->v);
}

/* `backward_data 64x784x500 gaussian topk k=20, 1 thread` */
static void name_workload(char *cell, size_t size, const struct kernel_record *r)
{
	char k[32] = "", shape[64];

	if (series_takes_k(r) || series_takes_tau(r))
		snprintf(k, sizeof(k), " k=%lld", (long long)r->k);
	if (r->n_in > 0)
		snprintf(shape, sizeof(shape), "%lldx%lldx%lld", (long long)r->batch, (long long)r->n_in,
			 (long long)r->n_out);
	else
		snprintf(shape, sizeof(shape), "n=%lld", (long long)r->n_out);
	snprintf(cell, size, "%.20s %s %.16s %.16s%s%.16s%s%s, %lld thread%s", r->op, shape, r->dist, r->optimizer,
		 r->optimizer[0] ? " " : "", r->method, strcmp(r->dw, "fused") ? "" : " fused", k,
		 (long long)r->threads, r->threads == 1 ? "" : "s");
}

/* The same, with `, avx2` where several compete and `, over BLIS 0.9.0`. */
static void name_cell(char *cell, size_t size, const struct kernel_record *r, bool isa, const char *beside)
{
	char workload[160];

	name_workload(workload, sizeof(workload), r);
	snprintf(cell, size, "%.100s%s%.10s%s%.44s", workload, isa ? ", " : "", isa ? r->isa : "",
		 beside[0] ? ", " : "", beside);
}

static bool meets(const struct target *t, double v)
{
	return t->at_most ? v <= t->bound : v >= t->bound;
}

static struct target_record blank(const struct target *t)
{
	struct target_record r = {.wanted = t->bound, .measured = NAN, .low = NAN, .high = NAN};

	snprintf(r.target, sizeof(r.target), "%s", t->id);
	snprintf(r.words, sizeof(r.words), "%s", t->words);
	snprintf(r.rule, sizeof(r.rule), "%s", t->at_most ? "<=" : ">=");
	snprintf(r.unit, sizeof(r.unit), "%s", t->unit);
	snprintf(r.verdict, sizeof(r.verdict), "not judged");
	snprintf(r.why, sizeof(r.why), "not measured");
	return r;
}

static void copy_origin(struct target_record *r, const struct kernel_record *key)
{
	snprintf(r->run_id, sizeof(r->run_id), "%s", key->run_id);
	snprintf(r->cpu, sizeof(r->cpu), "%s", key->cpu);
	snprintf(r->compiler, sizeof(r->compiler), "%s", key->compiler);
	snprintf(r->commit, sizeof(r->commit), "%s", key->commit);
}

static void conclude(struct target_record *r, const struct target *t, const double *values, int n,
		     const struct interval *only)
{
	r->runs = n;
	if (n == 0)
		return;
	r->measured = stats_median(values, n);
	r->low = n == 1 ? only->low : stats_quantile(values, n, 0);
	r->high = n == 1 ? only->high : stats_quantile(values, n, 1);
	snprintf(r->verdict, sizeof(r->verdict), "%s", meets(t, r->measured) ? "met" : "missed");
	r->why[0] = '\0';
}

/* The verdict on the cell of sighting `first`, from all runs of its line. values has room for all. */
static struct target_record join(struct sightings *all, size_t first, double *values)
{
	const struct sighting *s = &all->v[first];
	const char *beside = s->q.beside;
	struct target_record r = blank(s->target);
	struct interval only = s->q.v;
	bool wrong = false;
	int n = 0;

	for (size_t i = first; i < all->n; i++) {
		struct sighting *other = &all->v[i];

		if (other->target != s->target || other->line != s->line ||
		    !is_same_cell(s->target, other->key, s->key))
			continue;
		other->taken = true;
		wrong = wrong || other->wrong;
		beside = strcmp(beside, other->q.beside) ? "" : beside;
		if (isfinite(other->q.v.mid)) {
			only = other->q.v;
			values[n++] = only.mid;
			r.samples = n > 1 && r.samples < only.n ? r.samples : only.n;
		}
	}
	name_cell(r.cell, sizeof(r.cell), s->key, all->several_isas, beside);
	snprintf(r.why, sizeof(r.why), "%s", s->q.why);
	conclude(&r, s->target, values, n, &only);
	if (wrong) {
		snprintf(r.verdict, sizeof(r.verdict), "missed");
		snprintf(r.why, sizeof(r.why), "wrong result");
	}
	copy_origin(&r, s->key);
	return r;
}

/* One line timed it without what it is compared with, another one with that. */
static bool is_answered_elsewhere(const struct sightings *all, const struct sighting *s)
{
	if (!s->timed || isfinite(s->q.v.mid))
		return false;
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].target == s->target && isfinite(all->v[i].q.v.mid) &&
		    is_same_cell(s->target, all->v[i].key, s->key))
			return true;
	return false;
}

static size_t judge_target(const struct target *t, struct sightings *all, double *values, struct target_record *out)
{
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].target == t && !all->v[i].taken && !is_answered_elsewhere(all, &all->v[i]))
			out[n++] = join(all, i, values);
	return n;
}

int targets_judge(const struct kernel_record *records, size_t n, bool all, struct target_list *out)
{
	struct sightings seen = {.n = 0};
	int rc = look_at_all(records, n, &seen);
	size_t most = seen.n;
	double *values;

	for (const struct target *t = targets; t->id; t++)
		most++;
	*out = (struct target_list){.v = rc ? NULL : calloc(most, sizeof(*out->v))};
	values = calloc(most, sizeof(*values));
	for (const struct target *t = targets; t->id && out->v && values; t++) {
		size_t found = judge_target(t, &seen, values, out->v + out->n);

		if (!found && all)
			out->v[out->n++] = blank(t);
		out->n += found;
	}
	rc = rc || !out->v || !values ? -ENOMEM : 0;
	free(values);
	sightings_destroy(&seen);
	if (rc)
		target_list_destroy(out);
	return rc;
}

void target_list_destroy(struct target_list *list)
{
	free(list->v);
	*list = (struct target_list){0};
}
