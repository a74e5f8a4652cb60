/* SPDX-License-Identifier: MIT */
/* See plan.h. Only reads: cmd_plan.c runs what stands here. */
#include "plan.h"

#include "commands.h"
#include "filter.h"
#include "session.h"

#include "base/file.h"
#include "report/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
#define BLANKS " \t\r"
#define MAX_SECONDS 1e6
#define PLAN_MAX_NAME 40
#define PLAN_MAX_SOURCE 1024

/* What is kept of a plan goes into JSON and onto terminals. */
static int check_characters(const struct plan *plan, struct failure *f)
{
	const char *at = plan->text;
	int line = 1;

	while (*at) {
		uint32_t code;
		size_t n = utf8_next(at, &code);

		if (code == UTF8_REPLACEMENT && !strchr("\t\r\n", *at))
			return fail(f, -EINVAL, "%s:%d: byte 0x%02x; should be plain text in UTF-8", plan->path, line,
				    (unsigned char)*at);
		line += *at == '\n';
		at += n;
	}
	return 0;
}

static int read_text(struct plan *plan, struct failure *f)
{
	int rc = file_read_text(plan->path, "a plan: lines of NAME: COMMAND --option=value ...", PLAN_MAX_BYTES,
				&plan->text, f);

	return rc ? rc : check_characters(plan, f);
}

static int fail_line(const struct plan *plan, const struct plan_line *line, struct failure *f, const char *what,
		     const char *found, const char *should)
{
	return fail(f, -EINVAL, "%s:%d: %s '%.60s'; should be %s", plan->path, line->number, what, found, should);
}

/* Takes "NAME:" off the start of *text. */
static int take_name(struct plan *plan, struct plan_line *line, char **text, struct failure *f)
{
	size_t n = strspn(*text, NAME_CHARACTERS);

	if (n == 0 || n > PLAN_MAX_NAME || (*text)[n] != ':')
		return fail_line(plan, line, f, "invalid line", *text, "NAME: COMMAND --option=value ... @SECONDS");
	(*text)[n] = 0;
	line->name = *text;
	*text += n + 1;
	for (const struct plan_line *l = plan->lines; l < line; l++)
		if (!strcmp(l->name, line->name))
			return fail_line(plan, line, f, "second line of the name", line->name, "a name of its own");
	return 0;
}

/* Takes "@SECONDS" off the end. */
static int take_seconds(const struct plan *plan, struct plan_line *line, char *text, struct failure *f)
{
	char *at = strrchr(text, '@'), *end;

	line->seconds = PLAN_DEFAULT_SECONDS;
	if (!at)
		return 0;
	line->seconds = strtod(at + 1, &end);
	if (!at[1] || strspn(at + 1, "0123456789.") != strcspn(at + 1, BLANKS) || end[strspn(end, BLANKS)] ||
	    !(line->seconds > 0 && line->seconds <= MAX_SECONDS))
		return fail_line(plan, line, f, "invalid expected time", at, "@SECONDS, 0 < SECONDS <= 1000000");
	*at = 0;
	return 0;
}

static int take_words(const struct plan *plan, struct plan_line *line, char *text, struct failure *f)
{
	char *rest = NULL, *word = strtok_r(text, BLANKS, &rest);
	const char *near;

	if (!word)
		return fail_line(plan, line, f, "no command behind", line->name, "NAME: COMMAND --option=value ...");
	line->command = command_find(word);
	if (!line->command) {
		near = options_nearest(word, command_name);
		return fail_line(plan, line, f, "unknown command", word, near ? near : "one of mepbench --help");
	}
	if (line->command->bit & (COMMAND_PLAN | COMMAND_TARGETS | COMMAND_STUDY))
		return fail_line(plan, line, f, "plan within a plan", word, "a command that measures");
	while ((word = strtok_r(NULL, BLANKS, &rest))) {
		if (line->argc == PLAN_MAX_WORDS)
			return fail_line(plan, line, f, "too many words from", word, "at most 64");
		line->argv[line->argc++] = word;
	}
	return 0;
}

