/* SPDX-License-Identifier: MIT */
/* mepcompare OLD NEW: what became slower, faster or wrong between two runs. Reads result files only. */
#include "compare.h"
#include "report.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct arguments {
	const char *paths[2], *color;
	int n_paths;
	double threshold; /* fraction */
	bool help;
};

static const char usage[] =
	"usage: mepcompare [--threshold=PERCENT] [--color=auto|always|never] OLD NEW\n\n"
	"OLD and NEW are CSV files of kernel records or results folders. A contender regressed if its whole interval\n"
	"is slower by more than the threshold (default 5). Exit status: 0 ok, 1 regression, 2 bad input,\n"
	"3 inconclusive, 4 wrong result.\n";

static int parse_threshold(struct arguments *a, const char *text, struct failure *f)
{
	char *end;
	double percent = strtod(text, &end);

	if (end == text || *end || !(percent > 0 && percent <= 1000))
		return fail(f, -EINVAL,
			    "invalid value '%.80s' for --threshold; should be a number of percent, above 0 and at "
			    "most 1000",
			    text);
	a->threshold = percent / 100;
	return 0;
}

static int parse_argument(struct arguments *a, const char *text, struct failure *f)
{
	if (strncmp(text, "--threshold=", 12) == 0)
		return parse_threshold(a, text + 12, f);
	if (strcmp(text, "--help") == 0)
		a->help = true;
	else if (strcmp(text, "--color=auto") == 0 || strcmp(text, "--color=always") == 0 ||
		 strcmp(text, "--color=never") == 0)
		a->color = strchr(text, '=') + 1;
	else if (text[0] == '-')
		return fail(f, -EINVAL,
			    "unknown option '%.80s'; should be --threshold=PERCENT, --color=auto|always|never or "
			    "--help",
			    text);
	else if (a->n_paths == 2)
		return fail(f, -EINVAL, "third path '%.200s'; should be two: OLD and NEW", text);
	else
		a->paths[a->n_paths++] = text;
	return 0;
}

static int parse(struct arguments *a, int argc, char **argv, struct failure *f)
{
	*a = (struct arguments){.threshold = 0.05, .color = "auto"};
	for (int i = 1; i < argc; i++) {
		int rc = parse_argument(a, argv[i], f);

		if (rc)
			return rc;
	}
	if (a->n_paths < 2 && !a->help)
		return fail(f, -EINVAL, "%d path%s given; should be two: OLD and NEW", a->n_paths,
			    a->n_paths == 1 ? "" : "s");
	return 0;
}

static int load_file(struct results *r, const char *path, struct failure *f)
{
	void *records = NULL;
	int rc = record_read(path, &kernel_records, &records, &r->n_kernel, f);

	r->kernel = records;
	if (rc == 0 && series_list_create(&r->series, r->kernel, r->n_kernel))
		rc = fail(f, -ENOMEM, "out of memory");
	return rc;
}

static int load(struct results *r, const char *path, struct failure *f)
{
	struct stat status;
	int rc;

	*r = (struct results){.dir = path};
	if (stat(path, &status))
		return fail(f, -EINVAL, "cannot read %s: %s; should be a CSV file or a results folder", path,
			    strerror(errno));
	rc = S_ISDIR(status.st_mode) ? results_load(r, path, f) : load_file(r, path, f);
	if (rc == 0 && r->series.n + r->series.n_failed == 0)
		rc = fail(f, -EINVAL, "%s: no kernel records; should hold rows of mepbench select or backward", path);
	return rc;
}

/* Returns an exit status, or a negative errno. */
static int compare(const struct results *old, const struct results *new, const struct arguments *a, struct failure *f)
{
	struct comparison c;
	struct table t;
	int status;

	if (comparison_create(&c, &old->series, &new->series, a->threshold))
		return fail(f, -ENOMEM, "out of memory");
	status = comparison_exit_status(&c);
	if (comparison_table(&c, &t)) {
		comparison_destroy(&c);
		return fail(f, -ENOMEM, "out of memory");
	}
	table_print(&t, table_format_for(stdout, a->color), stdout);
	comparison_print_summary(&c, a->threshold, stdout);
	table_destroy(&t);
	comparison_destroy(&c);
	return fflush(stdout) ? fail(f, -EIO, "cannot write to standard output: %s", strerror(errno)) : status;
}

int main(int argc, char **argv)
{
	struct results old = {0}, new = {0};
	struct failure f = {""};
	struct arguments a;
	int rc = parse(&a, argc, argv, &f);

	if (rc == 0 && a.help)
		return fputs(usage, stdout) < 0 ? EXIT_HARNESS : EXIT_OK;
	if (rc == 0)
		rc = load(&old, a.paths[0], &f);
	if (rc == 0)
		rc = load(&new, a.paths[1], &f);
	if (rc == 0)
		rc = compare(&old, &new, &a, &f);
	results_release(&old);
	results_release(&new);
	if (rc >= 0)
		return rc;
	fprintf(stderr, "mepcompare: %s\n", f.text);
	return rc == -EINVAL || rc == -ENOENT ? EXIT_USAGE : EXIT_HARNESS;
}
