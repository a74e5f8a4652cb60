/* SPDX-License-Identifier: MIT */
/*
 * The figures of the study over epochs: learning curves, the epochs at which annealing struck (Fig. 2 of the poster),
 * and the k that norm-limited selection came to in each layer.
 */
#include "report_study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- learning curves ------------------------------------------------------------------------------------------------
 */

static const struct learner {
	const char *spec, *words;
	int dash; /* tells two of one method apart */
} learners[] = {
	{"method=dense", "dense", 1},
	{"method=topk k=80", "top-k, k=80", 2},
	{"method=topk k=20", "top-k, k=20", 1},
	{"method=unified_topk k=20", "unified, k=20", 1},
	{"method=random_k k=20", "random, k=20", 1},
	{"method=norm tau=0.9", "norm, tau=0.9", 1},
};
#define N_LEARNERS ((int)(sizeof(learners) / sizeof(learners[0])))

static double dev_accuracy(const struct train_record *r)
{
	return 100 * r->dev_acc;
}

static double dev_loss(const struct train_record *r)
{
	return r->dev_loss;
}

/* Mean over the seeds of the i-th epoch; level 0 for one seed, NaN without any. */
static struct interval mean_of_epoch(const struct experiment *e, int i, double (*value)(const struct train_record *r))
{
	double *v = malloc(sizeof(*v) * (size_t)(e->n + 1));
	struct interval r = {.mid = NAN};
	int n = 0;

	for (int j = 0; v && j < e->n; j++)
		if (i < e->runs[j].n && e->runs[j].whole)
			v[n++] = value(e->runs[j].epochs[i]);
	if (n == 1)
		r = (struct interval){v[0], v[0], v[0], 0, 1};
	else if (n > 1)
		r = stats_mean_interval(v, n, SERIES_LEVEL);
	free(v);
	return r;
}

static void draw_learner(struct scene *s, const struct experiment *e, const struct learner *l,
			 double (*value)(const struct train_record *r))
{
	const struct look *look = look_of(l->spec);

	scene_count_seeds(s, e);
	scene_begin(s);
	for (int i = 0; i < e->n_epochs; i++)
		scene_row(s, i + 1, mean_of_epoch(e, i, value));
	scene_end(s);
	scene_curve(s, NULL, "using 1:3:4 with filledcurves fc rgb '%s' fs transparent solid 0.2 noborder",
		    plot_color(look->color));
	scene_curve(s, l->words, "using 1:2 with lines lw 1.3 dt %d lc rgb '%s'", l->dash, plot_color(look->color));
}

static int curves_figure(const struct results *r, struct figure_list *list, const char *name, const char *words,
			 double (*value)(const struct train_record *r))
{
	const bool loss = value == dev_loss;
	struct scene s;

	if (scene_open(&s, SCENE_WIDTH, SCENE_HEIGHT))
		return -ENOMEM;
	fprintf(s.out, "set xlabel 'epoch'\nset ylabel '%s'\nset xrange [1:*]\n", words);
	for (int i = 0; i < N_LEARNERS; i++) {
		const struct experiment *e = study_find(&r->experiments, learners[i].spec);

		if (e)
			draw_learner(&s, e, &learners[i], value);
	}
	/* The first epochs are far away from where the curves end up: the axis shows three times what remains. */
	if (s.points && loss && s.low > 0)
		fprintf(s.out, "set logscale y\nset yrange [%.4g:%.4g]\nset ytics (0.02,0.05,0.1,0.2,0.5,1,2)\n",
			0.85 * s.low, 10 * s.low);
	else if (s.points && !loss)
		/* Intervals of two or three seeds pass 100 %, curves do not. */
		scene_axis(&s, 'y', fmax(0, 4 * fmin(s.high, 99) - 300.5), fmin(s.high, 100) + 0.1, 6);
	return scene_close(&s, list, name,
			   "%s on the 5,000 development images over the epochs: mean over %s, band: "
			   "95%% t interval. The axis does not show the first epochs of the slowest.",
			   loss ? "Cross-entropy" : "Accuracy", scene_seeds(&s).s);
}

int plots_study_curves(const struct results *r, struct figure_list *list)
{
	int rc = curves_figure(r, list, "study-learning", "development accuracy, %", dev_accuracy);

	return rc ? rc : curves_figure(r, list, "study-loss", "development loss, nat", dev_loss);
}