/* A training takes one instruction set: of several the best. */
static void take_best_isa(const struct plan *plan, struct plan_line *line)
{
	struct word_list *isa = &line->options.isa;
	const struct kernel_set *best = session_best_isa(isa);

	if (!(line->command->bit & COMMAND_TRAIN) || !best || (isa->n < 2 && strcmp(isa->v[0], "all")))
		return;
	isa->n = 1;
	snprintf(isa->v[0], sizeof(isa->v[0]), "%s", best->isa);
	fprintf(stderr, "note: %s:%d: train takes one instruction set; of those of --isa it is %s\n", plan->path,
		line->number, best->isa);
}

static bool leaves_folder(const char *path)
{
	for (const char *part = path; part; part = strchr(part, '/')) {
		part += *part == '/';
		if (!strncmp(part, "..", 2) && (!part[2] || part[2] == '/'))
			return true;
	}
	return path[0] == '/';
}

/* A line writes into the folder of the results and runs no code but ours; only the command line may say otherwise. */
static int check_paths(const struct plan *plan, const struct plan_line *line, struct failure *f)
{
	const struct options *o = &line->options;
	const char *const paths[] = {o->json, o->markdown, o->record_gradients, o->tuning};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (leaves_folder(paths[i]))
			return fail_line(plan, line, f, "output outside the folder of the results:", paths[i],
					 "a relative path without ..");
	if (o->kernels[0] || o->against[0])
		return fail_line(plan, line, f, "code of a library in the line of", line->name,
				 "given on the command line");
	return 0;
}

/* What the command line says goes first, but its --filter only narrows the line's. */
static int override(struct plan_line *line, const struct options *o, const struct command *self, struct failure *f)
{
	int rc;

	line->filter = strdup(line->options.filter);
	if (!line->filter)
		return fail(f, -ENOMEM, "out of memory");
	rc = options_override(&line->options, line->command, o, self, f);
	if (strcmp(line->filter, line->options.filter) != 0)
		line->options.line_filter = line->filter;
	return rc;
}

static int parse_options(const struct plan *plan, struct plan_line *line, const struct options *o,
			 const struct command *self, struct failure *f)
{
	struct failure inner = {""};
	int rc = options_parse(&line->options, line->command, line->argc, line->argv, &inner);
	const struct int_list seeds = line->options.seeds;
	int epochs = line->options.epochs;

	if (!rc && check_paths(plan, line, f))
		return -EINVAL;
	if (!rc)
		rc = override(line, o, self, &inner);
	/* What a study runs for its times is as long as its line says. */
	if (line->options.alone) {
		line->options.seeds = seeds;
		line->options.epochs = epochs;
	}
	if (rc)
		return fail(f, rc, "%s:%d: %.400s", plan->path, line->number, inner.text);
	line->own_tuning = line->options.tuning[0] && !o->tuning[0];
	take_best_isa(plan, line);
	if (*line->options.csv || line->options.help)
		return fail_line(plan, line, f, "--csv or --help in the line of", line->name,
				 "left out: the plan names the files");
	return 0;
}

static char *skip_blanks(char *text)
{
	return text + strspn(text, BLANKS);
}

static void trim_end(char *text)
{
	size_t n = strlen(text);

	while (n && strchr(BLANKS, text[n - 1]))
		text[--n] = 0;
}

/* Lines are large, most plans short. Those that are there move, and their words with them. */
static int make_room(struct plan *plan, struct failure *f)
{
	int room = plan->room ? 2 * plan->room : 4;
	struct plan_line *more;

	if (plan->n < plan->room)
		return 0;
	more = reallocarray(plan->lines, (size_t)room, sizeof(*more));
	if (!more)
		return fail(f, -ENOMEM, "out of memory for %s", plan->path);
	plan->lines = more;
	plan->room = room;
	for (int i = 0; i < plan->n; i++)
		more[i].options.argv = more[i].argv;
	return 0;
}

