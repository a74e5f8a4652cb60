/* SPDX-License-Identifier: MIT */
/*
 * The evaluators of claims about accuracy, see claims.h. A claim that speaks of several experiments is general: all
 * must bear it out, and nothing is said before all of them have run.
 */
#include "report/claims.h"

#include "report/claims_parts.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* The values of the i-th item where the spec has lists. */
static void append_item(struct claim_label *l, const struct study_spec *all, int i)
{
	const struct study_spec one = study_item(all, i);

	for (int c = 0; c < STUDY_COLUMNS; c++)
		if (strchr(all->value[c], ','))
			CLAIM_APPEND(l->s, "%.24s", one.value[c]);
}

struct claim_label claim_label(const struct claim *claim, int i)
{
	struct claim_label l = {""};
	struct study_spec members, bases;
	struct failure f;

	if (!claim->vary || study_parse(&members, claim->members, &f) || study_parse(&bases, claim->base, &f))
		return l;
	i = claim->pick ? claim->pick - 1 : i;
	CLAIM_APPEND(l.s, "%s", claim->vary);
	append_item(&l, &members, i);
	if (!claim->nearest && study_count(&bases) > 1) {
		CLAIM_APPEND(l.s, " against ");
		append_item(&l, &bases, i);
	}
	return l;
}

