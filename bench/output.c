/* SPDX-License-Identifier: MIT */
/* See output.h. */
#include "output.h"

#include "base/replacement.h"
#include "report/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Whose kernels these are, where they are not this program's. */
static void print_builds(const struct session *s, const char *start, FILE *out)
{
	const struct {
		int build;
		const char *what, *path;
	} rows[] = {{BUILD_TESTED, "kernels of", s->options->kernels}, {BUILD_BASE, "against", s->options->against}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct kernel_library *k = s->builds[rows[i].build].library.kernels;

		if (k)
			fprintf(out, "%s%s %s: %s, commit %s\n", start, rows[i].what, rows[i].path, k->compiler,
				k->commit);
	}
}

static void print_header(const struct session *s, const char *start, FILE *out)
{
	const struct conditions *c = &s->conditions;
	char isas[96];

	session_name_isas(s, isas, sizeof(isas));
	fprintf(out, "%s%s: %s, %d cores, %s%s%s\n", start, c->host, c->cpu, c->cores, c->os, c->virt[0] ? ", " : "",
		c->virt);
	fprintf(out, "%skernels %s, %s, %s, commit %s\n", start, isas, c->compiler, c->build_type, c->commit);
	fprintf(out, "%sbinding %s, seed %llu, libraries %s, run %s\n", start, s->binding.policy,
		(unsigned long long)s->options->seed, c->libraries[0] ? c->libraries : "none", s->run_id);
	print_builds(s, start, out);
	if (c->degraded[0])
		fprintf(out, "%sdegraded: %s\n", start, c->degraded);
}

static enum table_format terminal_format(const struct options *o)
{
	bool automatic = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");

	if (!strcmp(o->color, "always") || (strcmp(o->color, "never") && automatic))
		return TABLE_COLOR;
	return TABLE_TEXT;
}

static void print_verdicts(const struct verdict_list *list, bool markdown, FILE *out)
{
	void (*put)(const char *, FILE *) = markdown ? markdown_put : text_put;

	for (int i = 0; i < list->count; i++) {
		fputs(markdown ? "- " : "", out);
		put(list->v[i], out);
		fputc('\n', out);
	}
}

/* All of the tables in Markdown; on a terminal without the details. */
static void print_tables(const struct session *s, const struct table_list *tables, enum table_format format, FILE *out)
{
	int hidden = 0;

	print_header(s, format == TABLE_MARKDOWN ? "- " : "", out);
	fputc('\n', out);
	for (int i = 0; i < tables->count; i++) {
		if (tables->tables[i].detail && format != TABLE_MARKDOWN) {
			hidden++;
			continue;
		}
		table_print(&tables->tables[i], format, out);
	}
	print_verdicts(&tables->verdicts, format == TABLE_MARKDOWN, out);
	if (hidden)
		fprintf(out, "%d more table%s (GFLOP/s, ledger): --markdown=FILE, or --csv=FILE and mepreport\n",
			hidden, hidden == 1 ? "" : "s");
}

static int write_markdown(const struct session *s, const struct table_list *tables, struct failure *f)
{
	struct replacement r;
	int rc = replacement_open(&r, s->options->markdown, f);

	if (rc)
		return rc;
	print_tables(s, tables, TABLE_MARKDOWN, r.out);
	return replacement_close(&r, true, f);
}

int output_tables(const struct session *s, const struct table_list *tables, struct failure *f)
{
	/* A standard output that takes nothing is told at the end of the process: it spoils no other file. */
	if (strcmp(s->options->csv, "-") && !s->options->quiet)
		print_tables(s, tables, terminal_format(s->options), stdout);
	return s->options->markdown[0] ? write_markdown(s, tables, f) : 0;
}

int output_kernel(const struct session *s, const struct kernel_record *records, size_t n,
		  const struct table_list *tables, struct failure *f)
{
	int err = output_tables(s, tables, f);

	if (!err && s->options->json[0])
		err = json_write_samples(s->options->json, records, n, &s->conditions, f);
	return err;
}
