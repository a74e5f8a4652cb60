/* SPDX-License-Identifier: MIT */
/* The evaluators of claims about an accuracy by itself. See claims.h. */
#include "report/claims.h"

#include "report/claims_parts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define LEVEL 0.95

/* Whether there are enough seeds of e to say anything; tells, if not. */
static bool has_seeds(const struct experiment *e, int least, struct claim_finding *out)
{
	int n = e ? experiment_seeds(e) : 0;

	if (e && n >= least)
		return true;
	out->verdict = e ? CLAIM_TOO_FEW : CLAIM_NOT_RUN;
	if (e)
		CLAIM_APPEND(out->why, "%d seed%s; it takes %d", n, n == 1 ? "" : "s", least);
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
	int n = 0;

	if (!v)
		return -ENOMEM;
	for (int i = 0; i < e->n; i++)
		if (e->runs[i].whole)
			v[n++] = claim->measure(&e->runs[i]);
	*mean = stats_mean_interval(v, n, LEVEL);
	*half = stats_t_quantile(LEVEL, n - 1) * stats_deviation(v, n) * sqrt(1 + 1.0 / n);
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
	CLAIM_APPEND(out->ours, "%.2f ±%.2f%s (%d seeds)", mean.mid, mean.high - mean.mid, claim->unit,
		     experiment_seeds(e));
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
	CLAIM_APPEND(out->ours, "%s (%d seeds)", claim_percent(mean).s, experiment_seeds(e));
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
