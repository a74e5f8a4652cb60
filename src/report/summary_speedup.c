/* SPDX-License-Identifier: MIT */
/*
 * The speed-up tables of each layer shape: the dense contenders, then every method against the best of them at the
 * same number of threads, with break-even k, then the rates against the roofline.
 */
#include "report/summary_parts.h"

#include "kernel.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_COLS 2 /* method, threads */

static bool is_sparse(const struct kernel_record *key)
{
	return !series_is_dense(key);
}

/* By team, then method, that with only the touched rows of dW before that with all of them. */
static int compare_speedup_row(const struct kernel_record *a, const struct kernel_record *b)
{
	int d = compare_threads(a, b);

	d = d ? d : compare_method(a, b);
	d = d ? d : strcmp(a->select, b->select);
	d = d ? d : strcmp(b->dw, a->dw);
	return d ? d : series_compare_way(a, b);
}

/* Is this row the one above, but for the form of dW? */
static bool is_twin(const struct pivot *p, int row)
{
	struct kernel_record above;

	if (row == 0)
		return false;
	above = *p->rows[row - 1];
	memcpy(above.dw, p->rows[row]->dw, sizeof(above.dw));
	return strcmp(above.dw, "full") == 0 && compare_threads_and_way(&above, p->rows[row]) == 0;
}

/* `topk bracket` and below it `└ full dW`, `norm bracket (tau)`, `relu_skip mask (mean k 250)`. */
static void put_label(struct table *t, int row, const struct pivot *p)
{
	const struct kernel_record *key = p->rows[row];
	const struct series *whole = key->k == COLUMN_ALL ? pivot_at(p, row, p->n_cols - 1) : NULL;
	char setting[40] = "";

	if (whole && whole->samples[0]->k > 0)
		snprintf(setting, sizeof(setting), " (mean k %lld)", (long long)whole->samples[0]->k);
	else if (series_takes_tau(key))
		snprintf(setting, sizeof(setting), " (tau)");
	if (is_twin(p, row))
		table_set(t, row + 1, 0, CELL_PLAIN, "└ full dW");
	else
		table_set(t, row + 1, 0, CELL_PLAIN, "%.60s%s", label_way(key).s, setting);
	table_set(t, row + 1, 1, CELL_PLAIN, "%lld", (long long)key->threads);
}

static bool has_tau(const struct pivot *p)
{
	for (int row = 0; row < p->n_rows; row++) {
		if (series_takes_tau(p->rows[row]))
			return true;
	}
	return false;
}

/* `dense (ours)`, `BLIS 0.9.0`: whose kernel it is. */
static const char *dense_name(const struct kernel_record *key)
{
	if (strcmp(key->method, "dense") == 0)
		return "dense (ours)";
	return key->library[0] ? key->library : key->method;
}

/* The base of all ratios of the table, named with its absolute time. */
static void note_base(struct table *t, const struct series_list *list, const struct pivot *p)
{
	int64_t threads = 0;

	table_note(t, "Base, the best dense:");
	for (int row = 0; row < p->n_rows; row++) {
		const struct series *base = series_best_dense(list, p->rows[row]);

		if (p->rows[row]->threads == threads)
			continue;
		threads = p->rows[row]->threads;
		if (base)
			table_note(t, "%s %lld thread%s %s %s, %s GFLOP/s", row ? ";" : "", (long long)threads,
				   threads == 1 ? "" : "s", dense_name(base->key), format_ns(base->ns).s,
				   format_3(base->key->flops / base->ns).s);
		else
			table_note(t, "%s %lld threads: none measured, so no speed-up", row ? ";" : "",
				   (long long)threads);
	}
	table_note(
		t,
		". Medians of ratios of the same rounds ±95%% (n=: too few rounds). * best, ! slower than dense, ~ the "
		"interval covers 1. Without `full dW` only touched rows are written.%s",
		has_tau(p) ? " (tau): tau chosen for this mean k." : "");
}

