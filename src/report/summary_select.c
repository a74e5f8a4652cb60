/* SPDX-License-Identifier: MIT */
/*
 * The selection tables: algorithm x k for each row length, batch and distribution.
 * Algorithms are compared within one method: only they return the same set of entries.
 */
#include "report/summary_parts.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static bool is_selection(const struct kernel_record *key)
{
	return strcmp(key->op, "topk_select") == 0;
}

static bool selects_by_k(const struct kernel_record *key)
{
	return is_selection(key) && series_takes_k(key);
}

static bool selects_otherwise(const struct kernel_record *key)
{
	return is_selection(key) && !series_takes_k(key);
}

/* The fastest of the column among the rows of the same method. */
static const struct series *best_of(const struct pivot *p, int row, int col)
{
	const struct series *best = NULL;

	for (int r = 0; r < p->n_rows; r++) {
		const struct series *s = pivot_at(p, r, col);

		if (s && strcmp(p->rows[r]->method, p->rows[row]->method) == 0 && (!best || s->ns < best->ns))
			best = s;
	}
	return best;
}

static bool has_rivals(const struct pivot *p, int row, int col)
{
	for (int r = 0; r < p->n_rows; r++) {
		if (r != row && pivot_at(p, r, col) && strcmp(p->rows[r]->method, p->rows[row]->method) == 0)
			return true;
	}
	return false;
}

static void put_cell(const struct pivot *p, struct table *t, int row, int col)
{
	const struct series *s = pivot_at(p, row, col), *best = best_of(p, row, col);
	enum cell_mark mark = CELL_PLAIN;
	double per_row;
	char ratio[24] = "";

	if (!s) {
		table_set(t, row + 1, col + 1, CELL_PLAIN, NOTHING);
		return;
	}
	per_row = s->ns / (double)s->key->batch;
	if (has_rivals(p, row, col)) {
		struct interval slower = series_speedup(best, s, NULL);

		snprintf(ratio, sizeof(ratio), " %.20sx",
			 format_3(isfinite(slower.mid) ? slower.mid : s->ns / best->ns).s);
		mark = s == best ? CELL_BEST : slower.level > 0 && slower.low <= 1 ? CELL_UNSURE : CELL_PLAIN;
	}
	table_set(t, row + 1, col + 1, mark, "%s (%s)%s", format_3(per_row).s,
		  format_3(per_row / (double)s->key->n_out).s, ratio);
}

static void put_header(const struct pivot *p, struct table *t, bool by_k)
{
	table_set(t, 0, 0, CELL_PLAIN, "method, algorithm");
	for (int col = 0; col < p->n_cols; col++) {
		if (by_k)
			table_set(t, 0, col + 1, CELL_PLAIN, "k=%lld", (long long)p->cols[col]->k);
		else if (p->cols[col]->tau > 0)
			table_set(t, 0, col + 1, CELL_PLAIN, "tau=%.3g", p->cols[col]->tau);
		else
			table_set(t, 0, col + 1, CELL_PLAIN, "all");
	}
}

static int add_table(const struct series *v, int n, const struct axes *axes, struct table_list *out)
{
	const struct kernel_record *key = v[0].key;
	bool by_k = axes->keep == selects_by_k;
	struct pivot p;
	struct table *t = NULL;
	int rc = pivot_create(&p, v, n, axes);

	if (rc || p.n_rows == 0)
		goto out;
	rc = -ENOMEM;
	t = table_list_add(out, p.n_rows + 1, p.n_cols + 1, "Selection · n=%lld, batch %lld, %s · %s, %lld thread%s",
			   (long long)key->n_out, (long long)key->batch, key->dist[0] ? key->dist : key->dataset,
			   key->isa, (long long)key->threads, key->threads == 1 ? "" : "s");
	if (!t)
		goto out;
	rc = 0;
	put_header(&p, t, by_k);
	for (int row = 0; row < p.n_rows; row++) {
		table_set(t, row + 1, 0, CELL_PLAIN, "%s", label_way(p.rows[row]).s);
		for (int col = 0; col < p.n_cols; col++)
			put_cell(&p, t, row, col);
	}
	table_note(
		t,
		"ns per row (ns per element), times the best algorithm of the same method (median of paired ratios). "
		"* best, ~ not told apart from the best. Elapsed time of the team, divided by the rows of the batch.");
out:
	pivot_destroy(&p);
	return rc;
}

/* Selections timed as part of a layer's backward pass (n_in > 0) belong to the ledger. */
static bool is_comparison(const struct kernel_record *key)
{
	return is_selection(key) && (key->n_in <= 0 || strcmp(key->command, "select") == 0);
}

int summary_selection(const struct series_list *list, struct table_list *out)
{
	static const struct axes by_k = {selects_by_k, series_compare_way, compare_k};
	static const struct axes otherwise = {selects_otherwise, series_compare_way, compare_tau};
	int rc = 0;

	for (int i = 0, end; i < list->n && rc == 0; i = end) {
		end = series_group_end(list, i, compare_workload_and_threads);
		if (!is_comparison(list->v[i].key))
			continue;
		rc = add_table(&list->v[i], end - i, &by_k, out);
		if (rc == 0)
			rc = add_table(&list->v[i], end - i, &otherwise, out);
	}
	return rc;
}
