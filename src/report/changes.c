/* SPDX-License-Identifier: MIT */
/*
 * See changes.h. All stretches of one depth are tested and corrected together (Holm); those that change are cut in two
 * for the next depth. The first depth may err with CHANGE_ALPHA / 2, the next with / 4, and so on: CHANGE_ALPHA in all.
 */
#include "report/changes.h"

#include "base/rng.h"
#include "measure/stats.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_DRAWS 9999
#define MOST_DRAWS 99999
#define FIRST_SHARE 2
#define ENOUGH_HITS 20 /* beyond, p is far from small, and known well enough (Besag, Clifford 1991) */

struct stretch {
	int series, from, to, at; /* at: its best split */
	double p;
};

struct search {
	const struct change_series *series;
	struct stretch *now, *next; /* room for all that could be */
	double *p, *shuffled;
	int n_now, n_next;
	double share; /* 1 / share of CHANGE_ALPHA is this depth's */
	struct change *found;
	int n_found;
};

/* The largest difference of means over all splits, in units that do not depend on the split; *at: where. */
static double best_split(const double *v, int n, int *at)
{
	double sum = 0, left = 0, best = -1;

	for (int i = 0; i < n; i++)
		sum += v[i];
	for (int i = 1; i <= n - CHANGE_SIDE; i++) {
		double size;

		left += v[i - 1];
		if (i < CHANGE_SIDE)
			continue;
		size = fabs(left - sum * i / n) / sqrt((double)i * (n - i) / n);
		if (size > best) {
			best = size;
			*at = i;
		}
	}
	return best;
}

static void shuffle(struct rng *rng, double *v, int n)
{
	for (int i = n - 1; i > 0; i--) {
		const int j = (int)rng_below(rng, (uint32_t)i + 1);
		const double kept = v[i];

		v[i] = v[j];
		v[j] = kept;
	}
}

/* Values are taken relative to their first, so that rounding is of the size of their differences. */
static void test_stretch(struct search *s, struct stretch *t, int draws)
{
	const double *v = s->series[t->series].v + t->from;
	const int n = t->to - t->from;
	struct rng rng = rng_create(1, 0);
	double seen;
	int hits = 0, draw = 0, at = 0;

	for (int i = 0; i < n; i++)
		s->shuffled[i] = v[i] - v[0];
	seen = best_split(s->shuffled, n, &at) * (1 - 1e-10);
	t->at = t->from + at;
	while (draw < draws && hits < ENOUGH_HITS) {
		shuffle(&rng, s->shuffled, n);
		hits += best_split(s->shuffled, n, &at) >= seen;
		draw++;
	}
	t->p = hits == ENOUGH_HITS ? (double)hits / draw : (hits + 1.0) / (draw + 1);
}

static void add_stretch(struct search *s, int series, int from, int to)
{
	if (to - from >= 2 * CHANGE_SIDE)
		s->next[s->n_next++] = (struct stretch){.series = series, .from = from, .to = to};
}

/* So many draws that one alone could be significant among n. */
static int count_draws(int n, double share)
{
	const double wanted = 2 * n * share / CHANGE_ALPHA;

	return wanted < LEAST_DRAWS ? LEAST_DRAWS : wanted > MOST_DRAWS ? MOST_DRAWS : (int)wanted;
}

/* Ways to choose k of n. */
static double choose(int n, int k)
{
	double ways = 1;

	for (int i = 1; i <= k; i++)
		ways *= (double)(n - k + i) / i;
	return ways;
}

/* As changes_least, of a depth. Draws find p at 1 / (draws + 1) above what it is, in the mean. */
static int least_values(int n, double share, int behind)
{
	const double found = 1.0 / (count_draws(n, share) + 1), bound = CHANGE_ALPHA / share / n;
	int values = 2 * CHANGE_SIDE;

	while (values < CHANGE_NEVER && 2 / choose(values, behind ? behind : values / 2) + found > bound)
		values = found < bound ? values + 1 : CHANGE_NEVER;
	return values;
}

int changes_least(int n, int behind)
{
	return least_values(n, FIRST_SHARE, behind);
}

