/* SPDX-License-Identifier: MIT */
/*
 * See history.h: from the records of a run to its rows. Each process is looked at by itself, so that rounds of two
 * processes never pair and the spread between processes stays visible.
 */
#include "report/history.h"

#include "report/series.h"
#include "report/summary_parts.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SET(text, ...) snprintf(text, sizeof(text), __VA_ARGS__)

/* One process of a run: its series, and where its rows go. */
struct process {
	struct series_list series;
	const char *flags;
	char date[24];
};

/* A process tells when it began: 20261122T173314.248Z-host-pid. */
static bool read_date(const char *run_id, char *date, size_t size)
{
	int year, month, day, hour, minute, second;

	if (sscanf(run_id, "%4d%2d%2dT%2d%2d%2d", &year, &month, &day, &hour, &minute, &second) != 6)
		return false;
	return snprintf(date, size, "%04d-%02d-%02dT%02d:%02d:%02dZ", year, month, day, hour, minute, second) == 20;
}

static int refuse_record(const struct kernel_record *r, const char *name, const char *compiler, struct failure *f)
{
	const size_t length = strlen(r->commit);
	char date[24];

	if (r->degraded[0])
		return fail(f, -EINVAL, "%s: measured under degraded conditions (%s); should be a run without any",
			    name, r->degraded);
	if (strcmp(r->check, "fail") == 0)
		return fail(f, -EINVAL, "%s: %s %s has a wrong result; should be a run whose checks all pass", name,
			    r->op, r->method);
	if (!length || !strcmp(r->commit, "unknown") || (length > 6 && !strcmp(r->commit + length - 6, "-dirty")))
		return fail(f, -EINVAL, "%s: measured at commit '%s'; should be a commit, without changes", name,
			    r->commit);
	if (strcmp(r->compiler, compiler) != 0)
		return fail(f, -EINVAL, "%s: compiled by '%s', and the flags known are those of '%s'; should be one",
			    name, r->compiler, compiler);
	if (!read_date(r->run_id, date, sizeof(date)))
		return fail(f, -EINVAL, "%s: run_id '%s' has no time; should begin as 20261122T173314", name,
			    r->run_id);
	return 0;
}

static bool is_of_machine(const struct kernel_record *key)
{
	return !strcmp(key->op, "fma_peak") || !strcmp(key->op, "bandwidth");
}

static bool is_yardstick(const struct kernel_record *key)
{
	return strcmp(key->op, "yardstick") == 0;
}

/* Steps of optimisers stream; what else has no dense beside it computes. */
static const struct series *find_yardstick(const struct series_list *list, const struct kernel_record *key)
{
	const char *method = key->optimizer[0] ? "stream" : "compute";

	for (int i = 0; i < list->n; i++) {
		const struct kernel_record *y = list->v[i].key;

		if (is_yardstick(y) && y->threads == key->threads && !strcmp(y->method, method))
			return &list->v[i];
	}
	return NULL;
}

static void fill(struct history_record *r, const struct process *p, const struct kernel_record *key)
{
	*r = (struct history_record){.batch = key->batch,
				     .n_in = key->n_in,
				     .n_out = key->n_out,
				     .k = key->k,
				     .tau = key->tau,
				     .threads = key->threads};
	SET(r->date, "%s", p->date);
	SET(r->run_id, "%s", key->run_id);
	SET(r->commit, "%s", key->commit);
	SET(r->cpu, "%s", key->cpu);
	SET(r->compiler, "%s", key->compiler);
	SET(r->flags, "%s", p->flags);
	SET(r->isa, "%s", key->isa);
	SET(r->op, "%s", key->op);
	SET(r->method, "%s", key->method);
	SET(r->select, "%s", key->select);
	SET(r->dw, "%s", key->dw);
	SET(r->library, "%s", key->library);
	SET(r->dataset, "%s", key->dataset);
	SET(r->dist, "%s", key->dist);
	SET(r->optimizer, "%s", key->optimizer);
	SET(r->cache, "%s", key->cache);
	SET(r->bind, "%s", key->bind);
}

