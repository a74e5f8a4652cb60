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
#define CHANGE_LEAST 9	  /* fewer values could not show one: 2 / C(8, 4) is above CHANGE_ALPHA / 2 */
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
 * The changes of n series, sorted by series and place; free() *changes. Fixed seed: the same values give the same
 * changes. *tested: how many series were long enough. 0 or -ENOMEM.
 */
int changes_find(const struct change_series *series, int n, struct change **changes, int *count, int *tested);

#endif
