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
	bool dense_few, few;			       /* no outcome could have been sure: against dense, another */
	int others, same;			       /* what it raced; those of them that it does not surely beat */
	const struct time_point *named[SOONEST_NAMED]; /* of those the soonest */
};

/*
 * Races the fastest to time_goals[goal] against each of the others, seed by seed: sign tests at STUDY_ALPHA. Seconds
 * are known as well as those of an epoch: where the intervals of two overlap, the seed is a tie; one that never gets
 * there is later. As the data choose the fastest, the race against dense is corrected for all that could have raced it
 * (Bonferroni), the others for all pairs (Holm). Points with a base and at least so many seeds take
 * part; `plain` is dense's experiment. 0 or -ENOMEM.
 */
int soonest_find(struct soonest *s, const struct time_list *times, const struct experiment *plain, int goal,
		 int least_seeds);

#endif
