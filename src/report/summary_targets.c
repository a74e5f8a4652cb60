/* SPDX-License-Identifier: MIT */
/* Verdicts as tables: a line per cell of each target, and one table that counts them all. */
#include "report/targets.h"

#include "report/summary_parts.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static bool is(const struct target_record *r, const char *verdict)
{
	return strcmp(r->verdict, verdict) == 0;
}

/* The interval, or the span of the runs, covers the bound. */
static bool is_close(const struct target_record *r)
{
	return r->low < r->wanted && r->high > r->wanted;
}

static enum cell_mark mark_of(const struct target_record *r)
{
	if (is(r, "not judged"))
		return CELL_PLAIN;
	if (is_close(r))
		return CELL_UNSURE;
	return is(r, "met") ? CELL_BEST : CELL_LOSS;
}

/* `7.18x [7.02, 7.31]` */
static struct text measured_text(const struct target_record *r)
{
	struct text t = {NOTHING};

	if (isfinite(r->measured))
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

/* How far it is from the bound, 1 where it is just met. */
static double margin(const struct target_record *r)
{
	return strcmp(r->rule, "<=") == 0 ? r->wanted / r->measured : r->measured / r->wanted;
}

static void put_count(struct table *t, int row, const struct target_record *v, size_t n)
{
	const struct target_record *worst = NULL;
	int met = 0, missed = 0;

	for (size_t i = 0; i < n; i++) {
		met += is(&v[i], "met");
		missed += is(&v[i], "missed");
		if (isfinite(v[i].measured) && (!worst || margin(&v[i]) < margin(worst)))
			worst = &v[i];
	}
	table_set(t, row, 0, CELL_PLAIN, "%s %s", v->target, v->words);
	table_set(t, row, 1, CELL_PLAIN, "%s %s%s", v->rule, format_3(v->wanted).s, v->unit);
	table_set(t, row, 2, met && !missed ? CELL_BEST : CELL_PLAIN, "%d", met);
	table_set(t, row, 3, missed ? CELL_LOSS : CELL_PLAIN, "%d", missed);
	table_set(t, row, 4, CELL_PLAIN, "%zu", n - (size_t)met - (size_t)missed);
	table_set(t, row, 5, CELL_PLAIN, "%s", worst ? measured_text(worst).s : NOTHING);
	table_set(t, row, 6, CELL_PLAIN, "%s", worst ? worst->cell : NOTHING);
}

static int add_counts(const struct target_list *list, struct table_list *out)
{
	static const char *const header[] = {"target", "wanted", "met", "missed", "open", "farthest", "where"};
	const int n_cols = sizeof(header) / sizeof(header[0]);
	struct table *t;
	int n = 0;

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
		put_count(t, ++n, &list->v[i], end - i);
	}
	table_note(t, "Open: not judged. Medians; of several runs the median of theirs. In brackets the 95%% interval, "
		      "of several runs the "
		      "smallest and the largest; ~ covers what is wanted. A run is judged by its own ceilings.");
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
