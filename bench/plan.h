/* SPDX-License-Identifier: MIT */
/*
 * Plans: what `ninja bench` runs, as text. A line is NAME: COMMAND --option=value ... and may end with @SECONDS, its
 * expected duration, from which the time left is estimated; # starts a comment. NAME names the CSV file.
 */
#ifndef BENCH_PLAN_H
#define BENCH_PLAN_H

#include "options.h"

#define PLAN_MAX_LINES 128
#define PLAN_MAX_WORDS 64
#define PLAN_MAX_BYTES 65536
#define PLAN_DEFAULT_SECONDS 10

struct plan_line {
	int number;   /* in the file, from 1 */
	char *source; /* from the command's name on, without the comment and @SECONDS */
	char *text;   /* what the words point into */
	char *filter; /* its own --filter */
	const char *name;
	const struct command *command;
	double seconds; /* expected */
	bool skipped;	/* by --lines */
	int argc;
	char *argv[PLAN_MAX_WORDS]; /* options, behind the command */
	struct options options;
	bool own_tuning; /* options.tuning stands in the line */
};

struct plan {
	const char *path;
	const struct command *self; /* plan or targets */
	char *text;		    /* the whole file */
	int n, room;
	struct plan_line *lines; /* move when one is added */
};

/*
 * Reads and parses the plan file at `path`; each option of o that was given and that a line's command accepts
 * overrides the line's; of kernels, those are left that match both --filter. Every line is parsed before anything runs.
 * Errors name file:line. The plan borrows o.
 */
int plan_create(struct plan **plan, const char *path, const struct options *o, const struct command *self,
		struct failure *f);
void plan_destroy(struct plan *plan);

/* Adds all lines again, runs - 1 times, named NAME-2, NAME-3, ... */
int plan_repeat(struct plan *plan, int runs, const struct options *o, struct failure *f);

#endif
