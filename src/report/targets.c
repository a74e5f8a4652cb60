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
	char cell[160];
	struct interval v;
	const char *why;
	bool taken; /* part of a verdict */
};

struct sightings {
	size_t n, capacity;
	struct sighting *v;
};

/* Is it one of the alternatives that | separates? NULL: anything is. */
static bool is_of(const char *word, const char *alternatives)
{
	size_t n = strlen(word);

	for (const char *a = alternatives; a; a = strchr(a, '|'), a += a != NULL)
		if (strcspn(a, "|") == n && strncmp(a, word, n) == 0)
			return true;
	return !alternatives;
}

static bool is_number(int64_t wanted, int64_t found)
{
	return wanted == 0 || wanted == found;
}

static bool is_cell(const struct target *t, const struct kernel_record *r)
{
	double share = r->n_out > 0 ? (double)r->k / (double)r->n_out : 0;

	return is_of(r->op, t->op) && is_of(r->method, t->method) && is_of(r->dw, t->dw) && is_of(r->dist, t->dist) &&
	       is_number(t->batch, r->batch) && is_number(t->n_in, r->n_in) && is_number(t->n_out, r->n_out) &&
	       is_number(t->k, r->k) && is_number(t->threads, r->threads) && r->batch >= t->least_batch &&
	       r->n_out >= t->least_n_out && (t->max_share <= 0 || (share > t->above_share && share <= t->max_share));
}

/* Of the series that differ in nothing but the selection algorithm. */
static bool is_fastest(const struct series_list *list, const struct series *s)
{
	for (int i = 0; i < list->n; i++) {
		struct kernel_record other = *list->v[i].key;

		memcpy(other.select, s->key->select, sizeof(other.select));
		if (list->v[i].ns < s->ns && series_compare(&other, s->key) == 0)
			return false;
	}
	return true;
}

/* `backward_data 64x784x500 gaussian topk k=20, 1 thread` */
static void name_cell(char *cell, size_t size, const struct kernel_record *r)
{
	char k[32] = "", shape[64];

	if (series_takes_k(r) || series_takes_tau(r))
		snprintf(k, sizeof(k), " k=%lld", (long long)r->k);
	if (r->n_in > 0)
		snprintf(shape, sizeof(shape), "%lldx%lldx%lld", (long long)r->batch, (long long)r->n_in,
			 (long long)r->n_out);
	else
		snprintf(shape, sizeof(shape), "n=%lld", (long long)r->n_out);
	snprintf(cell, size, "%.20s %s %.16s %.16s%s%.16s%s, %lld thread%s", r->op, shape, r->dist, r->optimizer,
		 r->optimizer[0] ? " " : "", r->method, k, (long long)r->threads, r->threads == 1 ? "" : "s");
}

static int keep(struct sightings *all, const struct target *t, const struct series *s, struct quantity q)
{
	struct sighting *at;

	if (all->n == all->capacity) {
		size_t capacity = all->capacity ? 2 * all->capacity : 256;
		struct sighting *more = realloc(all->v, capacity * sizeof(*more));

		if (!more)
			return -ENOMEM;
		all->v = more;
		all->capacity = capacity;
	}
	at = &all->v[all->n++];
	*at = (struct sighting){.target = t, .key = s->key, .v = q.v, .why = q.why};
	name_cell(at->cell, sizeof(at->cell), s->key);
	return 0;
}

static int look_at_run(const struct kernel_record *records, size_t n, struct sightings *all)
{
	struct series_list list;
	int rc = series_list_create(&list, records, n);

	for (const struct target *t = targets; t->id && !rc; t++)
		for (int i = 0; i < list.n && !rc; i++) {
			const struct series *s = &list.v[i];
			struct quantity q;

			if (!is_cell(t, s->key) || (t->fastest && !is_fastest(&list, s)))
				continue;
			q = t->measure(t, &list, s);
			rc = q.skip ? 0 : keep(all, t, s, q);
		}
	series_list_destroy(&list);
	return rc;
}

/* A run is a stretch of records of one process: commands write them one after another. */
static int look_at_all(const struct kernel_record *records, size_t n, struct sightings *all)
{
	int rc = 0;

	for (size_t i = 0, end; i < n && !rc; i = end) {
		for (end = i + 1; end < n && !strcmp(records[end].run_id, records[i].run_id);)
			end++;
		rc = look_at_run(records + i, end - i, all);
	}
	return rc;
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

/* The verdict on the cell of sighting `first`, from all runs that saw it. values has room for all. */
static struct target_record join(struct sightings *all, size_t first, double *values)
{
	const struct sighting *s = &all->v[first];
	struct target_record r = blank(s->target);
	struct interval only = s->v;
	int n = 0;

	for (size_t i = first; i < all->n; i++) {
		struct sighting *other = &all->v[i];

		if (other->target != s->target || strcmp(other->cell, s->cell) != 0)
			continue;
		other->taken = true;
		if (isfinite(other->v.mid)) {
			only = other->v;
			values[n++] = other->v.mid;
		}
	}
	snprintf(r.cell, sizeof(r.cell), "%s", s->cell);
	snprintf(r.run_id, sizeof(r.run_id), "%s", s->key->run_id);
	snprintf(r.cpu, sizeof(r.cpu), "%s", s->key->cpu);
	snprintf(r.compiler, sizeof(r.compiler), "%s", s->key->compiler);
	snprintf(r.commit, sizeof(r.commit), "%s", s->key->commit);
	snprintf(r.why, sizeof(r.why), "%s", s->why ? s->why : "");
	conclude(&r, s->target, values, n, &only);
	return r;
}

static size_t judge_target(const struct target *t, struct sightings *all, double *values, struct target_record *out)
{
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].target == t && !all->v[i].taken)
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
	free(seen.v);
	if (rc)
		target_list_destroy(out);
	return rc;
}

void target_list_destroy(struct target_list *list)
{
	free(list->v);
	*list = (struct target_list){0};
}