static int add_line(struct plan *plan, const char *start, size_t length, int number, struct failure *f)
{
	struct plan_line *line;
	char *text;
	int rc;

	if (plan->n == PLAN_MAX_LINES)
		return fail(f, -EINVAL, "%s:%d: too many lines; should be at most %d", plan->path, number,
			    PLAN_MAX_LINES);
	rc = make_room(plan, f);
	if (rc)
		return rc;
	line = &plan->lines[plan->n++];
	memset(line, 0, sizeof(*line));
	line->number = number;
	line->text = strndup(start, length);
	if (!line->text)
		return fail(f, -ENOMEM, "out of memory for %s", plan->path);
	text = skip_blanks(line->text);
	rc = take_name(plan, line, &text, f);
	if (!rc)
		rc = take_seconds(plan, line, text, f);
	if (rc)
		return rc;
	trim_end(text);
	line->source = strdup(skip_blanks(text));
	if (!line->source)
		return fail(f, -ENOMEM, "out of memory for %s", plan->path);
	return take_words(plan, line, text, f);
}

static int parse_text(struct plan *plan, struct failure *f)
{
	const char *at = plan->text;

	for (int number = 1; *at; number++) {
		size_t whole = strcspn(at, "\n"), length = strcspn(at, "#\n");
		int rc = strspn(at, BLANKS) < length ? add_line(plan, at, length, number, f) : 0;

		if (rc)
			return rc;
		at += whole + (at[whole] == '\n');
	}
	return plan->n ? 0 : fail(f, -EINVAL, "%s: no lines; should be NAME: COMMAND --option=value ...", plan->path);
}

/* Marks the lines that --lines leaves out. */
static int choose_lines(struct plan *plan, const char *pattern, struct failure *f)
{
	regex_t regex;
	int rc, n = 0;

	if (!*pattern)
		return 0;
	rc = filter_compile(&regex, "--lines", pattern, f);
	if (rc)
		return rc;
	for (int i = 0; i < plan->n; i++) {
		plan->lines[i].skipped = regexec(&regex, plan->lines[i].name, 0, NULL, 0) != 0;
		n += !plan->lines[i].skipped;
	}
	regfree(&regex);
	return n ? 0 : fail(f, -EINVAL, "--lines=%s: no line of %s is called so", pattern, plan->path);
}

int plan_create(struct plan **plan, const char *path, const struct options *o, const struct command *self,
		struct failure *f)
{
	struct plan *p = calloc(1, sizeof(*p));
	int rc;

	if (!p)
		return fail(f, -ENOMEM, "out of memory");
	p->path = path;
	p->self = self;
	rc = read_text(p, f);
	if (!rc)
		rc = parse_text(p, f);
	for (int i = 0; i < p->n && !rc; i++)
		rc = parse_options(p, &p->lines[i], o, self, f);
	if (!rc)
		rc = choose_lines(p, o->lines, f);
	if (rc)
		plan_destroy(p);
	else
		*plan = p;
	return rc;
}

static int repeat_line(struct plan *plan, int at, int run, const struct options *o, struct failure *f)
{
	const struct plan_line *first = &plan->lines[at];
	const bool skipped = first->skipped;
	char text[PLAN_MAX_NAME + 16 + PLAN_MAX_SOURCE];
	bool fits;
	int rc;

	fits = snprintf(text, sizeof(text), "%s-%d: %s @%g", first->name, run, first->source, first->seconds) <
	       (int)sizeof(text);
	rc = fits ? add_line(plan, text, strlen(text), first->number, f)
		  : fail_line(plan, first, f, "too long for several runs", first->name, "shorter");
	if (rc)
		return rc;
	plan->lines[plan->n - 1].skipped = skipped;
	return parse_options(plan, &plan->lines[plan->n - 1], o, plan->self, f);
}

int plan_repeat(struct plan *plan, int runs, const struct options *o, struct failure *f)
{
	int n = plan->n, rc = 0;

	if (n * runs > PLAN_MAX_LINES)
		return fail(f, -EINVAL,
			    "invalid value '%d' for --runs: %d times the %d lines of %s; should be at most %d", runs,
			    runs, n, plan->path, PLAN_MAX_LINES / n);
	for (int run = 2; run <= runs; run++)
		for (int i = 0; i < n && !rc; i++)
			rc = repeat_line(plan, i, run, o, f);
	return rc;
}

void plan_destroy(struct plan *plan)
{
	for (int i = 0; plan && i < plan->n; i++) {
		free(plan->lines[i].text);
		free(plan->lines[i].source);
		free(plan->lines[i].filter);
	}
	if (plan) {
		free(plan->lines);
		free(plan->text);
	}
	free(plan);
}
