/* SPDX-License-Identifier: MIT */
/* See study_time_tables.h. Takes every number from runs.h and study_time.h. */
#include "report/study_time_tables.h"

#include "report/study.h"
#include "report/study_time.h"
#include "report/summary_parts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FOUND 64

static void put_header(struct table *t, const char *const *header)
{
	for (int col = 0; col < t->n_cols; col++)
		table_set(t, 0, col, CELL_PLAIN, "%s", header[col]);
}

/* --- time to accuracy -----------------------------------------------------------------------------------------------
 */

static void put_speedup(struct table *t, int row, int col, struct interval r, bool base)
{
	if (base)
		table_set(t, row, col, CELL_PLAIN, "base");
	else if (!isfinite(r.mid))
		table_set(t, row, col, CELL_PLAIN, NOTHING);
	else
		table_set(t, row, col, r.level > 0 && r.low > 1 ? CELL_BEST : mark_ratio(r), "%s", format_ratio(r).s);
}

/* `9 of 10: 12 epochs`, then `14.2 s [13.1, 16.0]`. */
static void put_way(struct table *t, int row, int col, const struct time_to *to)
{
	if (isfinite(to->epochs.mid))
		table_set(t, row, col, CELL_PLAIN, "%d of %d: %g epoch%s", to->reached, to->seeds, to->epochs.mid,
			  to->epochs.mid > 1 ? "s" : "");
	else
		table_set(t, row, col, CELL_PLAIN, "%d of %d", to->reached, to->seeds);
	if (!isfinite(to->seconds.mid))
		table_set(t, row, col + 1, CELL_PLAIN, NOTHING);
	else if (!(to->seconds.level > 0))
		table_set(t, row, col + 1, CELL_PLAIN, "%s", format_3(to->seconds.mid).s);
	else if (isfinite(to->seconds.high))
		table_set(t, row, col + 1, CELL_PLAIN, "%s [%s, %s]", format_3(to->seconds.mid).s,
			  format_3(to->seconds.low).s, format_3(to->seconds.high).s);
	else
		table_set(t, row, col + 1, CELL_PLAIN, "%s [%s, never]", format_3(to->seconds.mid).s,
			  format_3(to->seconds.low).s);
}

static void put_point(struct table *t, int row, const struct time_point *p)
{
	bool base = p->base == p->timed;

	table_set(t, row, 0, p->front ? CELL_BEST : CELL_PLAIN, "%s", time_name(p->learned->key).s);
	if (p->accuracy.level > 0)
		table_set(t, row, 1, CELL_PLAIN, "%.2f ±%.2f", 100 * p->accuracy.mid,
			  100 * (p->accuracy.high - p->accuracy.mid));
	else
		table_set(t, row, 1, CELL_PLAIN, "%.2f (n=1)", 100 * p->accuracy.mid);
	table_set(t, row, 2, p->base ? CELL_PLAIN : CELL_UNSURE, "%s", format_3(p->epoch_s.mid).s);
	put_speedup(t, row, 3, p->speedup, base);
	put_way(t, row, 4, &p->to[0]);
	put_way(t, row, 6, &p->to[1]);
	table_set(t, row, 8, CELL_PLAIN, "%s", format_3(p->total_s.mid).s);
}

static int compare_total(const void *pa, const void *pb)
{
	const struct time_point *a = *(const struct time_point *const *)pa;
	const struct time_point *b = *(const struct time_point *const *)pb;

	return (a->total_s.mid > b->total_s.mid) - (a->total_s.mid < b->total_s.mid);
}

static int add_points(const struct time_point **points, int n, struct table_list *out)
{
	static const char *const header[] = {"experiment", "test accuracy %", "s/epoch",
					     "end to end", "97.5 %",	      "seconds to it",
					     "98.0 %",	   "seconds to it",   "whole training s"};
	struct table *t = table_list_add(out, n + 1, 9, "Time to accuracy, fastest first");

	if (!t)
		return -ENOMEM;
	put_header(t, header);
	for (int i = 0; i < n; i++)
		put_point(t, i + 1, points[i]);
	table_note(t,
		   "* in front: no other is as accurate and as fast. Seeds that get there and median epochs over all "
		   "seeds; those that never do count as later. Seconds: all of an epoch, dense's median epoch over the "
		   "paired ratio (of trainings that took turns) ±95%%; base: the dense of its layers and minibatch, by "
		   "its own median, as is ~, with which none took turns.");
	return 0;
}

