/* SPDX-License-Identifier: MIT */
/*
 * mepbench study: the trainings of a plan, single-threaded, as many at a time as there are cores, each worker pinned to
 * one; then the lines with --alone, with nothing beside them.
 *
 * Results are bit-identical however many run at a time, but their times are not worth having: their rows say
 * "parallel". A training's rows are written when it has ended; each process writes a part of its own, rows-1.csv,
 * rows-2.csv, ...
 */
#include "commands.h"
#include "interrupt.h"
#include "output.h"
#include "pool.h"
#include "report/progress.h"
#include "report/summary_study.h"
#include "results.h"
#include "study_list.h"
#include "train_record.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEFAULT_PLAN SOURCE_DIR "/bench/study.plan"

struct study {
	struct options options;
	struct plan *plan;
	struct session session;
	struct dataset data;
	struct study_list list;
	struct results results;
	struct train_record *records; /* of earlier processes, then of this one */
	size_t n_records, n_earlier;
	struct train_epoch **epochs; /* of each job under way; NULL before and behind it */
	struct record_writer *rows;  /* NULL before the first training has ended */
	struct progress progress;
	int n_ended;
};

static int keep_records(struct study *s, const struct train_record *r, size_t n, struct failure *f)
{
	struct train_record *more = realloc(s->records, (s->n_records + n + 1) * sizeof(*more));

	if (!more)
		return fail(f, -ENOMEM, "out of memory for %zu records", s->n_records + n);
	s->records = more;
	memcpy(s->records + s->n_records, r, n * sizeof(*r));
	s->n_records += n;
	return 0;
}

/* --- rows -----------------------------------------------------------------------------------------------------------
 */

static int is_part(const struct dirent *entry)
{
	const char *end = strstr(entry->d_name, ".csv");

	return !strncmp(entry->d_name, "rows-", 5) && end && (!end[4] || !strcmp(end, ".csv.gz"));
}

static int read_part(struct study *s, const char *name, struct failure *f)
{
	char path[800];
	struct stat st;
	void *records;
	size_t n;
	int rc;

	snprintf(path, sizeof(path), "%s/%s", s->results.dir, name);
	rc = strstr(name, ".gz") ? 0 : record_cut_torn(path, f);
	/* One that was killed before its first row has left nothing to read. */
	if (!rc && !stat(path, &st) && !st.st_size)
		return 0;
	rc = rc ? rc : record_read(path, &train_records, &records, &n, f);
	if (rc)
		return rc;
	rc = keep_records(s, records, n, f);
	free(records);
	return rc;
}

static int read_parts(struct study *s, struct failure *f)
{
	struct dirent **entries;
	int n = scandir(s->results.dir, &entries, is_part, alphasort), rc = 0;

	if (n < 0)
		return fail(f, -EINVAL, "cannot read folder %s: %s", s->results.dir, strerror(errno));
	for (int i = 0; i < n; i++) {
		rc = rc ? rc : read_part(s, entries[i]->d_name, f);
		free(entries[i]);
	}
	free(entries);
	s->n_earlier = s->n_records;
	return rc;
}

/* The first number that no part has. */
static int open_part(struct study *s, struct failure *f)
{
	char path[800], packed[804];
	int i = 0;

	do {
		snprintf(path, sizeof(path), "%s/rows-%d.csv", s->results.dir, ++i);
		snprintf(packed, sizeof(packed), "%s.gz", path);
	} while (!access(path, F_OK) || !access(packed, F_OK));
	return record_writer_create(&s->rows, path, &train_records, f);
}

/* All epochs of a training that has ended. */
static int write_training(struct study *s, int job, struct failure *f)
{
	const struct study_job *j = &s->list.v[job];
	int rc = s->rows ? 0 : open_part(s, f);

	for (int i = 0; i < j->line->options.epochs && !rc; i++) {
		struct train_record r = study_record(j, &s->session, &s->data);

		train_record_epoch(&r, &s->epochs[job][i]);
		rc = record_write(s->rows, &r, f);
		rc = rc ? rc : keep_records(s, &r, 1, f);
	}
	free(s->epochs[job]);
	s->epochs[job] = NULL;
	s->n_ended++;
	return rc;
}

