/* SPDX-License-Identifier: MIT */
/*
 * Method auto against the best fixed choice of the same run: what it chose for each k, and what that gained or cost.
 * The fixed choices are those that it picks from: our dense, relu_skip and top-k with the same k.
 */
#include "report/summary_parts.h"

#include <errno.h>
#include <string.h>

static bool is_auto(const struct kernel_record *key)
{
	return strcmp(key->method, "auto") == 0 && strcmp(key->op, "backward") == 0;
}

/* Is this one that auto could have chosen? Top-k writes touched rows of dW, as auto does. */
static bool is_rival(const struct kernel_record *key, const struct kernel_record *mine)
{
	static const struct {
		const char *method, *dw;
		bool by_k;
	} rivals[] = {{"dense", "full", false}, {"relu_skip", "rows", false}, {"topk", "rows", true}};

	if (series_compare_workload(key, mine) || key->threads != mine->threads)
		return false;
	for (size_t i = 0; i < sizeof(rivals) / sizeof(rivals[0]); i++) {
		if (strcmp(key->method, rivals[i].method) == 0 && strcmp(key->dw, rivals[i].dw) == 0)
			return !rivals[i].by_k || key->k == mine->k;
	}
	return false;
}

const struct series *summary_best_fixed(const struct series_list *list, const struct kernel_record *mine)
{
	const struct series *best = NULL;

	for (int i = 0; i < list->n; i++) {
		const struct series *s = &list->v[i];

		if (is_rival(s->key, mine) && (!best || s->ns < best->ns))
			best = s;
	}
	return best;
}

/* `topk bracket 1.01x ±2%` */
static void put_cell(const struct series_list *list, struct table *t, int row, int col, const struct series *s)
{
	const struct series *best = s ? summary_best_fixed(list, s->key) : NULL;
	struct interval r;

	if (!s) {
		table_set(t, row, col, CELL_PLAIN, NOTHING);
		return;
	}
	if (!best) {
		table_set(t, row, col, CELL_PLAIN, "%s", s->key->chosen);
		return;
	}
	r = series_speedup(s, best, NULL);
	table_set(t, row, col, mark_ratio(r), "%.31s %.30s", s->key->chosen, format_ratio(r).s);
}

static int add_table(const struct series_list *list, const struct pivot *p, struct table_list *out)
{
	struct table *t = table_list_add(out, p->n_rows + 1, p->n_cols + 1, "What auto chose · %s · %s", p->rows[0]->op,
					 label_workload(p->rows[0], 0).s);

	if (!t)
		return -ENOMEM;
	table_set(t, 0, 0, CELL_PLAIN, "threads");
	for (int col = 0; col < p->n_cols; col++)
		table_set(t, 0, col + 1, CELL_PLAIN, "k=%lld", (long long)p->cols[col]->k);
	for (int row = 0; row < p->n_rows; row++) {
		table_set(t, row + 1, 0, CELL_PLAIN, "%lld", (long long)p->rows[row]->threads);
		for (int col = 0; col < p->n_cols; col++)
			put_cell(list, t, row + 1, col + 1, pivot_at(p, row, col));
	}
	table_note(t, "The way it took, and its speed relative to the fastest of dense (ours), relu_skip and topk in "
		      "the same rounds: median of ratios ±95%%; ! slower, ~ the interval covers 1.");
	return 0;
}

int summary_auto(const struct series_list *list, struct table_list *out)
{
	static const struct axes axes = {is_auto, compare_threads, compare_k};
	int rc = 0;

	for (int i = 0, end; i < list->n && rc == 0; i = end) {
		struct pivot p;

		end = series_group_end(list, i, series_compare_workload);
		rc = pivot_create(&p, &list->v[i], end - i, &axes);
		if (rc == 0 && p.n_rows)
			rc = add_table(list, &p, out);
		pivot_destroy(&p);
	}
	return rc;
}
