/* SPDX-License-Identifier: MIT */
/*
 * Operands in hostile memory: each between two pages that must not be touched, what a kernel only reads
 * write-protected, what it writes poisoned. The slack up to the pages holds canaries. A kernel that reads or writes
 * where it may not is killed by the processor, and the handler says what was under test.
 */
#ifndef TESTS_FENCED_H
#define TESTS_FENCED_H

#include <stdbool.h>
#include <stddef.h>

enum fenced_place {
	FENCED_START, /* the first byte follows a forbidden page */
	FENCED_END,   /* as near to the forbidden page behind as KERNEL_ALIGN of the base allows */
	FENCED_FLUSH, /* the last byte lies before that page; the base is aligned to its elements only */
	N_FENCED_PLACES
};

enum fenced_kind {
	FENCED_IN,	/* write-protected by fenced_arm */
	FENCED_OUT,	/* poisoned */
	FENCED_INOUT,	/* what the caller fills in, again before each call */
	FENCED_SCRATCH, /* poisoned; never flush, as scratch is aligned */
};

struct fenced {
	char *data;
	size_t bytes;
	enum fenced_kind kind;
	char *map; /* the rest is its own: pages, guards included, and the caller's content of INOUT */
	size_t map_bytes, lead, room;
	char *first;
};

/* What the next calls are about, for the handler; it is installed by the first call. */
void fenced_subject(const char *text);

/* Fails the test when out of memory. Content is the caller's to fill in, before the first fenced_arm. */
struct fenced fenced_create(size_t bytes, enum fenced_kind kind, enum fenced_place place);
void fenced_destroy(struct fenced *f);

/* Before each call: poison, the caller's content, canaries, protection. */
void fenced_arm(struct fenced *f, int poison);

/* Whether the canaries around are whole. */
bool fenced_intact(const struct fenced *f);

#endif