/* --- the pool -------------------------------------------------------------------------------------------------------
 */

/* What a worker does with a job. */
struct training_report {
	struct pool_channel *channel;
};

static int send_epoch(void *arg, const struct train_epoch *epoch, struct failure *f)
{
	struct training_report *r = arg;
	int rc = pool_send(r->channel, epoch);

	return rc ? fail(f, rc, "the parent process is gone") : 0;
}

static int work(void *arg, int worker, int job, struct pool_channel *channel, struct failure *f)
{
	const struct study *s = arg;
	const struct study_job *j = &s->list.v[job];
	struct session own = study_session(&s->session, j->line);
	struct binding *b = &own.binding;
	struct training_report report = {channel};
	struct train_params p;

	if (b->n_pus) {
		b->pu[0] = b->pu[worker % b->n_pus];
		b->n_pus = 1;
	}
	p = train_point_params(&j->point, &own);
	p.data = &s->data;
	return train_run(&p, send_epoch, &report, f);
}

static int take(void *arg, int job, const void *message, struct failure *f)
{
	struct study *s = arg;
	const struct study_job *j = &s->list.v[job];
	const struct train_epoch *epoch = message;
	char label[96];

	if (!message)
		return write_training(s, job, f);
	if (!s->epochs[job])
		s->epochs[job] = calloc((size_t)j->line->options.epochs, sizeof(*epoch));
	if (!s->epochs[job])
		return fail(f, -ENOMEM, "out of memory for %d epochs", j->line->options.epochs);
	s->epochs[job][epoch->epoch - 1] = *epoch;
	snprintf(label, sizeof(label), "%d of %d; %.48s seed %" PRIu64 ": dev %.2f %%", s->n_ended, s->list.n,
		 j->point.experiment, j->point.seed, 100 * epoch->dev_acc);
	progress_step(&s->progress, j->weight, label);
	return 0;
}

static int count_workers(const struct study *s)
{
	int n = s->options.jobs ? s->options.jobs : machine_default_threads(s->session.machine);

	n = n < s->list.n ? n : s->list.n;
	return n < POOL_MAX_WORKERS ? n : POOL_MAX_WORKERS;
}

static int run_pool(struct study *s, struct failure *f)
{
	struct pool_params p = {
		.n_workers = count_workers(s),
		.n_jobs = s->list.n,
		.message_size = sizeof(struct train_epoch),
		.arg = s,
		.work = work,
		.take = take,
		.stop = interrupt_flag(),
	};
	double total = 0;
	int rc;

	if (!s->list.n)
		return 0;
	if (p.n_workers > 1)
		conditions_degrade(&s->session.conditions, "parallel");
	for (int i = 0; i < s->list.n; i++)
		total += s->list.v[i].weight * s->list.v[i].line->options.epochs;
	s->epochs = calloc((size_t)s->list.n, sizeof(*s->epochs));
	if (!s->epochs)
		return fail(f, -ENOMEM, "out of memory for %d trainings", s->list.n);
	fprintf(stderr, "%d trainings of %d epochs, %d at a time, into %s\n", s->list.n,
		s->list.v[0].line->options.epochs, p.n_workers, s->results.dir);
	progress_start(&s->progress, !s->options.no_progress, total, "study");
	rc = pool_run(&p, f);
	progress_end(&s->progress);
	return rc;
}

/* --- the lines that run alone ---------------------------------------------------------------------------------------
 */

