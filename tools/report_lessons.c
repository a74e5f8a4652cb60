/* SPDX-License-Identifier: MIT */
/*
 * What a study teaches, in a few plain sentences that head its page. Each is made from the data and left out where
 * they are not there.
 */
#include "report_study.h"

#include "report/claims.h"
#include "report/format.h"
#include "report/study_parts.h"
#include "report/study_soonest.h"
#include "report/study_time.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SAY(line, ...) snprintf((line) + strlen(line), 256 - strlen(line), __VA_ARGS__)

/* `98.25 ±0.03`, in percent. */
static struct text percent(struct interval r, const char *format)
{
	struct text t;
	size_t used;

	snprintf(t.s, sizeof(t.s), format, 100 * r.mid);
	used = strlen(t.s);
	if (r.level > 0)
		snprintf(t.s + used, sizeof(t.s) - used, " ±%.2f", 100 * (r.high - r.mid));
	return t;
}

/* `0.12 ±0.03`, without a sign; what it means is up to the sentence. */
static struct text size_of(struct interval r)
{
	r.high -= r.mid - fabs(r.mid);
	r.mid = fabs(r.mid);
	return percent(r, "%.2f");
}

static int say_counts(const struct results *r, struct verdict_list *out)
{
	int counts[N_CLAIM_VERDICTS] = {0}, n = 0;
	char *line;

	for (const struct claim *c = claims; c->id; c++, n++) {
		struct claim_finding finding;

		if (claim_judge(c, &r->experiments, &finding))
			return -ENOMEM;
		counts[finding.verdict]++;
	}
	line = verdict_list_add(out);
	if (!line)
		return -ENOMEM;
	SAY(line, "Of %d claims, questions and targets ", n);
	for (int v = N_CLAIM_VERDICTS - 1, told = 0; v >= 0; v--)
		if (counts[v])
			SAY(line, "%s%d %s", told++ ? ", " : "", counts[v], claim_verdict_words((enum claim_verdict)v));
	SAY(line, ".");
	return 0;
}

static int say_dense(const struct results *r, struct verdict_list *out)
{
	const struct experiment *e = study_find(&r->experiments, "method=dense");
	char *line = e ? verdict_list_add(out) : NULL;

	if (line)
		SAY(line, "Dense reaches %s %% test accuracy (mean over %d seed%s%s).",
		    percent(experiment_accuracy(e), "%.2f").s, experiment_seeds(e), experiment_seeds(e) == 1 ? "" : "s",
		    experiment_accuracy(e).level > 0 ? ", 95 % interval" : "");
	return e && !line ? -ENOMEM : 0;
}

static bool is_as_good(const struct study_comparison *c)
{
	return c->verdict == STUDY_NO_DIFFERENCE || c->verdict == STUDY_BETTER || c->verdict == STUDY_IDENTICAL;
}

/* `; worse again: k=160`. */
static void say_larger(const struct study_comparison *c, int from, int n, char *line)
{
	int told = 0;

	for (int i = from; i < n; i++)
		if (c[i].verdict == STUDY_WORSE)
			SAY(line, "%sk=%s", told++ ? ", " : "; worse again: ", c[i].a->key->k);
}

/* Only where all smaller ones were told apart. Its experiment in *e, which stays NULL if there is none. */
static int say_smallest_k(const struct results *r, const struct experiment **e, struct verdict_list *out)
{
	struct study_comparison *c;
	int n, i = 0, rc = study_curve_compare(&r->experiments, study_family_find("k")->curves, &c, &n);
	bool found;
	char *line;

	if (rc)
		return rc;
	while (i < n && c[i].verdict == STUDY_WORSE)
		i++;
	found = i < n && is_as_good(&c[i]);
	line = found ? verdict_list_add(out) : NULL;
	if (line) {
		*e = c[i].a;
		SAY(line, "The smallest k at which top-k is not significantly worse than dense is %s of 500 (%s points",
		    c[i].a->key->k, percent(c[i].difference, "%+.2f").s);
		if (isfinite(c[i].detectable))
			SAY(line, "; %.2f could have shown", 100 * c[i].detectable);
		SAY(line, ")");
		say_larger(c, i + 1, n, line);
		SAY(line, ".");
	}
	rc = found && !line ? -ENOMEM : 0;
	free(c);
	return rc;
}

static int say_speed(const struct time_list *times, const struct experiment *e, struct verdict_list *out)
{
	char *line;

	for (int i = 0; e && i < times->n; i++) {
		const struct time_point *p = &times->v[i];

		if (p->learned != e || !p->base || !isfinite(p->speedup.mid))
			continue;
		line = verdict_list_add(out);
		if (!line)
			return -ENOMEM;
		SAY(line, "At that k=%s a whole epoch on one thread is %s as fast as dense.", e->key->k,
		    format_ratio(p->speedup).s);
		return 0;
	}
	return 0;
}

#define GOAL (N_TIME_GOALS - 1)

