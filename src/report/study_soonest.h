/* SPDX-License-Identifier: MIT */
/* What reaches an accuracy in the fewest seconds, and what it is not told apart from. */
#ifndef REPORT_STUDY_SOONEST_H
#define REPORT_STUDY_SOONEST_H

#include "report/study_time.h"

#define SOONEST_NAMED 2

struct soonest {
	const struct time_point *best;		       /* the smallest median over its seeds; NULL if none gets there */
	const struct time_point *dense;		       /* NULL if it was not timed */
	int sooner, pairs;			       /* best against dense: in so many of so many seeds */
	double p;				       /* of that, corrected as below */
	int others, same;			       /* what it raced; those of them that it does not surely beat */
	const struct time_point *named[SOONEST_NAMED]; /* of those the soonest */
};

/*
 * Races the fastest to time_goals[goal] against each of the others, seed by seed: sign tests at STUDY_ALPHA,
 * Holm-corrected over all races; one that never gets there is later. Points with a base and at least so many seeds take
 * part; `plain` is dense's experiment. 0 or -ENOMEM.
 */
int soonest_find(struct soonest *s, const struct time_list *times, const struct experiment *plain, int goal,
		 int least_seeds);

#endif
