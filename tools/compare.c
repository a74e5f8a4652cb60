/* SPDX-License-Identifier: MIT */
/* See compare.h. All that was timed is judged together, then each cell gets the verdict of the tier that proves it. */
#include "compare_private.h"
#include "compare_rounds.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *verdict_name(enum verdict v)
{
	static const char *const names[N_VERDICTS] = {[VERDICT_WRONG] = "wrong result",
						      [VERDICT_REGRESSED] = "regressed",
						      [VERDICT_MISSING] = "missing",
						      [VERDICT_INCONCLUSIVE] = "inconclusive",
						      [VERDICT_NOT_COMPARABLE] = "not comparable",
						      [VERDICT_IMPROVED] = "improved",
						      [VERDICT_NOT_SLOWER] = "not slower",
						      [VERDICT_ADDED] = "added",
						      [VERDICT_UNCHANGED] = "unchanged"};

	return names[v];
}

const char *tier_name(enum tier t)
{
	static const char *const names[N_TIERS] = {"", "code", "count", "time"};

	return names[t];
}

bool comparison_is_suspect(const struct comparison_cell *cell)
{
	const bool open = cell->verdict == VERDICT_INCONCLUSIVE || cell->verdict == VERDICT_NOT_SLOWER;

	return open && (cell->suspect || cell->time.suspect);
}

double comparison_count_ratio(const struct comparison_cell *cell)
{
	return cell->old_count > 0 && cell->new_count > 0 ? (double)cell->new_count / (double)cell->old_count : NAN;
}

struct cell_name comparison_name(const struct comparison *c, const struct comparison_cell *cell)
{
	return cell_name_of(cell->key, c->several_isas);
}

enum exit_status comparison_exit_status(const struct comparison *c)
{
	const int *n = c->counts;

	if (n[VERDICT_WRONG])
		return EXIT_WRONG_RESULT;
	if (n[VERDICT_REGRESSED])
		return EXIT_REGRESSION;
	if (n[VERDICT_MISSING] || n[VERDICT_INCONCLUSIVE])
		return EXIT_INCONCLUSIVE;
	/* Kernels that are all new have nothing to be slower than. */
	if (n[VERDICT_ADDED] == c->n && c->n)
		return EXIT_OK;
	return n[VERDICT_IMPROVED] + n[VERDICT_NOT_SLOWER] + n[VERDICT_UNCHANGED] ? EXIT_OK : EXIT_INCONCLUSIVE;
}

/* Judges the cells whose code differs together; what those of equal code could have shown is worked out apart. */
static int judge_times(struct comparison *c, const struct control *control)
{
	struct evidence *v = calloc((size_t)c->n + 1, sizeof(*v));
	int rc = v ? 0 : -ENOMEM;

	for (int same = 0; same < 2 && !rc; same++) {
		int n = 0;

		for (int i = 0; i < c->n; i++) {
			if (c->cells[i].same_code == same)
				v[n++] = c->cells[i].time;
		}
		rc = judge(v, n, control, &c->rule);
		for (int i = c->n - 1; i >= 0 && !rc; i--) {
			if (c->cells[i].same_code == same)
				c->cells[i].time = v[--n];
		}
	}
	free(v);
	return rc;
}

/* Slower beyond the threshold in every process, if perhaps by less than identical code has shown. */
static bool is_slower_again(const struct evidence *e, const struct rule *rule)
{
	return e->processes >= rule->processes && e->ratio.low > 1 + rule->threshold && e->p < rule->alpha;
}

/* Of a cell whose time proves neither slower nor faster. False: the count says nothing, or the time disproves it. */
static bool conclude_count(struct comparison_cell *cell, const struct rule *rule)
{
	const struct evidence *e = &cell->time;
	const bool timed = e->ratio.level > 0, more = comparison_count_ratio(cell) > 1 + rule->threshold;

	if (!more || (timed && e->ratio.high * (1 + e->bias) < 1 + rule->threshold))
		return false;
	cell->suspect = cell->other_isa ? !is_slower_again(e, rule) : e->ratio.mid <= 1;
	if (cell->suspect) {
		cell->why = cell->other_isa ? "count of another ISA" : "count up, time not";
		return true;
	}
	cell->verdict = VERDICT_REGRESSED;
	cell->tier = TIER_COUNT;
	return true;
}

