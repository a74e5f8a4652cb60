/* SPDX-License-Identifier: MIT */
/*
 * The plots over k, as gnuplot scripts: speed-up and selection.
 * Points carry their interval; the thin lines between them only guide the eye along one sweep of k.
 */
#include "report_scene.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Only the form of dW that is the default; with both, no curve could be told from its twin. */
static bool is_drawn(const struct kernel_record *key)
{
	return !series_is_dense(key) && strcmp(key->dw, "full") != 0;
}

/* Methods set by tau stand at the k that they kept on average. */
static bool sparse_by_k(const struct kernel_record *key)
{
	return is_drawn(key) && (series_takes_k(key) || series_takes_tau(key)) && key->k > 0;
}

static bool sparse_otherwise(const struct kernel_record *key)
{
	return is_drawn(key) && !series_takes_k(key) && !series_takes_tau(key);
}

static int compare_nothing(const struct kernel_record *a, const struct kernel_record *b)
{
	(void)a;
	(void)b;
	return 0;
}

static void put_k_axis(FILE *out, const struct pivot *p)
{
	double last = 0;

	fprintf(out, "set logscale xy\nset xlabel 'k, entries kept per row'\nset xrange [%g:%g]\nset xtics (",
		0.8 * (double)p->cols[0]->k, 1.25 * (double)p->cols[p->n_cols - 1]->k);
	for (int col = 0; col < p->n_cols; col++) {
		double k = (double)p->cols[col]->k;

		if (k < 1.25 * last && col < p->n_cols - 1)
			continue;
		fprintf(out, "%s%g", last > 0 ? "," : "", k);
		last = k;
	}
	fprintf(out, ")\n");
}

static void put_ratio_line(FILE *out, const struct interval *r, double x)
{
	if (isfinite(r->mid))
		fprintf(out, "%g %.6g %.6g %.6g\n", x, r->mid, r->low, r->high);
}

static void put_speedup_data(FILE *out, const struct pivot *p, const struct pivot *flat, const struct series *base)
{
	for (int row = 0; row < p->n_rows; row++) {
		fprintf(out, "$d%d << EOD\n", row);
		for (int col = 0; col < p->n_cols; col++) {
			const struct series *s = pivot_at(p, row, col);
			struct interval r = {.mid = NAN};

			if (s)
				r = series_speedup(s, base, NULL);
			put_ratio_line(out, &r, (double)p->cols[col]->k);
		}
		fprintf(out, "EOD\n");
	}
	for (int row = 0; row < flat->n_rows; row++) {
		struct interval r = series_speedup(pivot_at(flat, row, 0), base, NULL);

		fprintf(out, "$f%d << EOD\n", row);
		put_ratio_line(out, &r, (double)p->cols[0]->k);
		put_ratio_line(out, &r, (double)p->cols[p->n_cols - 1]->k);
		fprintf(out, "EOD\n");
	}
}

static void put_speedup_curves(FILE *out, const struct pivot *p, const struct pivot *flat)
{
	fprintf(out, "plot ");
	for (int row = 0; row < p->n_rows; row++) {
		const struct look *look = look_of(p->rows[row]->method);

		fprintf(out,
			"$d%d using 1:2 with lines lw 0.6 lc rgb '%s' notitle, "
			"$d%d using 1:2:3:4 with yerrorbars pt %d ps 0.7 lc rgb '%s' title '%s', ",
			row, plot_color(look->color), row, look->point, plot_color(look->color),
			plot_quote(p->rows[row]->method).s);
	}
	for (int row = 0; row < flat->n_rows; row++)
		fprintf(out, "$f%d using 1:2 with lines lw 1.2 dt %d lc rgb '%s' title '%s', ", row, row + 2,
			plot_color(look_of(flat->rows[row]->method)->color), plot_quote(flat->rows[row]->method).s);
	fprintf(out, "1 with lines lw 1.3 lc rgb '" PLOT_INK "' notitle\n");
}

static int speedup_plot(const struct series *base, const struct pivot *p, const struct pivot *flat,
			struct figure_list *list)
{
	const struct kernel_record *key = base->key;
	struct label what = label_workload(key, key->threads);
	char caption[384], name[160];
	struct plot plot;
	FILE *out = plot_open(&plot, PLOT_WIDTH, PLOT_HEIGHT);

