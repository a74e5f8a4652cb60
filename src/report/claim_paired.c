/* SPDX-License-Identifier: MIT */
/* The evaluators of claims about other numbers of a training than its accuracy, and about trends. See claims.h. */
#include "report/claims.h"

#include "report/claims_parts.h"

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

static const struct run *run_of_seed(const struct experiment *e, uint64_t seed)
{
	for (int i = 0; i < e->n; i++)
		if (e->runs[i].best->seed == seed)
			return &e->runs[i];
	return NULL;
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
		const struct run *other = run_of_seed(c->b, c->a->runs[i].best->seed);

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

static void judge_paired(const struct claim *claim, const struct paired *p, double p_holm, struct claim_finding *out)
{
	bool as_claimed = claim->less ? p->difference.mid < 0 : p->difference.mid > 0;
	bool seen = p_holm <= STUDY_ALPHA;

	if (!seen && out->verdict == CLAIM_NOT_RUN)
		out->verdict = CLAIM_NOISE;
	if (seen && out->verdict != CLAIM_REFUTED)
		out->verdict = as_claimed ? CLAIM_CONFIRMED : CLAIM_REFUTED;
	CLAIM_APPEND(out->why, "%sp = %.2g", out->why[0] ? "; " : "", p_holm);
}

/* What so many seeds could have shown of the least certain of n. */
static void tell_detectable(const struct claim *claim, const struct paired *p, int n, struct claim_finding *out)
{
	double most = 0;
	int least = MAX_SEEDS;

	for (int i = 0; i < n; i++) {
		most = fmax(most, stats_detectable(p[i].deviation, p[i].pairs, STUDY_ALPHA / n, STUDY_POWER));
		least = p[i].pairs < least ? p[i].pairs : least;
	}
	CLAIM_APPEND(out->why, ": no difference seen; %d seeds could have shown %.2g%s", least, most, claim->unit);
}

static void tell_paired(const struct claim *claim, const struct paired *p, int i, struct claim_finding *out)
{
	struct claim_label l = claim_label(claim, i);

	CLAIM_APPEND(out->ours, "%s%s%s%.3g against %.3g%s: %+.2g ±%.2g (%d seeds)", out->ours[0] ? "; " : "", l.s,
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
		if (p[i].pairs < CLAIM_LEAST_SEEDS) {
			out->verdict = CLAIM_TOO_FEW;
			CLAIM_APPEND(out->why, "%d of %d pairs of seeds have the number; it takes %d", p[i].pairs,
				     p[i].seeds, CLAIM_LEAST_SEEDS);
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
	for (int i = 0; i < n; i++) {
		tell_paired(claim, &p[i], i, out);
		judge_paired(claim, &p[i], holm[i], out);
	}
	if (out->verdict == CLAIM_NOISE)
		tell_detectable(claim, p, n, out);
	return 0;
}

/* Ranks from 1; equal values share the mean of theirs. */
static void rank(const double *v, int n, double *ranks)
{
	for (int i = 0; i < n; i++) {
		ranks[i] = 0.5;
		for (int j = 0; j < n; j++)
			ranks[i] += v[j] < v[i] ? 1 : v[j] <= v[i] ? 0.5 : 0;
	}
}

/* Spearman's correlation of v with its own order: 1 if it rises all the way. 0 if it is constant. */
static double rising(const double *v, int n)
{
	double ranks[MAX_MEMBERS], mean = (n + 1) / 2.0, xy = 0, xx = 0, yy = 0;

	rank(v, n, ranks);
	for (int i = 0; i < n; i++) {
		double x = i + 1 - mean, y = ranks[i] - mean;

		xy += x * y;
		xx += x * x;
		yy += y * y;
	}
	return yy > 0 ? xy / sqrt(xx * yy) : 0;
}

/* One correlation for each seed that all members have; returns how many. */
static int correlate(const struct experiment *const *e, int n, double *rho)
{
	int seeds = 0;

	for (int i = 0; i < e[0]->n && seeds < MAX_SEEDS; i++) {
		double accuracy[MAX_MEMBERS];
		bool all = true;

		for (int m = 0; m < n; m++) {
			const struct run *r = run_of_seed(e[m], e[0]->runs[i].best->seed);

			all = all && r;
			accuracy[m] = r ? r->best->test_acc : 0;
		}
		if (all)
			rho[seeds++] = rising(accuracy, n);
	}
	return seeds;
}

/* The members in the order of the spec; returns how many, 0 if any is missing, or -ENOMEM. */
static int find_members(const struct claim *claim, const struct experiment_list *list, const struct experiment **e)
{
	struct claim_tests t;
	int n, rc = claim_tests_create(&t, claim, list);

	if (rc)
		return rc;
	n = t.n < MAX_MEMBERS ? t.n : MAX_MEMBERS;
	for (int i = 0; i < t.n && i < MAX_MEMBERS; i++) {
		e[i] = t.v[i].a;
		n = e[i] ? n : 0;
	}
	claim_tests_destroy(&t);
	return n;
}

static int judge_trend(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out,
		       bool claimed)
{
	const struct experiment *e[MAX_MEMBERS];
	double rho[MAX_SEEDS], p;
	struct interval mean;
	int n = find_members(claim, list, e), seeds = n > 0 ? correlate(e, n, rho) : 0;

	if (n < 0)
		return n;
	if (seeds < CLAIM_LEAST_SEEDS) {
		out->verdict = seeds ? CLAIM_TOO_FEW : CLAIM_NOT_RUN;
		if (seeds)
			CLAIM_APPEND(out->why, "%d seeds; it takes %d", seeds, CLAIM_LEAST_SEEDS);
		return 0;
	}
	mean = stats_mean_interval(rho, seeds, LEVEL);
	p = stats_permutation_test(rho, seeds);
	CLAIM_APPEND(out->ours, "rank correlation %+.2f ±%.2f over %d values (%d seeds)", mean.mid,
		     mean.high - mean.mid, n, seeds);
	CLAIM_APPEND(out->why, "p = %.2g", p);
	if (p > STUDY_ALPHA) {
		out->verdict = CLAIM_NOISE;
		CLAIM_APPEND(out->why, ": no trend seen; %d seeds could have shown a correlation of %.2f", seeds,
			     stats_detectable(stats_deviation(rho, seeds), seeds, STUDY_ALPHA, STUDY_POWER));
	} else if (!claimed) {
		out->verdict = CLAIM_REFUTED;
	} else {
		out->verdict = (claim->less ? mean.mid < 0 : mean.mid > 0) ? CLAIM_CONFIRMED : CLAIM_REFUTED;
	}
	return 0;
}

int claim_trend(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out)
{
	return judge_trend(claim, list, out, true);
}

int claim_no_trend(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out)
{
	return judge_trend(claim, list, out, false);
}
