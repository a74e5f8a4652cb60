/* SPDX-License-Identifier: MIT */
/*
 * See compare_private.h. The lists of both sides are sorted by cell, so one walk over the two finds what is common,
 * missing and added.
 */
#include "compare_private.h"
#include "compare_rounds.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Same cell, were it not for the instruction set. */
static bool same_but_isa(const struct kernel_record *a, const struct kernel_record *b)
{
	struct kernel_record like = *b;

	memcpy(like.isa, a->isa, sizeof(like.isa));
	return series_compare_cell(a, &like) == 0;
}

static bool has_other_isa(const struct series_list *list, const struct kernel_record *key)
{
	for (int i = 0; i < list->n; i++) {
		if (same_but_isa(list->v[i].key, key))
			return true;
	}
	return false;
}

static bool has_failed(const struct series_list *list, const struct kernel_record *key)
{
	for (int i = 0; i < list->n_failed; i++) {
		if (series_compare_cell(list->failed[i].key, key) == 0)
			return true;
	}
	return false;
}

static bool is_ours(const struct kernel_record *key)
{
	return strcmp(key->op, "fma_peak") != 0 && strcmp(key->op, "bandwidth") != 0 &&
	       strcmp(key->op, "yardstick") != 0 && !key->library[0];
}

/* All samples of both come from equal machines and compilers; else what differs. */
static const char *foreign(const struct series *a, const struct series *b)
{
	for (int i = 0; i < a->n + b->n; i++) {
		const struct kernel_record *r = i < a->n ? a->samples[i] : b->samples[i - a->n];

		if (strcmp(r->cpu, a->key->cpu) != 0)
			return "other CPU";
		if (strcmp(r->compiler, a->key->compiler) != 0)
			return "other compiler";
	}
	return NULL;
}

static bool is_same_code(const struct series *a, const struct series *b)
{
	for (int i = 0; i < a->n + b->n; i++) {
		const struct kernel_record *r = i < a->n ? a->samples[i] : b->samples[i - a->n];

		if (!r->code[0] || strcmp(r->code, a->key->code) != 0)
			return false;
	}
	return true;
}

static struct comparison_cell *add(struct comparison *c, enum verdict verdict, const struct series *old,
				   const struct series *new)
{
	struct comparison_cell *cell = &c->cells[c->n++];

	*cell = (struct comparison_cell){.verdict = verdict,
					 .why = "",
					 .key = new ? new->key : old->key,
					 .old_ns = old ? old->ns : NAN,
					 .new_ns = new ? new->ns : NAN,
					 .time = {.ratio = {.mid = NAN}, .own_bias = NAN, .p = NAN, .detectable = NAN}};
	return cell;
}

/* How restless a process's view of a cell is, and how far processes are apart. */
static double unrest(const struct process_rounds *p, const struct rule *rule)
{
	const struct evidence e = evidence_paired(p->v, p->n, rule);

	return e.ratio.level > 0 ? e.ratio.high / e.ratio.low : INFINITY;
}

/* The yardstick beside which the old side is the calmest: chosen without a look at the new one. NULL: none on both. */
static const char *choose_yardstick(const struct sides *s, const struct series *old, const struct series *new,
				    const struct rule *rule)
{
	static const char *const words[] = {"compute", "stream"};
	const char *best = NULL;
	double least = INFINITY;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const struct series *a = series_list_yardstick(&s->old, old->key, words[i]);
		const struct series *b = series_list_yardstick(&s->new, new->key, words[i]);
		struct process_rounds p;
		double u;

		if (!a || !b || strcmp(a->key->code, b->key->code) != 0 || process_rounds_create(&p, old, a))
			continue;
		u = unrest(&p, rule);
		process_rounds_destroy(&p);
		if (u < least || !best) {
			best = words[i];
			least = u;
		}
	}
	return best;
}

