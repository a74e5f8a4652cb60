/* SPDX-License-Identifier: MIT */
/*
 * The ledger of each layer shape: where the time of a backward pass goes, select | dX | dW | clear, and whether the
 * parts, each timed alone, add up to the pass timed as a whole.
 */
#include "report/ledger.h"
#include "report/summary_parts.h"

#include "kernel.h"

#include <errno.h>
#include <math.h>
#include <string.h>

static bool same_or_empty(const char *part, const char *whole)
{
	return part[0] == '\0' || strcmp(part, whole) == 0;
}

/* Records may name a part by the method or by the kernel that the method uses for it. */
static bool is_named(const char *name, const char *method, const char *kernel)
{
	return strcmp(name, method) == 0 || (kernel && strcmp(name, kernel) == 0);
}

/* Is `part` the part `op` of the pass `whole`, in the same workload at the same k, tau and threads? */
static bool is_part(const struct kernel_record *part, const char *op, const struct kernel_record *whole)
{
	const struct method *m = method_find(whole->method);
	bool selection = strcmp(op, "topk_select") == 0;
	const char *kernel = !m ? NULL : selection ? m->select : m->backward;

	return strcmp(part->op, op) == 0 && is_named(part->method, whole->method, kernel) &&
	       same_or_empty(part->select, whole->select) && same_or_empty(part->library, whole->library) &&
	       (part->n_in == whole->n_in || (selection && part->n_in == 0)) && part->n_out == whole->n_out &&
	       part->batch == whole->batch && part->k == whole->k && part->tau == whole->tau &&
	       part->threads == whole->threads && strcmp(part->dist, whole->dist) == 0 &&
	       strcmp(part->isa, whole->isa) == 0 && strcmp(part->cache, whole->cache) == 0;
}

/* Median ns of the part, dW in this form ("" any); NaN if it was not measured. */
static double part_ns(const struct series_list *list, const char *op, const char *dw, const struct kernel_record *whole)
{
	for (int i = 0; i < list->n; i++) {
		const struct kernel_record *key = list->v[i].key;

		if (is_part(key, op, whole) && (dw[0] == '\0' || strcmp(key->dw, dw) == 0))
			return list->v[i].ns;
	}
	return NAN;
}

struct ledger ledger_of(const struct series_list *list, const struct series *whole)
{
	const struct kernel_record *key = whole->key;
	const struct method *m = method_find(key->method);
	bool selects = m ? m->select != NULL : key->select[0] != '\0';
	bool rows_only = strcmp(key->dw, "rows") == 0;
	double full = part_ns(list, "backward_weights", "full", key),
	       rows = part_ns(list, "backward_weights", "rows", key);
	struct ledger l = {.measured = whole->ns, .clear = 0};

	l.select = selects ? part_ns(list, "topk_select", "", key) : 0;
	l.dx = part_ns(list, "backward_data", "", key);
	l.dw = isfinite(rows) ? rows : rows_only ? NAN : full;
	if (isfinite(rows) && !rows_only)
		l.clear = full - rows;
	l.sum = l.select + l.dx + l.dw + l.clear;
	return l;
}

/* Method auto times the pass as a whole alone; its parts are those of what it chose. */
static bool has_parts(const struct kernel_record *key)
{
	return key->chosen[0] == '\0';
}

/* The way, but not the algorithm of selection: the fastest stands for all. */
static int compare_point(const struct kernel_record *a, const struct kernel_record *b)
{
	int d = strcmp(a->method, b->method);

	d = d ? d : strcmp(a->library, b->library);
	d = d ? d : strcmp(a->dw, b->dw);
	d = d ? d : compare_k(a, b);
	return d ? d : compare_tau(a, b);
}

/* A difference of two medians can be negative: shown as it is, since the parts must add up. */
static void put_part(struct table *t, int row, int col, double ns)
{
	bool known = isfinite(ns) && ns != 0;

	table_set(t, row, col, CELL_PLAIN, "%s%s", known && ns < 0 ? "-" : "", known ? format_ns(fabs(ns)).s : NOTHING);
}

static void put_row(struct table *t, int row, const struct series *s, const struct ledger *l)
{
	const double parts[] = {l->select, l->dx, l->dw, l->clear, l->sum, l->measured};
	char setting[32] = "";

	if (series_takes_k(s->key))
		snprintf(setting, sizeof(setting), " k=%lld", (long long)s->key->k);
	else if (series_takes_tau(s->key))
		snprintf(setting, sizeof(setting), " tau=%.3g", s->key->tau);
	table_set(t, row, 0, CELL_PLAIN, "%s%s", label_way(s->key).s, setting);
	for (int i = 0; i < 6; i++)
		put_part(t, row, i + 1, parts[i]);
	if (isfinite(l->sum))
		table_set(t, row, 7, CELL_PLAIN, "%.0f%%", 100 * l->sum / l->measured);
	else
		table_set(t, row, 7, CELL_PLAIN, NOTHING);
}

static int add_ledger(const struct series_list *list, const struct series *v, int n, struct table_list *out)
{
	static const struct axes axes = {has_parts, compare_point, compare_threads};
	static const char *const header[] = {"method", "select", "dX",	     "dW",
					     "clear",  "sum",	 "measured", "sum/measured"};
	struct pivot p;
	struct table *t;

	if (pivot_create(&p, v, n, &axes))
		return -ENOMEM;
	t = table_list_add(out, p.n_rows + 1, 8, "Ledger of the backward pass · %s",
			   label_workload(v[0].key, v[0].key->threads).s);
	if (t) {
		t->detail = true;
		for (int col = 0; col < 8; col++)
			table_set(t, 0, col, CELL_PLAIN, "%s", header[col]);
		for (int row = 0; row < p.n_rows; row++) {
			const struct series *s = pivot_at(&p, row, 0);
			struct ledger l = ledger_of(list, s);

			put_row(t, row + 1, s, &l);
		}
		table_note(
			t,
			"Median times of one call, each part timed alone (warm caches flatter the parts); `measured` "
			"is "
			"the pass timed as a whole. clear: writing the zeros of a full dW (full minus touched rows). "
			"Each method with its fastest selection.");
	}
	pivot_destroy(&p);
	return t ? 0 : -ENOMEM;
}

int summary_ledgers(const struct series_list *list, struct table_list *out)
{
	int rc = 0;

	for (int i = 0, end; i < list->n && rc == 0; i = end) {
		end = series_group_end(list, i, compare_workload_and_threads);
		if (strcmp(list->v[i].key->op, "backward") == 0)
			rc = add_ledger(list, &list->v[i], end - i, out);
	}
	return rc;
}