/* --- strikes --------------------------------------------------------------------------------------------------------
 */

static const struct {
	const char *words, *spec;
} annealed[] = {
	{"k=20: anneal k", "method=topk k=20 policy=anneal-k"},
	{"k=20: anneal lr", "method=topk k=20 policy=anneal-lr"},
	{"k=20: anneal both", "method=topk k=20 policy=anneal-both"},
	{"k=80: anneal k", "method=topk k=80 policy=anneal-k"},
	{"k=80: anneal lr", "method=topk k=80 policy=anneal-lr"},
	{"k=80: anneal both", "method=topk k=80 policy=anneal-both"},
	{"dense: anneal lr", "method=dense policy=anneal-lr"},
};
#define N_ANNEALED ((int)(sizeof(annealed) / sizeof(annealed[0])))

/* One dot per seed and strike; seeds lie one below the other within a row. */
static void put_strikes(struct scene *s, const struct experiment *e, int row)
{
	for (int i = 0; i < e->n; i++) {
		const struct run *run = &e->runs[i];
		const double y = row + (e->n > 1 ? 0.7 * i / (e->n - 1) - 0.35 : 0);

		for (int j = 0; j < run->n && run->whole; j++)
			if (run_struck(run, j))
				scene_row(s, (double)run->epochs[j]->epoch, (struct interval){y, y, y, 0, 1});
	}
}

int plots_study_strikes(const struct results *r, struct figure_list *list)
{
	struct scene s;

	if (scene_open(&s, SCENE_WIDTH, 90 + 32 * N_ANNEALED))
		return -ENOMEM;
	fprintf(s.out, "set xlabel 'epoch'\nset xrange [0.5:*]\nset xtics 5\nset yrange [%g:-0.6]\nset ytics (",
		N_ANNEALED - 0.4);
	for (int i = 0; i < N_ANNEALED; i++)
		fprintf(s.out, "%s'%s' %d", i ? "," : "", annealed[i].words, i);
	fprintf(s.out, ")\nunset grid\nset grid xtics lc rgb '" PLOT_GRID "' lw 0.7 dt solid\nunset key\n");
	for (int i = 1; i < N_ANNEALED; i++)
		fprintf(s.out,
			"set arrow from graph 0, first %g to graph 1, first %g nohead lw 0.5 lc rgb '" PLOT_GRID "'\n",
			i - 0.5, i - 0.5);
	for (int i = 0; i < N_ANNEALED; i++) {
		const struct experiment *e = study_find(&r->experiments, annealed[i].spec);

		if (!e)
			continue;
		scene_count_seeds(&s, e);
		scene_begin(&s);
		put_strikes(&s, e, i);
		scene_end(&s);
		scene_curve(&s, NULL, "using 1:2 with points pt 7 ps 0.4 lc rgb '%s'",
			    plot_color(look_of(annealed[i].spec)->color));
	}
	return scene_close(&s, list, "study-strikes",
			   "The epochs at which annealing struck: one dot per seed and strike, seeds one below the "
			   "other (%s).",
			   scene_seeds(&s).s);
}

/* --- realised k -----------------------------------------------------------------------------------------------------
 */

#define MAX_PANELS 12
#define MAX_LAYERS 2

/* The number of a layer in "12.3/4.5"; NaN if it is not there. */
static double number_of_layer(const char *text, int layer)
{
	char *end;
	double v;

	for (; layer > 0 && text; layer--) {
		text = strchr(text, '/');
		text = text ? text + 1 : NULL;
	}
	if (!text)
		return NAN;
	v = strtod(text, &end);
	return end == text ? NAN : v;
}

/* Means over the seeds of the three quantiles. */
static bool put_kept(FILE *out, const struct experiment *e, int epoch, int layer)
{
	double sum[3] = {0};
	int n = 0;

	for (int i = 0; i < e->n; i++) {
		const struct train_record *r = e->runs[i].whole ? e->runs[i].epochs[epoch] : NULL;

		if (!r || !isfinite(number_of_layer(r->kept_p50, layer)))
			continue;
		sum[0] += number_of_layer(r->kept_p50, layer);
		sum[1] += number_of_layer(r->kept_p10, layer);
		sum[2] += number_of_layer(r->kept_p90, layer);
		n++;
	}
	if (n)
		fprintf(out, "%d %.5g %.5g %.5g\n", epoch + 1, fmax(1, sum[0] / n), fmax(1, sum[1] / n),
			fmax(1, sum[2] / n));
	return n > 0;
}

