/* SPDX-License-Identifier: MIT */
/*
 * From kernel records to tables: the list of tables, the order of the chapters, and the chapters that are short.
 * Takes every number from series.h and measures, reads and prints nothing itself.
 */
#include "report/summary.h"

#include "report/summary_parts.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct table *table_list_add(struct table_list *list, int n_rows, int n_cols, const char *format, ...)
{
	struct table *tables = realloc(list->tables, sizeof(*tables) * (size_t)(list->count + 1));
	char title[sizeof(tables->title) + 4];
	va_list args;

	if (!tables)
		return NULL;
	list->tables = tables;
	va_start(args, format);
	vsnprintf(title, sizeof(title), format, args);
	va_end(args);
	if (table_create(&tables[list->count], n_rows, n_cols, title))
		return NULL;
	return &tables[list->count++];
}

void table_list_destroy(struct table_list *list)
{
	for (int i = 0; i < list->count; i++)
		table_destroy(&list->tables[i]);
	free(list->tables);
	verdict_list_destroy(&list->verdicts);
	*list = (struct table_list){0};
}

struct label label_workload(const struct kernel_record *key, int64_t threads)
{
	struct label l;
	const char *dataset = strcmp(key->dataset, "synthetic") == 0 ? "" : key->dataset;
	char data[sizeof(key->dist) + sizeof(key->dataset) + 4], team[32] = "";

	snprintf(data, sizeof(data), "%s%s%s%s", key->dist[0] ? " " : "", key->dist, dataset[0] ? " " : "", dataset);
	if (threads)
		snprintf(team, sizeof(team), ", %lld thread%s", (long long)threads, threads == 1 ? "" : "s");
	snprintf(l.s, sizeof(l.s), "%lldx%lldx%lld%.60s%s%s%s%s%s%s", (long long)key->batch, (long long)key->n_in,
		 (long long)key->n_out, data, key->optimizer[0] ? ", " : "", key->optimizer, key->isa[0] ? ", " : "",
		 key->isa, strcmp(key->cache, "cold") == 0 ? ", cold caches" : "", team);
	return l;
}

struct label label_way(const struct kernel_record *key)
{
	struct label l;
	bool repeats = strcmp(key->select, key->method) == 0;

	snprintf(l.s, sizeof(l.s), "%s%s%s%s", key->method, key->select[0] && !repeats ? " " : "",
		 repeats ? "" : key->select, strcmp(key->dw, "full") == 0 && !series_is_dense(key) ? ", full dW" : "");
	return l;
}

struct text format_rate(const struct series *s, const struct series_list *list)
{
	const struct roofline roof = series_roofline(list, s->key);
	double share = series_bound_share(s, &roof).mid;
	struct text t = format_3(series_flop_rate(s));

	if (isfinite(share))
		snprintf(t.s + strlen(t.s), sizeof(t.s) - strlen(t.s), " (%.0f%%)", 100 * share);
	return t;
}

int summary_failures(const struct series_list *list, struct table_list *out)
{
	static const char *const header[] = {"operation", "method", "workload", "k", "tau"};
	struct table *t;

	if (list->n_failed == 0)
		return 0;
	t = table_list_add(out, list->n_failed + 1, 5, "WRONG RESULTS: not timed, not compared");
	if (!t)
		return -ENOMEM;
	for (int col = 0; col < t->n_cols; col++)
		table_set(t, 0, col, CELL_PLAIN, "%s", header[col]);
	for (int i = 0; i < list->n_failed; i++) {
		const struct kernel_record *key = list->failed[i].key;

		table_set(t, i + 1, 0, CELL_LOSS, "%s", key->op);
		table_set(t, i + 1, 1, CELL_PLAIN, "%s", label_way(key).s);
		table_set(t, i + 1, 2, CELL_PLAIN, "%s", label_workload(key, key->threads).s);
		table_set(t, i + 1, 3, CELL_PLAIN, "%lld", (long long)key->k);
		table_set(t, i + 1, 4, CELL_PLAIN, "%s", format_3(key->tau).s);
	}
	table_note(t, "These kernels do not match their reference; everything else in this report does.");
	return 0;
}

/* Streams through a workload's own operands are no ceiling of the machine. */
static bool is_ceiling(const struct kernel_record *key)
{
	return strcmp(key->op, "fma_peak") == 0 || (strcmp(key->op, "bandwidth") == 0 && key->batch <= 0);
}

static int compare_ceiling_row(const struct kernel_record *a, const struct kernel_record *b)
{
	int d = strcmp(a->isa, b->isa);

	return d ? d : compare_threads(a, b);
}

/* The peak, then the levels of memory. All peaks and all streams of a level are one. */
static int compare_ceiling_col(const struct kernel_record *a, const struct kernel_record *b)
{
	int d = strcmp(b->op, a->op);

	if (d || strcmp(a->op, "fma_peak") == 0)
		return d;
	return strcmp(a->dist, b->dist);
}

static void ceiling_header(struct table *t, int col, const struct kernel_record *key)
{
	if (strcmp(key->op, "fma_peak") == 0)
		table_set(t, 0, col, CELL_PLAIN, "FMA peak");
	else
		table_set(t, 0, col, CELL_PLAIN, "%s", key->dist[0] ? key->dist : "bandwidth");
}

