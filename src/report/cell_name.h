/* SPDX-License-Identifier: MIT */
/*
 * The name of a cell, which --filter of mepbench is matched against: op/method/select/shape/k/threads, behind it
 * /optimizer where one steps, and /isa where several instruction sets compete. Made by mepbench from a contender before
 * it runs, by mepcompare from its records. It does not tell distributions, forms of dW or caches apart.
 */
#ifndef REPORT_CELL_NAME_H
#define REPORT_CELL_NAME_H

#include "report/record.h"

struct cell_name {
	char s[160];
};

struct cell_parts {
	const char *op, *method, *select;
	int64_t batch, n_in, n_out;
	const char *k; /* k, tau<tau>, the level of memory of a ceiling, or "" */
	int64_t threads;
	const char *optimizer, *isa; /* "": left out */
};

struct cell_name cell_name_make(const struct cell_parts *parts);
/* With an instruction set, or without. A tau that was found from k is told, where mepbench had said k. */
struct cell_name cell_name_of(const struct kernel_record *r, bool with_isa);

/* An extended regular expression for the names that a record may have had, no others but, where a tau is taken, all
 * taus. */
struct cell_pattern {
	char s[400];
};
struct cell_pattern cell_pattern_of(const struct kernel_record *r);

#endif
