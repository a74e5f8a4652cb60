/* SPDX-License-Identifier: MIT */
/*
 * The command line: one table of options, parsed strictly into one struct. Only this room reads argv.
 * Lists and ranges: 1,2,4  1-8  8-256*2 (geometric)  0-100+10 (arithmetic); items keep their order, duplicates are
 * errors.
 */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include "base/failure.h"

#include <stdbool.h>
#include <stdint.h>

#define OPTIONS_MAX_LIST 64
#define OPTIONS_MAX_FILES 256
#define OPTIONS_MAX_DISTS 16

struct int_list {
	int n;
	int64_t v[OPTIONS_MAX_LIST];
};

struct real_list {
	int n;
	double v[OPTIONS_MAX_LIST];
};

/* Names separated by commas; "all" is kept as the one item "all". */
struct word_list {
	int n;
	char v[OPTIONS_MAX_LIST][48];
};

/* Names or paths separated by commas; "all" is kept as the one item "all". */
struct file_list {
	int n;
	char v[OPTIONS_MAX_DISTS][512];
};

struct shape {
	int batch, n_in, n_out;
};

struct shape_list {
	int n;
	struct shape v[OPTIONS_MAX_LIST];
};

/* The commands, as bits: which options belong to which. */
enum command_bit {
	COMMAND_INFO = 1 << 0,
	COMMAND_LIST = 1 << 1,
	COMMAND_CEILINGS = 1 << 2,
	COMMAND_SELECT = 1 << 3,
	COMMAND_BACKWARD = 1 << 4,
	COMMAND_TRAIN = 1 << 5,
	COMMAND_PLAN = 1 << 6,
	COMMAND_CHECK = 1 << 7,
	COMMAND_FORWARD = 1 << 8,
	COMMAND_UPDATE = 1 << 9,
	COMMAND_TARGETS = 1 << 10,
	COMMAND_DIST = 1 << 11,
	COMMAND_STUDY = 1 << 12,
};

/* The commands whose contenders are kernels by themselves; and those of them that have results. */
#define COMMANDS_CHECKED (COMMAND_SELECT | COMMAND_BACKWARD | COMMAND_FORWARD | COMMAND_UPDATE)
#define COMMANDS_OF_KERNELS (COMMANDS_CHECKED | COMMAND_CEILINGS)

struct tally;

/* Texts are "" and lists empty where nothing was given and the table has no default. */
struct options {
	/* common */
	struct int_list threads;   /* empty: the default sweep */
	char bind[64];		   /* "": the default policy */
	uint64_t seed, order_seed; /* order_seed 0: seed */
	char csv[512], json[512], markdown[512], filter[8192], color[8];
	const char *line_filter; /* not an option: that of a plan's line, behind the plan's own; or NULL */
	struct word_list isa;
	bool dry_run, no_progress, cold_cache, resume, help, columns;
	double min_time_s;   /* of a sample */
	int64_t fixed_calls; /* --min-time=200x: calls in a sample; else 0 */
	int repetitions;
	/* commands of kernels */
	char kernels[512], against[512]; /* files of kernel libraries; "": those built in, none */
	bool twin, against_first, check, yardstick;
	bool count;	     /* instructions instead of time */
	double inject;	     /* percent; 0: nothing */
	struct tally *tally; /* not an option: where a plan adds up what --check finds; else NULL */
	/* select, backward */
	struct int_list n, batch, k;
	struct word_list algo, method, select;
	struct file_list dist; /* words that are no name of data/dist.h are files of recordings, see dists.h */
	struct shape_list shape;
	struct real_list tau;
	/* update */
	struct word_list optimizers;
	int drawn_n, drawn_rows; /* dist */
	/* train */
	struct int_list layers, seeds;
	struct word_list k_layers; /* --k=20 or 20/40 (one per hidden layer), several separated by commas */
	struct real_list ratio;
	char optimizer[24], policy[64], loss[8], init[16], output[8], bias[8], data[512], experiment[64];
	double lr; /* 0: the optimiser's own default */
	double l1, l2, dropout, momentum, spike, anneal_factor, floor;
	double tinyprop_min, tinyprop_max, tinyprop_damp, memory;
	int epochs;
	bool lazy, fused, rescale;
	bool alone; /* in a study: nothing runs beside it */
	/* method auto: backward, train */
	char tuning[512]; /* "": the user's cache */
	bool retune;
	char record_gradients[512]; /* folder; "": record nothing */
	struct word_list record_at; /* step1, epoch10 */
	int record_minibatches;
	/* plan, targets, study */
	char out[512];
	char lines[256];
	int runs;
	int jobs;   /* study: trainings at a time; 0: one per core */
	bool quiet; /* not an option: a plan's commands print no tables */
	/* the files given without a flag, and the words as they were given; both point into argv */
	const char *files[OPTIONS_MAX_FILES];
	int n_files;
	int argc;
	char *const *argv;
};

struct command {
	const char *name, *summary;
	const char
		*files; /* what is given without a flag, for help: "FILE", "FILE...", "[FILE]" if it may be left out */
	int max_files;
	uint32_t bit;						/* which options of the table it accepts */
	int (*run)(const struct options *o, struct failure *f); /* an exit status, or a negative errno and a sentence */
};

/* Parses the words behind the command's name; fills the defaults first. 0, or -EINVAL with a sentence that names the
 * flag. */
int options_parse(struct options *o, const struct command *command, int argc, char *const *argv, struct failure *f);
/* Applies the options of `given`, parsed for the command `from`, that `command` accepts too: they win over those of *o.
 */
int options_override(struct options *o, const struct command *command, const struct options *given,
		     const struct command *from, struct failure *f);

void options_print_help(const struct command *command);

/* The name nearest to `name` in spelling, if near enough to be meant, else NULL. next(i) lists them, then NULL. */
const char *options_nearest(const char *name, const char *(*next)(int i));

#endif
