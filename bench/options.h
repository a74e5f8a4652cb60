/* SPDX-License-Identifier: MIT */
/*
 * The command line: one table of options, parsed strictly into one struct. Only this room reads argv.
 * Lists and ranges: 1,2,4  1-8  8-256*2 (geometric)  0-100+10 (arithmetic); items keep their order, duplicates are errors.
 */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include "base/failure.h"

#include <stdbool.h>
#include <stdint.h>

#define OPTIONS_MAX_LIST 64

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

struct shape {
	int batch, n_in, n_out;
};

struct shape_list {
	int n;
	struct shape v[OPTIONS_MAX_LIST];
};

/* k of each hidden layer: one value for all, or one per layer written 20/40. */
struct options {
	/* common */
	struct int_list threads;
	char bind[64];
	uint64_t seed;
	char csv[512], json[512], markdown[512], filter[256], isa[16], color[8];
	bool dry_run, no_progress, cold_cache, resume, help, list;
	double min_time_s;
	int64_t fixed_calls; /* --min-time=200x */
	int repetitions;
	/* select, backward */
	struct int_list n, batch, k;
	struct word_list algo, dist, method, select;
	struct shape_list shape;
	struct real_list tau;
	/* train */
	struct int_list layers, seeds;
	struct word_list k_layers; /* --k=20 or --k=20/40, several separated by commas */
	struct real_list ratio;
	char optimizer[24], policy[64], loss[8], data[512], experiment[64];
	double lr, dropout, momentum, spike, anneal_factor, floor;
	int epochs;
	bool lazy, rescale;
	/* plan */
	char out[512], plan[512];
};

struct command {
	const char *name, *summary, *usage;
	int (*run)(const struct options *o, struct failure *f); /* returns an exit status */
	uint32_t bit; /* which options of the table it accepts */
};

/* Parses argv[2..] for the command; fills defaults first. 0, or -EINVAL with a sentence that names the flag. */
int options_parse(struct options *o, const struct command *command, int argc, char *const *argv, struct failure *f);
void options_print_help(const struct command *command);

#endif
