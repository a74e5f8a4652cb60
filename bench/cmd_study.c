/* SPDX-License-Identifier: MIT */
/*
 * mepbench study: the trainings of a plan, single-threaded, as many at a time as there are cores, each worker pinned to
 * one; then the lines with --alone, with nothing beside them.
 *
 * Results are bit-identical however many run at a time, but their times are not worth having: beside others, or, of one
 * worker, hours apart from what they would be compared with. Their rows say "parallel" or "pool". A training's rows are
 * written when it has ended; each process writes a part of its own, rows-1.csv, rows-2.csv, ...
 */
#include "commands.h"
#include "interrupt.h"
#include "measure/measure.h"
#include "output.h"
#include "pool.h"
#include "report/progress.h"
#include "report/summary_study.h"
#include "results.h"
#include "study_list.h"
#include "study_rows.h"
#include "train_record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_PLAN SOURCE_DIR "/bench/study.plan"

struct study {
	struct options options;
	struct plan *plan;
	struct session session;
	struct dataset data;
	struct study_list list;
	struct results results;
	struct study_rows rows;
	struct train_epoch **epochs; /* of each job under way; NULL before and behind it */
	struct progress progress;
	int n_ended;
};

/* All epochs of a training that has ended. */
static int write_training(struct study *s, int job, struct failure *f)
{
	const struct study_job *j = &s->list.v[job];
	int rc = 0;

	for (int i = 0; i < j->line->options.epochs && !rc; i++) {
		struct train_record r = study_record(j, &s->session, &s->data);

		train_record_epoch(&r, &s->epochs[job][i]);
		rc = study_rows_add(&s->rows, s->results.dir, &r, f);
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
	snprintf(label, sizeof(label), "%d of %d; %.20s: %.40s seed %" PRIu64 ": dev %.2f %%", s->n_ended, s->list.n,
		 j->line->name, j->point.experiment, j->point.seed, 100 * epoch->dev_acc);
	progress_step(&s->progress, j->weight, label);
	return 0;
}

static void name_job(void *arg, int job, char *text, size_t size)
{
	const struct study_job *j = &((const struct study *)arg)->list.v[job];

	snprintf(text, size, "%.40s, %.100s, seed %" PRIu64, j->line->name, j->point.experiment, j->point.seed);
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
		.name = name_job,
		.stop = interrupt_flag(),
	};
	double total = 0;
	int rc;

	if (!s->list.n)
		return 0;
	conditions_degrade(&s->session.conditions, p.n_workers > 1 ? "parallel" : "pool");
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

/* Its exit status, or a negative errno with a sentence. */
static int run_alone(struct study *s, int at, struct failure *f)
{
	struct plan_line *line = &s->plan->lines[at];
	struct failure inner = {""};
	int rc = results_csv(&s->results, line, line->options.csv, sizeof(line->options.csv), f), status, noted;
	double started = clock_s();

	if (rc)
		return rc;
	line->options.quiet = true;
	rc = line->options.resume ? 0 : results_set_aside(&s->results, line, f);
	if (rc)
		return rc;
	if (!line->options.no_progress)
		fprintf(stderr, "%s: mepbench %s\n", line->name, line->source);
	rc = line->command->run(&line->options, &inner);
	status = command_status(rc);
	if (rc < 0)
		fprintf(stderr, "mepbench: %s:%d: %s\n", s->plan->path, line->number, inner.text);
	noted = results_note(&s->results, at,
			     *interrupt_flag() ? "interrupted"
			     : status	       ? "failed"
					       : "finished",
			     clock_s() - started, f);
	return noted ? noted : status;
}

static bool is_due(const struct study *s, int at)
{
	const struct plan_line *line = &s->plan->lines[at];

	return line->options.alone && !line->skipped && !results_finished(&s->results, at);
}

/* The worst status of any; a line that fails does not stop the others. */
static int run_lines(struct study *s, struct failure *f)
{
	int worst = EXIT_OK;

	for (int i = 0; i < s->plan->n && !*interrupt_flag(); i++) {
		int status = is_due(s, i) ? run_alone(s, i, f) : EXIT_OK;

		if (status < 0)
			return status;
		worst = worst ? worst : status;
	}
	return worst;
}

/* --- the whole ------------------------------------------------------------------------------------------------------
 */

/* What would run; with --resume, what the folder does not have. */
static int dry_run(struct study *s, struct failure *f)
{
	char name[256];
	int rc = 0;

	if (s->options.resume) {
		snprintf(s->results.dir, sizeof(s->results.dir), "%.*s", (int)sizeof(s->results.dir) - 1,
			 s->options.out);
		rc = study_rows_read(&s->rows, s->results.dir, false, f);
		study_list_drop_done(&s->list, &s->session, &s->data, s->rows.v, s->rows.n);
	}
	if (rc)
		return rc;
	for (int i = 0; i < s->list.n; i++) {
		train_point_name(&s->list.v[i].point, name, sizeof(name));
		printf("%s: %s\n", s->list.v[i].line->name, name);
	}
	for (int i = 0; i < s->plan->n; i++)
		if (is_due(s, i))
			printf("%s: mepbench %s\n", s->plan->lines[i].name, s->plan->lines[i].source);
	printf("%d trainings\n", s->list.n);
	return 0;
}

/* How to go on, with the options given. */
static void print_resume(const struct study *s)
{
	const struct options *o = &s->options;
	bool out = false;

	fprintf(stderr, "mepbench: %d of %d trainings left; go on with: mepbench study", s->list.n - s->n_ended,
		s->list.n);
	for (int i = 0; i < o->argc; i++) {
		const char *quote = strpbrk(o->argv[i], " |&;<>()$`\\\"*?[]") ? "'" : "";

		out = out || !strncmp(o->argv[i], "--out", 5);
		if (strcmp(o->argv[i], "--resume"))
			fprintf(stderr, " %s%s%s", quote, o->argv[i], quote);
	}
	fprintf(stderr, "%s%s --resume\n", out ? "" : " --out=", out ? "" : s->results.dir);
}

/* What is there, also where something failed or was interrupted. */
static int show(struct study *s, struct failure *f)
{
	struct table_list tables;
	int rc;

	if (s->rows.n && summary_study(s->rows.v, s->rows.n, &tables))
		return fail(f, -ENOMEM, "out of memory for the tables");
	rc = s->rows.n ? output_tables(&s->session, &tables, f) : 0;
	if (s->rows.n)
		table_list_destroy(&tables);
	printf("\nresults: %s (%zu rows of this run, %zu of earlier ones); the report: mepreport %s\n", s->results.dir,
	       s->rows.n - s->rows.n_earlier, s->rows.n_earlier, s->results.dir);
	if (s->n_ended < s->list.n || *interrupt_flag())
		print_resume(s);
	return rc;
}

/* A study goes on as it was begun: the last epoch is what tells a whole training. */
static int check_epochs(struct study *s, struct failure *f)
{
	const json_t *begun = json_object_get(s->results.context, "epochs");
	int epochs = s->list.n ? s->list.v[0].line->options.epochs : 0;

	if (!epochs)
		return 0;
	if (begun && json_integer_value(begun) != epochs)
		return fail(f, -EINVAL, "invalid value '%d' for --epochs; '%s' was begun with %d, should be the same",
			    epochs, s->results.dir, (int)json_integer_value(begun));
	json_object_set_new(s->results.context, "epochs", json_integer(epochs));
	return 0;
}

static int open_folder(struct study *s, struct failure *f)
{
	int rc = results_create(&s->results, s->plan, &s->session, f);

	rc = rc ? rc : check_epochs(s, f);
	rc = rc ? rc : results_write(&s->results, f);
	return rc ? rc : study_rows_read(&s->rows, s->results.dir, true, f);
}

static int run(struct study *s, struct failure *f)
{
	struct failure other = {""};
	int rc = open_folder(s, f), closed;

	if (rc)
		return rc;
	study_list_drop_done(&s->list, &s->session, &s->data, s->rows.v, s->rows.n);
	session_warn(&s->session);
	rc = run_pool(s, f);
	closed = study_rows_close(&s->rows, rc ? &other : f);
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
		rc = dry_run(&s, f);
	else if (!rc)
		rc = run(&s, f);
	for (int i = 0; s.epochs && i < s.list.n; i++)
		free(s.epochs[i]);
	free(s.epochs);
	study_rows_destroy(&s.rows);
	study_list_destroy(&s.list);
	dataset_release(&s.data);
	session_destroy(&s.session);
	results_destroy(&s.results);
	plan_destroy(s.plan);
	return rc;
}
