/* SPDX-License-Identifier: MIT */
/*
 * Change points: where the level of a series of values changed for good. Binary segmentation: the split that tells the
 * two sides best apart is held against the same of shuffled values (permutation test, so nothing is assumed of the
 * noise but that its order means nothing), then each side is looked at alike. Slow drift has an order, and shows as one
 * change or several.
 */
#ifndef REPORT_CHANGES_H
#define REPORT_CHANGES_H

#define CHANGE_SIDE 3	  /* a change has at least so many values on either side */
#define CHANGE_ALPHA 0.05 /* that any of the series shows a change that it does not have, in all */

struct change_series {
	const double *v; /* in order of time */
	int n;
};

struct change {
	int series, at;	      /* the first value behind it */
	double before, after; /* means of the values up to the next change on either side */
	double p;	      /* adjusted over all tests: <= CHANGE_ALPHA */
};

/*
 * What could be found at all. The smallest p of a series of m values is 2 / C(m, i), for a clean step behind i of them,
 * and must stay below CHANGE_ALPHA / 2 over the number of series tested, with what the draws add in the mean: the more
 * series, the longer they must be. Those too short for it are not tested, and burden no other.
 */
struct change_reach {
	int tested;	   /* series that were long enough */
	int least, at_end; /* values that a change in the middle needs to show, and one in the last CHANGE_SIDE values;
			      of the series tested, or of all where none was. CHANGE_NEVER: too many series */
};
#define CHANGE_NEVER 1000000

/* Of n series tested together; `behind`: values behind the change, 0 in the middle. */
int changes_least(int n, int behind);

/*
 * The changes of n series, sorted by series and place; free() *changes. Fixed seed: the same values give the same
 * changes. 0 or -ENOMEM.
 */
int changes_find(const struct change_series *series, int n, struct change **changes, int *count,
		 struct change_reach *reach);

#endif