bool claim_is_incomplete(const struct claim_tests *t, struct claim_finding *out)
{
	int there = 0, few = 0, unknown = 0, least = INT32_MAX;

	for (int i = 0; i < t->n; i++) {
		there += t->v[i].verdict != STUDY_NOT_RUN;
		unknown += t->v[i].verdict == STUDY_UNKNOWN;
		few += t->v[i].verdict == STUDY_TOO_FEW;
		least = t->v[i].pairs < least ? t->v[i].pairs : least;
	}
	if (there < t->n) {
		out->verdict = CLAIM_NOT_RUN;
		if (there)
			CLAIM_APPEND(out->why, "%d of %d comparisons are there", there, t->n);
		return true;
	}
	if (unknown) {
		out->verdict = CLAIM_UNKNOWN;
		CLAIM_APPEND(out->why, "in %d of %d comparisons an accuracy is not a number", unknown, t->n);
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

	if (claim->nearest)
		CLAIM_APPEND(l.s, " against k=%.24s", t->v[i].b->key->k);
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
			CLAIM_APPEND(out->ours, "%s", i ? "; " : "");
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

int claim_count(const struct claim_tests *t, enum study_verdict verdict)
{
	int n = 0;

	for (int i = 0; i < t->n; i++)
		n += t->v[i].verdict == verdict;
	return n;
}

void claim_tell_noise(const struct claim_tests *t, struct claim_finding *out)
{
	double most = 0;
	int least = INT32_MAX;

	out->verdict = CLAIM_NOISE;
	for (int i = 0; i < t->n; i++) {
		most = t->v[i].detectable > most ? t->v[i].detectable : most;
		least = t->v[i].pairs < least ? t->v[i].pairs : least;
	}
	if (claim_count(t, STUDY_IDENTICAL) == t->n)
		CLAIM_APPEND(out->why, "the same weights to the bit: what differs never took effect");
	else
		CLAIM_APPEND(out->why, "no difference seen; %d seeds could have shown %.2f points", least, 100 * most);
}

enum claim_verdict claim_weigh(int n, int in_favour, int against)
{
	if (in_favour + against == 0)
		return CLAIM_NOISE;
	if (in_favour == 0)
		return CLAIM_REFUTED;
	return in_favour == n ? CLAIM_CONFIRMED : CLAIM_MIXED;
}

void claim_tell_weights(int n, int in_favour, int against, struct claim_finding *out)
{
	CLAIM_APPEND(out->why, "of %d: %d for, %d against, %d no difference seen", n, in_favour, against,
		     n - in_favour - against);
}

/* The verdict, and how sure the differences are that were seen. */
static void weigh(const struct claim_tests *t, int in_favour, int against, struct claim_finding *out)
{
	out->verdict = claim_weigh(t->n, in_favour, against);
	if (out->verdict == CLAIM_NOISE) {
		claim_tell_noise(t, out);
		return;
	}
	if (t->n == 1)
		CLAIM_APPEND(out->why, "p = %.2g", t->v->p_holm);
	else
		claim_tell_weights(t->n, in_favour, against, out);
	if (t->v->tests > 1)
		CLAIM_APPEND(out->why, " (Holm over %d)", t->v->tests);
}

/* With which k top-k keeps as many, where the base was looked for. */
static void tell_bases(const struct claim *claim, const struct claim_tests *t, struct claim_finding *out)
{
	for (int i = 0; claim->nearest && i < t->n; i++)
		CLAIM_APPEND(out->why, "%s%s", i ? "," : "; against k=", t->v[i].b->key->k);
}

static void judge_better(const struct claim *claim, const struct claim_tests *t, struct claim_finding *out)
{
	weigh(t, claim_count(t, claim->less ? STUDY_WORSE : STUDY_BETTER),
	      claim_count(t, claim->less ? STUDY_BETTER : STUDY_WORSE), out);
	tell_bases(claim, t, out);
}

static void judge_no_trend(const struct claim *claim, const struct claim_tests *t, struct claim_finding *out)
{
	int up = claim_count(t, STUDY_BETTER), down = claim_count(t, STUDY_WORSE);

	(void)claim;
	if (up + down == 0) {
		claim_tell_noise(t, out);
		return;
	}
	out->verdict = up && down ? CLAIM_CONFIRMED : CLAIM_REFUTED;
	CLAIM_APPEND(out->why, "of %d steps %d significantly up, %d down (Holm over %d)", t->n, up, down, t->v->tests);
}

/* Names the members of a verdict. */
static void tell_members(const struct claim *claim, const struct claim_tests *t, enum study_verdict verdict,
			 struct claim_finding *out)
{
	const char *before = "";

	if (claim_count(t, verdict) == 0)
		return;
	CLAIM_APPEND(out->why, "%s%s at ", out->why[0] ? "; " : "", study_verdict_words(verdict));
	for (int i = 0; i < t->n; i++)
		if (t->v[i].verdict == verdict) {
			CLAIM_APPEND(out->why, "%s%s", before, claim_label(claim, i).s);
			before = ", ";
		}
}

static void judge_which(const struct claim *claim, const struct claim_tests *t, struct claim_finding *out)
{
	if (claim_count(t, STUDY_BETTER) + claim_count(t, STUDY_WORSE) == 0) {
		claim_tell_noise(t, out);
		return;
	}
	out->verdict = CLAIM_ANSWERED;
	tell_members(claim, t, STUDY_BETTER, out);
	tell_members(claim, t, STUDY_WORSE, out);
	tell_members(claim, t, STUDY_NO_DIFFERENCE, out);
	tell_members(claim, t, STUDY_IDENTICAL, out);
}

static void judge_differ(const struct claim *claim, const struct claim_tests *t, struct claim_finding *out)
{
	(void)claim;
	weigh(t, claim_count(t, STUDY_BETTER) + claim_count(t, STUDY_WORSE), 0, out);
}

/*
 * What two trainings of one experiment differ by in 95 of 100 cases. All were tested on the same images, so that only
 * their own spread counts, not that of drawing a test set.
 */
static double error_of_two(const struct experiment *e)
{
	double v[STUDY_PAIRS];
	int n = 0;

	for (int i = 0; i < e->n && n < STUDY_PAIRS; i++)
		if (e->runs[i].whole)
			v[n++] = e->runs[i].best->test_acc;
	return 1.96 * sqrt(2) * stats_deviation(v, n);
}

/* Two one-sided tests by the interval; all members must pass, which needs no correction. */
static void judge_same(const struct claim *claim, const struct claim_tests *t, struct claim_finding *out)
{
	double margin = error_of_two(t->v->b);
	int inside = 0, outside = 0;

	(void)claim;
	for (int i = 0; i < t->n; i++) {
		const struct study_comparison *c = &t->v[i];

		inside += c->difference.low >= -margin && c->difference.high <= margin;
		outside += (c->difference.low > margin || c->difference.high < -margin) && c->p_holm <= STUDY_ALPHA;
	}
	out->verdict = outside ? CLAIM_REFUTED : inside == t->n ? CLAIM_CONFIRMED : CLAIM_NOISE;
	CLAIM_APPEND(out->why,
		     "of %d intervals %d lie within ±%.2f points, %d beyond; that is 1.96 √2 SD of dense's %d seeds",
		     t->n, inside, 100 * margin, outside, experiment_seeds(t->v->b));
}

static int judge_tests(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out,
		       void (*judge)(const struct claim *claim, const struct claim_tests *t, struct claim_finding *out))
{
	struct claim_tests t;
	int rc = claim_tests_create(&t, claim, list);

	if (rc)
		return rc;
	if (!claim_is_incomplete(&t, out)) {
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

int claim_no_trend(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out)
{
	return judge_tests(claim, list, out, judge_no_trend);
}

int claim_which(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out)
{
	return judge_tests(claim, list, out, judge_which);
}

int claim_differ(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out)
{
	return judge_tests(claim, list, out, judge_differ);
}

int claim_same(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out)
{
	return judge_tests(claim, list, out, judge_same);
}
