/* SPDX-License-Identifier: MIT */
/* The plots about training: accuracy per experiment with its interval, and where the seconds of an epoch go. */
#include "report.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 560
#define ROW_HEIGHT 26

static struct label experiment_name(const struct experiment *e)
{
	char text[32];

	snprintf(text, sizeof(text), "%.28s", e->key->experiment[0] ? e->key->experiment : e->key->method);
	return plot_quote(text);
}

/* One line of the plot per experiment, the first on top. */
static void put_rows(FILE *out, const struct experiment *v, int n)
{
	fprintf(out, "set yrange [%g:-0.7]\nset ytics (", n - 0.3);
	for (int i = 0; i < n; i++)
		fprintf(out, "%s'%s' %d", i ? "," : "", experiment_name(&v[i]).s, i);
	fprintf(out, ")\nunset grid\nset grid xtics lc rgb '" PLOT_GRID "' lw 0.7 dt solid\n");
}

static int accuracy_plot(const struct experiment *v, int n, const char *name, struct figure_list *list)
{
	struct plot plot;
	FILE *out = plot_open(&plot, WIDTH, 110 + ROW_HEIGHT * n);

	if (!out)
		return -ENOMEM;
	put_rows(out, v, n);
	fprintf(out, "set xlabel 'test accuracy at the best dev epoch, %%'\nset offsets graph 0.05, graph 0.05, 0, "
		     "0\nunset key\n");
	if (v[0].dense)
		fprintf(out,
			"set arrow from first %.6g, graph 0 to first %.6g, graph 1 nohead dt 2 lc rgb '" PLOT_INK "'\n",
			100 * experiment_accuracy(v[0].dense).mid, 100 * experiment_accuracy(v[0].dense).mid);
	fprintf(out, "$d << EOD\n");
	for (int i = 0; i < n; i++) {
		struct interval a = experiment_accuracy(&v[i]);

		fprintf(out, "%.6g %d %.6g %.6g\n", 100 * a.mid, i, 100 * a.low, 100 * a.high);
	}
	fprintf(out, "EOD\nplot $d using 1:2:3:4 with xerrorbars pt 7 ps 0.8 lw 1.4 lc rgb '%s'\n", plot_color(0));
	return plot_close(&plot, list, name,
			  "Mean over seeds with 95% t interval (no bar: one seed). Dashed: dense of the same recipe.");
}

static int phases_plot(const struct experiment *v, int n, const char *name, struct figure_list *list)
{
	struct plot plot;
	FILE *out = plot_open(&plot, WIDTH, 130 + ROW_HEIGHT * n);

	if (!out)
		return -ENOMEM;
	put_rows(out, v, n);
	fprintf(out,
		"set xlabel 'seconds per epoch'\nset xrange [0:*]\nset style fill solid 0.9 noborder\n$d << EOD\n");
	for (int i = 0; i < n; i++) {
		double end = 0;

		fprintf(out, "%d 0", i);
		for (int p = 0; p < N_PHASES; p++) {
			end += experiment_mean(&v[i], train_phases[p].seconds);
			fprintf(out, " %.6g", end);
		}
		fprintf(out, "\n");
	}
	fprintf(out, "EOD\nplot ");
	for (int p = 0; p < N_PHASES; p++)
		fprintf(out,
			"%s$d using (($%d+$%d)/2):1:%d:%d:($1-0.36):($1+0.36) with boxxyerror lc rgb '%s' title '%s'",
			p ? ", " : "", p + 2, p + 3, p + 2, p + 3, plot_color(p), train_phases[p].name);
	fprintf(out, "\n");
	return plot_close(&plot, list, name, "Where the time of an epoch goes: means over epochs and seeds.");
}

int plots_training(const struct results *r, struct figure_list *list)
{
	const struct experiment_list *e = &r->experiments;
	int rc = 0, recipe = 0;

	for (int i = 0, end; i < e->n && rc == 0; i = end) {
		char name[64];

		end = i;
		while (end < e->n && experiment_compare_recipe(e->v[i].key, e->v[end].key) == 0)
			end++;
		snprintf(name, sizeof(name), "accuracy-%d", ++recipe);
		rc = accuracy_plot(&e->v[i], end - i, name, list);
		snprintf(name, sizeof(name), "epoch-%d", recipe);
		if (rc == 0)
			rc = phases_plot(&e->v[i], end - i, name, list);
	}
	return rc;
}
