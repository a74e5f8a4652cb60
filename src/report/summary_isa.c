/* SPDX-License-Identifier: MIT */
/*
 * The instruction sets against each other (--isa=LIST): each kernel's time on each, and how many times that of the
 * best. One table per operation and workload; libraries are left out, which choose their instruction set themselves.
 */
#include "report/summary_parts.h"

#include <errno.h>
#include <string.h>

#define LABEL_COLS 3 /* method, k or tau, threads */

/* The same workload, on whatever instruction set. */
static int compare_task(const struct kernel_record *a, const struct kernel_record *b)
{
	struct kernel_record other = *b;

	memcpy(other.isa, a->isa, sizeof(other.isa));
	return series_compare_workload(a, &other);
}

static bool is_ours(const struct kernel_record *key)
{
	return strcmp(key->check, "ok") == 0 && !key->library[0];
}

/* k of methods that take tau is what came of it, and may differ. */
static int compare_row(const struct kernel_record *a, const struct kernel_record *b)
{
	int d = compare_threads_and_way(a, b);

	if (d)
		return d;
	return series_takes_tau(a) ? compare_tau(a, b) : compare_k(a, b);
}

/* Weakest first; what is not listed stands behind, by name. */
static int rank_of(const char *isa)
{
	static const char *const order[] = {"portable", "neon", "avx2", "avx512"};
	int n = sizeof(order) / sizeof(order[0]);

	for (int i = 0; i < n; i++) {
		if (strcmp(order[i], isa) == 0)
			return i;
	}
	return n;
}

static int compare_isa(const struct kernel_record *a, const struct kernel_record *b)
{
	int d = rank_of(a->isa) - rank_of(b->isa);

	return d ? d : strcmp(a->isa, b->isa);
}

/* The fastest of the row by the ratios that the table shows: where the machine's speed drifts, medians may disagree. */
static const struct series *best_of(const struct pivot *p, int row)
{
	const struct series *best = NULL;

	for (int col = 0; col < p->n_cols; col++) {
		const struct series *s = pivot_at(p, row, col);

		if (s && (!best || series_speedup(s, best, NULL).mid > 1))
			best = s;
	}
	return best;
}

static void put_label(struct table *t, int row, const struct kernel_record *key)
{
	table_set(t, row, 0, CELL_PLAIN, "%s", label_way(key).s);
	if (series_takes_tau(key))
		table_set(t, row, 1, CELL_PLAIN, "tau=%.3g", key->tau);
	else if (series_takes_k(key))
		table_set(t, row, 1, CELL_PLAIN, "%lld", (long long)key->k);
	else
		table_set(t, row, 1, CELL_PLAIN, NOTHING);
	table_set(t, row, 2, CELL_PLAIN, "%lld", (long long)key->threads);
}

/* `7.41 µs` of the best, `17.2 µs 2.31x ±2%` of another. */
static void put_cell(struct table *t, int row, int col, const struct series *s, const struct series *best)
{
	struct interval slower;
	enum cell_mark mark;

	if (!s) {
		table_set(t, row, col, CELL_PLAIN, NOTHING);
		return;
	}
	if (s == best) {
		table_set(t, row, col, CELL_BEST, "%s", format_ns(s->ns).s);
		return;
	}
	slower = series_speedup(best, s, NULL);
	mark = mark_ratio(slower) == CELL_UNSURE ? CELL_UNSURE : CELL_PLAIN;
	table_set(t, row, col, mark, "%.20s %.40s", format_ns(s->ns).s, format_ratio(slower).s);
}

static int add_table(const struct pivot *p, struct table_list *out)
{
	static const char *const labels[LABEL_COLS] = {"method", "k", "threads"};
	struct kernel_record key = *p->rows[0];
	struct table *t;

	key.isa[0] = '\0';
	t = table_list_add(out, p->n_rows + 1, p->n_cols + LABEL_COLS, "Instruction sets · %s · %s", key.op,
			   label_workload(&key, 0).s);
	if (!t)
		return -ENOMEM;
	for (int col = 0; col < LABEL_COLS; col++)
		table_set(t, 0, col, CELL_PLAIN, "%s", labels[col]);
	for (int col = 0; col < p->n_cols; col++)
		table_set(t, 0, col + LABEL_COLS, CELL_PLAIN, "%s", p->cols[col]->isa);
	for (int row = 0; row < p->n_rows; row++) {
		put_label(t, row + 1, p->rows[row]);
		for (int col = 0; col < p->n_cols; col++)
			put_cell(t, row + 1, col + LABEL_COLS, pivot_at(p, row, col), best_of(p, row));
	}
	table_note(t, "Median time of one call, and its ratio to the fastest of the row: median of ratios of the same "
		      "rounds ±95%%. * best, ~ the interval covers 1.");
	return 0;
}

int summary_isas(const struct series_list *list, struct table_list *out)
{
	static const struct axes axes = {is_ours, compare_row, compare_isa};
	int rc = 0;

	for (int i = 0, end; i < list->n && rc == 0; i = end) {
		struct pivot p;

		end = series_group_end(list, i, compare_task);
		rc = pivot_create(&p, &list->v[i], end - i, &axes);
		if (rc == 0 && p.n_cols > 1)
			rc = add_table(&p, out);
		pivot_destroy(&p);
	}
	return rc;
}
