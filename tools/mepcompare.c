/* SPDX-License-Identifier: MIT */
/*
 * mepcompare RUN... or OLD NEW: what became slower, faster or wrong between two builds, and how sure that is. Reads
 * result files only. Options -> records -> comparison (compare.h) -> table, files, exit status.
 */
#include "compare_load.h"
#include "compare_selftest.h"

#include "base/streams.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PATHS 256

struct arguments {
	const char *paths[MAX_PATHS];
	int n_paths;
	struct rule rule;
	const char *color, *filter, *recheck, *markdown, *json, *csv;
	bool all, github, turns, self_test, help;
};

static const char usage[] =
	"usage: mepcompare [--option=value ...] RUN...      builds of the same rounds (mepbench --against)\n"
	"       mepcompare [--option=value ...] OLD NEW     two runs, by their yardsticks where both have one\n"
	"       mepcompare --self-test RUN...               the gate judged by copies of the same code (mepbench "
	"--twin)\n\n"
	"RUN, OLD and NEW are CSV files of kernel records, or results folders. A cell regressed if it is slower than\n"
	"the threshold in every process, in two at least, by more than can be detected today, and no chance result.\n\n"
	"  --threshold=PERCENT   changes up to this are nobody's concern (3)\n"
	"  --processes=N         so many must agree (2)\n"
	"  --all                 unchanged cells too\n"
	"  --filter=REGEX        only cells whose names match this extended regular expression\n"
	"  --turns               OLD and NEW were measured in turns, a process each: ten turns of each count as one\n"
	"  --recheck=FILE        a pattern for mepbench --filter: cells that another process may settle; empty if "
	"none\n"
	"  --csv=FILE            a row per cell\n"
	"  --json=FILE           speed-ups for github-action-benchmark, customBiggerIsBetter\n"
	"  --markdown=FILE       the table; it is also appended to $GITHUB_STEP_SUMMARY where that is set\n"
	"  --github              annotations of GitHub's workflows\n"
	"  --color=auto|always|never\n\n"
	"Exit status: 0 ok, 1 regression, 2 bad input, 3 inconclusive, 4 wrong result, 99 harness error.\n";

enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_PERCENT, OPTION_COUNT, OPTION_COLOR };

static const struct {
	const char *name;
	enum option_kind kind;
	size_t offset;
} options[] = {
	{"--threshold=", OPTION_PERCENT, offsetof(struct arguments, rule.threshold)},
	{"--processes=", OPTION_COUNT, offsetof(struct arguments, rule.processes)},
	{"--all", OPTION_FLAG, offsetof(struct arguments, all)},
	{"--filter=", OPTION_TEXT, offsetof(struct arguments, filter)},
	{"--turns", OPTION_FLAG, offsetof(struct arguments, turns)},
	{"--recheck=", OPTION_TEXT, offsetof(struct arguments, recheck)},
	{"--csv=", OPTION_TEXT, offsetof(struct arguments, csv)},
	{"--json=", OPTION_TEXT, offsetof(struct arguments, json)},
	{"--markdown=", OPTION_TEXT, offsetof(struct arguments, markdown)},
	{"--github", OPTION_FLAG, offsetof(struct arguments, github)},
	{"--self-test", OPTION_FLAG, offsetof(struct arguments, self_test)},
	{"--color=", OPTION_COLOR, offsetof(struct arguments, color)},
	{"--help", OPTION_FLAG, offsetof(struct arguments, help)},
};
#define N_OPTIONS (sizeof(options) / sizeof(options[0]))

static int parse_percent(double *share, const char *text, struct failure *f)
{
	char *end;
	double percent = strtod(text, &end);

	if (end == text || *end || !(percent > 0 && percent <= 1000))
		return fail(f, -EINVAL,
			    "invalid value '%.80s' for --threshold; should be a number of percent, above 0 and at "
			    "most 1000",
			    text);
	*share = percent / 100;
	return 0;
}

static int parse_count(int *count, const char *text, struct failure *f)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (end == text || *end || n < 1 || n > 100)
		return fail(f, -EINVAL, "invalid value '%.80s' for --processes; should be a number 1..100", text);
	*count = (int)n;
	return 0;
}

