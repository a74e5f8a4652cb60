/* SPDX-License-Identifier: MIT */
/*
 * The evaluator of claims about several pairs of experiments taken together, see claims.h: the differences of a seed
 * are averaged before the test, so that each seed counts once.
 */
#include "report/claims.h"

#include "report/claims_parts.h"
#include "report/study_parts.h"

#include <math.h>

#define LEVEL 0.95
#define IMAGES 10000 /* accuracies in units of one image are whole, and their sums exact */

/* The sum of the differences over all pairs, in images; NaN for a seed that one of them lacks. */
static double sum_of_seed(const struct claim_tests *t, const struct run *seed)
{
	double sum = 0;

	for (int i = 0; i < t->n; i++) {
		const struct run *a = run_partner(seed, t->v[i].a);
		const struct run *b = a ? run_partner(a, t->v[i].b) : NULL;

		if (!b)
			return NAN;
		sum += study_images(a->best->test_acc) - study_images(b->best->test_acc);
	}
	return sum;
}

static int sum_pairs(const struct claim_tests *t, double *sum)
{
	const struct experiment *first = t->v->a;
	int n = 0;

	for (int i = 0; i < first->n && n < STUDY_PAIRS; i++) {
		sum[n] = sum_of_seed(t, &first->runs[i]);
		n += isfinite(sum[n]);
	}
	return n;
}

static void judge_sums(const struct claim *claim, const struct claim_tests *t, struct claim_finding *out)
{
	double sum[STUDY_PAIRS] = {0}, unit = 1.0 / IMAGES / t->n, p;
	int n = sum_pairs(t, sum);
	struct interval mean = stats_mean_interval(sum, n, LEVEL);

	if (n < CLAIM_LEAST_SEEDS) {
		out->verdict = CLAIM_TOO_FEW;
		CLAIM_APPEND(out->why, "%d seeds have all pairs; it takes %d", n, CLAIM_LEAST_SEEDS);
		return;
	}
	p = stats_permutation_test(sum, n);
	mean.mid *= unit;
	mean.high *= unit;
	CLAIM_APPEND(out->ours, "mean over %d pairs: %s (%d seeds)", t->n, claim_points(mean).s, n);
	CLAIM_APPEND(out->why, "p = %.2g, one test of the means", p);
	if (p <= STUDY_ALPHA) {
		out->verdict = (mean.mid < 0) == claim->less ? CLAIM_CONFIRMED : CLAIM_REFUTED;
		return;
	}
	out->verdict = CLAIM_NOISE;
	CLAIM_APPEND(out->why, "; %d seeds could have shown %.2f points", n,
		     100 * unit * stats_permutation_detectable(stats_deviation(sum, n), n, STUDY_ALPHA, STUDY_POWER));
}

/* Each pair by itself, corrected for their number: said, but does not decide. */
static void tell_single(const struct claim *claim, const struct claim_tests *t, struct claim_finding *out)
{
	int better = claim_count(t, STUDY_BETTER), worse = claim_count(t, STUDY_WORSE);

	CLAIM_APPEND(out->why, "; singly ");
	claim_tell_weights(t->n, claim->less ? worse : better, claim->less ? better : worse, out);
}

int claim_pooled(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out)
{
	struct claim_tests t;
	int rc = claim_tests_create(&t, claim, list);

	if (rc)
		return rc;
	if (!claim_is_incomplete(&t, out)) {
		judge_sums(claim, &t, out);
		tell_single(claim, &t, out);
	}
	claim_tests_destroy(&t);
	return 0;
}