/* `top-k k=80, lazy`. */
static void say_who(const struct time_point *p, char *line)
{
	const struct train_record *r = p->learned->key;

	SAY(line, "%s", look_of(r->method)->words);
	if (strcmp(r->layers, "784-500-500-10") != 0)
		SAY(line, " (%s)", study_layers_words(r->layers).s);
	if (r->k[0] && strcmp(r->k, "0") != 0)
		SAY(line, " k=%s", r->k);
	if (r->tau > 0)
		SAY(line, " tau=%g", r->tau);
	SAY(line, "%s", strcmp(r->lazy, "yes") ? "" : ", lazy");
	if (strcmp(r->policy, "constant") != 0)
		SAY(line, ", %s", r->policy);
	if (strcmp(r->optimizer, "adam") != 0)
		SAY(line, ", %s", r->optimizer);
	if (r->batch != 50)
		SAY(line, ", batch %lld", (long long)r->batch);
	if (r->settings[0])
		SAY(line, ", %s", r->settings);
}

/* `; not told apart from norm-limited tau=0.9 and 12 more of 40 others`. */
static void say_same(const struct soonest *s, char *line)
{
	if (!s->same)
		return;
	SAY(line, "; not told apart from ");
	if (s->same == s->others && s->same > 1) {
		SAY(line, "any of %d others", s->others);
		return;
	}
	say_who(s->named[0], line);
	if (s->same > 1)
		SAY(line, " and %d more of %d others", s->same - 1, s->others);
}

static int say_soonest(const struct results *r, const struct time_list *times, struct verdict_list *out)
{
	const struct time_to *to;
	struct soonest s;
	char *line;
	int rc = soonest_find(&s, times, study_find(&r->experiments, "method=dense"), GOAL, 2);

	if (rc || !s.best || !s.dense)
		return rc;
	line = verdict_list_add(out);
	if (!line)
		return -ENOMEM;
	to = &s.best->to[GOAL];
	SAY(line, "%g %% test accuracy is reached soonest by ", 100 * time_goals[GOAL]);
	say_who(s.best, line);
	SAY(line, ": %s s", format_3(to->seconds.mid).s);
	if (to->seconds.level > 0 && isfinite(to->seconds.high))
		SAY(line, " [%s, %s]", format_3(to->seconds.low).s, format_3(to->seconds.high).s);
	else if (to->seconds.level > 0)
		SAY(line, " (from %s s up, without an end)", format_3(to->seconds.low).s);
	SAY(line, " in %g epoch%s, median over seeds", to->epochs.mid, to->epochs.mid > 1 ? "s" : "");
	if (s.best != s.dense && isfinite(s.dense->to[GOAL].seconds.mid))
		SAY(line, "; dense: %s s in %g", format_3(s.dense->to[GOAL].seconds.mid).s,
		    s.dense->to[GOAL].epochs.mid);
	say_same(&s, line);
	SAY(line, ".");
	return 0;
}

/* `0.55 ±0.10 points better`, or that no difference was seen. */
static void say_difference(const struct study_comparison *c, char *line)
{
	if (c->verdict == STUDY_BETTER || c->verdict == STUDY_WORSE)
		SAY(line, "%s points %s", size_of(c->difference).s, c->verdict == STUDY_BETTER ? "better" : "worse");
	else
		SAY(line, "%s", study_verdict_words(c->verdict));
}

/* Pairs of specs that one sentence compares. */
struct pair {
	const char *words, *a, *b;
};

/* `Begin: words difference, words difference.`: of those that were run. */
static int say_pairs(const struct results *r, const char *begin, const struct pair *pairs, struct verdict_list *out)
{
	struct study_comparison c[2];
	char *line = NULL;

	for (int i = 0; i < 2; i++)
		c[i] = study_compare(study_find(&r->experiments, pairs[i].a), study_find(&r->experiments, pairs[i].b));
	study_judge(c, 2);
	for (int i = 0; i < 2; i++) {
		if (c[i].verdict == STUDY_NOT_RUN || c[i].verdict == STUDY_TOO_FEW)
			continue;
		if (line)
			SAY(line, "; ");
		else if (!(line = verdict_list_add(out)))
			return -ENOMEM;
		else
			SAY(line, "%s", begin);
		SAY(line, "%s ", pairs[i].words);
		say_difference(&c[i], line);
	}
	if (line)
		SAY(line, ".");
	return 0;
}

static int say_annealing(const struct results *r, struct verdict_list *out)
{
	static const struct pair pairs[2] = {
		{"with k=20", "method=topk k=20 policy=anneal-lr", "method=topk k=20 policy=anneal-k"},
		{"with k=80", "method=topk k=80 policy=anneal-lr", "method=topk k=80 policy=anneal-k"}};

	return say_pairs(r, "Annealing the learning rate against annealing k: ", pairs, out);
}

static int say_dropout(const struct results *r, struct verdict_list *out)
{
	static const struct pair pairs[2] = {{"top-k k=20", "method=topk k=20 dropout=0", "method=topk k=20"},
					     {"dense", "method=dense dropout=0", "method=dense"}};

	return say_pairs(r, "Without dropout: ", pairs, out);
}

int study_lessons(const struct results *r, struct verdict_list *out)
{
	const struct experiment *smallest = NULL;
	struct time_list times;
	int rc = time_list_create(&times, &r->experiments);

	if (rc)
		return rc;
	rc = say_counts(r, out);
	rc = rc ? rc : say_dense(r, out);
	rc = rc ? rc : say_smallest_k(r, &smallest, out);
	rc = rc ? rc : say_speed(&times, smallest, out);
	rc = rc ? rc : say_soonest(r, &times, out);
	rc = rc ? rc : say_annealing(r, out);
	rc = rc ? rc : say_dropout(r, out);
	time_list_destroy(&times);
	return rc;
}
