/* SPDX-License-Identifier: MIT */
/* See judge.h, which is the model; here are its formulas, in the same order. */
#include "judge.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

const struct rule rule_default = {.threshold = 0.03, .level = 0.95, .alpha = 0.05, .bias_share = 0.8, .processes = 2};

const char *reason_words(enum reason r)
{
	static const char *const words[N_REASONS] = {
		[WHY_NONE] = "",
		[WHY_FEW_ROUNDS] = "few rounds",
		[WHY_FEW_PROCESSES] = "one process",
		[WHY_NOT_AGAIN] = "did not recur",
		[WHY_CHANCE] = "may be chance",
		[WHY_SMALL] = "below the MDE",
		[WHY_WIDE] = "too wide",
	};

	return words[r];
}

/* The processes of one side, or of the ratios: median of the medians, the outermost ends, the widest half. */
struct side {
	int processes, rounds;
	double mid, low, high, half, level;
	double lowest_high, highest_low; /* of a process: is any of them alone beyond something? */
};

static void side_widen(struct side *s, const struct interval *r)
{
	s->low = fmin(s->low, r->low);
	s->high = fmax(s->high, r->high);
	s->lowest_high = fmin(s->lowest_high, r->high);
	s->highest_low = fmax(s->highest_low, r->low);
	s->half = fmax(s->half, fmax(r->mid / r->low, r->high / r->mid) - 1);
	s->level = fmin(s->level, r->level);
}

static struct side side_of(const struct rounds *v, int n, double level)
{
	struct side s = {.mid = NAN, .low = INFINITY, .lowest_high = INFINITY, .level = 1};
	double *mids = malloc(sizeof(*mids) * (size_t)(n + 1));

	for (int i = 0; mids && i < n; i++) {
		struct interval r = stats_median_interval(v[i].v, v[i].n, level);

		if (!(r.level > 0 && r.low > 0 && isfinite(r.high)))
			continue;
		side_widen(&s, &r);
		mids[s.processes++] = r.mid;
		s.rounds += v[i].n;
	}
	if (s.processes)
		s.mid = stats_median(mids, s.processes);
	else
		s.level = 0;
	free(mids);
	return s;
}

/* Counts the rounds above and below the bound, of processes that have an interval. */
static void count_rounds(struct evidence *e, const struct rounds *v, int n, double bound, double level)
{
	for (int i = 0; i < n; i++) {
		if (!(stats_median_interval(v[i].v, v[i].n, level).level > 0))
			continue;
		for (int j = 0; j < v[i].n; j++) {
			e->above += v[i].v[j] > bound;
			e->below += v[i].v[j] < bound;
		}
	}
}

/* The median of what there is, for cells without an interval. */
static double rough_mid(const struct rounds *v, int n)
{
	double *mids = malloc(sizeof(*mids) * (size_t)(n + 1)), mid = NAN;
	int used = 0;

	for (int i = 0; mids && i < n; i++) {
		if (v[i].n > 0)
			mids[used++] = stats_median(v[i].v, v[i].n);
	}
	if (used)
		mid = stats_median(mids, used);
	free(mids);
	return mid;
}

static struct evidence no_evidence(double mid)
{
	return (struct evidence){.ratio = {.mid = mid, .low = mid, .high = mid},
				 .own_bias = NAN,
				 .p = NAN,
				 .bias = NAN,
				 .detectable = NAN,
				 .why = WHY_FEW_ROUNDS};
}

struct evidence evidence_paired(const struct rounds *v, int n, const struct rule *rule)
{
	const struct side s = side_of(v, n, rule->level);
	struct evidence e = no_evidence(s.processes ? s.mid : rough_mid(v, n));
	double slower = 1 + rule->threshold;

	if (!s.processes)
		return e;
	e.processes = s.processes;
	e.rounds = s.rounds;
	e.ratio = (struct interval){.mid = s.mid, .low = s.low, .high = s.high, .level = s.level, .n = s.rounds};
	e.half = s.half;
	e.once_slower = s.highest_low > slower;
	e.once_faster = s.lowest_high < 1 / slower;
	count_rounds(&e, v, n, s.mid > 1 ? slower : 1 / slower, rule->level);
	return e;
}

struct evidence evidence_apart(const struct rounds *old, int n_old, const struct rounds *new, int n_new,
			       const struct rule *rule)
{
	const double level = (1 + rule->level) / 2, slower = 1 + rule->threshold; /* both ends hold together */
	const struct side a = side_of(old, n_old, level), b = side_of(new, n_new, level);
	struct evidence e = no_evidence(rough_mid(new, n_new) / rough_mid(old, n_old));

	if (!a.processes || !b.processes)
		return e;
	e.processes = a.processes < b.processes ? a.processes : b.processes;
	e.rounds = b.rounds;
	e.ratio = (struct interval){.mid = b.mid / a.mid,
				    .low = b.low / a.high,
				    .high = b.high / a.low,
				    .level = fmax(a.level + b.level - 1, 0),
				    .n = b.rounds};
	e.half = (1 + a.half) * (1 + b.half) - 1;
	e.once_slower = b.highest_low / a.high > slower;
	e.once_faster = b.lowest_high / a.low < 1 / slower;
	count_rounds(&e, new, n_new, e.ratio.mid > 1 ? slower * a.high : a.low / slower, level);
	return e;
}

