/* SPDX-License-Identifier: MIT */
/*
 * mepbench dist: what rows of gradients look like to a selection, drawn or recorded: zeros, and how many entries hold
 * most of a row. Nothing is timed here.
 */
#include "commands.h"
#include "filter.h"
#include "interrupt.h"
#include "output.h"
#include "session.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dist_command {
	struct session session;
	regex_t filter;
	bool filters;
	struct dist_record records[OPTIONS_MAX_DISTS];
	int n;
};

#define COPY(to, from) snprintf(to, sizeof(to), "%.*s", (int)sizeof(to) - 1, from)

static void describe_recording(struct dist_record *r, const struct recording *from)
{
	COPY(r->dataset, from->dataset);
	COPY(r->training, from->training);
	r->batch = from->batch;
	r->layer = from->layer;
	r->step = (int64_t)from->step;
	r->seed = from->seed;
}

static struct dist_record describe(const struct session *s, const struct dist *d, int rows, int n,
				   const struct dist_look *look)
{
	struct dist_record r = {.rows = rows,
				.n = n,
				.seed = s->options->seed,
				.dataset = "synthetic",
				.zeros = look->zeros,
				.tiny = look->tiny,
				.k50 = look->k[0],
				.k90 = look->k[1],
				.k99 = look->k[2]};

	session_fill(s, &dist_records, &r);
	COPY(r.dist, d->name);
	if (d->recording)
		describe_recording(&r, d->recording);
	return r;
}

static int refuse_too_large(const struct session *s, int rows, int n, struct failure *f)
{
	double bytes = (double)sizeof(float) * rows * n, memory = (double)s->conditions.memory_bytes;

	if (!(memory > 0) || bytes < 0.8 * memory)
		return 0;
	return fail(f, -EINVAL,
		    "%d rows of %d entries need %.1f GiB, the machine has %.1f GiB; should be a smaller --batch or --n",
		    rows, n, bytes / 0x1p30, memory / 0x1p30);
}

static int look_at(struct dist_command *c, const struct dist *d, struct failure *f)
{
	const struct options *o = c->session.options;
	int rows = d->recording ? (int)d->recording->rows : o->drawn_rows;
	int n = d->recording ? (int)d->recording->n : o->drawn_n;
	int err = refuse_too_large(&c->session, rows, n, f);
	struct dist_look look;
	float *dy;

	if (err)
		return err;
	if (o->dry_run) {
		fprintf(strcmp(o->csv, "-") ? stdout : stderr, "%s: %d rows of %d entries\n", d->name, rows, n);
		return 0;
	}
	dy = malloc((size_t)rows * (size_t)n * sizeof(*dy));
	err = dy ? 0 : -ENOMEM;
	if (!err) {
		dist_fill(d, dy, rows, n, o->seed);
		err = dist_look(&look, dy, rows, n);
	}
	free(dy);
	if (err)
		return fail(f, err, "out of memory for %d rows of %d entries", rows, n);
	c->records[c->n++] = describe(&c->session, d, rows, n, &look);
	return 0;
}

static int look_at_all(struct dist_command *c, struct failure *f)
{
	const struct dist_list *list = &c->session.dists;
	int err = 0, n = 0;

	for (int i = 0; i < list->n && !err && !*interrupt_flag(); i++) {
		const struct dist *d = &list->v[i].dist;

		if (c->filters && regexec(&c->filter, d->name, 0, NULL, 0))
			continue;
		n++;
		err = look_at(c, d, f);
	}
	if (!err && !n && !*interrupt_flag())
		err = fail(f, -EINVAL, "nothing to look at: --filter=%s matches none of --dist",
			   c->session.options->filter);
	return err;
}

static int write_records(const struct dist_command *c, struct failure *f)
{
	struct record_writer *csv;
	int err, closed;

	if (!c->session.options->csv[0])
		return 0;
	err = record_writer_create(&csv, c->session.options->csv, &dist_records, f);
	if (err)
		return err;
	for (int i = 0; i < c->n && !err; i++)
		err = record_write(csv, &c->records[i], f);
	closed = record_writer_destroy(csv, err ? &(struct failure){""} : f);
	return err ? err : closed;
}

static int finish(const struct dist_command *c, struct failure *f)
{
	struct table_list tables;
	int err;

	if (summary_dist(c->records, (size_t)c->n, &tables))
		return fail(f, -ENOMEM, "out of memory for the table");
	err = output_tables(&c->session, &tables, f);
	table_list_destroy(&tables);
	return err;
}

int cmd_dist(const struct options *o, struct failure *f)
{
	struct dist_command c = {.n = 0};
	int rc = session_create(&c.session, o, f);

	if (rc)
		return rc;
	rc = o->filter[0] ? filter_compile(&c.filter, "--filter", o->filter, f) : 0;
	c.filters = o->filter[0] && !rc;
	rc = rc ? rc : look_at_all(&c, f);
	rc = rc || o->dry_run ? rc : write_records(&c, f);
	rc = rc || o->dry_run ? rc : finish(&c, f);
	if (c.filters)
		regfree(&c.filter);
	session_destroy(&c.session);
	return rc;
}
