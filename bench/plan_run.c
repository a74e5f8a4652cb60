/* SPDX-License-Identifier: MIT */
/* See plan_run.h. */
#include "plan_run.h"

#include "commands.h"
#include "interrupt.h"
#include "measure/measure.h"
#include "tally.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Expected and true seconds of what is done, for an estimate of what is left. */
struct account {
	double expected_s, true_s;
};

static void print_time(char *text, size_t size, double s)
{
	snprintf(text, size, "%d:%02d", (int)(s / 60), (int)s % 60);
}

static bool is_due(const struct plan *plan, const struct results *r, int at)
{
	return !plan->lines[at].skipped && !results_finished(r, at);
}

static void announce(const struct plan *plan, const struct results *r, int at, const struct account *done)
{
	const struct plan_line *line = &plan->lines[at];
	double left = 0, pace = done->expected_s > 0 ? done->true_s / done->expected_s : 1;
	char eta[32];

	for (int i = at; i < plan->n; i++)
		left += is_due(plan, r, i) ? plan->lines[i].seconds : 0;
	print_time(eta, sizeof(eta), left * pace);
	if (!line->options.no_progress)
		fprintf(stderr, "[%d/%d] %s: mepbench %s (about %s left in all)\n", at + 1, plan->n, line->name,
			line->source, eta);
	if (line->options.quiet)
		return;
	printf("\n== %s: mepbench %s\n\n", line->name, line->source);
	fflush(stdout);
}

/* What has become of the lines. */
struct outcome {
	int worst;   /* status */
	int n_empty; /* lines of which --filter or --count left nothing: no mistake unless all are so */
	int n_run;
};

static int settle_line(const struct plan *plan, const struct plan_line *line, int rc, const struct failure *f,
		       struct outcome *o)
{
	int status = rc == -ENODATA ? EXIT_OK : command_status(rc);

	o->n_run++;
	o->n_empty += rc == -ENODATA;
	if (rc < 0 && rc != -ENODATA)
		fprintf(stderr, "mepbench: %s:%d: %s\n", plan->path, line->number, f->text);
	if (!o->worst || status == EXIT_WRONG_RESULT)
		o->worst = status;
	return status;
}

static int settle_lines(const struct plan *plan, const struct outcome *o)
{
	if (!o->n_run || o->n_empty < o->n_run)
		return o->worst;
	fprintf(stderr, "mepbench: %s: nothing to measure: no line has a contender left; see --filter and --lines\n",
		plan->path);
	return EXIT_USAGE;
}

static int run_line(struct plan *plan, struct results *r, int at, struct account *done, struct outcome *outcome,
		    struct failure *f)
{
	struct plan_line *line = &plan->lines[at];
	struct failure inner = {""};
	double started, spent;
	/* A command that resumes by itself goes on in its file. */
	int rc = line->options.resume ? 0 : results_set_aside(r, line, f), status;

	if (!rc)
		rc = results_csv(r, line, line->options.csv, sizeof(line->options.csv), f);
	rc = rc ? rc : results_place_files(r, &line->options, f);
	rc = rc ? rc : results_place_tuning(r, line, f);
	if (rc)
		return rc;
	announce(plan, r, at, done);
	started = clock_s();
	rc = line->command->run(&line->options, &inner);
	spent = clock_s() - started;
	status = settle_line(plan, line, rc, &inner, outcome);
	done->expected_s += line->seconds;
	done->true_s += spent;
	results_note_recordings(r, at, &line->options);
	rc = results_note(r, at, *interrupt_flag() ? "interrupted" : status ? "failed" : "finished", spent, f);
	return rc;
}

static int run_lines(struct plan *plan, const struct options *o, struct results *r, struct failure *f)
{
	struct account done = {0, 0};
	char more[24] = "";
	struct outcome outcome = {EXIT_OK, 0, 0};

	for (int i = 0; i < plan->n && !*interrupt_flag(); i++) {
		int rc = is_due(plan, r, i) ? run_line(plan, r, i, &done, &outcome, f) : 0;

		if (rc)
			return rc;
	}
	if (o->runs > 1)
		snprintf(more, sizeof(more), " --runs=%d", o->runs);
	if (*interrupt_flag())
		fprintf(stderr, "mepbench: interrupted; go on with: mepbench %s %s%s --out=%s --resume\n",
			plan->self->name, plan->path, more, r->dir);
	return settle_lines(plan, &outcome);
}

void plan_print(const struct plan *plan)
{
	double total = 0;
	int n = 0;

	for (int i = 0; i < plan->n; i++) {
		if (plan->lines[i].skipped)
			continue;
		n++;
		printf("%s: mepbench %s  (about %.0f s)\n", plan->lines[i].name, plan->lines[i].source,
		       plan->lines[i].seconds);
		total += plan->lines[i].seconds;
	}
	printf("%d lines, about %.0f s in all\n", n, total);
}

int plan_check(struct plan *plan)
{
	struct tally tally = {.right = 0};
	struct outcome outcome = {EXIT_OK, 0, 0};

	for (int i = 0; i < plan->n && !*interrupt_flag(); i++) {
		struct plan_line *line = &plan->lines[i];
		struct failure f = {""};

		if (line->skipped)
			continue;
		if (!line->options.no_progress)
			fprintf(stderr, "[%d/%d] %s: mepbench %s\n", i + 1, plan->n, line->name, line->source);
		line->options.tally = &tally;
		settle_line(plan, line, line->command->run(&line->options, &f), &f, &outcome);
	}
	tally_print(&tally, stdout);
	return settle_lines(plan, &outcome);
}

int plan_run(struct plan *plan, const struct options *o, struct results *results, struct failure *f)
{
	struct session session;
	int rc = session_create(&session, o, f);

	if (rc)
		return rc;
	rc = results_create(results, plan, &session, f);
	session_destroy(&session);
	if (rc)
		return rc;
	rc = run_lines(plan, o, results, f);
	if (rc < 0)
		results_destroy(results);
	return rc;
}
