/* SPDX-License-Identifier: MIT */
/*
 * Whether the time of the backward pass is linear in k: the evaluator claim_linear, see claims.h. A correlation is no
 * test of that (any curve that rises correlates), so the slope at small k is held against the slope above, epoch by
 * epoch, and the points against one line through all of them.
 */
#include "report/claims.h"

#include "report/claims_parts.h"
#include "report/study_time.h"

#include <math.h>

#define LEVEL 0.95
#define MAX_EPOCHS 256
#define BEND 40	       /* k: what lies to either side is fitted by itself */
#define TOLERANCE 0.10 /* a point this share of itself off the line is no longer on it */

/* In units of dense's: each epoch of each k with the epoch of dense that took turns with it. */
struct sweep {
	double k[CLAIM_POINTS], share[CLAIM_POINTS][MAX_EPOCHS], median[CLAIM_POINTS];
	int n, epochs; /* that all have */
};

/* What the epochs say of the lines. */
struct lines {
	struct interval start, below, above; /* share at k = 0; per unit of k */
	double off, off_at;		     /* largest relative distance from the line through all, and its k */
	double flat;			     /* up to this k the share is that of the first within the tolerance */
};

static int take_epochs(const struct experiment *e, claim_time_fn *seconds, double *share)
{
	int n = 0;

	for (int i = 0; e->dense && i < e->n; i++)
		for (int j = 0; j < e->runs[i].n_copies && n < MAX_EPOCHS; j++) {
			const struct train_record *r = e->runs[i].copies[j], *dense = time_twin(r, e->dense);

			if (dense && seconds(dense) > 0)
				share[n++] = seconds(r) / seconds(dense);
		}
	return n;
}

static void take_sweep(struct sweep *s, const struct experiment *const *e, int n, claim_time_fn *seconds)
{
	*s = (struct sweep){.n = n, .epochs = MAX_EPOCHS};
	for (int i = 0; i < n; i++) {
		int epochs = take_epochs(e[i], seconds, s->share[i]);

		s->k[i] = study_value(e[i], "k");
		s->median[i] = stats_median(s->share[i], epochs);
		s->epochs = epochs < s->epochs ? epochs : s->epochs;
	}
}

/* The line through one epoch's points from..to-1. */
static struct line fit_epoch(const struct sweep *s, int epoch, int from, int to)
{
	double y[CLAIM_POINTS];

	for (int i = from; i < to; i++)
		y[i] = s->share[i][epoch];
	return line_fit(s->k + from, y + from, to - from);
}

static struct lines fit(const struct sweep *s)
{
	const struct line all = line_fit(s->k, s->median, s->n);
	double start[MAX_EPOCHS], below[MAX_EPOCHS], above[MAX_EPOCHS];
	struct lines l = {.flat = s->k[0]};
	int bend = 0;

	while (bend < s->n - 2 && s->k[bend] < BEND)
		bend++;
	for (int epoch = 0; epoch < s->epochs; epoch++) {
		struct line small = fit_epoch(s, epoch, 0, bend + 1);

		start[epoch] = small.start;
		below[epoch] = small.slope;
		above[epoch] = fit_epoch(s, epoch, bend, s->n).slope;
	}
	l.start = stats_median_interval(start, s->epochs, LEVEL);
	l.below = stats_median_interval(below, s->epochs, LEVEL);
	l.above = stats_median_interval(above, s->epochs, LEVEL);
	for (int i = 0; i < s->n; i++) {
		double off = fabs(all.start + all.slope * s->k[i] - s->median[i]) / s->median[i];

		l.off_at = off > l.off ? s->k[i] : l.off_at;
		l.off = fmax(off, l.off);
		l.flat = fabs(s->median[i] / s->median[0] - 1) <= TOLERANCE ? s->k[i] : l.flat;
	}
	return l;
}

static enum claim_verdict verdict_of(const struct lines *l)
{
	bool falls = l->below.high <= 0 || l->above.high <= 0;
	bool differ = l->below.high < l->above.low || l->above.high < l->below.low;

	if (l->off <= TOLERANCE && l->below.low > 0 && l->above.low > 0)
		return CLAIM_CONFIRMED;
	return falls || (differ && l->off > TOLERANCE) ? CLAIM_REFUTED : CLAIM_NOISE;
}

static void tell_lines(const struct sweep *s, const struct lines *l, struct claim_finding *out)
{
	out->verdict = verdict_of(l);
	CLAIM_APPEND(out->ours,
		     "each 10 of k costs %.2f %% [%.2f, %.2f] of dense's up to k = %d, %.2f %% [%.2f, %.2f] above; "
		     "%.1f %% [%.1f, %.1f] are left at k = 0; flat to k = %g",
		     1000 * l->below.mid, 1000 * l->below.low, 1000 * l->below.high, BEND, 1000 * l->above.mid,
		     1000 * l->above.low, 1000 * l->above.high, 100 * l->start.mid, 100 * l->start.low,
		     100 * l->start.high, l->flat);
	CLAIM_APPEND(
		out->why,
		"farthest from one line at k = %g: %.1f %% of itself, %g %% is let pass; %d epochs of %d values of k",
		l->off_at, 100 * l->off, 100 * TOLERANCE, s->epochs, s->n);
}

int claim_linear(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out)
{
	const struct experiment *e[CLAIM_POINTS];
	struct sweep s;
	struct lines l;
	int there, n = claim_find_timed(claim, list, e, &there);

	if (claim_is_untimed(there, n, out))
		return 0;
	take_sweep(&s, e, n, claim->seconds);
	if (s.epochs < CLAIM_LEAST_SEEDS) {
		out->verdict = s.epochs ? CLAIM_TOO_FEW : CLAIM_NOT_RUN;
		CLAIM_APPEND(out->why,
			     s.epochs ? "%d pairs of epochs are too few for an interval"
				      : "%d epochs of dense took turns with it",
			     s.epochs);
		return 0;
	}
	l = fit(&s);
	tell_lines(&s, &l, out);
	return 0;
}
