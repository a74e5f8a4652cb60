/* SPDX-License-Identifier: MIT */
/*
 * The evaluators of claims about accuracy, see claims.h. A claim that speaks of several experiments is general: one
 * significant counter-example refutes it, and nothing is said before all of them have run.
 */
#include "report/claims.h"

#include "report/claims_parts.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL 0.95
#define FEW_MEMBERS 4 /* are all named; of more the extremes */

void claim_append(char *text, size_t size, const char *format, ...)
{
	size_t used = strlen(text);
	va_list list;

	va_start(list, format);
	vsnprintf(text + used, size - used, format, list);
	va_end(list);
}

struct claim_label claim_points(struct interval r)
{
	struct claim_label l;

	snprintf(l.s, sizeof(l.s), "%+.2f ±%.2f", 100 * r.mid, 100 * (r.high - r.mid));
	return l;
}

struct claim_label claim_percent(struct interval r)
{
	struct claim_label l;

	snprintf(l.s, sizeof(l.s), "%.2f ±%.2f", 100 * r.mid, 100 * (r.high - r.mid));
	return l;
}

int claim_tests_create(struct claim_tests *t, const struct claim *claim, const struct experiment_list *list)
{
	const struct study_curve curve = {
		.words = claim->words, .members = claim->members, .base = claim->base, .nearest = claim->nearest};
	int rc = study_curve_compare(list, &curve, &t->all, &t->n);

	t->v = t->all;
	if (rc == 0 && claim->pick) {
		t->v = &t->all[claim->pick - 1];
		t->n = 1;
	}
	return rc;
}

void claim_tests_destroy(struct claim_tests *t)
{
	free(t->all);
}

struct claim_label claim_label(const struct claim *claim, int i)
{
	struct claim_label l = {""};
	struct study_spec all, one;
	struct failure f;

	if (!claim->vary || study_parse(&all, claim->members, &f))
		return l;
	one = study_item(&all, claim->pick ? claim->pick - 1 : i);
	CLAIM_APPEND(l.s, "%s", claim->vary);
	for (int c = 0; c < STUDY_COLUMNS; c++)
		if (strchr(all.value[c], ','))
			CLAIM_APPEND(l.s, "%.24s", one.value[c]);
	return l;
}

/* Says what is missing, if anything is; true if so. */
static bool is_incomplete(const struct claim_tests *t, struct claim_finding *out)
{
	int there = 0, few = 0, least = INT32_MAX;

	for (int i = 0; i < t->n; i++) {
		there += t->v[i].verdict != STUDY_NOT_RUN && t->v[i].verdict != STUDY_UNKNOWN;
		few += t->v[i].verdict == STUDY_TOO_FEW;
		least = t->v[i].pairs < least ? t->v[i].pairs : least;
	}
	if (there < t->n) {
		out->verdict = CLAIM_NOT_RUN;
		CLAIM_APPEND(out->why, there ? "%d of %d comparisons are there" : "", there, t->n);
		return true;
	}
	if (few == 0)
		return false;
	out->verdict = CLAIM_TOO_FEW;
	CLAIM_APPEND(out->why, "%d pair%s of seeds could show nothing", least, least == 1 ? "" : "s");
	return true;
}

static void tell_difference(const struct claim *claim, const struct claim_tests *t, int i, char *ours, size_t size)
{
	struct claim_label l = claim_label(claim, i);

	claim_append(ours, size, "%s%s%s", l.s, l.s[0] ? ": " : "", claim_points(t->v[i].difference).s);
}

/* `98.05 ±0.06 against 98.11 ±0.05: -0.06 ±0.07`, or the differences of all members, or their extremes. */
static void tell_differences(const struct claim *claim, const struct claim_tests *t, struct claim_finding *out)
{
	int low = 0, high = 0;

	if (t->n == 1) {
		CLAIM_APPEND(out->ours, "%s against %s: %s (%d seeds)", claim_percent(t->v->mean_a).s,
			     claim_percent(t->v->mean_b).s, claim_points(t->v->difference).s, t->v->pairs);
		return;
	}
	for (int i = 0; i < t->n; i++) {
		low = t->v[i].difference.mid < t->v[low].difference.mid ? i : low;
		high = t->v[i].difference.mid > t->v[high].difference.mid ? i : high;
		if (t->n <= FEW_MEMBERS) {
			CLAIM_APPEND(out->ours, i ? "; " : "");
			tell_difference(claim, t, i, out->ours, sizeof(out->ours));
		}
	}
	if (t->n <= FEW_MEMBERS)
		return;
	CLAIM_APPEND(out->ours, "from ");
	tell_difference(claim, t, low, out->ours, sizeof(out->ours));
	CLAIM_APPEND(out->ours, " to ");
	tell_difference(claim, t, high, out->ours, sizeof(out->ours));
}

static int count(const struct claim_tests *t, enum study_verdict verdict)
{
	int n = 0;

	for (int i = 0; i < t->n; i++)
		n += t->v[i].verdict == verdict;
	return n;
}