static int count_longer(const struct search *s, int least)
{
	int n = 0;

	for (int i = 0; i < s->n_next; i++)
		n += s->next[i].to - s->next[i].from >= least;
	return n;
}

/* Leaves out what is too short for so many as are left; returns the length that suffices. */
static int drop_short(struct search *s)
{
	int least = 2 * CHANGE_SIDE, n, kept = 0;

	while ((n = count_longer(s, least)) && least_values(n, s->share, 0) > least)
		least++;
	for (int i = 0; i < s->n_next; i++)
		if (s->next[i].to - s->next[i].from >= least)
			s->next[kept++] = s->next[i];
	s->n_next = kept;
	return least;
}

static void search_depth(struct search *s)
{
	struct stretch *done = s->now;

	s->now = s->next;
	s->n_now = s->n_next;
	s->next = done;
	s->n_next = 0;
	for (int i = 0; i < s->n_now; i++) {
		test_stretch(s, &s->now[i], count_draws(s->n_now, s->share));
		s->p[i] = s->now[i].p;
	}
	stats_holm(s->p, s->n_now);
	for (int i = 0; i < s->n_now; i++) {
		const struct stretch *t = &s->now[i];
		const double p = s->p[i] * s->share;

		if (p > CHANGE_ALPHA)
			continue;
		s->found[s->n_found++] = (struct change){.series = t->series, .at = t->at, .p = p};
		add_stretch(s, t->series, t->from, t->at);
		add_stretch(s, t->series, t->at, t->to);
	}
}

static int by_place(const void *pa, const void *pb)
{
	const struct change *a = pa, *b = pb;

	return a->series != b->series ? a->series - b->series : a->at - b->at;
}

/* Means of the stretches between neighbouring changes. */
static void measure(struct change *c, int n, const struct change_series *series)
{
	for (int i = 0; i < n; i++) {
		const struct change_series *s = &series[c[i].series];
		const int from = i > 0 && c[i - 1].series == c[i].series ? c[i - 1].at : 0;
		const int to = i + 1 < n && c[i + 1].series == c[i].series ? c[i + 1].at : s->n;

		c[i].before = stats_mean(s->v + from, c[i].at - from);
		c[i].after = stats_mean(s->v + c[i].at, to - c[i].at);
	}
}

static void release(struct search *s)
{
	free(s->now);
	free(s->next);
	free(s->p);
	free(s->shuffled);
}

/* Every stretch has room for itself and is cut into at least CHANGE_SIDE values. */
static int prepare(struct search *s, int n)
{
	size_t room = 1, longest = 1;

	for (int i = 0; i < n; i++) {
		const size_t values = (size_t)s->series[i].n;

		room += values / CHANGE_SIDE + 1;
		longest = values > longest ? values : longest;
	}
	s->now = calloc(room, sizeof(*s->now));
	s->next = calloc(room, sizeof(*s->next));
	s->p = calloc(room, sizeof(*s->p));
	s->found = calloc(room, sizeof(*s->found));
	s->shuffled = calloc(longest, sizeof(*s->shuffled));
	if (s->now && s->next && s->p && s->found && s->shuffled)
		return 0;
	release(s);
	free(s->found);
	return -ENOMEM;
}

static struct change_reach reach_of(struct search *s, int n)
{
	const int least = drop_short(s), of = s->n_next ? s->n_next : n ? n : 1;

	return (struct change_reach){s->n_next, s->n_next ? least : changes_least(of, 0),
				     changes_least(of, CHANGE_SIDE)};
}

int changes_find(const struct change_series *series, int n, struct change **changes, int *count,
		 struct change_reach *reach)
{
	struct search s = {.series = series, .share = FIRST_SHARE};

	if (prepare(&s, n))
		return -ENOMEM;
	for (int i = 0; i < n; i++)
		add_stretch(&s, i, 0, series[i].n);
	*reach = reach_of(&s, n);
	for (; s.n_next > 0; s.share *= 2, drop_short(&s))
		search_depth(&s);
	release(&s);
	qsort(s.found, (size_t)s.n_found, sizeof(*s.found), by_place);
	measure(s.found, s.n_found, series);
	*changes = s.found;
	*count = s.n_found;
	return 0;
}