static void conclude(struct comparison_cell *cell, const struct rule *rule)
{
	static const enum verdict verdicts[] = {[FOUND_OPEN] = VERDICT_INCONCLUSIVE,
						[FOUND_SLOWER] = VERDICT_REGRESSED,
						[FOUND_FASTER] = VERDICT_IMPROVED,
						[FOUND_NOT_SLOWER] = VERDICT_NOT_SLOWER,
						[FOUND_SAME] = VERDICT_UNCHANGED};
	const struct evidence *e = &cell->time;

	if (cell->verdict != VERDICT_INCONCLUSIVE)
		return;
	if (cell->same_code) {
		cell->verdict = VERDICT_UNCHANGED;
		cell->tier = TIER_CODE;
		return;
	}
	if (e->found != FOUND_SLOWER && e->found != FOUND_FASTER && conclude_count(cell, rule))
		return;
	cell->verdict = e->ratio.level > 0 ? verdicts[e->found] : VERDICT_INCONCLUSIVE;
	cell->tier = cell->verdict == VERDICT_INCONCLUSIVE ? TIER_NONE : TIER_TIME;
	cell->why = isnan(cell->old_ns) ? "counts alone" : reason_words(e->why);
}

#define BEYOND 1e6 /* an infinite MDE, as a number that quantiles can work with */

static void sum_up(struct comparison *c)
{
	double *detectable = malloc(sizeof(*detectable) * (size_t)(c->n + 1));
	int n = 0;

	c->detectable = c->worst_detectable = NAN;
	for (int i = 0; i < c->n; i++) {
		const struct comparison_cell *cell = &c->cells[i];

		c->counts[cell->verdict]++;
		c->tiers[cell->tier] += cell->verdict == VERDICT_REGRESSED;
		c->processes = cell->time.processes > c->processes ? cell->time.processes : c->processes;
		c->several_isas = c->several_isas || strcmp(cell->key->isa, c->cells[0].key->isa) != 0;
		if (!(cell->time.ratio.level > 0))
			continue;
		if (!c->worst || cell->time.detectable > c->worst->time.detectable)
			c->worst = cell;
		if (detectable)
			detectable[n++] = fmin(cell->time.detectable, BEYOND);
	}
	if (c->worst)
		c->worst_detectable = c->worst->time.detectable;
	if (n)
		c->detectable = stats_median(detectable, n);
	if (c->detectable >= BEYOND / 2)
		c->detectable = INFINITY;
	free(detectable);
}

static int compare_severity(const void *pa, const void *pb)
{
	const struct comparison_cell *a = pa, *b = pb;
	double x = a->time.ratio.mid, y = b->time.ratio.mid;

	if (a->verdict != b->verdict)
		return a->verdict < b->verdict ? -1 : 1;
	if (isnan(x) != isnan(y))
		return isnan(x) ? 1 : -1;
	if (x < y || x > y)
		return x > y ? -1 : 1;
	return series_compare(a->key, b->key);
}

static int sides_create(struct sides *s, const struct record_list *old, const struct record_list *new)
{
	*s = (struct sides){.old_records = old ? old : new, .new_records = new, .old_build = old ? "" : "base"};
	return series_list_create_build(&s->old, s->old_records->v, s->old_records->n, s->old_build) ||
			       series_list_create_build(&s->new, new->v, new->n, "") ||
			       series_list_create_build(&s->twin, new->v, new->n, "twin")
		       ? -ENOMEM
		       : 0;
}

static void sides_destroy(struct sides *s)
{
	series_list_destroy(&s->old);
	series_list_destroy(&s->new);
	series_list_destroy(&s->twin);
}

static int fill(struct comparison *c, const struct sides *s, struct control *control)
{
	int rc = comparison_gather(c, s, control);

	rc = rc ? rc : judge_times(c, control);
	if (rc)
		return rc;
	for (int i = 0; i < c->n; i++)
		conclude(&c->cells[i], &c->rule);
	qsort(c->cells, (size_t)c->n, sizeof(*c->cells), compare_severity);
	sum_up(c);
	c->control = control->n;
	c->bias = control_bias(control, &c->rule);
	return 0;
}

int comparison_create(struct comparison *c, const struct record_list *old, const struct record_list *new,
		      const struct rule *rule)
{
	size_t room = new->n + (old ? old->n : new->n) + 1; /* more cells, and medians, than records there cannot be */
	struct control control = {.v = calloc(2 * room, sizeof(double))};
	struct sides s;
	int rc = sides_create(&s, old, new);

	*c = (struct comparison){.rule = *rule, .meeting = MEET_ROUNDS, .cells = calloc(room, sizeof(*c->cells))};
	if (old)
		c->meeting = series_list_has_yardstick(&s.old) && series_list_has_yardstick(&s.new) ? MEET_YARDSTICK
												    : MEET_APART;
	rc = rc || !c->cells || !control.v ? -ENOMEM : fill(c, &s, &control);
	sides_destroy(&s);
	free(control.v);
	if (rc)
		comparison_destroy(c);
	return rc;
}

void comparison_destroy(struct comparison *c)
{
	free(c->cells);
	*c = (struct comparison){0};
}
