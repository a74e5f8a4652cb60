/* SPDX-License-Identifier: MIT */
/* See study_soonest.h. The fastest of many is chosen by the data, so every race that could have been run counts. */
#include "report/study_soonest.h"

#include "report/study.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* One that trained the same seeds. */
struct race {
	const struct time_point *other;
	int sooner, pairs;
	double p;
};

/* The interval of the seconds, as sure as those of an epoch are. */
static struct interval seconds_to(const struct run *r, const struct time_point *p, int goal)
{
	const double epochs = time_first_epoch(r, time_goals[goal]);

	return (struct interval){.mid = epochs * p->epoch_s.mid,
				 .low = epochs * fmin(p->epoch_s.low, p->epoch_s.mid),
				 .high = epochs * fmax(p->epoch_s.high, p->epoch_s.mid)};
}

static struct race race(const struct time_point *a, const struct time_point *b, int goal)
{
	double sign[STUDY_PAIRS] = {0};
	struct race race = {.other = b};

	for (int i = 0; i < a->learned->n && race.pairs < STUDY_PAIRS; i++) {
		const struct run *own = &a->learned->runs[i], *other = run_partner(own, b->learned);
		struct interval mine, theirs;

		if (!other)
			continue;
		mine = seconds_to(own, a, goal);
		theirs = seconds_to(other, b, goal);
		sign[race.pairs++] = (mine.low > theirs.high) - (mine.high < theirs.low);
		race.sooner += mine.high < theirs.low;
	}
	race.p = stats_sign_test(sign, race.pairs);
	return race;
}

static double median_to(const struct time_point *p, int goal)
{
	const double seconds = p->to[goal].seconds.mid;

	return isnan(seconds) ? INFINITY : seconds;
}

/* By the seconds to the goal; those of which most seeds never get there come last. */
static void sort_by_seconds(const struct time_point **v, int n, int goal)
{
	for (int i = 1; i < n; i++) {
		const struct time_point *p = v[i];
		int at = i;

		for (; at > 0 && median_to(p, goal) < median_to(v[at - 1], goal); at--)
			v[at] = v[at - 1];
		v[at] = p;
	}
}

/* The race against dense, had any other of the n been the fastest. */
static void judge_dense(struct soonest *s, const struct race *r, int n)
{
	s->sooner = r->sooner;
	s->pairs = r->pairs;
	s->p = fmin(1, n * r->p);
	s->dense_few = n * stats_sign_p(r->pairs, 0) > STUDY_ALPHA;
}

/* Races of any two of n + 1: those that were not run count as lost. */
static int count_races(int n)
{
	return n * (n + 1) / 2;
}

static void judge(struct soonest *s, const struct race *races, double *p, int n)
{
	int most = 0;

	for (int i = 0; i < count_races(n); i++)
		p[i] = i < n ? races[i].p : 1;
	stats_holm(p, count_races(n));
	for (int i = 0; i < n; i++) {
		const struct race *r = &races[i];
		const bool dense = r->other == s->dense;

		most = r->pairs > most ? r->pairs : most;
		if (dense)
			judge_dense(s, r, n);
		if ((dense ? s->p : p[i]) <= STUDY_ALPHA && 2 * r->sooner > r->pairs)
			continue;
		if (s->same < SOONEST_NAMED)
			s->named[s->same] = r->other;
		s->same++;
	}
	s->few = count_races(n) * stats_sign_p(most, 0) > STUDY_ALPHA;
}

/* v: sorted, the best first. */
static int race_all(struct soonest *s, const struct time_point *const *v, int n, int goal)
{
	struct race *races = calloc((size_t)n + 1, sizeof(*races));
	double *p = calloc((size_t)count_races(n - 1) + 1, sizeof(*p));

	for (int i = 1; races && p && i < n; i++)
		races[i - 1] = race(v[0], v[i], goal);
	if (races && p)
		judge(s, races, p, n - 1);
	s->others = n - 1;
	free(races);
	free(p);
	return races && p ? 0 : -ENOMEM;
}

int soonest_find(struct soonest *s, const struct time_list *times, const struct experiment *plain, int goal,
		 int least_seeds)
{
	const struct time_point **v = calloc((size_t)times->n + 1, sizeof(*v));
	int n = 0, rc = 0;

	*s = (struct soonest){.p = NAN};
	if (!v)
		return -ENOMEM;
	for (int i = 0; i < times->n; i++) {
		const struct time_point *p = &times->v[i];

		if (!p->base || experiment_seeds(p->learned) < least_seeds)
			continue;
		v[n++] = p;
		s->dense = p->learned == plain ? p : s->dense;
	}
	sort_by_seconds(v, n, goal);
	if (n && isfinite(median_to(v[0], goal))) {
		s->best = v[0];
		rc = race_all(s, v, n, goal);
	}
	free(v);
	return rc;
}
