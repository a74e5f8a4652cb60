/* SPDX-License-Identifier: MIT */
/*
 * mepbench targets: runs bench/targets.plan (or the plan given) once or several times, holds what was measured against
 * the targets of src/report/target_table.c, and writes the verdicts to targets.csv and targets.md beside the records.
 * A target that is missed is a finding, not an error.
 */
#include "commands.h"
#include "interrupt.h"
#include "output.h"
#include "plan_run.h"
#include "report/summary_parts.h"
#include "report/targets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_PLAN SOURCE_DIR "/bench/targets.plan"

struct records {
	struct kernel_record *v;
	size_t n;
};

static int append_file(const char *path, struct records *all, struct failure *f)
{
	struct kernel_record *more, *v;
	void *read;
	size_t n;
	int rc = record_read(path, &kernel_records, &read, &n, f);

	if (rc)
		return rc;
	more = read;
	v = realloc(all->v, (all->n + n + 1) * sizeof(*v));
	if (!v) {
		free(more);
		return fail(f, -ENOMEM, "out of memory for %zu records", all->n + n);
	}
	memcpy(v + all->n, more, n * sizeof(*v));
	all->v = v;
	all->n += n;
	free(more);
	return 0;
}

/* A line that failed, on a wrong result say, has left what it measured; its end may be torn. */
static int append_failed(const char *path, struct records *all)
{
	struct failure ignored;
	int rc = record_cut_torn(path, &ignored);

	rc = rc ? rc : append_file(path, all, &ignored);
	return rc == -ENOMEM ? rc : 0;
}

/* What lines that have ended have left in the folder. */
static int read_records(const struct plan *plan, const struct results *r, struct records *all, struct failure *f)
{
	char path[512];
	int rc = 0;

	for (int i = 0; i < plan->n && !rc; i++) {
		const char *state = results_state(r, i);

		rc = results_csv(r, &plan->lines[i], path, sizeof(path), f);
		if (rc || access(path, F_OK))
			continue;
		if (!strcmp(state, "finished"))
			rc = append_file(path, all, f);
		else if (!strcmp(state, "failed") && append_failed(path, all))
			rc = fail(f, -ENOMEM, "out of memory for the records of %s", path);
	}
	return rc;
}

static bool is_missing(const struct plan *plan, const struct results *r, int line)
{
	return !plan->lines[line].skipped && !results_finished(r, line);
}

/* Under the count: lines of the plan that failed or never came to their end. */
static int add_missing(const struct plan *plan, const struct results *r, struct table_list *out)
{
	struct table *t;
	int n = 0;

	for (int i = 0; i < plan->n; i++)
		n += is_missing(plan, r, i);
	if (!n)
		return 0;
	t = table_list_add(out, n + 1, 2, "Lines of the plan that did not finish");
	if (!t)
		return -ENOMEM;
	table_set(t, 0, 0, CELL_PLAIN, "line");
	table_set(t, 0, 1, CELL_PLAIN, "state");
	n = 0;
	for (int i = 0; i < plan->n; i++) {
		if (!is_missing(plan, r, i))
			continue;
		table_set(t, ++n, 0, CELL_PLAIN, "%s", plan->lines[i].name);
		table_set(t, n, 1, CELL_LOSS, "%s", results_state(r, i)[0] ? results_state(r, i) : "not run");
	}
	return 0;
}

static int write_csv(const struct results *r, const struct target_list *list, struct failure *f)
{
	struct record_writer *writer;
	char path[600];
	int rc, closed;

	snprintf(path, sizeof(path), "%s/targets.csv", r->dir);
	if (unlink(path) && errno != ENOENT)
		return fail(f, -EINVAL, "%s cannot be replaced: %s", path, strerror(errno));
	rc = record_writer_create(&writer, path, &target_records, f);
	if (rc)
		return rc;
	for (size_t i = 0; i < list->n && !rc; i++)
		rc = record_write(writer, &list->v[i], f);
	closed = record_writer_destroy(writer, rc ? &(struct failure){""} : f);
	return rc ? rc : closed;
}

/* The tables on standard output and in DIR/targets.md, under the head that tells the machine. */
static int print(const struct options *o, const struct results *r, const struct table_list *tables, struct failure *f)
{
	struct options out = *o;
	struct session session;
	int rc;

	snprintf(out.markdown, sizeof(out.markdown), "%.490s/targets.md", r->dir);
	rc = session_create(&session, &out, f);
	if (rc)
		return rc;
	rc = output_tables(&session, tables, f);
	session_destroy(&session);
	return rc;
}

static int judge(const struct plan *plan, const struct options *o, const struct results *r, struct failure *f)
{
	struct records records = {.n = 0};
	struct target_list list = {.n = 0};
	struct table_list tables = {.count = 0};
	int rc = read_records(plan, r, &records, f);

	if (!rc && (targets_judge(records.v, records.n, true, &list) || summary_targets(&list, &tables) ||
		    add_missing(plan, r, &tables)))
		rc = fail(f, -ENOMEM, "out of memory for the verdicts");
	rc = rc ? rc : write_csv(r, &list, f);
	rc = rc ? rc : print(o, r, &tables, f);
	table_list_destroy(&tables);
	target_list_destroy(&list);
	free(records.v);
	return rc;
}

static int run(struct plan *plan, const struct options *o, struct failure *f)
{
	struct results results;
	int rc, status;

	for (int i = 0; i < plan->n; i++)
		plan->lines[i].options.quiet = true;
	status = plan_run(plan, o, &results, f);
	if (status < 0)
		return status;
	rc = judge(plan, o, &results, f);
	if (!rc)
		printf("\nverdicts: %s/targets.md (and targets.csv); report: mepreport %s\n", results.dir, results.dir);
	results_destroy(&results);
	return rc ? rc : status;
}

int cmd_targets(const struct options *o, struct failure *f)
{
	struct plan *plan;
	int rc = plan_create(&plan, o->n_files ? o->files[0] : DEFAULT_PLAN, o, command_find("targets"), f);

	if (rc)
		return rc;
	rc = plan_repeat(plan, o->runs, o, f);
	if (!rc && o->dry_run)
		plan_print(plan);
	else if (!rc)
		rc = run(plan, o, f);
	plan_destroy(plan);
	return rc;
}
