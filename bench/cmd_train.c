/* SPDX-License-Identifier: MIT */
/*
 * mepbench train: trains a net with each method and seed, one record per epoch, and compares accuracy and time.
 * All methods of one seed take turns, an epoch each: a machine that slows down slows all of them.
 *
 * --resume reads the CSV file first and leaves out every training whose last epoch is in it; one that was cut short
 * starts again from its first epoch. Its earlier rows stay in the file: the readers take the last row of an epoch.
 */
#include "commands.h"
#include "filter.h"
#include "gradients.h"
#include "interrupt.h"
#include "output.h"
#include "report/json.h"
#include "report/progress.h"
#include "report/summary.h"
#include "train_points.h"
#include "train_record.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct train_command {
	struct session session;
	struct dataset data;
	struct train_points points;
	struct record_writer *csv;    /* NULL: no --csv */
	struct train_record *records; /* of the file, with --resume, then of this run */
	size_t n_records;
	struct progress progress;
};

static int keep_records(struct train_command *c, const struct train_record *r, size_t n, struct failure *f)
{
	struct train_record *more = realloc(c->records, (c->n_records + n + 1) * sizeof(*more));

	if (!more)
		return fail(f, -ENOMEM, "out of memory for %zu records", c->n_records + n);
	c->records = more;
	memcpy(c->records + c->n_records, r, n * sizeof(*r));
	c->n_records += n;
	return 0;
}

static int report_epoch(struct train_command *c, const struct train_point *point, const struct train_epoch *e,
			struct failure *f)
{
	struct train_record r = train_record_of(&c->session, &c->data, point);
	char label[96];
	int rc;

	train_record_epoch(&r, e);
	rc = keep_records(c, &r, 1, f);
	if (!rc && c->csv)
		rc = record_write(c->csv, &r, f);
	snprintf(label, sizeof(label), "%.40s seed %" PRIu64 ": epoch %d, dev %.2f %%", point->experiment, point->seed,
		 e->epoch, 100 * e->dev_acc);
	progress_step(&c->progress, point->epoch_s, label);
	return rc;
}

/* Whether two trainings do the same but for the seed. */
static bool same_work(const struct train_point *a, const struct train_point *b)
{
	return !strcmp(a->experiment, b->experiment) && a->batch == b->batch && a->threads == b->threads &&
	       !strcmp(a->select, b->select);
}

static struct train_params params_of(const struct train_command *c, const struct train_point *t)
{
	struct train_params p = train_point_params(t, &c->session);

	p.data = &c->data;
	p.stop = interrupt_flag();
	return p;
}

/* Before anything is timed. */
static int tune(struct train_command *c, struct failure *f)
{
	int rc = 0;

	for (int i = 0; i < c->points.n && !rc; i++)
		rc = c->points.v[i].done ? 0 : train_point_tune(&c->points.v[i], &c->session, f);
	return rc;
}

/* Times a few minibatches of each kind of training; the seconds of all that is left to do. */
static int estimate(struct train_command *c, double *total, struct failure *f)
{
	*total = 0;
	for (int i = 0; i < c->points.n && !*interrupt_flag(); i++) {
		struct train_point *t = &c->points.v[i];
		struct train_params p = params_of(c, t);
		int rc = 0;

		for (int j = 0; j < i && !(t->epoch_s > 0); j++)
			if (same_work(t, &c->points.v[j]))
				t->epoch_s = c->points.v[j].epoch_s;
		if (!(t->epoch_s > 0))
			rc = train_estimate(&p, &t->epoch_s, f);
		if (rc)
			return rc;
		*total += t->done ? 0 : t->epoch_s * p.epochs;
	}
	return 0;
}

/* Leaves out what --filter does not match. */
static int apply_filter(struct train_command *c, struct failure *f)
{
	const char *pattern = c->session.options->filter;
	char name[768];
	int rc, kept = 0;
	regex_t filter;

	if (!pattern[0])
		return 0;
	rc = filter_compile(&filter, "--filter", pattern, f);
	if (rc)
		return rc;
	for (int i = 0; i < c->points.n; i++) {
		train_point_name(&c->points.v[i], name, sizeof(name));
		if (!regexec(&filter, name, 0, NULL, 0))
			c->points.v[kept++] = c->points.v[i];
	}
	regfree(&filter);
	c->points.n = kept;
	return kept ? 0 : fail(f, -EINVAL, "nothing to train: --filter=%s matches none of the trainings", pattern);
}

