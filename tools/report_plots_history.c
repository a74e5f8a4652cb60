/* SPDX-License-Identifier: MIT */
/*
 * Trends as small multiples: a figure per workload, team and method, in it a panel per k, each with an axis of its own,
 * so that a change of a twentieth shows beside ratios of thirty. All panels of a machine have its visits on the x axis.
 */
#include "report_history.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 460
#define PANEL_HEIGHT 165
#define NARROW 0.05 /* axes reach so far to either side of the values' middle at least: noise is not blown up */
#define MOST_FIGURES 60
#define TICKS 3 /* commits named below a panel */

static bool has_setting(const struct history_record *r)
{
	const struct kernel_record key = trend_key(r);

	return (series_takes_k(&key) || series_takes_tau(&key)) && !series_is_dense(&key);
}

/* What the panels of a figure have in common; methods that are set by nothing share one. */
static struct history_record family_of(const struct history_record *r)
{
	struct history_record family = *r;

	family.k = 0;
	family.tau = 0;
	if (!has_setting(r))
		family.method[0] = family.select[0] = family.dw[0] = family.library[0] = '\0';
	return family;
}

static int compare_family(const struct trend *a, const struct trend *b)
{
	const struct history_record fa = family_of(a->rows), fb = family_of(b->rows);

	return history_compare_cell(&fa, &fb);
}

static int by_family(const void *pa, const void *pb)
{
	const struct trend *a = *(const struct trend *const *)pa, *b = *(const struct trend *const *)pb;
	const int d = compare_family(a, b);

	return d ? d : history_compare_cell(a->rows, b->rows);
}

struct label history_contender(const struct history_record *r)
{
	const struct kernel_record key = trend_key(r);
	struct label l = label_way(&key);
	const size_t used = strlen(l.s);

	if (series_is_dense(&key))
		return l;
	if (series_takes_tau(&key))
		snprintf(l.s + used, sizeof(l.s) - used, " tau=%.3g", r->tau);
	else if (series_takes_k(&key))
		snprintf(l.s + used, sizeof(l.s) - used, " k=%lld", (long long)r->k);
	return l;
}

static void put_rows(FILE *out, const struct trend *t)
{
	fputs("$rows << EOD\n", out);
	for (int i = 0; i < t->n_rows; i++)
		fprintf(out, "%d %.6g %.6g %.6g\n", t->visit[i], t->rows[i].ratio, t->rows[i].low, t->rows[i].high);
	fputs("EOD\n", out);
}

/* A line per stretch between changes. */
static void put_levels(FILE *out, const struct trend *t)
{
	fputs("$levels << EOD\n", out);
	for (int i = 0; i <= t->n_changes; i++) {
		const int from = i ? t->changes[i - 1].at : 0, to = i < t->n_changes ? t->changes[i].at : t->n;
		const double level = trend_level(t, from, to);

		fprintf(out, "%g %.6g\n%g %.6g\n\n", t->place[from] - 0.4, level, t->place[to - 1] + 0.4, level);
	}
	fputs("EOD\n", out);
}

static void put_y_axis(FILE *out, const struct trend *t)
{
	double low = INFINITY, high = 0, middle, step;

	for (int i = 0; i < t->n_rows; i++) {
		low = fmin(low, fmin(t->rows[i].ratio, t->rows[i].low));
		high = fmax(high, fmax(t->rows[i].ratio, t->rows[i].high));
	}
	middle = (low + high) / 2;
	low = fmin(low, middle * (1 - NARROW));
	high = fmax(high, middle * (1 + NARROW));
	step = pow(10, floor(log10(high - low)));
	step = (high - low) / step < 2 ? step / 2 : (high - low) / step < 5 ? step : 2 * step;
	fprintf(out, "set yrange [%.6g:%.6g]\nset ytics %.6g\n", low - 0.05 * (high - low), high + 0.05 * (high - low),
		step);
}

/* The first commit, the last, and what stands evenly between. */
static void put_x_axis(FILE *out, const struct trend_machine *m)
{
	const int last = m->n_visits - 1, ticks = last < TICKS - 1 ? last : TICKS - 1;

	fprintf(out, "set xrange [-0.7:%g]\nset xtics (", m->n_visits - 0.3);
	for (int i = 0; i <= ticks; i++) {
		const int visit = ticks ? i * last / ticks : 0;

		fprintf(out, "%s'%.7s' %d", i ? "," : "", plot_quote(m->visits[visit]->commit).s, visit);
	}
	fputs(") offset 0,0.4\n", out);
}

