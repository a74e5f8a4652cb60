/* SPDX-License-Identifier: MIT */
/*
 * The optimisers' steps, a table per layer shape: time, compulsory bytes per second, and the share of what axpy
 * reached. And dW with the step behind it, as two kernels and as one.
 */
#include "report/summary_parts.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* The same layer and data, whatever the optimiser. */
static int compare_layer(const struct kernel_record *a, const struct kernel_record *b)
{
	struct kernel_record other = *b;

	memcpy(other.optimizer, a->optimizer, sizeof(other.optimizer));
	return series_compare_workload(a, &other);
}

/* `all`, or whose: `topk k=20`. */
static struct text rows_of(const struct kernel_record *key)
{
	struct text t;

	if (series_is_dense(key))
		snprintf(t.s, sizeof(t.s), "all");
	else if (series_takes_k(key))
		snprintf(t.s, sizeof(t.s), "%.40s k=%lld", key->method, (long long)key->k);
	else
		snprintf(t.s, sizeof(t.s), "%.40s", key->method);
	return t;
}

static void put_step(const struct series_list *list, struct table *t, int row, const struct series *s)
{
	double stream;
	struct interval share = series_step_share(list, s, &stream);

	table_set(t, row, 0, CELL_PLAIN, "%s", s->key->optimizer);
	table_set(t, row, 1, CELL_PLAIN, "%s", rows_of(s->key).s);
	table_set(t, row, 2, CELL_PLAIN, "%lld", (long long)s->key->threads);
	table_set(t, row, 3, CELL_PLAIN, "%s", format_ns(s->ns).s);
	table_set(t, row, 4, CELL_PLAIN, "%s", format_3(s->key->bytes / s->ns).s);
	if (isnan(share.mid)) {
		table_set(t, row, 5, CELL_PLAIN, NOTHING);
		table_set(t, row, 6, CELL_PLAIN, NOTHING);
		return;
	}
	table_set(t, row, 5, CELL_PLAIN, "%s", format_3(stream).s);
	table_set(t, row, 6, CELL_PLAIN, "%.0f%% [%.0f, %.0f]", 100 * share.mid, 100 * share.low, 100 * share.high);
}

static int add_steps(const struct series_list *list, const struct series *v, int n, struct table_list *out)
{
	static const char *const header[] = {"optimiser", "rows", "threads", "time", "GB/s", "axpy GB/s", "share"};
	struct kernel_record layer = *v[0].key;
	struct table *t;

	layer.optimizer[0] = '\0';
	t = table_list_add(out, n + 1, 7, "Optimiser's step · %s", label_workload(&layer, 0).s);
	if (!t)
		return -ENOMEM;
	for (int col = 0; col < 7; col++)
		table_set(t, 0, col, CELL_PLAIN, "%s", header[col]);
	for (int i = 0; i < n; i++)
		put_step(list, t, i + 1, &v[i]);
	table_note(t,
		   "Median time of one call; compulsory bytes (the gradient read, parameter and states read and "
		   "written). axpy reads two arrays and writes one back, over a working set as large and in the same "
		   "rounds; share of it, median of paired ratios and its 95 %% interval.");
	return 0;
}

/* dW and the step in one, on the same rows; NULL if there is no such kernel. */
static const struct series *fused_of(const struct series *v, int n, const struct series *two)
{
	for (int i = 0; i < n; i++) {
		struct kernel_record other = *v[i].key;

		memcpy(other.dw, two->key->dw, sizeof(other.dw));
		if (strcmp(v[i].key->dw, "fused") == 0 && series_compare(&other, two->key) == 0)
			return &v[i];
	}
	return NULL;
}

static void put_both(const struct series_list *list, struct table *t, int row, const struct series *two,
		     const struct series *fused)
{
	struct interval gain, share;
	double stream;

	table_set(t, row, 0, CELL_PLAIN, "%s", two->key->optimizer);
	table_set(t, row, 1, CELL_PLAIN, "%s", rows_of(two->key).s);
	table_set(t, row, 2, CELL_PLAIN, "%lld", (long long)two->key->threads);
	table_set(t, row, 3, CELL_PLAIN, "%s", format_ns(two->ns).s);
	for (int col = 4; !fused && col < 7; col++)
		table_set(t, row, col, CELL_PLAIN, NOTHING);
	if (!fused)
		return;
	gain = series_speedup(fused, two, NULL);
	share = series_step_share(list, fused, &stream);
	table_set(t, row, 4, CELL_PLAIN, "%s", format_ns(fused->ns).s);
	table_set(t, row, 5, mark_ratio(gain), "%s", format_ratio(gain).s);
	if (isnan(share.mid))
		table_set(t, row, 6, CELL_PLAIN, NOTHING);
	else
		table_set(t, row, 6, CELL_PLAIN, "%.0f%%", 100 * share.mid);
}

static int add_fusions(const struct series_list *list, const struct series *v, int n, struct table_list *out)
{
	static const char *const header[] = {"optimiser", "rows", "threads", "dW, step", "fused", "gain", "share"};
	struct kernel_record layer = *v[0].key;
	struct table *t;
	int row = 1, rows = 1;

	layer.optimizer[0] = '\0';
	for (int i = 0; i < n; i++)
		rows += strcmp(v[i].key->dw, "fused") != 0;
	if (rows == 1)
		return 0;
	t = table_list_add(out, rows, 7, "dW and the optimiser's step · %s", label_workload(&layer, 0).s);
	if (!t)
		return -ENOMEM;
	for (int col = 0; col < 7; col++)
		table_set(t, 0, col, CELL_PLAIN, "%s", header[col]);
	for (int i = 0; i < n; i++)
		if (strcmp(v[i].key->dw, "fused") != 0)
			put_both(list, t, row++, &v[i], fused_of(v, n, &v[i]));
	table_note(
		t,
		"Median time of one call: dW and the step as two kernels with a barrier between, and fused, where dW "
		"is never stored; gain, median of paired ratios. share: the compulsory bytes of the fused kernel at "
		"the rate of axpy over the step's working set, as a share of its time.");
	return 0;
}

int summary_updates(const struct series_list *list, struct table_list *out)
{
	int rc = 0;

	for (int i = 0, end; i < list->n && rc == 0; i = end) {
		end = series_group_end(list, i, compare_layer);
		if (strcmp(list->v[i].key->op, "update") == 0)
			rc = add_steps(list, &list->v[i], end - i, out);
		if (strcmp(list->v[i].key->op, "backward_update") == 0)
			rc = add_fusions(list, &list->v[i], end - i, out);
	}
	return rc;
}