static void control_add_sides(struct control *control, const struct comparison_cell *cell,
			      const struct process_rounds *old, const struct process_rounds *new,
			      const struct rule *rule)
{
	if (cell->same_code) {
		control_add_apart(control, old->v, old->n, new->v, new->n, rule);
		return;
	}
	control_add_side(control, old->v, old->n, rule);
	control_add_side(control, new->v, new->n, rule);
}

static int measure_apart(struct comparison_cell *cell, const struct sides *s, const struct series *old,
			 const struct series *new, const struct comparison *c, struct control *control)
{
	const bool by_yardstick = c->meeting == MEET_YARDSTICK;
	const char *yard = by_yardstick ? choose_yardstick(s, old, new, &c->rule) : NULL;
	const struct series *a = yard ? series_list_yardstick(&s->old, old->key, yard) : NULL;
	const struct series *b = yard ? series_list_yardstick(&s->new, new->key, yard) : NULL;
	struct process_rounds p, q = {0};
	int rc;

	if (by_yardstick && !yard) {
		cell->verdict = VERDICT_NOT_COMPARABLE;
		cell->why = "other yardstick";
		return 0;
	}
	rc = process_rounds_create(&p, old, a);
	rc = rc ? rc : process_rounds_create(&q, new, b);
	if (rc == 0) {
		cell->time = evidence_apart(p.v, p.n, q.v, q.n, &c->rule);
		control_add_sides(control, cell, &p, &q, &c->rule);
	}
	process_rounds_destroy(&p);
	process_rounds_destroy(&q);
	return rc;
}

static int measure_paired(struct comparison_cell *cell, const struct series *old, const struct series *new,
			  const struct comparison *c, struct control *control)
{
	struct process_rounds p;
	int rc = process_rounds_create(&p, new, old);

	if (rc)
		return rc;
	cell->time = evidence_paired(p.v, p.n, &c->rule);
	if (cell->same_code)
		control_add(control, p.v, p.n, &c->rule);
	process_rounds_destroy(&p);
	return 0;
}

/* What the twin of the new build shows; injected work makes it no control. */
static int measure_twin(struct comparison_cell *cell, const struct sides *s, const struct series *new,
			const struct comparison *c, struct control *control)
{
	const struct series *twin = series_list_find(&s->twin, new->key);
	struct process_rounds p;
	int rc;

	if (!twin || twin->key->injected > 0)
		return 0;
	rc = process_rounds_create(&p, twin, new);
	if (rc == 0)
		cell->time.own_bias = control_add(control, p.v, p.n, &c->rule);
	process_rounds_destroy(&p);
	return rc;
}

static int add_pair(struct comparison *c, const struct sides *s, const struct series *old, const struct series *new,
		    struct control *control)
{
	struct comparison_cell *cell = add(c, VERDICT_INCONCLUSIVE, old, new);
	const char *why = foreign(old, new);
	int rc;

	if (why) {
		cell->verdict = VERDICT_NOT_COMPARABLE;
		cell->why = why;
		return 0;
	}
	cell->same_code = is_same_code(old, new);
	rc = c->meeting == MEET_ROUNDS ? measure_paired(cell, old, new, c, control)
				       : measure_apart(cell, s, old, new, c, control);
	return rc ? rc : measure_twin(cell, s, new, c, control);
}

/* A cell of one side alone. */
static void add_single(struct comparison *c, const struct sides *s, const struct series *old, const struct series *new)
{
	const struct kernel_record *key = old ? old->key : new->key;
	struct comparison_cell *cell;

	if (!old && has_failed(&s->old, key)) {
		cell = add(c, VERDICT_NOT_COMPARABLE, old, new);
		cell->why = "old was wrong";
	} else if (has_other_isa(old ? &s->new : &s->old, key)) {
		cell = add(c, VERDICT_NOT_COMPARABLE, old, new);
		cell->why = "other ISA";
	} else {
		add(c, old ? VERDICT_MISSING : VERDICT_ADDED, old, new);
	}
}

