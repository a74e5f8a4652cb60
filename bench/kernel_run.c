/* SPDX-License-Identifier: MIT */
/* See kernel_run.h. Measures nothing itself (src/measure), checks nothing itself (stage.c). */
#include "kernel_run.h"
#include "count.h"
#include "filter.h"
#include "interrupt.h"
#include "measure/measure.h"
#include "output.h"
#include "report/progress.h"
#include "report/summary.h"
#include "stage.h"
#include "stage_yardstick.h"
#include "tally.h"
#include "trial_record.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALIBRATION_ROUNDS 3 /* calibration takes about as long as this many rounds */
#define ROUGH_FLOPS_PER_NS 50
#define ROUGH_BYTES_PER_NS 10

struct kernel_run {
	const struct kernel_plan *plan;
	struct session session;
	struct point_list points;
	regex_t filters[LINEUP_FILTERS];
	int n_filters;
	struct record_writer *csv; /* NULL: no --csv */
	struct kernel_record *records;
	size_t n_records, capacity;
	struct tally tally;
	struct progress progress;
};

static int compile_filter(struct kernel_run *run, const char *text, struct failure *f)
{
	int rc = text && text[0] ? filter_compile(&run->filters[run->n_filters], "--filter", text, f) : 0;

	run->n_filters += text && text[0] && !rc;
	return rc;
}

static int enter(const struct kernel_run *run, const struct point *p, struct lineup *l, struct failure *f)
{
	const struct session *s = &run->session;
	int err = 0;

	*l = (struct lineup){.session = s,
			     .filters = run->filters,
			     .n_filters = run->n_filters,
			     .point = *p,
			     .all_ceilings = run->plan->ceilings};
	/* Larger teams do the same work. */
	if (s->options->count && p->threads != 1)
		return 0;
	for (int b = 0; b < N_BUILDS; b++)
		for (int i = 0; i < s->n_isas && !err; i++) {
			l->build = &s->builds[b];
			l->kernels = session_kernels(s, b, i);
			err = l->kernels ? run->plan->enter(l, f) : 0;
		}
	err = err ? err : lineup_add_yardsticks(l, f);
	if (err)
		lineup_destroy(l);
	return err;
}

/* Only for ETA and --dry-run: samples take min_time, or one call where that is longer. */
static double rough_seconds(const struct lineup *l)
{
	const struct options *o = l->session->options;
	const struct shape *s = &l->point.shape;
	double products = 0, rounds = o->repetitions + CALIBRATION_ROUNDS, call, seconds = 0;

	for (int i = 0; i < l->n_trials; i++) {
		products = l->trials[i].n_steps * 2.0 * s->batch * fmax(s->n_in, 1) * s->n_out;
		call = l->trials[i].level ? l->trials[i].working_set / ROUGH_BYTES_PER_NS
					  : products / ROUGH_FLOPS_PER_NS / l->point.threads;
		call *= 1e-9;
		seconds += rounds * (o->fixed_calls ? (double)o->fixed_calls * call : fmax(o->min_time_s, call));
	}
	return seconds;
}

static int keep_record(struct kernel_run *run, const struct kernel_record *r, struct failure *f)
{
	if (run->n_records == run->capacity) {
		size_t capacity = run->capacity ? 2 * run->capacity : 256;
		struct kernel_record *more = realloc(run->records, capacity * sizeof(*more));

		if (!more)
			return fail(f, -ENOMEM, "out of memory for %zu records", capacity);
		run->records = more;
		run->capacity = capacity;
	}
	run->records[run->n_records++] = *r;
	return run->csv ? record_write(run->csv, r, f) : 0;
}

static FILE *list_of(const struct kernel_run *run)
{
	return strcmp(run->session.options->csv, "-") ? stdout : stderr;
}

/* A column that may be empty. */
static const char *or_dash(const char *text)
{
	return text[0] ? text : "-";
}

static void count_trial(struct kernel_run *run, const struct trial *t)
{
	bool base = t->build == &run->session.builds[BUILD_BASE];

	tally_add(&run->tally, &(struct tally){.right = t->check.ok,
					       .wrong = !t->check.ok && !base,
					       .wrong_base = !t->check.ok && base});
}

/* A contender with a wrong result gets a record without a time, and is loud. --check names the others, and their code.
 */
static int report_failures(struct kernel_run *run, const struct lineup *l, struct failure *f)
{
	int err = 0;

	for (int i = 0; i < l->n_trials && !err; i++) {
		const struct trial *t = &l->trials[i];
		struct kernel_record r = trial_record(l, t, run->plan->command);

		count_trial(run, t);
		if (t->check.ok && run->session.options->check)
			fprintf(list_of(run), "right %s %s %s\n", t->name, or_dash(r.build), or_dash(r.code));
		if (t->check.ok)
			continue;
		fprintf(stderr, "WRONG RESULT, not timed: %s (%s%s%s): %s\n", t->name, trial_isa(t),
			t->build->name[0] ? ", " : "", t->build->name, t->check.why);
		err = keep_record(run, &r, f);
	}
	return err;
}