/* Where the level changed: orange for slower, green for faster. */
static void put_changes(FILE *out, const struct trend *t)
{
	fputs("unset arrow\n", out);
	for (int i = 0; i < t->n_changes; i++) {
		const struct change *c = &t->changes[i];

		fprintf(out, "set arrow from first %g, graph 0 to first %g, graph 1 nohead dt 2 lw 1.2 lc rgb '%s'\n",
			(t->place[c->at - 1] + t->place[c->at]) / 2.0, (t->place[c->at - 1] + t->place[c->at]) / 2.0,
			plot_color(c->after < c->before ? 1 : 2));
	}
}

static void put_panel(FILE *out, const struct trend *t)
{
	fprintf(out, "set title '%.60s' font ',12' offset 0,-0.7\n", plot_quote(history_contender(t->rows).s).s);
	put_rows(out, t);
	put_levels(out, t);
	put_y_axis(out, t);
	put_changes(out, t);
	fprintf(out,
		"plot $levels using 1:2 with lines lw 1.6 lc rgb '%s' notitle, "
		"$rows using 1:3:(0):($4-$3) with vectors nohead lw 1 lc rgb '%s' notitle, "
		"$rows using 1:2 with points pt 7 ps 0.4 lc rgb '%s' notitle\n",
		plot_color(7), plot_color(0), plot_color(0));
}

static void name_family(const struct trend *t, int number, int figure, char *name, size_t size)
{
	const struct kernel_record key = trend_key(t->rows);
	const struct label what = label_workload(&key, key.threads);

	snprintf(name, size, "trend-%d-%d-%.60s", number, figure, plot_slug(what.s).s);
}

static void tell_family(const struct trend *t, char *caption, size_t size)
{
	struct kernel_record key = trend_key(t->rows);

	key.isa[0] = '\0';
	snprintf(caption, size,
		 "%.24s%s%.60s, %.111s: ratio to the %.23s, above 1 is faster. Dots: processes, with 95%% intervals; "
		 "lines: levels between changes, which are dashed: orange slower, green faster.",
		 key.op, has_setting(t->rows) ? " " : "", has_setting(t->rows) ? label_way(&key).s : "",
		 label_workload(&key, key.threads).s, t->rows->against);
}

static int draw_family(const struct trend_machine *m, const struct trend *const *v, int n, int number, int figure,
		       struct figure_list *list)
{
	const int columns = n > 1 ? 2 : 1, lines = (n + columns - 1) / columns;
	char name[160], caption[512];
	struct plot plot;
	FILE *out = plot_open(&plot, WIDTH, lines * PANEL_HEIGHT + (n > 1 ? 0 : 60));

	if (!out)
		return -ENOMEM;
	fprintf(out,
		"set multiplot layout %d,%d\nset tmargin 1.6\nset bmargin 1.6\nset lmargin 6.5\nset rmargin 2.5\n"
		"set tics font ',10'\nset format y '%%gx'\nunset key\n",
		lines, columns);
	put_x_axis(out, m);
	for (int i = 0; i < n; i++)
		put_panel(out, v[i]);
	fputs("unset multiplot\n", out);
	name_family(v[0], number, figure, name, sizeof(name));
	tell_family(v[0], caption, sizeof(caption));
	return plot_close(&plot, list, name, caption);
}

static bool has_changes(const struct trend *const *v, int n)
{
	for (int i = 0; i < n; i++)
		if (v[i]->n_changes)
			return true;
	return false;
}

/* One commit is no trend. */
static bool has_trend(const struct trend *const *v, int n)
{
	for (int i = 0; i < n; i++)
		if (v[i]->n > 1)
			return true;
	return false;
}

/* Those with changes, or those without. */
static int draw_families(const struct trend_machine *m, const struct trend *const *order, bool changed, int number,
			 struct figure_list *list, int *left_out)
{
	int rc = 0, figure = 0;

	for (int i = 0, end; i < m->n && rc == 0; i = end, figure++) {
		for (end = i + 1; end < m->n && !compare_family(order[i], order[end]);)
			end++;
		if (!has_trend(order + i, end - i) || has_changes(order + i, end - i) != changed)
			continue;
		if (list->count < MOST_FIGURES)
			rc = draw_family(m, order + i, end - i, number, figure, list);
		else
			++*left_out;
	}
	return rc;
}

int plots_history(const struct trend_machine *m, int number, struct figure_list *list, int *left_out)
{
	const struct trend **order = calloc((size_t)m->n + 1, sizeof(*order));
	int rc = order ? 0 : -ENOMEM;

	*left_out = 0;
	for (int i = 0; rc == 0 && i < m->n; i++)
		order[i] = &m->v[i];
	if (rc == 0)
		qsort(order, (size_t)m->n, sizeof(*order), by_family);
	rc = rc ? rc : draw_families(m, order, true, number, list, left_out);
	rc = rc ? rc : draw_families(m, order, false, number, list, left_out);
	free(order);
	return rc;
}
