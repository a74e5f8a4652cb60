/* SPDX-License-Identifier: MIT */
/* Comparisons in pairs of equal seeds, their correction for number, and their verdicts. See study.h. */
#include "report/study.h"

#include "report/study_parts.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL 0.95

const char *study_verdict_words(enum study_verdict v)
{
	static const char *const words[] = {
		[STUDY_NOT_RUN] = "not run yet",   [STUDY_UNKNOWN] = "accuracy not a number",
		[STUDY_TOO_FEW] = "too few seeds", [STUDY_IDENTICAL] = "identical",
		[STUDY_BETTER] = "better",	   [STUDY_NO_DIFFERENCE] = "no difference seen",
		[STUDY_WORSE] = "worse",
	};

	return words[v];
}

/* The accuracies of the seeds that both have. */
struct pairs {
	double a[STUDY_PAIRS], b[STUDY_PAIRS], difference[STUDY_PAIRS];
	int n;
	bool identical; /* all of them end with the same weights */
};

static const struct train_record *last_epoch(const struct run *r)
{
	return r->epochs[r->n - 1];
}

static bool same_weights(const struct run *a, const struct run *b)
{
	return last_epoch(a)->weights_digest[0] &&
	       !strcmp(last_epoch(a)->weights_digest, last_epoch(b)->weights_digest);
}

double study_images(double accuracy)
{
	double images = accuracy * 10000;

	return fabs(images - round(images)) < 1e-6 ? round(images) : images;
}

static void find_pairs(struct pairs *p, const struct experiment *a, const struct experiment *b)
{
	p->n = 0;
	p->identical = true;
	for (int i = 0; i < a->n && p->n < STUDY_PAIRS; i++) {
		const struct run *other = run_partner(&a->runs[i], b);

		if (!other)
			continue;
		p->a[p->n] = a->runs[i].best->test_acc;
		p->b[p->n] = other->best->test_acc;
		p->difference[p->n] = study_images(p->a[p->n]) - study_images(p->b[p->n]);
		p->identical = p->identical && same_weights(&a->runs[i], other);
		p->n++;
	}
}

/* From points of 1/10,000 back to fractions. */
static struct interval fraction(struct interval r)
{
	r.mid /= 10000;
	r.low /= 10000;
	r.high /= 10000;
	return r;
}

/* All but what depends on other comparisons. */
static struct study_comparison compare_pairs(const struct experiment *a, const struct experiment *b)
{
	const struct interval unknown = {.mid = NAN, .low = NAN, .high = NAN};
	struct study_comparison c = {.a = a, .b = b, .deviation = NAN, .p = NAN, .p_holm = NAN, .detectable = NAN};
	struct pairs p;

	c.accuracy = a ? experiment_accuracy(a) : unknown;
	c.mean_a = c.mean_b = c.difference = unknown;
	if (!a || !b)
		return c;
	find_pairs(&p, a, b);
	c.pairs = p.n;
	c.mean_a = stats_mean_interval(p.a, p.n, LEVEL);
	c.mean_b = stats_mean_interval(p.b, p.n, LEVEL);
	c.difference = fraction(stats_mean_interval(p.difference, p.n, LEVEL));
	c.deviation = stats_deviation(p.difference, p.n) / 10000;
	c.p = p.n ? stats_permutation_test(p.difference, p.n) : NAN;
	c.identical = p.n && p.identical;
	return c;
}

struct study_comparison study_compare(const struct experiment *a, const struct experiment *b)
{
	struct study_comparison c = compare_pairs(a, b);

	study_judge(&c, 1);
	return c;
}

/* With so many tests even p = 2^(1-pairs), the smallest there is, would not be significant. */
static bool too_few(const struct study_comparison *c)
{
	return c->pairs < 64 && c->tests * ldexp(1, 1 - c->pairs) > STUDY_ALPHA;
}

static enum study_verdict verdict_of(const struct study_comparison *c)
{
	if (!c->pairs)
		return STUDY_NOT_RUN;
	if (isnan(c->p))
		return STUDY_UNKNOWN;
	if (c->identical)
		return STUDY_IDENTICAL;
	if (too_few(c))
		return STUDY_TOO_FEW;
	if (c->p_holm > STUDY_ALPHA)
		return STUDY_NO_DIFFERENCE;
	return c->difference.mid > 0 ? STUDY_BETTER : STUDY_WORSE;
}

/* Identical trainings are no test of anything. */
static bool is_tested(const struct study_comparison *c)
{
	return !isnan(c->p) && !c->identical;
}

