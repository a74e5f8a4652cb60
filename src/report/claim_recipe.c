/* SPDX-License-Identifier: MIT */
/*
 * Which ingredient of the base recipe top-k needs more than dense does: the evaluator claim_recipe, see claims.h. What
 * an exchanged ingredient costs dense as well is no answer, so it is the difference of two differences, seed by seed.
 */
#include "report/claims.h"

#include "report/claims_parts.h"
#include "report/study_parts.h"

#include <math.h>
#include <stdio.h>

#define LEVEL 0.95
#define IMAGES 10000

/* What the base recipe consists of, each exchanged for what other code does. */
static const struct {
	const char *words, *columns;
} ingredients[] = {
	{"no dropout", "dropout=0"}, {"Glorot weights", "init=glorot"}, {"wide weights", "init=wide"},
	{"summed loss", "loss=sum"}, {"minibatches of 10", "batch=10"},
};
#define N_INGREDIENTS ((int)(sizeof(ingredients) / sizeof(ingredients[0])))

/* What top-k has over dense, in one recipe. */
struct gain {
	const struct experiment *topk, *dense;
};

/* How much less it is with one ingredient exchanged. */
struct loss {
	struct interval mean; /* fractions */
	double p, p_holm, detectable;
	int seeds;
};

static struct gain find_gain(const struct experiment_list *list, const struct claim *claim, const char *columns)
{
	char topk[256], dense[256];

	snprintf(topk, sizeof(topk), "%s %s", claim->members, columns);
	snprintf(dense, sizeof(dense), "method=dense %s", columns);
	return (struct gain){study_find(list, topk), study_find(list, dense)};
}

/* In images; NaN if one of the four trainings of this seed is missing. */
static double difference_of_differences(const struct run *seed, struct gain exchanged, struct gain base)
{
	const struct experiment *const e[] = {exchanged.topk, exchanged.dense, base.topk, base.dense};
	static const int sign[] = {1, -1, -1, 1};
	double sum = 0;

	for (int i = 0; i < 4; i++) {
		const struct run *r = e[i] ? run_partner(seed, e[i]) : NULL;

		sum += r ? sign[i] * study_images(r->best->test_acc) : NAN;
	}
	return sum;
}

static struct loss loss_of(struct gain exchanged, struct gain base)
{
	struct loss l = {.p = NAN, .p_holm = NAN};
	double v[STUDY_PAIRS] = {0};

	for (int i = 0; base.topk && i < base.topk->n && l.seeds < STUDY_PAIRS; i++) {
		v[l.seeds] = difference_of_differences(&base.topk->runs[i], exchanged, base);
		l.seeds += isfinite(v[l.seeds]);
	}
	l.mean = stats_mean_interval(v, l.seeds, LEVEL);
	l.mean.mid /= IMAGES;
	l.mean.high /= IMAGES;
	l.p_holm = l.p = l.seeds ? stats_permutation_test(v, l.seeds) : NAN;
	l.detectable = stats_permutation_detectable(stats_deviation(v, l.seeds), l.seeds, STUDY_ALPHA / N_INGREDIENTS,
						    STUDY_POWER) /
		       IMAGES;
	return l;
}

/* All must have the seeds that it takes. */
static bool are_complete(const struct loss *l, struct claim_finding *out)
{
	int there = 0, least = INT32_MAX;

	for (int i = 0; i < N_INGREDIENTS; i++) {
		there += l[i].seeds > 0;
		least = l[i].seeds < least ? l[i].seeds : least;
	}
	if (there == N_INGREDIENTS && least >= claim_least_pairs(N_INGREDIENTS))
		return true;
	out->verdict = there < N_INGREDIENTS ? CLAIM_NOT_RUN : CLAIM_TOO_FEW;
	if (out->verdict == CLAIM_TOO_FEW)
		CLAIM_APPEND(out->why, "%d seeds; it takes %d", least, claim_least_pairs(N_INGREDIENTS));
	else if (there)
		CLAIM_APPEND(out->why, "%d of %d recipes are there, with dense and top-k", there, N_INGREDIENTS);
	return false;
}

static bool is_worse(const struct loss *l)
{
	return l->p_holm <= STUDY_ALPHA && l->mean.mid < 0;
}

static void tell_losses(const struct loss *l, struct claim_finding *out)
{
	int worst = -1;
	double most = 0;

	for (int i = 0; i < N_INGREDIENTS; i++) {
		CLAIM_APPEND(out->why, "%s%s %s", i ? "; " : "against dense: ", ingredients[i].words,
			     claim_points(l[i].mean).s);
		most = fmax(most, l[i].detectable);
		if (is_worse(&l[i]) && (worst < 0 || l[i].mean.mid < l[worst].mean.mid))
			worst = i;
	}
	out->verdict = worst < 0 ? CLAIM_NOISE : CLAIM_ANSWERED;
	if (worst < 0)
		CLAIM_APPEND(out->ours, "none costs top-k more than dense; %d seeds could have shown %.2f points",
			     l->seeds, 100 * most);
	else
		CLAIM_APPEND(out->ours,
			     "%s costs top-k most beyond what it costs dense: %s points, p = %.2g (Holm over %d)",
			     ingredients[worst].words, claim_points(l[worst].mean).s, l[worst].p_holm, N_INGREDIENTS);
}

int claim_recipe(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out)
{
	const struct gain base = find_gain(list, claim, "");
	struct loss l[N_INGREDIENTS];
	double holm[N_INGREDIENTS];

	for (int i = 0; i < N_INGREDIENTS; i++) {
		l[i] = loss_of(find_gain(list, claim, ingredients[i].columns), base);
		holm[i] = l[i].p;
	}
	if (!are_complete(l, out))
		return 0;
	stats_holm(holm, N_INGREDIENTS);
	for (int i = 0; i < N_INGREDIENTS; i++)
		l[i].p_holm = holm[i];
	tell_losses(l, out);
	return 0;
}