static void mark_done(struct train_command *c)
{
	for (int i = 0; i < c->points.n; i++) {
		struct train_record wanted = train_record_of(&c->session, &c->data, &c->points.v[i]);
		int64_t last = 0;

		for (size_t r = 0; r < c->n_records; r++)
			if (train_record_same(&wanted, &c->records[r]) && c->records[r].epoch > last)
				last = c->records[r].epoch;
		c->points.v[i].done = last >= c->session.options->epochs;
	}
}

static int resume(struct train_command *c, struct failure *f)
{
	const struct options *o = c->session.options;
	void *records;
	size_t n;
	int rc;

	if (!o->resume)
		return 0;
	if (!o->csv[0] || !strcmp(o->csv, "-"))
		return fail(f, -EINVAL, "--resume needs the file to go on with; should be --resume --csv=FILE");
	if (access(o->csv, F_OK))
		return 0;
	rc = o->dry_run ? 0 : record_cut_torn(o->csv, f);
	rc = rc ? rc : record_read(o->csv, &train_records, &records, &n, f);
	if (rc)
		return rc;
	rc = keep_records(c, records, n, f);
	free(records);
	mark_done(c);
	return rc;
}

static void dry_run(const struct train_command *c)
{
	FILE *out = strcmp(c->session.options->csv, "-") ? stdout : stderr;
	char name[768];
	int left = 0;

	for (int i = 0; i < c->points.n; i++) {
		const struct train_point *t = &c->points.v[i];

		train_point_name(t, name, sizeof(name));
		left += !t->done;
		fprintf(out, "%s: %s\n", name, t->done ? "done" : "to do");
	}
	fprintf(out, "%d trainings of %d epochs on %s\n", left, c->session.options->epochs, c->data.name);
}

/* Trainings that take turns, an epoch each, with the operands of all in memory. */
struct group {
	int n;
	struct member {
		const struct train_point *point;
		struct training *training;
		struct recorder *recorder; /* NULL: none */
	} * v;
};

/* From point `first` on, what is left to do with the same seed, minibatch and team. Returns the next group's first. */
static int gather_group(const struct train_command *c, int first, struct group *g)
{
	const struct train_point *v = c->points.v;
	int i = first;

	g->n = 0;
	for (; i < c->points.n && v[i].seed == v[first].seed && v[i].batch == v[first].batch &&
	       v[i].threads == v[first].threads;
	     i++)
		if (!v[i].done)
			g->v[g->n++] = (struct member){.point = &v[i]};
	return i;
}

/* One epoch of each; who comes first changes from epoch to epoch. A recording that fails costs no epoch. */
static int run_group_epoch(struct train_command *c, const struct group *g, int epoch, struct failure *f)
{
	int rc = 0;

	for (int i = 0; i < g->n && !rc && !*interrupt_flag(); i++) {
		const struct member *m = &g->v[(i + epoch) % g->n];
		struct train_epoch e;

		rc = training_epoch(m->training, epoch, &e, f);
		rc = rc ? rc : report_epoch(c, m->point, &e, f);
		rc = rc || !m->recorder ? rc : recorder_write(m->recorder, f);
	}
	return rc;
}

static int member_create(const struct train_command *c, struct member *m, struct failure *f)
{
	struct train_params p = params_of(c, m->point);
	int rc = gradients_recorder(&m->recorder, m->point, &c->session, &p, f);

	p.observe = m->recorder ? recorder_observe : NULL;
	p.observer = m->recorder;
	return rc ? rc : training_create(&m->training, &p, f);
}

static int run_group(struct train_command *c, struct group *g, struct failure *f)
{
	int rc = 0;

	for (int i = 0; i < g->n && !rc; i++)
		rc = member_create(c, &g->v[i], f);
	for (int epoch = 1; epoch <= c->session.options->epochs && !rc && !*interrupt_flag(); epoch++)
		rc = run_group_epoch(c, g, epoch, f);
	for (int i = 0; i < g->n; i++) {
		training_destroy(g->v[i].training);
		recorder_destroy(g->v[i].recorder);
	}
	return rc;
}