static int parse_color(const char **color, const char *text, struct failure *f)
{
	if (strcmp(text, "auto") && strcmp(text, "always") && strcmp(text, "never"))
		return fail(f, -EINVAL, "invalid value '%.80s' for --color; should be auto, always or never", text);
	*color = text;
	return 0;
}

static int parse_value(struct arguments *a, size_t i, const char *text, struct failure *f)
{
	void *at = (char *)a + options[i].offset;

	switch (options[i].kind) {
	case OPTION_FLAG:
		*(bool *)at = true;
		return 0;
	case OPTION_PERCENT:
		return parse_percent(at, text, f);
	case OPTION_COUNT:
		return parse_count(at, text, f);
	case OPTION_COLOR:
		return parse_color(at, text, f);
	case OPTION_TEXT:
		break;
	}
	if (!*text)
		return fail(f, -EINVAL, "%.*s has no value; should be the name of a file, or - for standard output",
			    (int)strlen(options[i].name) - 1, options[i].name);
	*(const char **)at = text;
	return 0;
}

static int parse_option(struct arguments *a, const char *text, struct failure *f)
{
	for (size_t i = 0; i < N_OPTIONS; i++) {
		size_t n = strlen(options[i].name);
		bool flag = options[i].kind == OPTION_FLAG;

		if (flag ? strcmp(text, options[i].name) == 0 : strncmp(text, options[i].name, n) == 0)
			return parse_value(a, i, text + n, f);
	}
	return fail(f, -EINVAL, "unknown option '%.80s'; see mepcompare --help", text);
}

static int parse(struct arguments *a, int argc, char **argv, struct failure *f)
{
	*a = (struct arguments){.rule = rule_default, .color = "auto"};
	for (int i = 1; i < argc; i++) {
		int rc = 0;

		if (argv[i][0] == '-')
			rc = parse_option(a, argv[i], f);
		else if (a->n_paths == MAX_PATHS)
			rc = fail(f, -EINVAL, "more than %d paths; should be fewer, or folders", MAX_PATHS);
		else
			a->paths[a->n_paths++] = argv[i];
		if (rc)
			return rc;
	}
	if (!a->n_paths && !a->help)
		return fail(f, -EINVAL, "no path given; should be RUN..., or OLD and NEW; see mepcompare --help");
	return 0;
}

static int print_table(const struct table *t, const struct arguments *a)
{
	return t->n_rows > 1 ? table_print(t, table_format_for(stdout, a->color), stdout) : 0;
}

static int write_files(const struct comparison *c, const struct arguments *a, struct failure *f)
{
	const char *summary = getenv("GITHUB_STEP_SUMMARY");
	int rc = a->recheck ? comparison_write_recheck(c, a->recheck, f) : 0;

	rc = rc || !a->csv ? rc : comparison_write_csv(c, a->csv, f);
	rc = rc || !a->json ? rc : comparison_write_json(c, a->json, f);
	rc = rc || !a->markdown ? rc : comparison_write_markdown(c, a->markdown, false, f);
	return rc || !summary || !*summary ? rc : comparison_write_markdown(c, summary, true, f);
}

static int tell(const struct comparison *c, const struct arguments *a, struct failure *f)
{
	struct table t;

	if (comparison_table(c, a->all, &t))
		return fail(f, -ENOMEM, "out of memory");
	print_table(&t, a);
	table_destroy(&t);
	if (a->github)
		comparison_print_annotations(c, stdout);
	comparison_print_summary(c, stdout);
	return 0;
}

/* Returns an exit status, or a negative errno. */
static int compare(const struct record_list *old, const struct record_list *new, const struct arguments *a,
		   struct failure *f)
{
	struct comparison c;
	int rc;

	if (comparison_create(&c, old, new, &a->rule))
		return fail(f, -ENOMEM, "out of memory");
	rc = tell(&c, a, f);
	rc = rc ? rc : write_files(&c, a, f);
	rc = rc ? rc : (int)comparison_exit_status(&c);
	comparison_destroy(&c);
	return rc;
}

