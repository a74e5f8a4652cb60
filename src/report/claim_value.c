/* SPDX-License-Identifier: MIT */
/* The evaluators of claims about an accuracy by itself, and about the recipe. See claims.h. */
#include "report/claims.h"

#include "report/claims_parts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define LEVEL 0.95

/* Whether there are enough seeds of e to say anything; tells, if not. */
static bool has_seeds(const struct experiment *e, int least, struct claim_finding *out)
{
	if (e && e->n >= least)
		return true;
	out->verdict = e ? CLAIM_TOO_FEW : CLAIM_NOT_RUN;
	if (e)
		CLAIM_APPEND(out->why, "%d seed%s; it takes %d", e->n, e->n == 1 ? "" : "s", least);
	return false;
}

double claim_test_accuracy(const struct run *r)
{
	return 100 * r->best->test_acc;
}

double claim_dev_accuracy(const struct run *r)
{
	return 100 * r->best->dev_acc;
}

/* The mean over the seeds, and half of the interval in which one more training would lie. */
static int predict(const struct claim *claim, const struct experiment *e, struct interval *mean, double *half)
{
	double *v = malloc(sizeof(*v) * (size_t)e->n);

	if (!v)
		return -ENOMEM;
	for (int i = 0; i < e->n; i++)
		v[i] = claim->measure(&e->runs[i]);
	*mean = stats_mean_interval(v, e->n, LEVEL);
	*half = stats_t_quantile(LEVEL, e->n - 1) * stats_deviation(v, e->n) * sqrt(1 + 1.0 / e->n);
	free(v);
	return 0;
}

int claim_value(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out)
{
	const struct experiment *e = study_find(list, claim->members);
	bool differs = claim->differs && claim->differs[0];
	struct interval mean;
	double half, away;

	if (!has_seeds(e, CLAIM_LEAST_SEEDS, out))
		return 0;
	if (predict(claim, e, &mean, &half))
		return -ENOMEM;
	away = claim->value - mean.mid;
	out->verdict = differs ? CLAIM_OTHER : fabs(away) <= half + claim->slack ? CLAIM_COMPATIBLE : CLAIM_REFUTED;
	CLAIM_APPEND(out->ours, "%.2f ±%.2f%s (%d seeds)", mean.mid, mean.high - mean.mid, claim->unit, e->n);
	CLAIM_APPEND(out->why, "%s%spublished %+.2f from our mean; one training's spread is ±%.2f",
		     differs ? claim->differs : "", differs ? "; " : "", away, half);
	if (claim->slack > 0)
		CLAIM_APPEND(out->why, ", the plot is read to ±%.1f", claim->slack);
	return 0;
}

int claim_mean(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out)
{
	const struct experiment *e = study_find(list, claim->members);
	struct interval mean;

	if (!has_seeds(e, 10, out))
		return 0;
	mean = experiment_accuracy(e);
	out->verdict = 100 * mean.mid >= claim->value ? CLAIM_CONFIRMED : CLAIM_REFUTED;
	CLAIM_APPEND(out->ours, "%s (%d seeds)", claim_percent(mean).s, e->n);
	CLAIM_APPEND(out->why, "the mean over the seeds; its interval lies %s %g",
		     100 * mean.low >= claim->value   ? "above"
		     : 100 * mean.high < claim->value ? "below"
						      : "around",
		     claim->value);
	return 0;
}

int claim_narrow(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out)
{
	struct claim_tests t;
	int rc = claim_tests_create(&t, claim, list), wide = 0, widest = 0;

	if (rc)
		return rc;
	for (int i = 0; i < t.n; i++) {
		double half = t.v[i].accuracy.high - t.v[i].accuracy.mid;

		wide += 100 * half > claim->value;
		widest = half > t.v[widest].accuracy.high - t.v[widest].accuracy.mid ? i : widest;
	}
	if (!claim_is_incomplete(&t, out)) {
		out->verdict = wide ? CLAIM_REFUTED : CLAIM_CONFIRMED;
		CLAIM_APPEND(out->ours, "widest at %s: %s", claim_label(claim, widest).s,
			     claim_percent(t.v[widest].accuracy).s);
		CLAIM_APPEND(out->why, "%d of %d intervals are wider than ±%.2f", wide, t.n, claim->value);
	}
	claim_tests_destroy(&t);
	return 0;
}

/* What the base recipe consists of, each exchanged for what other code does. */
static const struct {
	const char *words, *spec;
} ingredients[] = {
	{"no dropout", "method=topk k=20 dropout=0"},	    {"Glorot weights", "method=topk k=20 init=glorot"},
	{"wide weights", "method=topk k=20 init=wide"},	    {"summed loss", "method=topk k=20 loss=sum"},
	{"minibatches of 10", "method=topk k=20 batch=10"},
};
#define N_INGREDIENTS ((int)(sizeof(ingredients) / sizeof(ingredients[0])))

int claim_recipe(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out)
{
	struct study_comparison c[N_INGREDIENTS];
	const struct claim_tests t = {.v = c, .n = N_INGREDIENTS};
	int worst = 0;

	for (int i = 0; i < N_INGREDIENTS; i++)
		c[i] = study_compare(study_find(list, ingredients[i].spec), study_find(list, claim->members));
	study_judge(c, N_INGREDIENTS);
	if (claim_is_incomplete(&t, out))
		return 0;
	for (int i = 0; i < N_INGREDIENTS; i++) {
		CLAIM_APPEND(out->ours, "%s%s %s", i ? "; " : "", ingredients[i].words,
			     claim_points(c[i].difference).s);
		worst = c[i].difference.mid < c[worst].difference.mid ? i : worst;
	}
	if (c[worst].verdict != STUDY_WORSE) {
		claim_tell_noise(&t, out);
		return 0;
	}
	out->verdict = CLAIM_ANSWERED;
	CLAIM_APPEND(out->why, "top-k loses most with %s (p = %.2g, Holm over %d)", ingredients[worst].words,
		     c[worst].p_holm, c[worst].tests);
	return 0;
}