static int add_times(const struct experiment_list *list, struct table_list *out)
{
	struct time_list times;
	const struct time_point **points;
	int n = 0, rc = time_list_create(&times, list);

	if (rc)
		return rc;
	points = malloc(sizeof(*points) * (size_t)(times.n + 1));
	for (int i = 0; points && i < times.n; i++)
		if (isfinite(times.v[i].total_s.mid))
			points[n++] = &times.v[i];
	if (points && n) {
		qsort(points, (size_t)n, sizeof(*points), compare_total);
		rc = add_points(points, n, out);
	}
	rc = points ? rc : -ENOMEM;
	free(points);
	time_list_destroy(&times);
	return rc;
}

/* --- beside PyTorch -------------------------------------------------------------------------------------------------
 */

/*
 * Seconds per epoch of PyTorch 1.13 (Debian's python3-torch): the same net at minibatches of 50 with Adam, one thread,
 * measured on this kind of machine; medians.
 */
static const struct {
	double forward, backward, update, epoch;
} pytorch = {2.74, 2.55, 2.37, 7.65};

static const char *const beside_pytorch[] = {"time method=dense", "time method=topk k=30 lazy=yes",
					     "time method=unified_topk k=30 lazy=yes"};
#define N_BESIDE 3

static double forward_s(const struct train_record *r)
{
	return r->forward_s;
}

static double update_s(const struct train_record *r)
{
	return r->update_s;
}

static double other_s(const struct train_record *r)
{
	return r->other_s;
}

static double select_s(const struct train_record *r)
{
	return r->select_s;
}

static void put_seconds(struct table *t, int row, const struct experiment *e)
{
	double (*const phases[])(const struct train_record *r) = {forward_s, train_backward_s, update_s, other_s,
								  train_epoch_s};

	table_set(t, row, 0, CELL_PLAIN, "ours, %s", time_name(e->key).s);
	for (int i = 0; i < 5; i++)
		table_set(t, row, i + 1, CELL_PLAIN, "%s", format_3(experiment_median(e, phases[i])).s);
	table_set(t, row, 6, CELL_PLAIN, "%.2fx", pytorch.epoch / experiment_median(e, train_epoch_s));
	put_speedup(t, row, 7, experiment_speedup(e, train_epoch_s), e == e->dense);
}

static int add_pytorch(const struct experiment_list *list, struct table_list *out)
{
	static const char *const header[] = {"one thread", "forward", "backward",     "update",
					     "other",	   "epoch s", "over PyTorch", "over our dense"};
	const struct experiment *e[N_BESIDE];
	struct table *t;
	int n = 0;

	for (int i = 0; i < N_BESIDE; i++) {
		e[n] = study_find(list, beside_pytorch[i]);
		n += e[n] && study_has_times(e[n]);
	}
	if (n == 0)
		return 0;
	t = table_list_add(out, n + 2, 8, "An epoch beside PyTorch 1.13's, minibatches of 50, Adam");
	if (!t)
		return -ENOMEM;
	put_header(t, header);
	table_set(t, 1, 0, CELL_PLAIN, "PyTorch 1.13, dense");
	table_set(t, 1, 1, CELL_PLAIN, "%.2f", pytorch.forward);
	table_set(t, 1, 2, CELL_PLAIN, "%.2f", pytorch.backward);
	table_set(t, 1, 3, CELL_PLAIN, "%.2f", pytorch.update);
	table_set(t, 1, 4, CELL_PLAIN, NOTHING);
	table_set(t, 1, 5, CELL_PLAIN, "%.2f", pytorch.epoch);
	for (int i = 0; i < n; i++)
		put_seconds(t, i + 2, e[i]);
	table_note(t,
		   "Median seconds; PyTorch's were measured on this kind of machine, not in this run: read that column "
		   "roughly. Where it is fused, our backward holds the step on the weights whose gradient is sparse.");
	return 0;
}

/* --- selection ------------------------------------------------------------------------------------------------------
 */