static int self_test(const struct record_list *records, const struct arguments *a, struct failure *f)
{
	struct selftest s;
	struct table t;
	int rc = selftest_create(&s, records, &a->rule, f);

	if (rc)
		return rc;
	if (selftest_table(&s, &t)) {
		selftest_destroy(&s);
		return fail(f, -ENOMEM, "out of memory");
	}
	print_table(&t, a);
	table_destroy(&t);
	selftest_print_summary(&s, stdout);
	rc = (int)selftest_exit_status(&s);
	selftest_destroy(&s);
	return rc;
}

/* OLD and NEW as builds of common rounds. */
static int compare_turns(struct record_list *lists, const struct arguments *a, struct failure *f)
{
	if (a->n_paths != 2)
		return fail(f, -EINVAL, "%d paths given with --turns; should be OLD and NEW", a->n_paths);
	if (record_list_join_turns(&lists[0], "base") || record_list_join_turns(&lists[1], "") ||
	    record_list_append(&lists[0], &lists[1]))
		return fail(f, -ENOMEM, "out of memory");
	return compare(NULL, &lists[0], a, f);
}

/* A gate's rounds of kernels that are all new: twins, and nothing of the base to hold against them. */
static bool has_partner(const struct record_list *list)
{
	return record_list_has_build(list, "base") || record_list_has_build(list, "twin");
}

/* Runs that hold both builds are one; two that do not are OLD and NEW. */
static int compare_runs(struct record_list *lists, const struct arguments *a, struct failure *f)
{
	int n = a->n_paths, with_base = 0;

	if (a->turns)
		return compare_turns(lists, a, f);
	for (int i = 0; i < n; i++)
		with_base += record_list_has_build(&lists[i], "base");
	if (n == 2 && with_base < 2)
		return compare(&lists[0], &lists[1], a, f);
	for (int i = 0; i < n; i++) {
		if (!has_partner(&lists[i]))
			return fail(
				f, -EINVAL,
				"%s: no rows of build 'base'; should be measured with --against, or be two runs: OLD "
				"NEW",
				a->paths[i]);
	}
	for (int i = 1; i < n; i++)
		if (record_list_append(&lists[0], &lists[i]))
			return fail(f, -ENOMEM, "out of memory");
	return compare(NULL, &lists[0], a, f);
}

static int load(struct record_list *list, const struct arguments *a, int i, struct failure *f)
{
	int rc = record_list_load(list, a->paths[i], f);

	return rc || !a->filter ? rc : record_list_filter(list, a->filter, f);
}

static int run(const struct arguments *a, struct failure *f)
{
	struct record_list *lists = calloc((size_t)a->n_paths, sizeof(*lists));
	int rc = lists ? 0 : fail(f, -ENOMEM, "out of memory");

	for (int i = 0; i < a->n_paths && !rc; i++)
		rc = load(&lists[a->self_test ? 0 : i], a, i, f);
	if (rc == 0)
		rc = a->self_test ? self_test(&lists[0], a, f) : compare_runs(lists, a, f);
	for (int i = 0; lists && i < a->n_paths; i++)
		record_list_destroy(&lists[i]);
	free(lists);
	return rc;
}

static int start(int argc, char **argv)
{
	struct failure f = {""};
	struct arguments a;
	int rc = parse(&a, argc, argv, &f);

	if (rc == 0 && a.help)
		return fputs(usage, stdout) < 0 ? EXIT_HARNESS : EXIT_OK;
	if (rc == 0)
		rc = run(&a, &f);
	if (rc >= 0)
		return rc;
	fprintf(stderr, "mepcompare: %s\n", f.text);
	return rc == -EINVAL || rc == -ENOENT ? EXIT_USAGE : EXIT_HARNESS;
}

int main(int argc, char **argv)
{
	int status, lost;

	streams_open();
	status = start(argc, argv);
	lost = streams_status("mepcompare", EXIT_OK);
	/* A verdict that nobody could read is none; a reader who has left knew enough. */
	return lost == EXIT_HARNESS || !status ? lost : status;
}