/* One point while it is timed. */
struct heat {
	struct kernel_run *run;
	struct trial **trials; /* (n) those that passed */
	struct contender *contenders;
	struct sample *samples; /* (rounds, n) */
	struct measure_params params;
	int n, rounds, rejected;
};

static void heat_destroy(struct heat *h)
{
	free(h->trials);
	free(h->contenders);
	free(h->samples);
}

static int heat_create(struct heat *h, struct kernel_run *run, struct lineup *l, struct failure *f)
{
	const struct options *o = run->session.options;
	size_t n = (size_t)l->n_trials + 1;

	*h = (struct heat){.run = run,
			   .params = {.min_time_s = o->min_time_s,
				      .fixed_calls = o->fixed_calls,
				      .rounds = o->repetitions,
				      .seed = o->order_seed ? o->order_seed : o->seed,
				      .cold_cache = o->cold_cache,
				      .stop = interrupt_flag()}};
	h->trials = calloc(n, sizeof(struct trial *));
	h->contenders = calloc(n, sizeof(*h->contenders));
	h->samples = calloc(n * (size_t)o->repetitions, sizeof(*h->samples));
	if (!h->trials || !h->contenders || !h->samples) {
		heat_destroy(h);
		return fail(f, -ENOMEM, "out of memory for the samples");
	}
	for (int i = 0; i < l->n_trials; i++)
		if (l->trials[i].check.ok) {
			h->trials[h->n] = &l->trials[i];
			h->contenders[h->n++] = (struct contender){l->trials[i].name, trial_run, &l->trials[i], 0};
		}
	return 0;
}

static void heat_run(struct team team, void *arg)
{
	struct heat *h = arg;
	int rounds = measure_rounds(h->contenders, h->n, &h->params, &h->run->session.binding, team, h->samples,
				    &h->rejected);

	if (team.rank == 0)
		h->rounds = rounds;
}

static int time_lineup(struct kernel_run *run, struct lineup *l, struct failure *f)
{
	struct heat h;
	int err = heat_create(&h, run, l, f);

	if (err)
		return err;
	if (h.n)
		err = team_run(&run->session.binding, l->point.threads, heat_run, &h, NULL, f);
	if (!err && h.rounds < 0)
		err = fail(f, h.rounds, "the measurement failed: %s", strerror(-h.rounds));
	for (int i = 0; i < h.rounds * h.n && !err; i++) {
		struct kernel_record r = trial_record(l, h.trials[h.samples[i].contender], run->plan->command);

		trial_record_sample(&r, &h.samples[i]);
		err = keep_record(run, &r, f);
	}
	heat_destroy(&h);
	return err;
}

static void run_once(void *arg)
{
	trial_run(arg, 0, (struct team){0, 1});
}

/* Counts each contender whose code is ours. Memory that it has not touched yet costs no instructions of its own. */
static int count_lineup(struct kernel_run *run, struct lineup *l, struct failure *f)
{
	int err = 0;

	count_begin();
	for (int i = 0; i < l->n_trials && !err && !*interrupt_flag(); i++) {
		struct trial *t = &l->trials[i];
		const struct counted counted = {run_once, t, !t->build->library.kernels};
		struct kernel_record r = trial_record(l, t, run->plan->command);

		if (t->peer || !t->check.ok)
			continue;
		err = count_call(&counted, &r.instructions, f);
		r.calls = 1;
		if (!err && !run->session.options->quiet)
			fprintf(list_of(run), "%12lld %s %s\n", (long long)r.instructions, t->name, or_dash(r.build));
		err = err ? err : keep_record(run, &r, f);
	}
	count_end();
	return err;
}

static int measure_stage(struct kernel_run *run, struct stage *s, struct failure *f)
{
	const struct options *o = run->session.options;
	int err;

	if (o->check || o->count)
		return o->check ? 0 : count_lineup(run, s->lineup, f);
	err = stage_inject(s, interrupt_flag(), f);
	return err ? err : time_lineup(run, s->lineup, f);
}