/* The highest rate of this method ("" any) at this place on this team: flops or bytes per ns; NaN if not measured. */
static double ceiling_rate(const struct series_list *list, const char *method, const struct kernel_record *row,
			   const struct kernel_record *col)
{
	double best = NAN;

	for (int i = 0; i < list->n; i++) {
		const struct series *s = &list->v[i];
		bool peak = strcmp(s->key->op, "fma_peak") == 0;

		if (is_ceiling(s->key) && compare_ceiling_row(s->key, row) == 0 &&
		    compare_ceiling_col(s->key, col) == 0 && (!method[0] || strcmp(s->key->method, method) == 0))
			best = fmax(best, (peak ? s->key->flops : s->key->bytes) / s->ns);
	}
	return best;
}

static void put_ceiling(const struct series_list *list, struct table *t, int row, int col, const struct pivot *p)
{
	static const char *const streams[] = {"read", "write", "copy", "axpy"};
	const struct kernel_record *team = p->rows[row], *place = p->cols[col];
	char text[64] = "";

	if (strcmp(place->op, "fma_peak") == 0) {
		table_set(t, row + 1, col + 1, CELL_PLAIN, "%s", format_3(ceiling_rate(list, "", team, place)).s);
		return;
	}
	for (int i = 0; i < 4; i++) {
		double rate = ceiling_rate(list, streams[i], team, place);
		size_t used = strlen(text);

		if (i < 3 || isfinite(rate))
			snprintf(text + used, sizeof(text) - used, "%s%.15s", i ? " " : "", format_3(rate).s);
	}
	table_set(t, row + 1, col + 1, CELL_PLAIN, "%s", text);
}

int summary_ceilings(const struct series_list *list, struct table_list *out)
{
	static const struct axes axes = {is_ceiling, compare_ceiling_row, compare_ceiling_col};
	struct pivot p;
	struct table *t = NULL;
	int rc = pivot_create(&p, list->v, list->n, &axes);

	if (rc || p.n_rows == 0)
		goto out;
	t = table_list_add(out, p.n_rows + 1, p.n_cols + 1, "Ceilings measured in this run");
	rc = t ? 0 : -ENOMEM;
	if (rc)
		goto out;
	table_set(t, 0, 0, CELL_PLAIN, "threads");
	for (int col = 0; col < p.n_cols; col++)
		ceiling_header(t, col + 1, p.cols[col]);
	for (int row = 0; row < p.n_rows; row++) {
		table_set(t, row + 1, 0, CELL_PLAIN, "%lld %s", (long long)p.rows[row]->threads, p.rows[row]->isa);
		for (int col = 0; col < p.n_cols; col++)
			put_ceiling(list, t, row, col, &p);
	}
	table_note(t,
		   "GFLOP/s of multiply-adds from registers (one counts 2); GB/s of read, write, copy and axpy, with a "
		   "working set that only this level holds. Medians.");
out:
	pivot_destroy(&p);
	return rc;
}

static bool is_other(const struct kernel_record *key)
{
	return strcmp(key->op, "forward") == 0;
}

static int others_of(const struct series_list *list, const struct series *v, int n, struct table_list *out)
{
	static const struct axes axes = {is_other, compare_way_and_tau, compare_threads};
	const struct kernel_record *key = v[0].key;
	struct pivot p;
	struct table *t;

	if (pivot_create(&p, v, n, &axes))
		return -ENOMEM;
	t = table_list_add(out, p.n_rows + 1, p.n_cols + 1, "%s · %s", key->op, label_workload(key, 0).s);
	if (!t) {
		pivot_destroy(&p);
		return -ENOMEM;
	}
	table_set(t, 0, 0, CELL_PLAIN, "method");
	for (int col = 0; col < p.n_cols; col++)
		table_set(t, 0, col + 1, CELL_PLAIN, "%lld threads", (long long)p.cols[col]->threads);
	for (int row = 0; row < p.n_rows; row++) {
		table_set(t, row + 1, 0, CELL_PLAIN, "%s", label_way(p.rows[row]).s);
		for (int col = 0; col < p.n_cols; col++) {
			const struct series *s = pivot_at(&p, row, col);

			table_set(t, row + 1, col + 1, CELL_PLAIN, "%s%s%s", s ? format_ns(s->ns).s : NOTHING,
				  s ? ", " : "", s ? format_rate(s, list).s : "");
		}
	}
	table_note(t, "Median time of one call, GFLOP/s (share of its roofline bound).");
	pivot_destroy(&p);
	return 0;
}

int summary_others(const struct series_list *list, struct table_list *out)
{
	int rc = 0;

	for (int i = 0, end; i < list->n && rc == 0; i = end) {
		end = series_group_end(list, i, series_compare_workload);
		if (is_other(list->v[i].key))
			rc = others_of(list, &list->v[i], end - i, out);
	}
	return rc;
}

int summary_kernel(const struct kernel_record *records, size_t n, struct table_list *out)
{
	static summary_part *const parts[] = {summary_failures, summary_ceilings, summary_selection,
					      summary_speedups, summary_auto,	  summary_ledgers,
					      summary_others,	summary_updates,  summary_isas};
	struct series_list list;
	int rc = series_list_create(&list, records, n);

	*out = (struct table_list){0};
	if (rc)
		return rc;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && rc == 0; i++)
		rc = parts[i](&list, out);
	if (rc == 0)
		rc = verdict_kernel(&list, &out->verdicts);
	series_list_destroy(&list);
	if (rc)
		table_list_destroy(out);
	return rc;
}