static int run_alone(struct study *s, int at, struct failure *f)
{
	struct plan_line *line = &s->plan->lines[at];
	struct failure inner = {""};
	int rc = results_csv(&s->results, line, line->options.csv, sizeof(line->options.csv), f);

	if (rc)
		return rc;
	line->options.quiet = true;
	rc = line->options.resume ? 0 : results_set_aside(&s->results, line, f);
	if (!line->options.no_progress)
		fprintf(stderr, "%s: mepbench %s\n", line->name, line->source);
	rc = rc ? rc : line->command->run(&line->options, &inner);
	if (rc < 0)
		return fail(f, rc, "%s:%d: %.400s", s->plan->path, line->number, inner.text);
	return results_note(&s->results, at, *interrupt_flag() ? "interrupted" : rc ? "failed" : "finished", 0, f);
}

static int run_lines(struct study *s, struct failure *f)
{
	int rc = 0;

	for (int i = 0; i < s->plan->n && !rc && !*interrupt_flag(); i++)
		if (s->plan->lines[i].options.alone && !s->plan->lines[i].skipped && !results_finished(&s->results, i))
			rc = run_alone(s, i, f);
	return rc;
}

/* --- the whole ------------------------------------------------------------------------------------------------------
 */

static void dry_run(const struct study *s)
{
	char name[256];

	for (int i = 0; i < s->list.n; i++) {
		train_point_name(&s->list.v[i].point, name, sizeof(name));
		printf("%s: %s\n", s->list.v[i].line->name, name);
	}
	printf("%d trainings\n", s->list.n);
}

/* What is there, also where something failed or was interrupted. */
static int show(struct study *s, struct failure *f)
{
	struct table_list tables;
	int rc;

	if (*interrupt_flag())
		fprintf(stderr, "mepbench: interrupted; go on with: mepbench study %s --out=%s --resume\n",
			s->plan->path, s->results.dir);
	if (s->n_records && summary_study(s->records, s->n_records, &tables))
		return fail(f, -ENOMEM, "out of memory for the tables");
	rc = s->n_records ? output_tables(&s->session, &tables, f) : 0;
	if (s->n_records)
		table_list_destroy(&tables);
	printf("\nresults: %s (%zu rows of this run, %zu of earlier ones)\n", s->results.dir,
	       s->n_records - s->n_earlier, s->n_earlier);
	return rc;
}

static int run(struct study *s, struct failure *f)
{
	struct failure other = {""};
	int rc = results_create(&s->results, s->plan, &s->session, f), closed;

	rc = rc ? rc : read_parts(s, f);
	if (rc)
		return rc;
	study_list_drop_done(&s->list, &s->session, &s->data, s->records, s->n_records);
	session_warn(&s->session);
	rc = run_pool(s, f);
	closed = record_writer_destroy(s->rows, rc ? &other : f);
	rc = rc ? rc : closed;
	rc = rc ? rc : run_lines(s, f);
	closed = show(s, rc ? &other : f);
	return rc ? rc : closed;
}

static int prepare(struct study *s, struct failure *f)
{
	int rc = plan_create(&s->plan, s->options.n_files ? s->options.files[0] : DEFAULT_PLAN, &s->options,
			     command_find("study"), f);

	rc = rc ? rc : session_create(&s->session, &s->options, f);
	if (rc)
		return rc;
	rc = dataset_load(&s->data, s->options.data[0] ? s->options.data : NULL, f);
	return rc ? rc : study_list_create(&s->list, s->plan, &s->session, &s->data, f);
}

int cmd_study(const struct options *o, struct failure *f)
{
	struct study s = {.options = *o};
	int rc;

	/* Workers are forked: no thread may be there before them. */
	s.options.threads = (struct int_list){.n = 1, .v = {1}};
	rc = prepare(&s, f);
	if (!rc && o->dry_run)
		dry_run(&s);
	else if (!rc)
		rc = run(&s, f);
	for (int i = 0; s.epochs && i < s.list.n; i++)
		free(s.epochs[i]);
	free(s.epochs);
	free(s.records);
	study_list_destroy(&s.list);
	dataset_release(&s.data);
	session_destroy(&s.session);
	results_destroy(&s.results);
	plan_destroy(s.plan);
	return rc;
}
