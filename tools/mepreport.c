/* SPDX-License-Identifier: MIT */
/*
 * mepreport: turns result folders into tables on the terminal and a report in Markdown and HTML.
 * Reads result files only, so that a report can be made again at any time and anywhere.
 */
#include "report.h"

#include "report_history.h"

#include "base/streams.h"
#include "report/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
	bool quiet, no_plots, help, accept, history;
	const char *color, *into; /* into: the folder of the history */
	int n_dirs;
	char **dirs;
};

static const char usage[] =
	"usage: mepreport [--quiet] [--no-plots] [--color=auto|always|never] DIR...\n"
	"       mepreport --accept [--into=FOLDER] RUN...\n"
	"       mepreport --history [FOLDER]\n\n"
	"Reads the CSV files and context.json of each results folder; writes DIR/report.md, DIR/report.html and\n"
	"DIR/plots/*.svg (with gnuplot), and prints the tables.\n\n"
	"  --quiet      print the place of the report only\n"
	"  --no-plots   tables only\n"
	"  --color      colours on the terminal (default auto; NO_COLOR is honoured)\n"
	"  --accept     append each run to the history: a row per process and cell, a file per machine;\n"
	"               one that was degraded, is unfinished, wrong or of a modified tree is refused\n"
	"  --into       the folder of the history (default " HISTORY_FOLDER ")\n"
	"  --history    a report of the history: trends and change points, machine by machine\n";

static int parse_flag(struct arguments *a, const char *flag, struct failure *f)
{
	const struct {
		const char *name;
		bool *set;
	} switches[] = {{"--quiet", &a->quiet},
			{"--no-plots", &a->no_plots},
			{"--help", &a->help},
			{"--accept", &a->accept},
			{"--history", &a->history}};

	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
		if (strcmp(flag, switches[i].name) == 0) {
			*switches[i].set = true;
			return 0;
		}
	if (strncmp(flag, "--into=", 7) == 0 && flag[7])
		a->into = flag + 7;
	else if (strcmp(flag, "--color=auto") == 0 || strcmp(flag, "--color=always") == 0 ||
		 strcmp(flag, "--color=never") == 0)
		a->color = strchr(flag, '=') + 1;
	else
		return fail(f, -EINVAL,
			    "unknown option '%.80s'; should be --quiet, --no-plots, --color=auto|always|never, "
			    "--accept, --into=FOLDER, --history or --help",
			    flag);
	return 0;
}

/* Moves the folders to the front of argv. */
static int parse(struct arguments *a, int argc, char **argv, struct failure *f)
{
	int rc = 0;

	*a = (struct arguments){.color = "auto", .into = HISTORY_FOLDER, .dirs = argv};
	for (int i = 1; i < argc && rc == 0; i++) {
		if (argv[i][0] == '-' && argv[i][1])
			rc = parse_flag(a, argv[i], f);
		else
			argv[a->n_dirs++] = argv[i];
	}
	if (rc == 0 && a->accept && a->history)
		return fail(f, -EINVAL, "--accept and --history together; should be one of them");
	if (rc == 0 && a->n_dirs == 0 && a->history)
		a->dirs[a->n_dirs++] = (char *)a->into;
	if (rc == 0 && a->n_dirs == 0 && !a->help)
		return fail(f, -EINVAL, "no folder given; should be mepreport DIR, such as results/<run>");
	return rc;
}

static bool has_chapter(const struct chapter_list *chapters, const char *id)
{
	for (int i = 0; i < chapters->count; i++) {
		if (strcmp(chapters->v[i].id, id) == 0)
			return true;
	}
	return false;
}

/*
 * Selections are a means: beside the backward passes they stand in the report only. Claims are sentences, too wide for
 * tables of a terminal: their verdicts stand at the end.
 */
static bool is_brief(const struct chapter_list *chapters, const struct chapter *c)
{
	return strcmp(c->id, "claims") != 0 && (strcmp(c->id, "selection") != 0 || !has_chapter(chapters, "speedup"));
}

static void print_verdicts(const struct verdict_list *verdicts)
{
	for (int i = 0; i < verdicts->count; i++) {
		text_put(verdicts->v[i], stdout);
		printf("\n");
	}
}

