/* SPDX-License-Identifier: MIT */
/*
 * Gradients as an axis of the benchmark, because selection time depends on them: rows drawn from a distribution, or
 * replayed from a recording of real training.
 */
#ifndef DATA_DIST_H
#define DATA_DIST_H

#include "base/rng.h"
#include "data/recording.h"

#include <stdbool.h>
#include <stdint.h>

struct dist {
	const char *name, *summary;
	void (*fill)(float *row, int n, struct rng *r); /* NULL: replays the recording */
	const struct recording *recording;
};

/*
 * gaussian; relu (gaussian, half exact zeros); zeros90; heavy (Student t, 2 degrees); ties (8 magnitudes);
 * equal; sorted; reversed; adversarial (built against median-of-3 quickselect); hostile_sample, hostile_peaks,
 * hostile_level, hostile_nested (built against bracket). Ends with name == NULL.
 */
extern const struct dist dists[];

const struct dist *dist_find(const char *name); /* NULL if unknown */
/*
 * Fills one row. Drawn: a function of the generator alone. Replayed: row `at` of the recording, from the start again
 * behind its last; n must be the recording's, see dist_fits.
 */
void dist_fill_row(const struct dist *d, float *row, int n, int64_t at, struct rng *r);
bool dist_fits(const struct dist *d, int n); /* whether it has rows of n entries */
/* Fills (rows, n), each row a function of (seed, row) alone. */
void dist_fill(const struct dist *d, float *m, int rows, int n, uint64_t seed);

/* What rows look like to a selection: all figures are means over the rows. */
struct dist_look {
	double zeros; /* share of entries that are exactly zero */
	double tiny;  /* share of entries below the smallest normal number, zeros not counted */
	double k[3];  /* the fewest entries whose magnitudes add up to dist_look_shares[i] of the row's */
};
extern const double dist_look_shares[3]; /* 0.5, 0.9, 0.99 */

/* 0 or -ENOMEM. */
int dist_look(struct dist_look *look, const float *m, int rows, int n);

#endif