static void tell_noise(const struct claim_tests *t, struct claim_finding *out)
{
	double most = 0;
	int least = INT32_MAX;

	out->verdict = CLAIM_NOISE;
	for (int i = 0; i < t->n; i++) {
		most = t->v[i].detectable > most ? t->v[i].detectable : most;
		least = t->v[i].pairs < least ? t->v[i].pairs : least;
	}
	if (count(t, STUDY_IDENTICAL) == t->n)
		CLAIM_APPEND(out->why, "the same weights to the bit: what differs never took effect");
	else
		CLAIM_APPEND(out->why, "no difference seen; %d seeds could have shown %.2f points", least, 100 * most);
}

/* How sure the differences are that were seen. */
static void tell_tests(const struct claim_tests *t, struct claim_finding *out)
{
	if (t->n == 1)
		CLAIM_APPEND(out->why, "p = %.2g", t->v->p_holm);
	else
		CLAIM_APPEND(out->why, "of %d: %d better, %d worse", t->n, count(t, STUDY_BETTER),
			     count(t, STUDY_WORSE));
	if (t->v->tests > 1)
		CLAIM_APPEND(out->why, " (Holm over %d)", t->v->tests);
}

static void judge_better(const struct claim *claim, const struct claim_tests *t, struct claim_finding *out)
{
	int better = count(t, claim->less ? STUDY_WORSE : STUDY_BETTER);
	int worse = count(t, claim->less ? STUDY_BETTER : STUDY_WORSE);

	if (better + worse == 0) {
		tell_noise(t, out);
		return;
	}
	out->verdict = worse ? CLAIM_REFUTED : CLAIM_CONFIRMED;
	tell_tests(t, out);
}

static void judge_differ(const struct claim *claim, const struct claim_tests *t, struct claim_finding *out)
{
	(void)claim;
	if (count(t, STUDY_BETTER) + count(t, STUDY_WORSE) == 0) {
		tell_noise(t, out);
		return;
	}
	out->verdict = CLAIM_CONFIRMED;
	tell_tests(t, out);
}

/* Two one-sided tests by the interval; all members must pass, which needs no correction. */
static void judge_same(const struct claim *claim, const struct claim_tests *t, struct claim_finding *out)
{
	double margin = claim->value / 100;
	int inside = 0, outside = 0;

	for (int i = 0; i < t->n; i++) {
		const struct study_comparison *c = &t->v[i];

		inside += c->difference.low >= -margin && c->difference.high <= margin;
		outside += (c->difference.low > margin || c->difference.high < -margin) && c->p_holm <= STUDY_ALPHA;
	}
	out->verdict = outside ? CLAIM_REFUTED : inside == t->n ? CLAIM_CONFIRMED : CLAIM_NOISE;
	CLAIM_APPEND(out->why, "of %d intervals %d lie within ±%.2f points, %d beyond", t->n, inside, claim->value,
		     outside);
}

static int judge_tests(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out,
		       void (*judge)(const struct claim *claim, const struct claim_tests *t, struct claim_finding *out))
{
	struct claim_tests t;
	int rc = claim_tests_create(&t, claim, list);

	if (rc)
		return rc;
	if (!is_incomplete(&t, out)) {
		tell_differences(claim, &t, out);
		judge(claim, &t, out);
	}
	claim_tests_destroy(&t);
	return 0;
}

int claim_better(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out)
{
	return judge_tests(claim, list, out, judge_better);
}

int claim_differ(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out)
{
	return judge_tests(claim, list, out, judge_differ);
}

int claim_same(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out)
{
	return judge_tests(claim, list, out, judge_same);
}

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

/* Half of the interval in which one more training would lie. */
static int prediction(const struct experiment *e, double *half)
{
	double *v = malloc(sizeof(*v) * (size_t)e->n);

	if (!v)
		return -ENOMEM;
	for (int i = 0; i < e->n; i++)
		v[i] = e->runs[i].best->test_acc;
	*half = stats_t_quantile(LEVEL, e->n - 1) * stats_deviation(v, e->n) * sqrt(1 + 1.0 / e->n);
	free(v);
	return 0;
}

int claim_value(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out)
{
	const struct experiment *e = study_find(list, claim->members);
	struct interval mean;
	double half, away;

	if (!has_seeds(e, CLAIM_LEAST_SEEDS, out))
		return 0;
	if (prediction(e, &half))
		return -ENOMEM;
	mean = experiment_accuracy(e);
	away = claim->value - 100 * mean.mid;
	out->verdict = fabs(away) <= 100 * half + claim->slack ? CLAIM_CONFIRMED : CLAIM_REFUTED;
	CLAIM_APPEND(out->ours, "%s (%d seeds)", claim_percent(mean).s, e->n);
	CLAIM_APPEND(out->why, "published %+.2f from our mean; one training more would lie within ±%.2f", away,
		     100 * half);
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
	if (!is_incomplete(&t, out)) {
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
	if (is_incomplete(&t, out))
		return 0;
	for (int i = 0; i < N_INGREDIENTS; i++) {
		CLAIM_APPEND(out->ours, "%s%s %s", i ? "; " : "", ingredients[i].words,
			     claim_points(c[i].difference).s);
		worst = c[i].difference.mid < c[worst].difference.mid ? i : worst;
	}
	if (c[worst].verdict != STUDY_WORSE) {
		tell_noise(&t, out);
		return 0;
	}
	out->verdict = CLAIM_ANSWERED;
	CLAIM_APPEND(out->why, "top-k loses most with %s (p = %.2g, Holm over %d)", ingredients[worst].words,
		     c[worst].p_holm, c[worst].tests);
	return 0;
}
