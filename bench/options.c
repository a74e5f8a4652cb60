/* SPDX-License-Identifier: MIT */
/* The words of the command line, matched with the table of options; see options.h. Values: options_value.c. */
#include "options_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_OPTIONS 128

static bool is_called(const struct option *row, const char *flag)
{
	size_t n = strcspn(flag, "=");

	return strlen(row->name) == n && !strncmp(row->name, flag, n);
}

static const struct option *find_option(const struct command *command, const char *flag)
{
	for (const struct option *row = option_table; row->name; row++)
		if ((row->commands & command->bit) && is_called(row, flag))
			return row;
	return NULL;
}

/* Edits (insert, delete, replace) that turn a into b, both at most 47 characters long; two rows of the usual matrix. */
static int edit_distance(const char *a, const char *b)
{
	int row[48], n = (int)strlen(b);

	for (int j = 0; j <= n; j++)
		row[j] = j;
	for (int i = 1; *a; i++, a++) {
		int diagonal = row[0];

		row[0] = i;
		for (int j = 1; j <= n; j++) {
			int best = diagonal + (*a != b[j - 1]);

			diagonal = row[j];
			best = best < row[j] + 1 ? best : row[j] + 1;
			row[j] = best < row[j - 1] + 1 ? best : row[j - 1] + 1;
		}
	}
	return row[n];
}

const char *options_nearest(const char *name, const char *(*next)(int i))
{
	const char *found = NULL, *candidate;
	int best = 3; /* more edits than this: not meant */

	if (strlen(name) > 47)
		return NULL;
	for (int i = 0; (candidate = next(i)); i++) {
		int d = strlen(candidate) > 47 ? best : edit_distance(name, candidate);

		if (d < best && d < (int)strlen(name)) {
			best = d;
			found = candidate;
		}
	}
	return found;
}

static const char *option_name(int i)
{
	return option_table[i].name;
}

static int fail_unknown(const struct command *command, const char *flag, struct failure *f)
{
	char name[48];
	const char *near;

	for (const struct option *row = option_table; row->name; row++)
		if (is_called(row, flag))
			return fail(f, -EINVAL, "--%s is not an option of '%s'; see mepbench %s --help", row->name,
				    command->name, command->name);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(flag, "="), flag);
	near = options_nearest(name, option_name);
	return fail(f, -EINVAL, "unknown option '--%s'%s%s%s; see mepbench %s --help", name,
		    near ? "; did you mean '--" : "", near ? near : "", near ? "'?" : "", command->name);
}

static int fill_defaults(struct options *o, const struct command *command, struct failure *f)
{
	int rc = 0;

	memset(o, 0, sizeof(*o));
	for (const struct option *row = option_table; row->name && !rc; row++)
		if ((row->commands & command->bit) && row->fallback)
			rc = option_parse_value(o, row, row->fallback, f);
	return rc;
}

static int add_file(struct options *o, const struct command *command, const char *word, struct failure *f)
{
	int max = command->max_files < OPTIONS_MAX_FILES ? command->max_files : OPTIONS_MAX_FILES;

	if (max == 0)
		return fail(f, -EINVAL, "unexpected word '%.80s'; options of '%s' should start with --", word,
			    command->name);
	if (o->n_files == max)
		return fail(f, -EINVAL, "one file too many: '%.200s'; '%s' should get at most %d", word, command->name,
			    max);
	o->files[o->n_files++] = word;
	return 0;
}

/* A folder may be left out, so its value is never the next word. */
static int refuse_stray(const struct command *command, const struct option *row, const char *next, struct failure *f)
{
	if (!next || !strncmp(next, "--", 2) || command->max_files)
		return 0;
	return fail(f, -EINVAL, "unexpected word '%.80s' behind --%s; should be --%s=%.80s", next, row->name, row->name,
		    next);
}

/* One word, and the next if it is the value; *used says how many were taken. */
static int parse_word(struct options *o, const struct command *command, char *const *argv, int left, bool *given,
		      int *used, struct failure *f)
{
	const char *flag = argv[0] + 2, *value = strchr(argv[0], '=');
	const struct option *row;

	*used = 1;
	if (strncmp(argv[0], "--", 2) || !*flag)
		return add_file(o, command, argv[0], f);
	row = find_option(command, flag);
	if (!row)
		return fail_unknown(command, flag, f);
	if (given[row - option_table])
		return fail(f, -EINVAL, "--%s is given twice; should be given once", row->name);
	given[row - option_table] = true;
	if (row->type == OPTION_FLAG && value)
		return fail(f, -EINVAL, "invalid value '%.80s' for --%s; should be given without a value", value + 1,
			    row->name);
	if (row->type == OPTION_FOLDER && !value && refuse_stray(command, row, left > 1 ? argv[1] : NULL, f))
		return -EINVAL;
	if (row->type == OPTION_FLAG || (row->type == OPTION_FOLDER && !value))
		return option_parse_value(o, row, row->type == OPTION_FLAG ? "" : OPTION_FOLDER_NAME, f);
	if (value) {
		value++;
	} else if (left > 1 && strncmp(argv[1], "--", 2)) {
		value = argv[1];
		*used = 2;
	}
	if (!value || !*value)
		return fail(f, -EINVAL, "missing value for --%s; should be --%s=%s", row->name, row->name, row->meta);
	return option_parse_value(o, row, value, f);
}

int options_parse(struct options *o, const struct command *command, int argc, char *const *argv, struct failure *f)
{
	bool given[MAX_OPTIONS] = {false};
	int used = 1, rc = fill_defaults(o, command, f);

	for (int i = 0; i < argc && !rc; i += used)
		rc = parse_word(o, command, argv + i, argc - i, given, &used, f);
	o->argc = argc;
	o->argv = argv;
	if (!rc && !o->help && command->max_files && command->files[0] != '[' && !o->n_files)
		rc = fail(f, -EINVAL, "'%s' needs a file; should be mepbench %s %s", command->name, command->name,
			  command->files);
	return rc;
}

int options_override(struct options *o, const struct command *command, const struct options *given,
		     const struct command *from, struct failure *f)
{
	bool seen[MAX_OPTIONS] = {false};
	int used = 1, rc = 0;

	for (int i = 0; i < given->argc && !rc; i += used) {
		char *const *argv = given->argv + i;
		const struct option *row = strncmp(argv[0], "--", 2) ? NULL : find_option(from, argv[0] + 2);

		used = row && row->type != OPTION_FLAG && !strchr(argv[0], '=') ? 2 : 1;
		if (row && find_option(command, row->name))
			rc = parse_word(o, command, argv, given->argc - i, seen, &used, f);
	}
	return rc;
}

static void print_option(const struct option *row)
{
	char left[64];

	snprintf(left, sizeof(left), "--%s%s%s", row->name, row->meta ? "=" : "", row->meta ? row->meta : "");
	printf("  %-22s %s", left, row->help);
	if (row->fallback)
		printf(" (default: %s)", row->fallback);
	printf("\n");
	for (int i = 0; row->names && row->names(i); i++)
		printf("%s%s%s", i ? ", " : "                         ", row->names(i), row->names(i + 1) ? "" : "\n");
}

void options_print_help(const struct command *command)
{
	printf("usage: mepbench %s%s%s [--option=value ...]\n\n%s\n\noptions:\n", command->name,
	       command->files ? " " : "", command->files ? command->files : "", command->summary);
	for (const struct option *row = option_table; row->name; row++)
		if (row->commands & command->bit)
			print_option(row);
	printf("\nlists: 1,2,4  ranges: 1-8  8-256*2 (times 2)  10-50+10 (plus 10)\n");
}
