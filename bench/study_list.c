/* SPDX-License-Identifier: MIT */
/* See study_list.h. */
#include "study_list.h"

#include "train_record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct session study_session(const struct session *s, const struct plan_line *line)
{
	struct session own = *s;

	own.options = &line->options;
	own.threads = (struct int_list){.n = 1, .v = {1}};
	return own;
}

struct train_record study_record(const struct study_job *job, const struct session *s, const struct dataset *data)
{
	struct session own = study_session(s, job->line);

	return train_record_of(&own, data, &job->point);
}

static int refuse(const struct plan *plan, const struct plan_line *line, struct failure *f, const char *what,
		  const char *should)
{
	return fail(f, -EINVAL, "%s:%d: %s in the line of '%s'; should be %s", plan->path, line->number, what,
		    line->name, should);
}

static int check_line(const struct plan *plan, const struct plan_line *line, const struct plan_line *first,
		      struct failure *f)
{
	const struct options *o = &line->options;

	if (!(line->command->bit & COMMAND_TRAIN))
		return refuse(plan, line, f, "another command than train", "train, or have --alone");
	if (o->threads.n && (o->threads.n != 1 || o->threads.v[0] != 1))
		return refuse(plan, line, f, "--threads", "left out: the trainings of a study have one thread each");
	if (o->record_gradients[0] || o->json[0] || o->markdown[0] || o->filter[0])
		return refuse(plan, line, f, "--record-gradients, --json, --markdown or --filter", "left out");
	if (o->epochs != first->options.epochs)
		return refuse(plan, line, f, "another --epochs than before it",
			      "the same for all trainings of a study");
	return 0;
}

/* Work of an epoch: forward, backward by the share of dY that is kept, the optimiser's step. Rough, for the ETA. */
static double weigh(const struct study_job *job)
{
	const struct options *o = &job->line->options;
	double weights = 0, kept = 1;

	for (int i = 0; i + 1 < o->layers.n; i++)
		weights += (double)o->layers.v[i] * (double)o->layers.v[i + 1];
	if (job->point.entrant.method->takes_k && o->layers.n > 2)
		kept = 0.2 + 0.8 * job->point.k[0] / (double)o->layers.v[1];
	return weights * (3.4 + 4 * kept + 80.0 / job->point.batch);
}

static int add_jobs(struct study_list *list, const struct plan_line *line, const struct train_points *points,
		    struct failure *f)
{
	size_t n = (size_t)list->n + (size_t)points->n;
	struct study_job *more = realloc(list->v, n * sizeof(*more));

	if (!more)
		return fail(f, -ENOMEM, "out of memory for %zu trainings", n);
	list->v = more;
	for (int i = 0; i < points->n; i++) {
		struct study_job *job = &list->v[list->n++];

		*job = (struct study_job){.line = line, .point = points->v[i]};
		job->weight = weigh(job);
	}
	return 0;
}

static int add_line(struct study_list *list, const struct plan *plan, const struct plan_line *line,
		    const struct session *s, struct failure *f)
{
	struct session own = study_session(s, line);
	struct train_points points;
	struct failure inner = {""};
	int rc = train_points_create(&points, &own, &inner);

	if (rc)
		return fail(f, rc, "%s:%d: %.400s", plan->path, line->number, inner.text);
	rc = add_jobs(list, line, &points, f);
	for (int i = 0; i < points.n && !rc; i++)
		if (points.v[i].entrant.method->tuned)
			rc = refuse(plan, line, f, "method auto", "another: its choices hang on times");
	free(points.v);
	return rc;
}

static int by_seed(const void *pa, const void *pb)
{
	const struct study_job *a = pa, *b = pb;

	if (a->point.seed != b->point.seed)
		return a->point.seed > b->point.seed ? 1 : -1;
	return (a->order > b->order) - (a->order < b->order);
}

/* A training that several lines ask for runs once. */
static int drop_repeated(struct study_list *list, const struct session *s, const struct dataset *data,
			 struct failure *f)
{
	struct train_record *records = malloc(((size_t)list->n + 1) * sizeof(*records));
	int kept = 0;

	if (!records)
		return fail(f, -ENOMEM, "out of memory for %d trainings", list->n);
	for (int i = 0; i < list->n; i++) {
		bool repeated = false;

		records[kept] = study_record(&list->v[i], s, data);
		for (int j = kept - 1; j >= 0 && records[j].seed == records[kept].seed && !repeated; j--)
			repeated = train_record_same(&records[kept], &records[j]);
		if (!repeated)
			list->v[kept++] = list->v[i];
	}
	list->n = kept;
	free(records);
	return 0;
}

int study_list_create(struct study_list *list, const struct plan *plan, const struct session *s,
		      const struct dataset *data, struct failure *f)
{
	const struct plan_line *first = NULL;
	int rc = 0;

	*list = (struct study_list){0};
	for (int i = 0; i < plan->n && !rc; i++) {
		const struct plan_line *line = &plan->lines[i];

		if (line->options.alone)
			continue;
		first = first ? first : line;
		rc = check_line(plan, line, first, f);
		if (!rc && !line->skipped)
			rc = add_line(list, plan, line, s, f);
	}
	if (!rc && list->n) {
		for (int i = 0; i < list->n; i++)
			list->v[i].order = i;
		qsort(list->v, (size_t)list->n, sizeof(*list->v), by_seed);
		rc = drop_repeated(list, s, data, f);
	}
	if (rc)
		study_list_destroy(list);
	return rc;
}

void study_list_destroy(struct study_list *list)
{
	free(list->v);
	*list = (struct study_list){0};
}

void study_list_drop_done(struct study_list *list, const struct session *s, const struct dataset *data,
			  const struct train_record *records, size_t n)
{
	int kept = 0;

	for (int i = 0; i < list->n; i++) {
		struct train_record wanted = study_record(&list->v[i], s, data);
		int64_t last = list->v[i].line->options.epochs;
		bool done = false;

		for (size_t r = 0; r < n && !done; r++)
			done = records[r].epoch == last && records[r].seed == wanted.seed &&
			       train_record_same(&wanted, &records[r]);
		if (!done)
			list->v[kept++] = list->v[i];
	}
	list->n = kept;
}
