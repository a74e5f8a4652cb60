/* SPDX-License-Identifier: MIT */
/*
 * A file that takes the place of another only when it is whole: written beside it, then renamed. Whoever is killed or
 * finds the disk full leaves the old one as it was. Links are followed and stay; what is no regular file, or what a
 * standard stream goes to, is written to at once.
 */
#ifndef BASE_REPLACEMENT_H
#define BASE_REPLACEMENT_H

#include "base/failure.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

struct replacement {
	FILE *out;
	char path[PATH_MAX], beside[PATH_MAX + 28]; /* beside: "" where path is written to at once */
};

/* 0, or a negative errno with a sentence. */
int replacement_open(struct replacement *r, const char *path, struct failure *f);
/*
 * Ends what replacement_open has begun. whole: what was meant to be written has been, as far as the caller knows; else
 * the file beside is only removed, and the caller has its own sentence. 0, or a negative errno with a sentence.
 */
int replacement_close(struct replacement *r, bool whole, struct failure *f);

#endif
