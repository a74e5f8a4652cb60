/* SPDX-License-Identifier: MIT */
/* The distributions that --dist names: those of data/dist.h by name, and recordings by file. */
#ifndef BENCH_DISTS_H
#define BENCH_DISTS_H

#include "data/dist.h"
#include "options.h"

/*
 * A recording is called by the base name of its file and its digest, "topk-k20-layer1-epoch10@1c291ca3": what it is,
 * and whether two results are of the same data.
 */
struct loaded_dist {
	struct dist dist;
	struct recording recording;
	char name[64];
};

struct dist_list {
	int n;
	struct loaded_dist *v;
};

/* Whether a word of --dist is a file: a path has a dot or a slash, no name has. */
bool dist_is_file(const char *word);

/* Reads the files; "all" is every distribution of dists[]. 0, -EINVAL or -ENOMEM; dists_destroy. */
int dists_create(struct dist_list *list, const struct file_list *words, struct failure *f);
void dists_destroy(struct dist_list *list);

/* The first recording, NULL if there is none. */
const struct recording *dists_recording(const struct dist_list *list);

#endif