/* The largest speed-up of each column among rows of the same threads, if it is one. */
static void mark_best(struct table *t, const struct pivot *p, const struct interval *ratios)
{
	for (int col = 0; col < p->n_cols; col++) {
		for (int row = 0; row < p->n_rows; row++) {
			const struct interval *mine = &ratios[row * p->n_cols + col];
			bool best = mine->level > 0 && mine->low > 1;

			for (int r = 0; r < p->n_rows; r++)
				best = best && !(p->rows[r]->threads == p->rows[row]->threads &&
						 ratios[r * p->n_cols + col].mid > mine->mid);
			if (best)
				table_cell(t, row + 1, col + LABEL_COLS)->mark = CELL_BEST;
		}
	}
}

/* All speed-ups of a pivot (n_rows, n_cols); mid is NaN where there is none. NULL when out of memory. */
static struct interval *speedups_of(const struct series_list *list, const struct pivot *p)
{
	struct interval *ratios = calloc((size_t)p->n_rows * (size_t)p->n_cols + 1, sizeof(*ratios));

	for (int i = 0; ratios && i < p->n_rows * p->n_cols; i++) {
		const struct series *s = p->cells[i], *base = s ? series_best_dense(list, s->key) : NULL;

		ratios[i] = (struct interval){.mid = NAN, .low = NAN, .high = NAN};
		if (base)
			ratios[i] = series_speedup(s, base, NULL);
	}
	return ratios;
}

static void put_ratios(struct table *t, const struct pivot *p, const struct interval *ratios)
{
	for (int row = 0; row < p->n_rows; row++) {
		put_label(t, row, p);
		for (int col = 0; col < p->n_cols; col++) {
			struct interval r = ratios[row * p->n_cols + col];

			table_set(t, row + 1, col + LABEL_COLS, mark_ratio(r), "%s", format_ratio(r).s);
		}
	}
	mark_best(t, p, ratios);
}

static void put_break_even(struct table *t, const struct pivot *p, const struct interval *ratios)
{
	struct sweep_point *points = calloc((size_t)p->n_cols + 1, sizeof(*points));

	table_set(t, 0, p->n_cols + LABEL_COLS, CELL_PLAIN, "break-even k*");
	for (int row = 0; points && row < p->n_rows; row++) {
		int n = 0;

		for (int col = 0; col < p->n_cols; col++) {
			struct interval r = ratios[row * p->n_cols + col];

			if (p->cols[col]->k > 0 && p->cols[col]->k != COLUMN_ALL && isfinite(r.mid) && r.mid > 0)
				points[n++] = (struct sweep_point){(double)pivot_at(p, row, col)->samples[0]->k, r};
		}
		table_set(t, row + 1, p->n_cols + LABEL_COLS, CELL_PLAIN, "%s",
			  n ? format_break_even(series_break_even(points, n), points[0].k, points[n - 1].k).s
			    : NOTHING);
	}
	free(points);
}

static void put_column_names(struct table *t, const struct pivot *p)
{
	table_set(t, 0, 0, CELL_PLAIN, "method");
	table_set(t, 0, 1, CELL_PLAIN, "threads");
	for (int col = 0; col < p->n_cols; col++) {
		if (p->cols[col]->k == COLUMN_ALL)
			table_set(t, 0, col + LABEL_COLS, CELL_PLAIN, "all");
		else
			table_set(t, 0, col + LABEL_COLS, CELL_PLAIN, "k=%lld", (long long)p->cols[col]->k);
	}
}

static int add_speedups(const struct series_list *list, const struct pivot *p, struct table_list *out)
{
	struct interval *ratios = speedups_of(list, p);
	bool by_k = p->cols[0]->k != COLUMN_ALL;
	struct table *t = ratios ? table_list_add(out, p->n_rows + 1, p->n_cols + LABEL_COLS + by_k,
						  "Speed-up over the best dense · %s · %s", p->rows[0]->op,
						  label_workload(p->rows[0], 0).s)
				 : NULL;

	if (t) {
		put_column_names(t, p);
		put_ratios(t, p, ratios);
		if (by_k)
			put_break_even(t, p, ratios);
		note_base(t, list, p);
	}
	free(ratios);
	return t ? 0 : -ENOMEM;
}