/* The chapters in reverse: what matters most stands last, next to the prompt. Details are in the report only. */
static void print_tables(const struct facts *facts, const struct chapter_list *chapters, const char *color)
{
	enum table_format format = table_format_for(stdout, color);

	for (int i = 0; i < facts->count; i++) {
		printf("%s%-20s ", facts->v[i].alarming ? "! " : "  ", facts->v[i].label);
		text_put(facts->v[i].value, stdout);
		printf("\n");
	}
	printf("\n");
	for (int i = chapters->count - 1; i >= 0; i--) {
		const struct chapter *c = &chapters->v[i];

		for (int j = 0; j < c->tables.count && is_brief(chapters, c); j++) {
			if (!c->tables.tables[j].detail)
				table_print(&c->tables.tables[j], format, stdout);
		}
	}
	print_verdicts(&facts->verdicts);
	for (int i = 0; i < chapters->count; i++)
		if (strcmp(chapters->v[i].id, "claims") == 0)
			print_verdicts(&chapters->v[i].tables.verdicts);
}

static int write_report(const struct results *r, const struct facts *facts, const struct chapter_list *chapters,
			struct failure *f)
{
	char path[4096];
	int rc;

	snprintf(path, sizeof(path), "%s/report.md", r->dir);
	rc = report_write_markdown(path, r, facts, chapters, f);
	snprintf(path, sizeof(path), "%s/report.html", r->dir);
	if (rc == 0)
		rc = report_write_html(path, r, facts, chapters, f);
	return rc || chapters->no_plots ? rc : report_write_plots(r->dir, chapters, f);
}

static int report(const char *dir, const struct arguments *a, struct failure *f)
{
	struct results r;
	struct chapter_list chapters;
	struct facts facts;
	int rc = results_load(&r, dir, f);

	if (rc)
		return rc;
	if (facts_collect(&facts, &r))
		rc = fail(f, -ENOMEM, "out of memory");
	rc = rc ? rc : chapters_create(&chapters, &r, !a->no_plots, f);
	if (rc == 0) {
		if (!a->quiet)
			print_tables(&facts, &chapters, a->color);
		rc = write_report(&r, &facts, &chapters, f);
		chapters_destroy(&chapters);
	}
	facts_release(&facts);
	results_release(&r);
	return rc;
}

static int report_history(const char *dir, const struct arguments *a, struct failure *f)
{
	struct history_page p;
	int rc = history_page_create(&p, dir, !a->no_plots, f);

	if (rc)
		return rc;
	if (!a->quiet)
		print_tables(&p.facts, &p.chapters, a->color);
	rc = write_report(&p.r, &p.facts, &p.chapters, f);
	history_page_destroy(&p);
	return rc;
}

static int accept(const char *dir, const struct arguments *a, struct failure *f)
{
	size_t added;
	int left_out, rc = history_accept(dir, a->into, &added, &left_out, f);

	if (rc == 0 && added)
		printf("%s: %zu rows added to %s\n", dir, added, a->into);
	else if (rc == 0)
		printf("%s: nothing added, %s has it already\n", dir, a->into);
	if (rc == 0 && left_out)
		printf("%s: %d cell%s left out: no best dense beside them, and no yardstick of as many threads in the "
		       "same "
		       "rounds (mepbench --yardstick)\n",
		       dir, left_out, left_out == 1 ? "" : "s");
	return rc;
}

static int report_one(const char *dir, const struct arguments *a, struct failure *f)
{
	int rc = a->history ? report_history(dir, a, f) : report(dir, a, f);

	if (rc == 0)
		printf("report: %s/report.html (and report.md)\n", dir);
	return rc;
}

static int run(int argc, char **argv)
{
	struct failure f = {""};
	struct arguments a;
	int rc = parse(&a, argc, argv, &f);

	if (rc == 0 && a.help)
		return fputs(usage, stdout) < 0 ? EXIT_HARNESS : EXIT_OK;
	for (int i = 0; i < a.n_dirs && rc == 0; i++)
		rc = a.accept ? accept(a.dirs[i], &a, &f) : report_one(a.dirs[i], &a, &f);
	if (rc == 0)
		return EXIT_OK;
	fprintf(stderr, "mepreport: %s\n", f.text);
	return rc == -EINVAL || rc == -ENOENT ? EXIT_USAGE : EXIT_HARNESS;
}

int main(int argc, char **argv)
{
	streams_open();
	return streams_status("mepreport", run(argc, argv));
}
