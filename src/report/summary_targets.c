/* SPDX-License-Identifier: MIT */
/* Verdicts as tables: a line per cell of each target, and one table that counts them all. */
#include "report/targets.h"

#include "report/summary_parts.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define OPEN_MARGIN 0.999999

static bool is(const struct target_record *r, const char *verdict)
{
	return strcmp(r->verdict, verdict) == 0;
}

bool target_is_unsure(const struct target_record *r)
{
	return isfinite(r->measured) && r->runs < TARGET_RUNS && !(r->low >= r->wanted) && !(r->high <= r->wanted);
}

static enum cell_mark mark_of(const struct target_record *r)
{
	if (is(r, "not judged"))
		return CELL_PLAIN;
	if (target_is_unsure(r))
		return CELL_UNSURE;
	return is(r, "met") ? CELL_BEST : CELL_LOSS;
}

/* `7.18x [7.02, 7.31]`; without an interval `7.18x n=4`. */
static struct text measured_text(const struct target_record *r)
{
	struct text t = {NOTHING};

	if (isfinite(r->measured) && !isfinite(r->low))
		snprintf(t.s, sizeof(t.s), "%.12s%s n=%lld", format_3(r->measured).s, r->unit, (long long)r->samples);
	else if (isfinite(r->measured))
		snprintf(t.s, sizeof(t.s), "%.12s%s [%.12s, %.12s]", format_3(r->measured).s, r->unit,
			 format_3(r->low).s, format_3(r->high).s);
	return t;
}

static size_t group_end(const struct target_list *list, size_t first)
{
	size_t end = first;

	while (end < list->n && strcmp(list->v[end].target, list->v[first].target) == 0)
		end++;
	return end;
}

static void put_cells(struct table *t, const struct target_record *v, size_t n)
{
	table_set(t, 0, 0, CELL_PLAIN, "cell");
	table_set(t, 0, 1, CELL_PLAIN, "measured");
	table_set(t, 0, 2, CELL_PLAIN, "runs");
	table_set(t, 0, 3, CELL_PLAIN, "verdict");
	for (size_t i = 0; i < n; i++) {
		int row = (int)i + 1;

		table_set(t, row, 0, CELL_PLAIN, "%s", v[i].cell[0] ? v[i].cell : NOTHING);
		table_set(t, row, 1, CELL_PLAIN, "%s", measured_text(&v[i]).s);
		table_set(t, row, 2, CELL_PLAIN, "%lld", (long long)v[i].runs);
		table_set(t, row, 3, mark_of(&v[i]), "%.12s%s%.48s", v[i].verdict, v[i].why[0] ? ": " : "", v[i].why);
	}
}

static int add_cells(const struct target_record *v, size_t n, struct table_list *out)
{
	struct table *t = table_list_add(out, (int)n + 1, 4, "Target %s · %s · wanted %s %s%s", v->target, v->words,
					 v->rule, format_3(v->wanted).s, v->unit);

	if (!t)
		return -ENOMEM;
	put_cells(t, v, n);
	return 0;
}

/* How far it is from the bound, 1 where it is just met. A wrong result is farthest; open cells come before those met.
 */
static double margin(const struct target_record *r)
{
	if (!isfinite(r->measured))
		return is(r, "missed") ? 0 : OPEN_MARGIN;
	return strcmp(r->rule, "<=") == 0 ? r->wanted / r->measured : r->measured / r->wanted;
}

/* The cells of one target. */
struct count {
	int met, missed, open, unsure_met, unsure_missed;
	const struct target_record *farthest;
};

static struct count count_cells(const struct target_record *v, size_t n)
{
	struct count c = {.farthest = &v[0]};

	for (size_t i = 0; i < n; i++) {
		bool unsure = target_is_unsure(&v[i]);

		c.met += is(&v[i], "met");
		c.missed += is(&v[i], "missed");
		c.open += is(&v[i], "not judged");
		c.unsure_met += unsure && is(&v[i], "met");
		c.unsure_missed += unsure && is(&v[i], "missed");
		if (margin(&v[i]) < margin(c.farthest))
			c.farthest = &v[i];
	}
	return c;
}

static void put_farthest(struct table *t, int row, int col, const struct count *c)
{
	const struct target_record *r = c->farthest;

	if (is(r, "not judged"))
		table_set(t, row, col, CELL_PLAIN, "%s", r->why);
	else
		table_set(t, row, col, CELL_PLAIN, "%s", isfinite(r->measured) ? measured_text(r).s : r->why);
	table_set(t, row, col + 1, CELL_PLAIN, "%s", r->cell[0] ? r->cell : NOTHING);
}

/* Returns how many are unsure. */
static int put_count(struct table *t, int row, const struct target_record *v, size_t n)
{
	const struct count c = count_cells(v, n);
	int unsure = c.unsure_met + c.unsure_missed;

	table_set(t, row, 0, CELL_PLAIN, "%s %s", v->target, v->words);
	table_set(t, row, 1, CELL_PLAIN, "%s %s%s", v->rule, format_3(v->wanted).s, v->unit);
	table_set(t, row, 2, c.met && !c.missed && !c.open ? CELL_BEST : CELL_PLAIN, "%d", c.met);
	table_set(t, row, 3, c.missed ? CELL_LOSS : CELL_PLAIN, "%d", c.missed);
	table_set(t, row, 4, CELL_PLAIN, "%d", c.open);
	if (unsure)
		table_set(t, row, 5, CELL_UNSURE, "%d met, %d missed", c.unsure_met, c.unsure_missed);
	else
		table_set(t, row, 5, CELL_PLAIN, "0");
	put_farthest(t, row, 6, &c);
	return unsure;
}

static void add_notes(struct table *t, int n, int unsure)
{
	int all = 0;

	while (targets[all].id)
		all++;
	table_note(t, "Open: not judged. Medians; of several runs the median of theirs. In brackets the 95%% interval, "
		      "of several runs the smallest and the largest. A run is judged by its own ceilings. A cell "
		      "that two lines of the plan measure is there twice.");
	if (n < all)
		table_note(t, " %d of %d targets have no record here.", all - n, all);
	if (unsure)
		table_note(t, " ~ covers what is wanted, or has too few rounds to say: --runs=%d judges them.",
			   TARGET_RUNS);
}

static int add_counts(const struct target_list *list, struct table_list *out)
{
	static const char *const header[] = {"target", "wanted", "met",	     "missed",
					     "open",   "unsure", "farthest", "where"};
	const int n_cols = sizeof(header) / sizeof(header[0]);
	struct table *t;
	int n = 0, unsure = 0;

	for (size_t i = 0; i < list->n; i = group_end(list, i))
		n++;
	t = table_list_add(out, n + 1, n_cols, "Targets");
	if (!t)
		return -ENOMEM;
	for (int col = 0; col < n_cols; col++)
		table_set(t, 0, col, CELL_PLAIN, "%s", header[col]);
	n = 0;
	for (size_t i = 0, end; i < list->n; i = end) {
		end = group_end(list, i);
		unsure += put_count(t, ++n, &list->v[i], end - i);
	}
	add_notes(t, n, unsure);
	return 0;
}

int summary_targets(const struct target_list *list, struct table_list *out)
{
	int rc = 0;

	for (size_t i = 0, end; i < list->n && !rc; i = end) {
		end = group_end(list, i);
		rc = add_cells(&list->v[i], end - i, out);
	}
	return rc || !list->n ? rc : add_counts(list, out);
}
