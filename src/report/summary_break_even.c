/* SPDX-License-Identifier: MIT */
/*
 * Break-even at a glance: per layer shape and team the k* of each method, at which it stops beating the best dense.
 * Each method with its fastest selection, writing the touched rows of dW.
 */
#include "report/summary_parts.h"

#include "kernel.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool sweeps(const struct kernel_record *key)
{
	const struct method *m = method_find(key->method);

	return strcmp(key->op, "backward") == 0 && strcmp(key->dw, "full") != 0 && m && !m->tuned && key->k > 0 &&
	       (m->takes_k || m->takes_tau);
}

/* Inserts by ascending k; of several of one k the fastest stays. Returns the new length. */
static int point_insert(struct sweep_point *points, int n, struct sweep_point p)
{
	int at = n;

	while (at > 0 && points[at - 1].k > p.k)
		at--;
	if (at > 0 && points[at - 1].k >= p.k) {
		if (points[at - 1].speedup.mid < p.speedup.mid)
			points[at - 1] = p;
		return n;
	}
	memmove(points + at + 1, points + at, sizeof(*points) * (size_t)(n - at));
	points[at] = p;
	return n + 1;
}

static int sweep_of(const struct series_list *list, const struct kernel_record *place,
		    const struct kernel_record *method, struct sweep_point *points)
{
	const struct series *base = series_best_dense(list, place);
	int n = 0;

	for (int i = 0; i < list->n && base; i++) {
		const struct series *s = &list->v[i];
		struct interval speedup;

		if (!sweeps(s->key) || compare_workload_and_threads(s->key, place) || compare_method(s->key, method))
			continue;
		speedup = series_speedup(s, base, NULL);
		if (isfinite(speedup.mid))
			n = point_insert(points, n, (struct sweep_point){(double)s->key->k, speedup});
	}
	return n;
}

static void put_cell(struct table *t, int row, int col, const struct sweep_point *points, int n)
{
	struct text text = {NOTHING};

	if (n > 1)
		text = format_break_even(series_break_even(points, n), points[0].k, points[n - 1].k);
	table_set(t, row, col, CELL_PLAIN, "%s", text.s);
}

static int add_table(const struct series_list *list, const struct pivot *p, struct table_list *out)
{
	struct sweep_point *points = calloc((size_t)list->n + 1, sizeof(*points));
	struct table *t = points ? table_list_add(out, p->n_rows + 1, p->n_cols + 1, "Break-even k*") : NULL;

	if (!t) {
		free(points);
		return -ENOMEM;
	}
	table_set(t, 0, 0, CELL_PLAIN, "layer");
	for (int col = 0; col < p->n_cols; col++)
		table_set(t, 0, col + 1, CELL_PLAIN, "%s", p->cols[col]->method);
	for (int row = 0; row < p->n_rows; row++) {
		const struct kernel_record *place = p->rows[row];

		table_set(t, row + 1, 0, CELL_PLAIN, "%s", label_workload(place, place->threads).s);
		for (int col = 0; col < p->n_cols; col++)
			put_cell(t, row + 1, col + 1, points, sweep_of(list, place, p->cols[col], points));
	}
	table_note(
		t,
		"The k at which the whole backward pass stops beating the best dense at the same threads, between the "
		"neighbours measured, and where the 95%% intervals of the speed-ups put it. Each method with its "
		"fastest selection, writing the touched rows of dW; > and < mean beyond what was measured.");
	free(points);
	return 0;
}

static bool has_sweep(const struct pivot *p, const struct series_list *list)
{
	for (int i = 0; i < list->n; i++)
		for (int j = 0; j < i; j++)
			if (sweeps(list->v[i].key) && sweeps(list->v[j].key) &&
			    compare_workload_and_threads(list->v[i].key, list->v[j].key) == 0 &&
			    compare_method(list->v[i].key, list->v[j].key) == 0 &&
			    list->v[i].key->k != list->v[j].key->k)
				return p->n_rows > 0;
	return false;
}

int summary_break_even(const struct series_list *list, struct table_list *out)
{
	static const struct axes axes = {sweeps, compare_workload_and_threads, compare_method};
	struct pivot p;
	int rc = pivot_create(&p, list->v, list->n, &axes);

	if (rc == 0 && has_sweep(&p, list))
		rc = add_table(list, &p, out);
	pivot_destroy(&p);
	return rc;
}
