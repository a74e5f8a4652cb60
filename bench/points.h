/* SPDX-License-Identifier: MIT */
/* The points of a command: every combination of the options that contenders have in common. */
#ifndef BENCH_POINTS_H
#define BENCH_POINTS_H

#include "learn/optimizer.h"
#include "session.h"
#include "workload.h"

/* One experiment apart from the contender: what all contenders of a round have in common. */
struct point {
	struct shape shape;
	int threads, copies;
	const struct dist *dist;	   /* of dY; NULL: none, only ceilings are measured */
	const struct optimizer *optimizer; /* whose step is timed; NULL: none is */
};

struct point_list {
	int n;
	struct point *v;
};

int point_add(struct point_list *list, const struct point *p, struct failure *f);

/* --shape x --threads with this dist, where its rows fit. */
int point_add_shapes(struct point_list *list, const struct session *s, const struct dist *dist, struct failure *f);

/* -EINVAL where a recording found no point whose rows are of its length; `flag` is the option that gives lengths. */
int points_check_dists(const struct point_list *list, const struct session *s, const char *flag, struct failure *f);

/* How many copies of dY a point rotates through: as many as fit a few megabytes, at least `least`. */
int point_copies(const struct shape *s, int least);

/* Says on stderr which k are too large for rows of n_out entries; such contenders are not entered. */
void point_note_k(const struct int_list *k, int n_out);

/* What the progress line shows. */
void point_label(const struct point *p, char *label, size_t size);

#endif
