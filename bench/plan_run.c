/* SPDX-License-Identifier: MIT */
/* See plan_run.h. */
#include "plan_run.h"

#include "commands.h"
#include "interrupt.h"
#include "measure/measure.h"
#include "tally.h"

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

static int run_line(struct plan *plan, struct results *r, int at, struct account *done, struct failure *f)
{
	struct plan_line *line = &plan->lines[at];
	struct failure inner = {""};
	double started, spent;
	/* A command that resumes by itself goes on in its file. */
	int rc = line->options.resume ? 0 : results_set_aside(r, line, f), status;

	if (!rc)
		rc = results_csv(r, line, line->options.csv, sizeof(line->options.csv), f);
	rc = rc ? rc : results_place_recordings(r, &line->options, f);
	rc = rc ? rc : results_place_tuning(r, line, f);
	if (rc)
		return rc;
	announce(plan, r, at, done);
	started = clock_s();
	rc = line->command->run(&line->options, &inner);
	spent = clock_s() - started;
	status = command_status(rc);
	if (rc < 0)
		fprintf(stderr, "mepbench: %s:%d: %s\n", plan->path, line->number, inner.text);
	done->expected_s += line->seconds;
	done->true_s += spent;
	results_note_recordings(r, at, &line->options);
	rc = results_note(r, at, *interrupt_flag() ? "interrupted" : status ? "failed" : "finished", spent, f);
	return rc ? rc : status;
}

static int run_lines(struct plan *plan, const struct options *o, struct results *r, struct failure *f)
{
	struct account done = {0, 0};
	char more[24] = "";
	int worst = EXIT_OK;

	for (int i = 0; i < plan->n && !*interrupt_flag(); i++) {
		int status = is_due(plan, r, i) ? run_line(plan, r, i, &done, f) : EXIT_OK;

		if (status < 0)
			return status;
		if (!worst || status == EXIT_WRONG_RESULT)
			worst = status;
	}
	if (o->runs > 1)
		snprintf(more, sizeof(more), " --runs=%d", o->runs);
	if (*interrupt_flag())
		fprintf(stderr, "mepbench: interrupted; go on with: mepbench %s %s%s --out=%s --resume\n",
			plan->self->name, plan->path, more, r->dir);
	return worst;
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
	int worst = EXIT_OK, status;

	for (int i = 0; i < plan->n && !*interrupt_flag(); i++) {
		struct plan_line *line = &plan->lines[i];
		struct failure f = {""};

		if (line->skipped)
			continue;
		if (!line->options.no_progress)
			fprintf(stderr, "[%d/%d] %s: mepbench %s\n", i + 1, plan->n, line->name, line->source);
		line->options.tally = &tally;
		status = line->command->run(&line->options, &f);
		if (status < 0)
			fprintf(stderr, "mepbench: %s:%d: %s\n", plan->path, line->number, f.text);
		status = command_status(status);
		if (!worst || status == EXIT_WRONG_RESULT)
			worst = status;
	}
	tally_print(&tally, stdout);
	return worst;
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