static double distance(double ratio)
{
	return exp(fabs(log(ratio))) - 1;
}

double control_add(struct control *c, const struct rounds *v, int n, const struct rule *rule)
{
	double largest = NAN;

	for (int i = 0; i < n; i++) {
		struct interval r = stats_median_interval(v[i].v, v[i].n, rule->level);

		if (!(r.level > 0 && r.mid > 0))
			continue;
		c->v[c->n] = distance(r.mid);
		largest = fmax(largest, c->v[c->n++]);
	}
	return largest;
}

void control_add_side(struct control *c, const struct rounds *v, int n, const struct rule *rule)
{
	double before = NAN;

	for (int i = 0; i < n; i++) {
		struct interval r = stats_median_interval(v[i].v, v[i].n, rule->level);

		if (!(r.level > 0 && r.mid > 0))
			continue;
		if (before > 0)
			c->v[c->n++] = distance(r.mid / before);
		before = r.mid;
	}
}

void control_add_apart(struct control *c, const struct rounds *old, int n_old, const struct rounds *new, int n_new,
		       const struct rule *rule)
{
	const int most = n_old > n_new ? n_old : n_new;

	for (int i = 0; i < most && n_old && n_new; i++) {
		const struct rounds *a = &old[i % n_old], *b = &new[i % n_new];
		const struct interval x = stats_median_interval(a->v, a->n, rule->level);
		const struct interval y = stats_median_interval(b->v, b->n, rule->level);

		if (x.level > 0 && y.level > 0 && x.mid > 0 && y.mid > 0)
			c->v[c->n++] = distance(y.mid / x.mid);
	}
}

double control_bias(const struct control *c, const struct rule *rule)
{
	return c->n ? stats_quantile(c->v, c->n, rule->bias_share) : RULE_NO_CONTROL;
}

/* Whether the rounds, had they all been beyond the threshold in enough processes, would have been significant. */
static bool can_be_significant(const struct evidence *e, int tests, const struct rule *rule)
{
	double more = fmax(1, (double)rule->processes / e->processes);

	return tests * stats_sign_p((int)(e->rounds * more), 0) < rule->alpha;
}

static void conclude(struct evidence *e, const struct rule *rule)
{
	const double slower = 1 + rule->threshold, stretch = 1 + e->bias;
	const bool up = e->ratio.low > slower, down = e->ratio.high < 1 / slower;
	const bool below = e->ratio.high * stretch <= slower, above = e->ratio.low / stretch >= 1 / slower;
	const double effect = up ? e->ratio.mid : 1 / e->ratio.mid;

	e->found = below ? FOUND_NOT_SLOWER : FOUND_OPEN;
	e->suspect = false;
	if (below && above) {
		e->found = FOUND_SAME;
		e->why = WHY_NONE;
	} else if (!up && !down) {
		e->why = e->once_slower || e->once_faster ? WHY_NOT_AGAIN : WHY_WIDE;
	} else if (isinf(e->detectable)) {
		e->why = WHY_FEW_ROUNDS;
	} else if (effect < 1 + e->detectable) {
		e->why = WHY_SMALL;
	} else if (e->processes < rule->processes || e->p >= rule->alpha) {
		e->why = e->processes < rule->processes ? WHY_FEW_PROCESSES : WHY_CHANCE;
		e->suspect = true;
	} else {
		e->found = up ? FOUND_SLOWER : FOUND_FASTER;
		e->why = WHY_NONE;
	}
}

/* The sign tests of all cells, corrected together; returns how many. */
static int correct(struct evidence *v, int n, double *p)
{
	int tests = 0;

	for (int i = 0; i < n; i++) {
		if (v[i].ratio.level > 0)
			p[tests++] = stats_sign_p(v[i].above, v[i].below);
	}
	stats_holm(p, tests);
	for (int i = 0, at = 0; i < n; i++) {
		if (v[i].ratio.level > 0)
			v[i].p = p[at++];
	}
	return tests;
}

int judge(struct evidence *v, int n, const struct control *c, const struct rule *rule)
{
	const double bias = control_bias(c, rule), least = c->n < RULE_LEAST_CONTROL ? RULE_NO_CONTROL : 0;
	double *p = malloc(sizeof(*p) * (size_t)(n + 1));
	int tests;

	if (!p)
		return -ENOMEM;
	tests = correct(v, n, p);
	free(p);
	for (int i = 0; i < n; i++) {
		struct evidence *e = &v[i];

		if (!(e->ratio.level > 0))
			continue;
		e->bias = fmax(bias, e->own_bias);
		e->detectable = can_be_significant(e, tests, rule)
					? (1 + rule->threshold) * (1 + e->half) * (1 + fmax(e->bias, least)) - 1
					: INFINITY;
		conclude(e, rule);
	}
	return 0;
}
