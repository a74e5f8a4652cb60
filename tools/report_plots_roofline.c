/* SPDX-License-Identifier: MIT */
/*
 * The roofline, as a gnuplot script: GFLOP/s over flop per byte of compulsory traffic, one plot per team. Roofs are the
 * FMA peak and the reading bandwidth of each level of memory; points are whole backward passes. The share of a pass's
 * own bound, in which each operand counts at its own level, stands in the tables.
 */
#include "report.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define TALL 500
/* Where the axes stand, as shares of the picture: known, so that names can follow the slope of their line. */
#define LEFT 0.13
#define SHARE_X 0.84
#define BOTTOM 0.13
#define SHARE_Y 0.69

static bool is_on_roofline(const struct kernel_record *key)
{
	return strcmp(key->op, "backward") == 0 && key->flops > 0 && key->bytes > 0;
}

static int compare_team(const struct kernel_record *a, const struct kernel_record *b)
{
	int d = strcmp(a->isa, b->isa);

	return d ? d : compare_threads(a, b);
}

/* The rectangle that holds all points of a team. */
struct extent {
	double left, right, bottom, top;
};

static void put_points(FILE *out, const struct results *r, const struct kernel_record *team,
		       const struct kernel_record *method, struct extent *extent)
{
	for (int i = 0; i < r->series.n; i++) {
		const struct series *s = &r->series.v[i];
		double x = s->key->flops / s->key->bytes;

		if (!is_on_roofline(s->key) || compare_team(s->key, team) || compare_method(s->key, method))
			continue;
		fprintf(out, "%.6g %.6g\n", x, series_flop_rate(s));
		extent->left = fmin(extent->left, x);
		extent->right = fmax(extent->right, x);
		extent->bottom = fmin(extent->bottom, series_flop_rate(s));
	}
}

/* Of a line of slope 1 on these logarithmic axes, in degrees. */
static double angle_of(const struct extent *e)
{
	double x = SHARE_X * PLOT_WIDTH / log10(e->right / e->left), y = SHARE_Y * TALL / log10(e->top / e->bottom);

	return atan2(y, x) * 180 / acos(-1);
}

/* The name of a roof along its line: above it, or below where the next faster one is near. */
static void put_name(FILE *out, const char *name, double rate, double faster, const struct extent *e)
{
	double side = faster < 1.5 * rate ? 1 / 1.13 : 1.13;
	double x = 1.1 * fmax(e->left, e->bottom / rate);

	fprintf(out, "set label '%s %s GB/s' at %.6g,%.6g rotate by %.3g font ',11' textcolor rgb '" PLOT_INK "'\n",
		name, format_3(rate).s, x, side * x * rate, angle_of(e));
}

/* One roof per measured level, nearest first. */
static void put_roofs(FILE *out, const struct roofline *roof, const struct extent *e)
{
	double peak = series_flop_rate(roof->peak), faster = INFINITY;

	for (int level = 0; level < N_MEMORY_LEVELS; level++) {
		double rate = series_byte_rate(roof->read[level]);

		if (!(rate > 0))
			continue;
		put_name(out, memory_level_names[level], rate, faster, e);
		faster = rate;
	}
	fprintf(out,
		"set label 'FMA peak %s GFLOP/s' at %.6g,%.6g right offset 0,0.6 font ',11' textcolor rgb '" PLOT_INK
		"'\n",
		format_3(peak).s, e->right, peak);
	fprintf(out, "roof(x, rate) = x * rate < %.6g ? x * rate : %.6g\nset samples 600\nplot ", peak, peak);
	for (int level = 0; level < N_MEMORY_LEVELS; level++) {
		double rate = series_byte_rate(roof->read[level]);

		if (rate > 0)
			fprintf(out, "roof(x, %.6g) with lines lw 1.1 lc rgb '" PLOT_INK "' notitle, ", rate);
	}
}

static void put_plot(FILE *out, const struct results *r, const struct kernel_record *team, const struct roofline *roof,
		     const struct pivot *p)
{
	struct extent e = {INFINITY, 0, INFINITY, 1.6 * series_flop_rate(roof->peak)};

	fprintf(out, "set logscale xy\nset xlabel 'flop per byte of compulsory traffic'\nset ylabel 'GFLOP/s'\n"
		     "set format '%%g'\n");
	fprintf(out,
		"set lmargin at screen %g\nset rmargin at screen %g\nset bmargin at screen %g\nset tmargin at screen "
		"%g\n",
		LEFT, LEFT + SHARE_X, BOTTOM, BOTTOM + SHARE_Y);
	for (int row = 0; row < p->n_rows; row++) {
		fprintf(out, "$d%d << EOD\n", row);
		put_points(out, r, team, p->rows[row], &e);
		fprintf(out, "EOD\n");
	}
	e = (struct extent){0.6 * e.left, 1.6 * e.right, 0.6 * e.bottom, e.top};
	fprintf(out, "set xrange [%.6g:%.6g]\nset yrange [%.6g:%.6g]\n", e.left, e.right, e.bottom, e.top);
	put_roofs(out, roof, &e);
	for (int row = 0; row < p->n_rows; row++)
		fprintf(out, "$d%d using 1:2 with points pt %d ps 0.6 lc rgb '%s' title '%s'%s", row, plot_point(row),
			plot_color(row), plot_quote(p->rows[row]->method).s, row + 1 < p->n_rows ? ", " : "\n");
}

static int roofline_plot(const struct results *r, const struct kernel_record *team, const struct roofline *roof,
			 const struct pivot *p, struct figure_list *list)
{
	char caption[384], name[160];
	struct plot plot;
	FILE *out = plot_open(&plot, PLOT_WIDTH, TALL);

	if (!out)
		return -ENOMEM;
	put_plot(out, r, team, roof, p);
	snprintf(name, sizeof(name), "roofline-%lld-%s", (long long)team->threads, plot_slug(team->isa).s);
	snprintf(caption, sizeof(caption),
		 "Whole backward passes of all shapes and k on %lld thread%s, %s, under the multiply-adds from "
		 "registers "
		 "and the reading bandwidth of each level, all measured in this run.",
		 (long long)team->threads, team->threads == 1 ? "" : "s", team->isa);
	return plot_close(&plot, list, name, caption);
}

int plots_roofline(const struct results *r, struct figure_list *list)
{
	static const struct axes axes = {is_on_roofline, compare_method, compare_team};
	struct pivot p;
	int rc = pivot_create(&p, r->series.v, r->series.n, &axes);

	for (int col = 0; col < p.n_cols && rc == 0; col++) {
		const struct roofline roof = series_roofline(&r->series, p.cols[col]);

		if (roof.peak)
			rc = roofline_plot(r, p.cols[col], &roof, &p, list);
	}
	pivot_destroy(&p);
	return rc;
}