static int run_point(struct kernel_run *run, const struct point *p, struct failure *f)
{
	char label[80];
	struct lineup l;
	struct stage s;
	int err = enter(run, p, &l, f);

	if (err)
		return err;
	point_label(p, label, sizeof(label));
	progress_step(&run->progress, 0, label);
	err = run->session.options->check ? 0 : lineup_tune(&l, run->session.tuner, f);
	err = err || !l.n_trials ? err : stage_create(&s, &l, f);
	if (!err && l.n_trials) {
		err = stage_verify(&s, f);
		err = err ? err : report_failures(run, &l, f);
		err = err ? err : measure_stage(run, &s, f);
		stage_destroy(&s);
	}
	progress_step(&run->progress, rough_seconds(&l), label);
	lineup_destroy(&l);
	return err;
}

/* Walks all points without running any: the expected seconds, and with `out` each contender's name on a line. */
static int survey(const struct kernel_run *run, FILE *out, double *seconds, int *n, struct failure *f)
{
	*seconds = 0;
	*n = 0;
	for (int i = 0; i < run->points.n; i++) {
		struct lineup l;
		int err = enter(run, &run->points.v[i], &l, f);

		if (err)
			return err;
		for (int t = 0; t < l.n_trials && out; t++)
			fprintf(out, "%s%s%s\n", l.trials[t].name, l.trials[t].build->name[0] ? " " : "",
				l.trials[t].build->name);
		*seconds += rough_seconds(&l);
		*n += l.n_trials;
		lineup_destroy(&l);
	}
	return *n ? 0 : fail(f, -ENODATA, "nothing to measure: no contender is left; see --filter, --method and --k");
}

static int dry_run(const struct kernel_run *run, struct failure *f)
{
	FILE *out = list_of(run);
	double seconds;
	int n, err = survey(run, out, &seconds, &n, f);

	if (!err)
		fprintf(out, "%d contenders in %d points, %d rounds: about %.0f s\n", n, run->points.n,
			run->session.options->repetitions, ceil(seconds));
	return err;
}

static int run_points(struct kernel_run *run, struct failure *f)
{
	const struct options *o = run->session.options;
	double seconds;
	int n, err = survey(run, NULL, &seconds, &n, f);

	if (err)
		return err;
	session_warn(&run->session);
	err = o->csv[0] ? record_writer_create(&run->csv, o->csv, &kernel_records, f) : 0;
	if (err)
		return err;
	progress_start(&run->progress, !o->no_progress, seconds, run->plan->command);
	for (int i = 0; i < run->points.n && !err && !*interrupt_flag(); i++)
		err = run_point(run, &run->points.v[i], f);
	progress_end(&run->progress);
	return err == -EINTR ? 0 : err; /* what is finished is shown */
}

/* A plan tells the sum. */
static int finish_check(const struct kernel_run *run)
{
	const struct options *o = run->session.options;

	if (o->tally)
		tally_add(o->tally, &run->tally);
	else
		tally_print(&run->tally, list_of(run));
	return tally_status(&run->tally);
}

static int finish(struct kernel_run *run, struct failure *f)
{
	const struct tally *t = &run->tally;
	struct table_list tables;
	int err;

	if (run->session.options->check)
		return finish_check(run);
	if (run->session.options->count)
		return tally_status(t);
	if (summary_kernel(run->records, run->n_records, &tables))
		return fail(f, -ENOMEM, "out of memory for the tables");
	err = output_kernel(&run->session, run->records, run->n_records, &tables, f);
	table_list_destroy(&tables);
	if (!err && t->wrong + t->wrong_base)
		fprintf(stderr, "%d of %d contenders gave a WRONG RESULT\n", t->wrong + t->wrong_base,
			t->wrong + t->wrong_base + t->right);
	return err ? err : tally_status(t);
}

static void run_destroy(struct kernel_run *run)
{
	for (int i = 0; i < run->n_filters; i++)
		regfree(&run->filters[i]);
	free(run->points.v);
	free(run->records);
	session_destroy(&run->session);
}

int kernel_run(const struct options *o, const struct kernel_plan *plan, struct failure *f)
{
	struct kernel_run run = {.plan = plan};
	int rc = session_create(&run.session, o, f), closed, shown = 0;

	if (rc)
		return rc;
	rc = compile_filter(&run, o->filter, f);
	rc = rc ? rc : compile_filter(&run, o->line_filter, f);
	rc = rc ? rc : plan->points(&run.session, &run.points, f);
	if (!rc && o->dry_run)
		rc = dry_run(&run, f);
	else if (!rc) {
		rc = run_points(&run, f);
		closed = run.csv ? record_writer_destroy(run.csv, rc ? &(struct failure){""} : f) : 0;
		rc = rc ? rc : closed;
		/* What is finished is shown even where a later step failed. */
		if (!rc || run.n_records)
			shown = finish(&run, rc ? &(struct failure){""} : f);
		rc = rc ? rc : shown;
	}
	run_destroy(&run);
	return rc;
}
