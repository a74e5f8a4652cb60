/* SPDX-License-Identifier: MIT */
/*
 * The evaluators of claims about time, see claims.h. They look at nothing but trainings that had the machine to
 * themselves, and but for one that must, at nothing but ratios to the dense training that took turns with them.
 */
#include "report/claims.h"

#include "report/claims_parts.h"
#include "report/study_parts.h"
#include "report/format.h"
#include "report/study_time.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL 0.95

static const struct experiment *find_item(const struct experiment_list *list, const struct study_spec *spec)
{
	const struct experiment *best = NULL;

	for (int i = 0; i < list->n; i++) {
		const struct experiment *e = &list->v[i];

		if (study_matches(spec, e->key) && study_has_times(e) && (!best || e->n > best->n))
			best = e;
	}
	return best;
}

int claim_find_timed(const struct claim *claim, const struct experiment_list *list, const struct experiment **found,
		     int *there)
{
	struct study_spec spec, item;
	struct failure f;
	int n;

	*there = 0;
	if (study_parse(&spec, claim->members, &f))
		return 0;
	n = study_count(&spec) < CLAIM_POINTS ? study_count(&spec) : CLAIM_POINTS;
	for (int i = 0; i < n; i++) {
		item = study_item(&spec, i);
		found[i] = find_item(list, &item);
		*there += found[i] != NULL;
	}
	return n;
}

bool claim_is_untimed(int there, int n, struct claim_finding *out)
{
	if (there == n && n > 0)
		return false;
	out->verdict = CLAIM_NOT_RUN;
	if (there)
		CLAIM_APPEND(out->why, "%d of %d timed trainings are there", there, n);
	return true;
}

/* The interval of a ratio against the bound that is claimed to be reached. */
static void judge_ratio(struct interval r, double bound, struct claim_finding *out)
{
	if (!isfinite(r.mid)) {
		out->verdict = CLAIM_NOT_RUN;
		CLAIM_APPEND(out->why, "no dense training took turns with it");
	} else if (!(r.level > 0)) {
		out->verdict = CLAIM_TOO_FEW;
		CLAIM_APPEND(out->why, "%d pairs of epochs are too few for an interval", r.n);
	} else {
		out->verdict = r.low >= bound ? CLAIM_CONFIRMED : r.high < bound ? CLAIM_REFUTED : CLAIM_NOISE;
		CLAIM_APPEND(out->why, "interval %s to %s, %d pairs of epochs", format_3(r.low).s, format_3(r.high).s,
			     r.n);
	}
}

int claim_speed(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out)
{
	const struct experiment *e[CLAIM_POINTS];
	int there, n = claim_find_timed(claim, list, e, &there);
	struct interval r;

	if (claim_is_untimed(there, n, out))
		return 0;
	r = experiment_speedup(e[0], claim->seconds);
	if (isfinite(r.mid))
		CLAIM_APPEND(out->ours, "%s; the whole epoch %s", format_ratio(r).s,
			     format_ratio(experiment_speedup(e[0], train_epoch_s)).s);
	judge_ratio(r, claim->value, out);
	return 0;
}

/* How its accuracy, of the trainings that were not timed, stands to dense's. */
static void tell_accuracy(const struct experiment_list *list, const struct claim *claim, int i,
			  struct claim_finding *out)
{
	struct claim untimed = *claim;
	struct claim_tests t;

	untimed.members = claim->members + strlen("time ");
	untimed.base = "method=dense";
	if (strncmp(claim->members, "time ", 5) != 0 || claim_tests_create(&t, &untimed, list))
		return;
	if (t.v[i].pairs > 1)
		CLAIM_APPEND(out->ours, ", accuracy %s points (%d seeds)", claim_points(t.v[i].difference).s,
			     t.v[i].pairs);
	else
		CLAIM_APPEND(out->ours, ", accuracy not run yet");
	claim_tests_destroy(&t);
}

