/* SPDX-License-Identifier: MIT */
/* The evaluators of claims about other numbers of a training than its accuracy. See claims.h. */
#include "report/claims.h"

#include "report/claims_parts.h"
#include "report/study_parts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL 0.95
#define MAX_MEMBERS 64
#define MAX_SEEDS 1024

double claim_best_epoch(const struct run *r)
{
	return (double)r->best->epoch;
}

double claim_overfitting(const struct run *r)
{
	const struct train_record *last = r->epochs[r->n - 1];

	return last->dev_loss - last->train_loss;
}

/*
 * How close together the policy struck: the mean distance from one time to the next, in units of what as many times,
 * strewn at random over the epochs, would have: (positions + 1) / (times + 1). Below 1: they cluster. The first epoch
 * has nothing to be compared with, so it is no position. NaN if it struck less than twice.
 */
double claim_event_spread(const struct run *r)
{
	double first = 0, last = 0, positions = (double)(r->n - 1);
	int times = 0;

	for (int i = 0; i < r->n; i++) {
		if (!run_struck(r, i))
			continue;
		first = times++ ? first : (double)r->epochs[i]->epoch;
		last = (double)r->epochs[i]->epoch;
	}
	return times < 2 ? NAN : (last - first) / (times - 1) / ((positions + 1) / (times + 1));
}

/* Differences a - b over the seeds for which both have the number. */
struct paired {
	struct interval a, b, difference;
	double p, deviation;
	int pairs, seeds;
};

static struct paired compare_measure(const struct claim *claim, const struct study_comparison *c)
{
	struct paired p = {.p = NAN};
	double a[MAX_SEEDS], b[MAX_SEEDS], d[MAX_SEEDS];

	for (int i = 0; c->a && c->b && i < c->a->n && p.seeds < MAX_SEEDS; i++) {
		const struct run *other = run_partner(&c->a->runs[i], c->b);

		if (!other)
			continue;
		p.seeds++;
		a[p.pairs] = claim->measure(&c->a->runs[i]);
		b[p.pairs] = claim->measure(other);
		d[p.pairs] = a[p.pairs] - b[p.pairs];
		p.pairs += isfinite(d[p.pairs]);
	}
	p.a = stats_mean_interval(a, p.pairs, LEVEL);
	p.b = stats_mean_interval(b, p.pairs, LEVEL);
	p.difference = stats_mean_interval(d, p.pairs, LEVEL);
	p.deviation = stats_deviation(d, p.pairs);
	p.p = p.pairs ? stats_permutation_test(d, p.pairs) : NAN;
	return p;
}

int claim_least_pairs(int tests)
{
	int n = 1;

	while (tests * ldexp(1, 1 - n) > STUDY_ALPHA)
		n++;
	return n;
}

/* All that were compared, with p adjusted for their number. */
static void judge_paired(const struct claim *claim, const struct paired *p, const double *holm, int n,
			 struct claim_finding *out)
{
	int in_favour = 0, against = 0;

	for (int i = 0; i < n; i++) {
		bool seen = holm[i] <= STUDY_ALPHA, as_claimed = (p[i].difference.mid < 0) == claim->less;

		in_favour += seen && as_claimed;
		against += seen && !as_claimed;
		CLAIM_APPEND(out->why, "%sp = %.2g", i ? "; " : "", holm[i]);
	}
	out->verdict = claim_weigh(n, in_favour, against);
	if (n > 1 && out->verdict != CLAIM_NOISE) {
		CLAIM_APPEND(out->why, " (Holm); ");
		claim_tell_weights(n, in_favour, against, out);
	}
}

/* What so many seeds could have shown of the least certain of n. */
static void tell_detectable(const struct claim *claim, const struct paired *p, int n, struct claim_finding *out)
{
	double most = 0;
	int least = MAX_SEEDS;

	for (int i = 0; i < n; i++) {
		most = fmax(most,
			    stats_permutation_detectable(p[i].deviation, p[i].pairs, STUDY_ALPHA / n, STUDY_POWER));
		least = p[i].pairs < least ? p[i].pairs : least;
	}
	CLAIM_APPEND(out->why, "; %d seeds could have shown %.3g%s", least, most, claim->unit);
}

/* Seeds that have no such number are no evidence of anything, but are owned up to. */
static void tell_dropped(const struct paired *p, int n, struct claim_finding *out)
{
	int seeds = 0, pairs = 0;

	for (int i = 0; i < n; i++) {
		seeds += p[i].seeds;
		pairs += p[i].pairs;
	}
	if (pairs < seeds)
		CLAIM_APPEND(out->why, "; %d of %d pairs dropped: no such number", seeds - pairs, seeds);
}

static void tell_paired(const struct claim *claim, const struct paired *p, int i, struct claim_finding *out)
{
	struct claim_label l = claim_label(claim, i);

	CLAIM_APPEND(out->ours, "%s%s%s%.3g against %.3g%s: %+.3g ±%.3g (%d seeds)", out->ours[0] ? "; " : "", l.s,
		     l.s[0] ? ": " : "", p->a.mid, p->b.mid, claim->unit, p->difference.mid,
		     p->difference.high - p->difference.mid, p->pairs);
}

/* All must be there before any is judged. */
static bool can_judge(const struct paired *p, int n, struct claim_finding *out)
{
	for (int i = 0; i < n; i++) {
		if (p[i].seeds == 0) {
			out->verdict = CLAIM_NOT_RUN;
			return false;
		}
		if (p[i].pairs < claim_least_pairs(n)) {
			out->verdict = CLAIM_TOO_FEW;
			CLAIM_APPEND(out->why, "%d of %d pairs of seeds have the number; it takes %d", p[i].pairs,
				     p[i].seeds, claim_least_pairs(n));
			return false;
		}
	}
	return true;
}

int claim_paired(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out)
{
	struct paired p[MAX_MEMBERS];
	double holm[MAX_MEMBERS];
	struct claim_tests t;
	int rc = claim_tests_create(&t, claim, list), n = t.n < MAX_MEMBERS ? t.n : MAX_MEMBERS;

	if (rc)
		return rc;
	for (int i = 0; i < n; i++) {
		p[i] = compare_measure(claim, &t.v[i]);
		holm[i] = p[i].p;
	}
	claim_tests_destroy(&t);
	if (!can_judge(p, n, out))
		return 0;
	stats_holm(holm, n);
	for (int i = 0; i < n; i++)
		tell_paired(claim, &p[i], i, out);
	judge_paired(claim, p, holm, n, out);
	if (out->verdict == CLAIM_NOISE)
		tell_detectable(claim, p, n, out);
	tell_dropped(p, n, out);
	return 0;
}