	if (!out)
		return -ENOMEM;
	put_k_axis(out, p);
	fprintf(out, "set ylabel 'speed-up over the best dense'\nset format y '%%gx'\n"
		     "set yrange [*<0.8:1.25<*] noextend\nset ytics "
		     "(0.01,0.02,0.05,0.1,0.2,0.5,1,2,5,10,20,50,100,200,500)\n"
		     "set offsets 0, 0, graph 0.05, graph 0.05\n");
	put_speedup_data(out, p, flat, base);
	put_speedup_curves(out, p, flat);
	snprintf(name, sizeof(name), "speedup-%s", plot_slug(what.s).s);
	snprintf(caption, sizeof(caption),
		 "%.111s. Base: %.23s, %.20s. Each method with its fastest selection, writing the touched rows of dW; "
		 "bars: 95%% intervals.",
		 what.s, key->method, format_ns(base->ns).s);
	return plot_close(&plot, list, name, caption);
}

int plots_speedup(const struct results *r, struct figure_list *list)
{
	static const struct axes by_k = {sparse_by_k, compare_method, compare_k};
	static const struct axes otherwise = {sparse_otherwise, compare_method, compare_nothing};
	int rc = 0;

	for (int i = 0, end; i < r->series.n && rc == 0; i = end) {
		const struct series *v = &r->series.v[i], *base = series_best_dense(&r->series, v->key);
		struct pivot p = {0}, flat = {0};

		end = series_group_end(&r->series, i, compare_workload_and_threads);
		if (strcmp(v->key->op, "backward") != 0 || !base)
			continue;
		rc = pivot_create(&p, v, end - i, &by_k);
		if (rc == 0)
			rc = pivot_create(&flat, v, end - i, &otherwise);
		if (rc == 0 && p.n_cols > 1)
			rc = speedup_plot(base, &p, &flat, list);
		pivot_destroy(&p);
		pivot_destroy(&flat);
	}
	return rc;
}

static bool selects_by_k(const struct kernel_record *key)
{
	return series_takes_k(key) && key->k > 0;
}

static int selection_plot(const struct kernel_record *key, const struct pivot *p, struct figure_list *list)
{
	struct label what = label_workload(key, key->threads);
	char caption[384], name[160];
	struct plot plot;
	FILE *out = plot_open(&plot, PLOT_WIDTH, PLOT_HEIGHT);

	if (!out)
		return -ENOMEM;
	put_k_axis(out, p);
	fprintf(out, "set ylabel 'ns per element'\nset format y '%%g'\n");
	for (int row = 0; row < p->n_rows; row++) {
		fprintf(out, "$d%d << EOD\n", row);
		for (int col = 0; col < p->n_cols; col++) {
			const struct series *s = pivot_at(p, row, col);

			if (s)
				fprintf(out, "%g %.6g\n", (double)s->key->k,
					s->ns / ((double)key->batch * (double)key->n_out));
		}
		fprintf(out, "EOD\n");
	}
	for (int row = 0; row < p->n_rows; row++)
		fprintf(out, "%s$d%d using 1:2 with linespoints lw 0.6 pt %d ps 0.7 lc rgb '%s' title '%s'",
			row ? ", " : "plot ", row, plot_point(row), plot_color(row),
			plot_quote(label_way(p->rows[row]).s).s);
	fprintf(out, "\n");
	snprintf(name, sizeof(name), "select-n%lld-%s", (long long)key->n_out, plot_slug(what.s).s);
	snprintf(caption, sizeof(caption), "Rows of %lld, batch %lld, %s, %s, %lld thread%s. Medians.",
		 (long long)key->n_out, (long long)key->batch, key->dist[0] ? key->dist : key->dataset, key->isa,
		 (long long)key->threads, key->threads == 1 ? "" : "s");
	return plot_close(&plot, list, name, caption);
}

/* One plot per workload, at its smallest team (series are sorted so that it comes first). */
int plots_selection(const struct results *r, struct figure_list *list)
{
	static const struct axes axes = {selects_by_k, series_compare_way, compare_k};
	int rc = 0;

	for (int i = 0, end; i < r->series.n && rc == 0; i = end) {
		const struct series *v = &r->series.v[i];
		struct pivot p;

		end = series_group_end(&r->series, i, series_compare_workload);
		if (strcmp(v->key->op, "topk_select") != 0 || v->key->n_in > 0)
			continue;
		rc = pivot_create(&p, v, series_group_end(&r->series, i, compare_workload_and_threads) - i, &axes);
		if (rc == 0 && p.n_rows > 1 && p.n_cols > 0)
			rc = selection_plot(v->key, &p, list);
		pivot_destroy(&p);
	}
	return rc;
}