/* Six digits are more than any of them is sure of, and keep the files readable. */
static double six_digits(double v)
{
	char text[32];

	snprintf(text, sizeof(text), "%.6g", v);
	return strtod(text, NULL);
}

/* The row of one contender; false where there is nothing to hold it against. */
static bool make_row(struct history_record *r, const struct process *p, const struct series *s)
{
	const struct series *dense = series_is_dense(s->key) ? NULL : series_best_dense(&p->series, s->key);
	const struct series *base = dense ? dense : find_yardstick(&p->series, s->key);
	struct interval ratio;
	int pairs;

	if (!base || is_of_machine(s->key) || is_yardstick(s->key))
		return false;
	ratio = series_speedup(s, base, &pairs);
	if (!(ratio.mid > 0) || !isfinite(ratio.mid))
		return false;
	fill(r, p, s->key);
	if (dense) {
		SET(r->against, "best dense");
		SET(r->base, "%.95s", label_way(dense->key).s);
	} else {
		SET(r->against, "yardstick %.13s", base->key->method);
		SET(r->base, "%s", base->key->code);
	}
	r->ratio = six_digits(ratio.mid);
	r->low = ratio.level > 0 ? six_digits(ratio.low) : NAN;
	r->high = ratio.level > 0 ? six_digits(ratio.high) : NAN;
	r->rounds = pairs;
	return true;
}

/* Appends the rows of one process, all of whose n records these are. */
static int add_process(const struct kernel_record *records, size_t n, const char *flags, struct history_list *out)
{
	struct process p = {.flags = flags};
	struct history_record *v;

	read_date(records->run_id, p.date, sizeof(p.date));
	if (series_list_create(&p.series, records, n))
		return -ENOMEM;
	v = reallocarray(out->v, out->n + (size_t)p.series.n + 1, sizeof(*v));
	if (v)
		out->v = v;
	for (int i = 0; v && i < p.series.n; i++) {
		const struct kernel_record *key = p.series.v[i].key;
		const bool made = make_row(&v[out->n], &p, &p.series.v[i]);

		out->n += made;
		out->left_out += !made && !is_of_machine(key) && !is_yardstick(key);
	}
	series_list_destroy(&p.series);
	return v ? 0 : -ENOMEM;
}

/* Moves the records of the first one's process to the front, in their order; returns how many they are. */
static size_t take_process(const struct kernel_record **order, size_t n, struct kernel_record *own)
{
	const char *run_id = order[0]->run_id;
	size_t taken = 0, left = 0;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(order[i]->run_id, run_id) == 0)
			own[taken++] = *order[i];
		else
			order[left++] = order[i];
	}
	return taken;
}

static int add_processes(const struct kernel_record *records, size_t n, const char *flags, struct history_list *out)
{
	const struct kernel_record **order = calloc(n + 1, sizeof(*order));
	struct kernel_record *own = calloc(n + 1, sizeof(*own));
	int rc = order && own ? 0 : -ENOMEM;

	for (size_t i = 0; rc == 0 && i < n; i++)
		order[i] = &records[i];
	while (rc == 0 && n > 0) {
		const size_t taken = take_process(order, n, own);

		rc = add_process(own, taken, flags, out);
		n -= taken;
	}
	free(order);
	free(own);
	return rc;
}

int history_collect(const struct kernel_record *records, size_t n, const char *name, const char *compiler,
		    const char *flags, struct history_list *out, struct failure *f)
{
	int rc = 0;

	*out = (struct history_list){0};
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = refuse_record(&records[i], name, compiler, f);
	if (rc)
		return rc;
	if (add_processes(records, n, flags, out))
		rc = fail(f, -ENOMEM, "%s: out of memory", name);
	else if (out->n == 0)
		rc = fail(f, -EINVAL,
			  "%s: no ratio to keep; should hold kernels timed beside dense, or beside the yardstick "
			  "(mepbench --yardstick)",
			  name);
	if (rc)
		history_list_destroy(out);
	return rc;
}

void history_list_destroy(struct history_list *list)
{
	free(list->v);
	*list = (struct history_list){0};
}