static void put_selection(struct table *t, int row, const struct experiment *e)
{
	struct interval share = time_share(e, e->dense, select_s);

	table_set(t, row, 0, CELL_PLAIN, "%s", time_name(e->key).s);
	table_set(t, row, 1, CELL_PLAIN, "%s", format_3(study_value(e, "mean_k")).s);
	table_set(t, row, 2, CELL_PLAIN, "%s", format_3(experiment_median(e, select_s)).s);
	if (share.level > 0)
		table_set(t, row, 3, CELL_PLAIN, "%.2f [%.2f, %.2f]", 100 * share.mid, 100 * share.low,
			  100 * share.high);
	else if (isfinite(share.mid))
		table_set(t, row, 3, CELL_PLAIN, "%.2f n=%d", 100 * share.mid, share.n);
	else
		table_set(t, row, 3, CELL_PLAIN, NOTHING);
	put_speedup(t, row, 4, experiment_speedup(e, train_epoch_s), false);
}

static int add_selection(const struct experiment_list *list, struct table_list *out)
{
	static const char *const header[] = {"experiment", "mean k", "select s/epoch", "% of dense's epoch",
					     "end to end"};
	static const char spec[] = "time method=topk,unified_topk,random_k,norm fused=yes";
	const struct experiment *e[MAX_FOUND];
	int n = study_find_all(list, spec, "mean_k", e, MAX_FOUND);
	struct table *t = n ? table_list_add(out, n + 1, 5, "What selection costs, by mean k") : NULL;

	if (!n)
		return 0;
	if (!t)
		return -ENOMEM;
	put_header(t, header);
	for (int i = 0; i < n; i++)
		put_selection(t, i + 1, e[i]);
	table_note(t, "Medians, one thread; shares over pairs of epochs that took turns, 95%% interval. Norm-limited k "
		      "needs no sort either: it selects on mass.");
	return 0;
}

/* --- the backward pass over k ---------------------------------------------------------------------------------------
 */

/* Shares of dense's backward pass, over k, and the straight line through them. */
struct over_k {
	double k[MAX_FOUND], share[MAX_FOUND];
	int n;
	struct line line;
};

static void take_shares(struct over_k *v, const struct experiment_list *list, const char *spec)
{
	const struct experiment *e[MAX_FOUND];
	int n = study_find_all(list, spec, "k", e, MAX_FOUND);

	v->n = 0;
	for (int i = 0; i < n; i++) {
		v->k[v->n] = study_value(e[i], "k");
		v->share[v->n] = 1 / experiment_speedup(e[i], train_backward_s).mid;
		v->n += isfinite(v->share[v->n]);
	}
	if (v->n > 2)
		v->line = line_fit(v->k, v->share, v->n);
}

static int add_over_k(const struct experiment_list *list, const char *method, struct table_list *out)
{
	static const char *const header[] = {"k", "% of dense's backward", "on the line", "off", "speed-up"};
	struct over_k v;
	char spec[64];
	struct table *t;

	snprintf(spec, sizeof(spec), "time method=%s fused=", method);
	take_shares(&v, list, spec);
	if (v.n < 3)
		return 0;
	t = table_list_add(out, v.n + 1, 5, "The backward pass over k: select, dX and dW, %s", method);
	if (!t)
		return -ENOMEM;
	put_header(t, header);
	for (int i = 0; i < v.n; i++) {
		double line = v.line.start + v.line.slope * v.k[i];

		table_set(t, i + 1, 0, CELL_PLAIN, "%g", v.k[i]);
		table_set(t, i + 1, 1, CELL_PLAIN, "%.1f", 100 * v.share[i]);
		table_set(t, i + 1, 2, CELL_PLAIN, "%.1f", 100 * line);
		table_set(t, i + 1, 3, CELL_PLAIN, "%+.1f", 100 * (v.share[i] - line));
		table_set(t, i + 1, 4, CELL_PLAIN, "%.2fx", 1 / v.share[i]);
	}
	table_note(t,
		   "Medians of paired ratios, not fused, so that no step of the optimiser is in them. Line: %.1f %% at "
		   "k = 0 and %.2f %% for each 10 of k, R² = %.4f.",
		   100 * v.line.start, 1000 * v.line.slope, v.line.r2);
	return 0;
}

int summary_times(const struct experiment_list *list, struct table_list *out)
{
	int rc = add_times(list, out);

	rc = rc ? rc : add_pytorch(list, out);
	rc = rc ? rc : add_selection(list, out);
	rc = rc ? rc : add_over_k(list, "topk", out);
	return rc ? rc : add_over_k(list, "unified_topk", out);
}