/* The data of all panels, before the first of them. */
static bool put_kept_data(FILE *out, const struct experiment *const *found, int n)
{
	bool any = false;

	for (int i = 0; i < n; i++)
		for (int layer = 0; layer < MAX_LAYERS; layer++) {
			fprintf(out, "$d%d << EOD\n", i * MAX_LAYERS + layer);
			for (int epoch = 0; epoch < found[i]->n_epochs; epoch++)
				any |= put_kept(out, found[i], epoch, layer);
			fprintf(out, "nan nan nan nan\nEOD\n");
		}
	return any;
}

#define PANEL_COLUMNS 3

static void put_panel(FILE *out, const struct experiment *e, int i, int n)
{
	static const int colors[MAX_LAYERS] = {3, 2};

	fprintf(out, "set format x '%s'\nset format y '%s'\n", i + PANEL_COLUMNS >= n ? "%g" : "",
		i % PANEL_COLUMNS ? "" : "%g");
	fprintf(out, "set label 1 'τ = %g' at graph 0.95, graph 0.9 right textcolor rgb '" PLOT_INK "'\n",
		study_value(e, "tau"));
	for (int layer = 0; layer < MAX_LAYERS; layer++)
		fprintf(out,
			"%s$d%d using 1:3:4 with filledcurves fc rgb '%s' fs transparent solid 0.22 noborder notitle, "
			"$d%d using 1:2 with lines lw 1.4 lc rgb '%s' notitle",
			layer ? ", " : "plot ", i * MAX_LAYERS + layer, plot_color(colors[layer]),
			i * MAX_LAYERS + layer, plot_color(colors[layer]));
	fprintf(out, "\nunset label\n");
}

static int panels_height(int n)
{
	return 80 + 125 * ((n + PANEL_COLUMNS - 1) / PANEL_COLUMNS);
}

static void put_panels(FILE *out, const struct experiment *const *found, int n)
{
	const int rows = (n + PANEL_COLUMNS - 1) / PANEL_COLUMNS;
	const double height = panels_height(n);

	fprintf(out,
		"unset key\nset logscale y\nset yrange [1:500]\nset ytics (1,10,100)\nset xrange [1:*]\nset xtics 5\n"
		"set multiplot layout %d,%d margins 0.1,0.98,%g,%g spacing 0.03,%g\n"
		"set label 11 'first hidden layer' at screen 0.12, screen 0.975 textcolor rgb '%s'\n"
		"set label 12 'second hidden layer' at screen 0.5, screen 0.975 textcolor rgb '%s'\n"
		"set label 13 'epoch' at screen 0.54, screen 0.02 center textcolor rgb '" PLOT_INK "'\n"
		"set label 14 'k' at screen 0.07, screen 0.975 center textcolor rgb '" PLOT_INK "'\n",
		rows, PANEL_COLUMNS, 55.0 / height, 1 - 28.0 / height, 12.0 / height, plot_color(3), plot_color(2));
	for (int i = 0; i < n; i++)
		put_panel(out, found[i], i, n);
	fprintf(out, "unset multiplot\n");
}

int plots_study_kept(const struct results *r, struct figure_list *list)
{
	const struct experiment *found[MAX_PANELS];
	int n = study_find_all(&r->experiments, "method=norm", "tau", found, MAX_PANELS);
	struct plot plot;
	FILE *out;

	if (n == 0)
		return 0;
	out = plot_open(&plot, SCENE_WIDTH, panels_height(n));
	if (!out)
		return -ENOMEM;
	if (!put_kept_data(out, found, n)) {
		fclose(out);
		free(plot.script);
		return 0;
	}
	put_panels(out, found, n);
	return plot_close(
		&plot, list, "study-kept",
		"The k that a share τ of the L1 norm came to, per hidden layer and epoch: median over the rows "
		"of the epoch, band: 10 to 90% of the rows; means over the seeds. Less than 1 is drawn as 1.");
}
