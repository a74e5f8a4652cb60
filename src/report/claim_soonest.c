/* SPDX-License-Identifier: MIT */
/*
 * What reaches an accuracy in the fewest seconds: the evaluator claim_soonest, see claims.h. The fastest of many is
 * held against each of the others seed by seed; those that it does not beat surely are said to be no slower.
 */
#include "report/claims.h"

#include "report/claims_parts.h"
#include "report/format.h"
#include "report/study_parts.h"
#include "report/study_time.h"

#include <math.h>

#define NAMED 2 /* of those that are not told apart so many are named */

/* Index of the goal in time_goals. */
static int goal_of(const struct claim *claim)
{
	int goal = 0;

	while (goal < N_TIME_GOALS - 1 && time_goals[goal] < claim->value)
		goal++;
	return goal;
}

/* Which of two that trained the same seed got there first, in seconds; one that never does is later. */
struct race {
	int sooner, pairs;
	double p; /* exact sign test; ties dropped */
};

static double seconds_to(const struct run *r, const struct time_point *p, int goal)
{
	return time_first_epoch(r, time_goals[goal]) * p->epoch_s.mid;
}

static struct race race(const struct time_point *a, const struct time_point *b, int goal)
{
	double sign[STUDY_PAIRS] = {0};
	struct race race = {0};

	for (int i = 0; i < a->learned->n && race.pairs < STUDY_PAIRS; i++) {
		const struct run *own = &a->learned->runs[i], *other = run_partner(own, b->learned);
		double mine, theirs;

		if (!other)
			continue;
		mine = seconds_to(own, a, goal);
		theirs = seconds_to(other, b, goal);
		sign[race.pairs++] = (mine > theirs) - (mine < theirs);
		race.sooner += mine < theirs;
	}
	race.p = stats_sign_test(sign, race.pairs);
	return race;
}

static bool is_timed(const struct time_point *p)
{
	return p->base && experiment_seeds(p->learned) >= CLAIM_LEAST_SEEDS;
}

static void tell_way(const struct time_point *p, int goal, struct claim_finding *out)
{
	const struct time_to *to = &p->to[goal];

	CLAIM_APPEND(out->ours, "%s%s: ", out->ours[0] ? "; " : "", time_name(p->learned->key).s);
	if (!isfinite(to->seconds.mid)) {
		CLAIM_APPEND(out->ours, "%d of %d seeds get there", to->reached, to->seeds);
		return;
	}
	CLAIM_APPEND(out->ours, "%s s", format_3(to->seconds.mid).s);
	if (isfinite(to->seconds.high))
		CLAIM_APPEND(out->ours, " [%s, %s]", format_3(to->seconds.low).s, format_3(to->seconds.high).s);
	CLAIM_APPEND(out->ours, " in %g epochs", to->epochs.mid);
}

/* Those that the best does not surely beat. */
static void tell_others(const struct time_list *times, const struct time_point *best, int goal,
			struct claim_finding *out)
{
	int others = 0, apart = 0, same = 0;

	for (int i = 0; i < times->n; i++) {
		const struct time_point *p = &times->v[i];
		struct race r;

		if (p == best || !is_timed(p))
			continue;
		others++;
		r = race(best, p, goal);
		if (r.p <= STUDY_ALPHA && 2 * r.sooner > r.pairs)
			apart++;
		else if (same++ < NAMED)
			CLAIM_APPEND(out->why, "%s%s", same > 1 ? ", " : "not told apart from ",
				     time_name(p->learned->key).s);
	}
	if (same > NAMED)
		CLAIM_APPEND(out->why, " and %d more", same - NAMED);
	CLAIM_APPEND(out->why, "%ssooner than %d of %d others, each by a sign test over seeds", same ? "; " : "", apart,
		     others);
}

static void tell_dense(const struct time_point *best, const struct time_point *dense, int goal,
		       struct claim_finding *out)
{
	struct race r = race(best, dense, goal);

	tell_way(dense, goal, out);
	CLAIM_APPEND(out->ours, "; sooner in %d of %d seeds, p = %.2g", r.sooner, r.pairs, r.p);
}

int claim_soonest(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out)
{
	const struct time_point *best = NULL, *dense = NULL;
	struct time_list times;
	int goal = goal_of(claim), rc = time_list_create(&times, list);

	if (rc)
		return rc;
	for (int i = 0; i < times.n; i++) {
		const struct time_point *p = &times.v[i];

		if (!is_timed(p))
			continue;
		dense = p->learned == study_find(list, "method=dense") ? p : dense;
		if (isfinite(p->to[goal].seconds.mid) &&
		    (!best || p->to[goal].seconds.mid < best->to[goal].seconds.mid))
			best = p;
	}
	if (best && dense) {
		out->verdict = CLAIM_ANSWERED;
		tell_way(best, goal, out);
		if (best != dense)
			tell_dense(best, dense, goal, out);
		tell_others(&times, best, goal, out);
	}
	time_list_destroy(&times);
	return 0;
}