/* Holm over those that were tested. */
static void adjust(struct study_comparison *const *tested, int n)
{
	double p[STUDY_TESTS];

	for (int i = 0; i < n; i++)
		p[i] = tested[i]->p;
	stats_holm(p, n);
	for (int i = 0; i < n; i++)
		tested[i]->p_holm = p[i];
}

/* In deviations of the differences: the same for all comparisons of a curve that have as many pairs. */
static double detectable_unit(const struct study_comparison *c)
{
	double unit = stats_permutation_detectable(1, c->pairs, STUDY_ALPHA / (c->tests ? c->tests : 1), STUDY_POWER);

	return isfinite(unit) ? unit : NAN;
}

void study_judge(struct study_comparison *c, int n)
{
	struct study_comparison *tested[STUDY_TESTS];
	double unit = NAN;
	int tests = 0;

	for (int i = 0; i < n; i++) {
		c[i].p_holm = c[i].p;
		if (is_tested(&c[i])) {
			assert(tests < STUDY_TESTS);
			tested[tests++] = &c[i];
		}
	}
	adjust(tested, tests);
	for (int i = 0; i < n; i++)
		c[i].tests = tests;
	for (int i = 0; i < n; i++) {
		c[i].detectable = i && c[i].pairs == c[i - 1].pairs ? unit : detectable_unit(&c[i]);
		unit = c[i].detectable;
		c[i].verdict = verdict_of(&c[i]);
	}
	for (int i = 0; i < n; i++)
		c[i].detectable *= c[i].deviation;
}

const struct experiment *study_nearest(const struct experiment *const *all, int n, const struct experiment *e)
{
	const struct experiment *best = NULL;
	double k = log(study_value(e, "mean_k")), distance = INFINITY;

	for (int i = 0; i < n; i++) {
		double d = fabs(log(study_value(all[i], "mean_k")) - k);

		if (d < distance) {
			distance = d;
			best = all[i];
		}
	}
	return best;
}

/* The base of a member, and what it is called. */
static const struct experiment *find_base(const struct experiment_list *list, const struct study_curve *curve,
					  const struct study_spec *spec, const struct experiment *member, char *name,
					  size_t size)
{
	const struct experiment *all[STUDY_TESTS], *base;
	int n;

	snprintf(name, size, "%s", study_name(spec).s);
	if (!curve->nearest)
		return study_find_spec(list, spec);
	n = study_find_specs(list, spec, "mean_k", all, STUDY_TESTS);
	base = member ? study_nearest(all, n, member) : NULL;
	if (base)
		snprintf(name, size, "%.40s k=%.40s", base->key->method, base->key->k);
	else
		snprintf(name, size, "%.40s of the nearest mean k", spec->value[0]);
	return base;
}

static struct study_comparison compare_member(const struct experiment_list *list, const struct study_curve *curve,
					      const struct study_spec *member, struct study_spec base)
{
	const struct experiment *a = study_find_spec(list, member), *b;
	struct study_comparison c;
	char name[sizeof(c.base)];

	study_spec_bind(&base, member);
	b = find_base(list, curve, &base, a, name, sizeof(name));
	c = compare_pairs(a, b);
	snprintf(c.name, sizeof(c.name), "%s", study_name(member).s);
	memcpy(c.base, name, sizeof(c.base));
	return c;
}

int study_curve_compare(const struct experiment_list *list, const struct study_curve *curve,
			struct study_comparison **v, int *n)
{
	const struct study_spec members = study_spec_of(curve->members), bases = study_spec_of(curve->base);
	int count = study_count(&members), n_bases = study_count(&bases);

	assert(curve->nearest || n_bases == 1 || n_bases == count);
	*v = malloc((size_t)count * sizeof(**v));
	if (!*v)
		return -ENOMEM;
	for (int i = 0; i < count; i++) {
		const struct study_spec member = study_item(&members, i);

		(*v)[i] = compare_member(list, curve, &member,
					 curve->nearest ? bases : study_item(&bases, n_bases == 1 ? 0 : i));
	}
	study_judge(*v, count);
	*n = count;
	return 0;
}

int study_result_create(struct study_result *r, const struct experiment_list *list, const struct study_curve *curve)
{
	const struct experiment *base = NULL;
	int rc;

	*r = (struct study_result){.curve = curve, .one_base = true};
	rc = study_curve_compare(list, curve, &r->v, &r->n);
	for (int i = 0; i < r->n && rc == 0; i++) {
		if (r->v[i].verdict == STUDY_NOT_RUN)
			continue;
		r->one_base = r->one_base && (!base || base == r->v[i].b);
		base = r->v[i].b;
		r->n_run++;
	}
	return rc;
}

void study_result_destroy(struct study_result *r)
{
	free(r->v);
	*r = (struct study_result){0};
}
