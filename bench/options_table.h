/* SPDX-License-Identifier: MIT */
/* Inside the option parser: what a row of the table says, and the parsers of values. */
#ifndef BENCH_OPTIONS_TABLE_H
#define BENCH_OPTIONS_TABLE_H

#include "options.h"

#include <stddef.h>

enum option_type {
	OPTION_FLAG,
	OPTION_INT,
	OPTION_UINT, /* any 64-bit unsigned number */
	OPTION_REAL,
	OPTION_TEXT,
	OPTION_WORD, /* one of names() */
	OPTION_INTS,
	OPTION_SIZES, /* integers of which several may be equal */
	OPTION_REALS,
	OPTION_WORDS,	    /* several of names(), or all */
	OPTION_LAYER_WORDS, /* the same; an item may also be one word per hidden layer: topk/dense */
	OPTION_SHAPES,
	OPTION_TIME,	 /* 0.5s, 20ms or 200x: sets min_time_s and fixed_calls */
	OPTION_DISTS,	 /* several of names(), or paths, which have a dot or a slash; or all */
	OPTION_MOMENTS,	 /* step1 or epoch10, several separated by commas */
	OPTION_FOLDER,	 /* text; given without a value: OPTION_FOLDER_NAME */
	OPTION_K_LAYERS, /* 20 or 20/40, several separated by commas */
};

#define OPTION_FOLDER_NAME "gradients"

struct option {
	const char *name;
	enum option_type type;
	size_t offset, size;  /* the field in struct options */
	double min, max;      /* of each number */
	const char *fallback; /* the default, as the user would write it; NULL: none */
	uint32_t commands;    /* bits of those that accept it */
	const char *meta;     /* what stands behind = in the help; NULL for a flag */
	const char *help;
	const char *(*names)(int i); /* words allowed, then NULL; NULL: any */
};

extern const struct option option_table[]; /* ends with name == NULL */

/* Stores the value of `row` in *o. 0, or -EINVAL with "invalid value ...; should be ..." that calls it --name. */
int option_parse_value(struct options *o, const struct option *row, const char *text, struct failure *f);

/* The parsers of words, and what they share with those of numbers (options_value.c). */
int option_parse_words(const struct option *row, const char *text, struct word_list *list, struct failure *f);
int option_parse_dists(const struct option *row, const char *text, struct file_list *list, struct failure *f);
bool option_allows(const struct option *row, const char *word); /* whether it is one of names() */
/* A whole number within the row's range, in digits alone; moves *text behind it. */
bool option_scan_int(const struct option *row, const char **text, int64_t *v);
/* The items between commas, one at a time; false at one that is empty, or too long for `size`. */
bool option_next_item(const char **text, char *item, size_t size);
/* "invalid value 'text' for --name; should be ...": the whole, a word of it, or an item that is one too many. */
int option_fail_value(const struct option *row, const char *text, struct failure *f);
int option_fail_word(const struct option *row, const char *text, const char *word, struct failure *f);
int option_fail_item(const struct option *row, const char *text, const char *item, const char *what, struct failure *f);

/* "a number 1..64 or a list such as 1,2,4 or 1-8": what a value of this row should be. */
void option_describe(const struct option *row, char *text, size_t size);

#endif