static int add_rates(const struct series_list *list, const struct pivot *p, struct table_list *out)
{
	struct table *t = table_list_add(out, p->n_rows + 1, p->n_cols + LABEL_COLS, "GFLOP/s · %s · %s",
					 p->rows[0]->op, label_workload(p->rows[0], 0).s);

	if (!t)
		return -ENOMEM;
	t->detail = true;
	put_column_names(t, p);
	for (int row = 0; row < p->n_rows; row++) {
		put_label(t, row, p);
		for (int col = 0; col < p->n_cols; col++) {
			const struct series *s = pivot_at(p, row, col);

			table_set(t, row + 1, col + LABEL_COLS, CELL_PLAIN, "%s", s ? format_rate(s, list).s : NOTHING);
		}
	}
	table_note(t, "Of the work these kernels have by definition (share of their own roofline bound: max(flops / "
		      "peak, sum "
		      "over operands of compulsory bytes / bandwidth of the level that holds the operand)).");
	return 0;
}

static int add_dense(const struct series_list *list, const struct pivot *p, struct table_list *out)
{
	struct table *t = table_list_add(out, p->n_rows + 1, p->n_cols + 1, "Dense · %s · %s", p->rows[0]->op,
					 label_workload(p->rows[0], 0).s);

	if (!t)
		return -ENOMEM;
	table_set(t, 0, 0, CELL_PLAIN, "threads");
	for (int col = 0; col < p->n_cols; col++)
		table_set(t, 0, col + 1, CELL_PLAIN, "%s", dense_name(p->cols[col]));
	for (int row = 0; row < p->n_rows; row++) {
		const struct series *best = series_best_dense(list, p->rows[row]);

		table_set(t, row + 1, 0, CELL_PLAIN, "%lld", (long long)p->rows[row]->threads);
		for (int col = 0; col < p->n_cols; col++) {
			const struct series *s = pivot_at(p, row, col);

			table_set(t, row + 1, col + 1, s && s == best ? CELL_BEST : CELL_PLAIN, "%s%s%s",
				  s ? format_ns(s->ns).s : NOTHING, s ? ", " : "", s ? format_rate(s, list).s : "");
		}
	}
	table_note(t, "Median time of one call, GFLOP/s (share of the roofline bound). * the fastest: base of the "
		      "speed-ups at these threads.");
	return 0;
}

static int dense_table(const struct series_list *list, const struct series *v, int n, struct table_list *out)
{
	static const struct axes axes = {series_is_dense, compare_threads, series_compare_way};
	struct pivot p;
	int rc = pivot_create(&p, v, n, &axes);

	if (rc == 0 && p.n_rows)
		rc = add_dense(list, &p, out);
	pivot_destroy(&p);
	return rc;
}

static int sparse_tables(const struct series_list *list, const struct series *v, int n, struct table_list *out)
{
	static const struct axes axes = {is_sparse, compare_speedup_row, compare_k};
	struct columns columns;
	struct pivot p;
	int rc = columns_create(&columns, v, n);

	if (rc)
		return rc;
	rc = pivot_create(&p, columns.v, n, &axes);
	if (rc == 0 && p.n_rows)
		rc = add_speedups(list, &p, out);
	if (rc == 0 && p.n_rows)
		rc = add_rates(list, &p, out);
	pivot_destroy(&p);
	columns_destroy(&columns);
	return rc;
}

static int shape_tables(const struct series_list *list, const struct series *v, int n, struct table_list *out)
{
	int rc = dense_table(list, v, n, out);

	return rc ? rc : sparse_tables(list, v, n, out);
}

static bool has_op(const struct series_list *list, const struct kernel_record *like, const char *op)
{
	struct kernel_record key = *like;

	snprintf(key.op, sizeof(key.op), "%s", op);
	for (int i = 0; i < list->n; i++) {
		if (series_compare_workload(list->v[i].key, &key) == 0)
			return true;
	}
	return false;
}

/* The whole backward pass, or its parts where only they were measured (the ledger shows the parts anyway). */
static bool is_wanted(const struct series_list *list, const struct kernel_record *key)
{
	if (strcmp(key->op, "backward") == 0)
		return true;
	if (strcmp(key->op, "backward_data") != 0 && strcmp(key->op, "backward_weights") != 0)
		return false;
	return !has_op(list, key, "backward");
}

int summary_speedups(const struct series_list *list, struct table_list *out)
{
	int rc = 0;

	for (int i = 0, end; i < list->n && rc == 0; i = end) {
		end = series_group_end(list, i, series_compare_workload);
		if (is_wanted(list, list->v[i].key))
			rc = shape_tables(list, &list->v[i], end - i, out);
	}
	return rc;
}