static int walk(struct comparison *c, const struct sides *s, struct control *control)
{
	int i = 0, j = 0, rc = 0;

	while (!rc && (i < s->old.n || j < s->new.n)) {
		const struct series *a = i < s->old.n ? &s->old.v[i] : NULL, *b = j < s->new.n ? &s->new.v[j] : NULL;
		int d = !a ? 1 : !b ? -1 : series_compare_cell(a->key, b->key);
		const struct kernel_record *key = d <= 0 ? a->key : b->key;

		i += d <= 0;
		j += d >= 0;
		if (!is_ours(key) || has_failed(&s->new, key) || has_failed(&s->twin, key))
			continue;
		if (d == 0)
			rc = add_pair(c, s, a, b, control);
		else
			add_single(c, s, d < 0 ? a : NULL, d < 0 ? NULL : b);
	}
	return rc;
}

static void add_failed(struct comparison *c, const struct series_list *list, const struct series_list *before)
{
	for (int i = 0; i < list->n_failed; i++) {
		struct series failed = list->failed[i];

		if (before && has_failed(before, failed.key))
			continue;
		failed.ns = NAN;
		add(c, VERDICT_WRONG, NULL, &failed);
	}
}

/* The row with the fewest instructions that were counted for a cell of this instruction set; NULL: none. */
static const struct kernel_record *counted(const struct record_list *list, const char *build,
					   const struct kernel_record *key)
{
	const struct kernel_record *least = NULL;

	for (size_t i = 0; i < list->n; i++) {
		const struct kernel_record *r = &list->v[i];

		if (r->instructions > 0 && strcmp(r->check, "fail") != 0 && strcmp(r->build, build) == 0 &&
		    series_compare_cell(r, key) == 0 && (!least || r->instructions < least->instructions))
			least = r;
	}
	return least;
}

/* Takes the counts of `r`'s instruction set unless there are others that tell more. */
static void take_count(struct comparison_cell *cell, const struct sides *s, const struct kernel_record *r)
{
	const struct kernel_record *old = counted(s->old_records, s->old_build, r);
	const struct kernel_record *new = counted(s->new_records, "", r);
	double ratio = comparison_count_ratio(cell);

	if (old && new && !((double)new->instructions / (double)old->instructions <= ratio)) {
		cell->old_count = old->instructions;
		cell->new_count = new->instructions;
		cell->other_isa = strcmp(r->isa, cell->key->isa) != 0;
	}
}

static void count(struct comparison_cell *cell, const struct sides *s)
{
	take_count(cell, s, cell->key);
	if (cell->new_count)
		return;
	for (size_t i = 0; i < s->new_records->n; i++) {
		const struct kernel_record *r = &s->new_records->v[i];

		if (r->instructions > 0 && !r->build[0] && same_but_isa(r, cell->key))
			take_count(cell, s, r);
	}
}

static bool has_cell(const struct comparison *c, const struct kernel_record *key)
{
	for (int i = 0; i < c->n; i++) {
		if (same_but_isa(c->cells[i].key, key))
			return true;
	}
	return false;
}

/* Cells that were counted and not timed. */
static void add_counted(struct comparison *c, const struct sides *s)
{
	for (size_t i = 0; i < s->new_records->n; i++) {
		const struct kernel_record *r = &s->new_records->v[i], *old;
		const struct series only = {.key = r, .ns = NAN};

		if (!(r->instructions > 0) || r->build[0] || !is_ours(r) || strcmp(r->check, "fail") == 0)
			continue;
		old = counted(s->old_records, s->old_build, r);
		if (old && !has_cell(c, r))
			add(c, VERDICT_INCONCLUSIVE, NULL, &only)->same_code =
				r->code[0] && strcmp(r->code, old->code) == 0;
	}
}

int comparison_gather(struct comparison *c, const struct sides *s, struct control *control)
{
	int rc;

	add_failed(c, &s->new, NULL);
	add_failed(c, &s->twin, &s->new);
	rc = walk(c, s, control);
	if (rc)
		return rc;
	add_counted(c, s);
	for (int i = 0; i < c->n; i++)
		count(&c->cells[i], s);
	return 0;
}
