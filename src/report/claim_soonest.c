/* SPDX-License-Identifier: MIT */
/*
 * What reaches an accuracy in the fewest seconds: the evaluator claim_soonest, see claims.h and study_soonest.h. Those
 * that the fastest does not beat surely are named.
 */
#include "report/claims.h"

#include "report/claims_parts.h"
#include "report/format.h"
#include "report/study_parts.h"
#include "report/study_soonest.h"

#include <math.h>

/* Index of the goal in time_goals. */
static int goal_of(const struct claim *claim)
{
	int goal = 0;

	while (goal < N_TIME_GOALS - 1 && time_goals[goal] < claim->value)
		goal++;
	return goal;
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
	CLAIM_APPEND(out->ours, " in %g epoch%s", to->epochs.mid, to->epochs.mid > 1 ? "s" : "");
}

static void tell_others(const struct soonest *s, struct claim_finding *out)
{
	for (int i = 0; i < s->same && i < SOONEST_NAMED; i++)
		CLAIM_APPEND(out->why, "%s%s", i ? ", " : "not told apart from ",
			     time_name(s->named[i]->learned->key).s);
	if (s->same > SOONEST_NAMED)
		CLAIM_APPEND(out->why, " and %d more", s->same - SOONEST_NAMED);
	CLAIM_APPEND(out->why, "%ssooner than %d of %d others, by sign tests over seeds, Holm over all pairs%s",
		     s->same ? "; " : "", s->others - s->same, s->others,
		     s->few ? "; too few seeds to tell so many apart" : "");
}

int claim_soonest(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out)
{
	struct time_list times;
	struct soonest s;
	int goal = goal_of(claim), rc = time_list_create(&times, list);

	if (rc)
		return rc;
	rc = soonest_find(&s, &times, study_find(list, "method=dense"), goal, CLAIM_LEAST_SEEDS);
	if (rc == 0 && s.best && s.dense) {
		out->verdict = CLAIM_ANSWERED;
		tell_way(s.best, goal, out);
		if (s.best != s.dense) {
			tell_way(s.dense, goal, out);
			CLAIM_APPEND(out->ours, "; sooner in %d of %d seeds, p = %.2g%s", s.sooner, s.pairs, s.p,
				     s.dense_few ? ": too few seeds to tell" : "");
		}
		tell_others(&s, out);
	}
	time_list_destroy(&times);
	return rc;
}