int claim_any_speed(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out)
{
	const struct experiment *e[CLAIM_POINTS];
	int there, best = -1, n = claim_find_timed(claim, list, e, &there);
	struct interval fastest = {.mid = NAN};

	if (claim_is_untimed(there, n, out))
		return 0;
	for (int i = 0; i < n; i++) {
		struct interval r = experiment_speedup(e[i], claim->seconds);

		if (best < 0 || r.mid > fastest.mid) {
			fastest = r;
			best = i;
		}
	}
	judge_ratio(fastest, claim->value, out);
	if (isfinite(fastest.mid)) {
		CLAIM_APPEND(out->ours, "%s: %s", e[best]->key->method, format_ratio(fastest).s);
		tell_accuracy(list, claim, best, out);
	}
	return 0;
}

/* The values of all epochs of all seeds. */
static struct interval median_of(const struct experiment *e, claim_time_fn *value)
{
	struct interval r = {.mid = NAN};
	int n = 0;
	double *v;

	for (int i = 0; i < e->n; i++)
		n += e->runs[i].n;
	v = malloc(sizeof(*v) * (size_t)(n + 1));
	if (!v)
		return r;
	n = 0;
	for (int i = 0; i < e->n; i++)
		for (int j = 0; j < e->runs[i].n; j++)
			v[n++] = value(e->runs[i].epochs[j]);
	r = stats_median_interval(v, n, LEVEL);
	free(v);
	return r;
}

int claim_seconds(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out)
{
	const struct experiment *e[CLAIM_POINTS];
	int there, n = claim_find_timed(claim, list, e, &there);
	struct interval r;

	if (claim_is_untimed(there, n, out))
		return 0;
	r = median_of(e[0], claim->seconds);
	CLAIM_APPEND(out->ours, "median %s s/epoch", format_3(r.mid).s);
	if (!(r.level > 0)) {
		out->verdict = CLAIM_TOO_FEW;
		CLAIM_APPEND(out->why, "%d epochs are too few for an interval", r.n);
		return 0;
	}
	out->verdict = r.high <= claim->value ? CLAIM_CONFIRMED : r.low > claim->value ? CLAIM_REFUTED : CLAIM_NOISE;
	CLAIM_APPEND(out->why, "interval %s to %s s, %d epochs; seconds of another run: not a paired ratio",
		     format_3(r.low).s, format_3(r.high).s, r.n);
	return 0;
}

static double select_s(const struct train_record *r)
{
	return r->select_s;
}

static struct interval select_share(const struct experiment *e)
{
	return time_share(e, e->dense, select_s);
}

/* The timed top-k whose mean k is nearest. */
static const struct experiment *nearest_topk(const struct experiment_list *list, const struct experiment *e)
{
	const struct experiment *all[CLAIM_POINTS];

	return study_nearest(all, study_find_all(list, "time method=topk", "mean_k", all, CLAIM_POINTS), e);
}

int claim_select_cost(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out)
{
	const struct experiment *e[CLAIM_POINTS];
	int there, n = claim_find_timed(claim, list, e, &there), dearest = 0;
	double low = INFINITY, high = 0;
	struct interval most;

	if (claim_is_untimed(there, n, out))
		return 0;
	for (int i = 0; i < n; i++) {
		const struct experiment *topk = nearest_topk(list, e[i]);
		double ratio = topk ? select_share(e[i]).mid / select_share(topk).mid : NAN;

		if (!isfinite(ratio)) {
			out->verdict = CLAIM_NOT_RUN;
			CLAIM_APPEND(out->why, "no top-k or no dense training took turns");
			return 0;
		}
		low = fmin(low, ratio);
		high = fmax(high, ratio);
		dearest = select_share(e[i]).mid > select_share(e[dearest]).mid ? i : dearest;
	}
	out->verdict = CLAIM_ANSWERED;
	CLAIM_APPEND(out->ours, "selection takes %s to %s times as long as top-k's of the nearest mean k",
		     format_3(low).s, format_3(high).s);
	most = select_share(e[dearest]);
	CLAIM_APPEND(out->why, "at most %.1f %% [%.1f, %.1f] of dense's epoch (%s, %d pairs of epochs)", 100 * most.mid,
		     100 * most.low, 100 * most.high, claim_label(claim, dearest).s, most.n);
	return 0;
}