static int run_groups(struct train_command *c, struct failure *f)
{
	struct group g = {0, calloc((size_t)c->points.n + 1, sizeof(*g.v))};
	int rc = g.v ? 0 : fail(f, -ENOMEM, "out of memory for %d trainings", c->points.n);

	for (int next = 0; next < c->points.n && !rc && !*interrupt_flag();) {
		next = gather_group(c, next, &g);
		rc = run_group(c, &g, f);
	}
	free(g.v);
	return rc;
}

/* The trainings are equally long but for the size of their minibatches: the first that is left speaks for all. */
static int check_recording(const struct train_command *c, struct failure *f)
{
	const struct train_point *first = NULL;
	struct train_params p;
	int done = 0;

	if (!c->session.options->record_gradients[0])
		return 0;
	for (int i = c->points.n - 1; i >= 0; i--) {
		done += c->points.v[i].done;
		first = c->points.v[i].done ? first : &c->points.v[i];
	}
	if (done)
		fprintf(stderr, "note: nothing is recorded of the %d trainings that are done already\n", done);
	if (!first)
		return 0;
	p = params_of(c, first);
	return gradients_check(c->session.options, &p, f);
}

static int run_points(struct train_command *c, struct failure *f)
{
	const struct options *o = c->session.options;
	double total;
	int rc = 0;

	session_warn(&c->session);
	if (o->csv[0])
		rc = record_writer_create(&c->csv, o->csv, &train_records, f);
	rc = rc ? rc : tune(c, f);
	rc = rc ? rc : estimate(c, &total, f);
	if (rc)
		return rc == -EINTR ? 0 : rc;
	progress_start(&c->progress, !o->no_progress, total, "train");
	rc = run_groups(c, f);
	progress_end(&c->progress);
	return rc == -EINTR ? 0 : rc; /* what is finished is shown */
}

static int finish(struct train_command *c, struct failure *f)
{
	const struct options *o = c->session.options;
	struct table_list tables;
	int rc;

	if (summary_train(c->records, c->n_records, &tables))
		return fail(f, -ENOMEM, "out of memory for the tables");
	rc = output_tables(&c->session, &tables, f);
	table_list_destroy(&tables);
	if (!rc && o->json[0])
		rc = json_write_epochs(o->json, c->records, c->n_records, &c->session.conditions, f);
	return rc;
}

static int train(struct train_command *c, struct failure *f)
{
	int rc, closed, shown;
	size_t earlier;

	if (c->session.n_isas > 1)
		return fail(f, -EINVAL, "invalid list for --isa: %d names; train takes one instruction set",
			    c->session.n_isas);
	rc = train_points_create(&c->points, &c->session, f);
	rc = rc ? rc : apply_filter(c, f);
	rc = rc ? rc : dataset_load(&c->data, c->session.options->data[0] ? c->session.options->data : NULL, f);
	rc = rc ? rc : resume(c, f);
	rc = rc ? rc : check_recording(c, f);
	if (!rc && c->session.options->dry_run)
		dry_run(c);
	if (rc || c->session.options->dry_run)
		return rc;
	earlier = c->n_records;
	rc = run_points(c, f);
	closed = c->csv ? record_writer_destroy(c->csv, rc ? &(struct failure){""} : f) : 0;
	rc = rc ? rc : closed;
	if (rc && c->n_records == earlier)
		return rc;
	/* What is finished is shown even where a later step failed. */
	shown = finish(c, rc ? &(struct failure){""} : f);
	return rc ? rc : shown;
}

int cmd_train(const struct options *o, struct failure *f)
{
	struct train_command c = {.points = {0}};
	int rc;

	rc = session_create(&c.session, o, f);
	if (rc)
		return rc;
	rc = train(&c, f);
	dataset_release(&c.data);
	free(c.points.v);
	free(c.records);
	session_destroy(&c.session);
	return rc;
}
