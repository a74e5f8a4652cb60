/* SPDX-License-Identifier: MIT */
/*
 * What more threads bring: per operation the speed relative to one thread, and what share that is of the ideal that the
 * measured ceilings of both teams allow. Kernels of our own, long enough to be worth sharing.
 */
#include "report/summary_parts.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define LONG_NS 1e5

static bool is_counted(const struct kernel_record *key)
{
	return strcmp(key->check, "ok") == 0 && !key->library[0] &&
	       (series_is_dense(key) || strcmp(key->dw, "full") != 0);
}

static int compare_op(const struct kernel_record *a, const struct kernel_record *b)
{
	return strcmp(a->op, b->op);
}

static int compare_all_but_threads(const struct kernel_record *a, const struct kernel_record *b)
{
	struct kernel_record other = *b;

	other.threads = a->threads;
	return series_compare(a, &other);
}

static void put_label(struct table *t, int row, const struct kernel_record *key)
{
	char k[32] = "";

	if (series_takes_k(key) || series_takes_tau(key))
		snprintf(k, sizeof(k), " k=%lld", (long long)key->k);
	table_set(t, row, 0, CELL_PLAIN, "%.60s", label_workload(key, 0).s);
	table_set(t, row, 1, CELL_PLAIN, "%.40s%s", label_way(key).s, k);
}

/* `1.93x (99%)` */
static void put_team(const struct series_list *list, struct table *t, int row, int col, const struct series *s,
		     const struct series *one)
{
	double share = series_thread_share(list, s, one).mid;

	if (isfinite(share))
		table_set(t, row, col, CELL_PLAIN, "%.12sx (%.0f%%)", format_3(one->ns / s->ns).s, 100 * share);
	else
		table_set(t, row, col, CELL_PLAIN, "%.12sx", format_3(one->ns / s->ns).s);
}

static void put_row(const struct series_list *list, struct table *t, int at, const struct pivot *p, int row)
{
	const struct series *one = pivot_at(p, row, 0);

	put_label(t, at, p->rows[row]);
	table_set(t, at, 2, CELL_PLAIN, "%s", format_ns(one->ns).s);
	for (int col = 1; col < p->n_cols; col++) {
		const struct series *s = pivot_at(p, row, col);

		if (s)
			put_team(list, t, at, col + 2, s, one);
		else
			table_set(t, at, col + 2, CELL_PLAIN, NOTHING);
	}
}

static bool is_long(const struct pivot *p, int row)
{
	const struct series *one = pivot_at(p, row, 0);

	return one && one->ns >= LONG_NS;
}

static int add_table(const struct series_list *list, const struct pivot *p, struct table_list *out)
{
	struct table *t;
	int n = 0;

	for (int row = 0; row < p->n_rows; row++)
		n += is_long(p, row);
	if (!n)
		return 0;
	t = table_list_add(out, n + 1, p->n_cols + 2, "Threads · %s", p->rows[0]->op);
	if (!t)
		return -ENOMEM;
	table_set(t, 0, 0, CELL_PLAIN, "layer");
	table_set(t, 0, 1, CELL_PLAIN, "method");
	for (int col = 0; col < p->n_cols; col++)
		table_set(t, 0, col + 2, CELL_PLAIN, "%lld thread%s", (long long)p->cols[col]->threads,
			  p->cols[col]->threads == 1 ? "" : "s");
	n = 0;
	for (int row = 0; row < p->n_rows; row++)
		if (is_long(p, row))
			put_row(list, t, ++n, p, row);
	table_note(
		t,
		"Speed relative to one thread (share of the ideal: of what the roofline bounds of both teams allow, "
		"each against the ceilings of its own rounds, so that slow phases of the machine, which spoil the "
		"speed, do not spoil the share; as many times as there are threads where one thread is below half of "
		"its bound). Kernels over 100 µs on one thread.");
	return 0;
}

int summary_threads(const struct series_list *list, struct table_list *out)
{
	static const struct axes axes = {is_counted, compare_all_but_threads, compare_threads};
	int rc = 0;

	for (int i = 0, end; i < list->n && rc == 0; i = end) {
		struct pivot p;

		end = series_group_end(list, i, compare_op);
		rc = pivot_create(&p, &list->v[i], end - i, &axes);
		if (rc == 0 && p.n_cols > 1 && p.cols[0]->threads == 1)
			rc = add_table(list, &p, out);
		pivot_destroy(&p);
	}
	return rc;
}
