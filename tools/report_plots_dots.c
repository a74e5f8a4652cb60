/* SPDX-License-Identifier: MIT */
/*
 * The figures of the study over things that have no order: a row per setting, a point with its interval per training,
 * hollow the published value of the same. Each figure is a table of rows and series; what a row and a series ask for
 * together is one experiment; a row with a k of its own stands in the first series only.
 */
#include "report_study.h"

#include <math.h>
#include <string.h>

#define MAX_ROWS 16
#define MAX_SERIES 5

/* Words and a part of a spec. */
struct part {
	const char *words, *spec;
};

struct dots {
	const char *name, *caption;
	const char *published; /* sets, each between blanks; "" none */
	bool band;	       /* dense of the base recipe behind all */
	struct part rows[MAX_ROWS], series[MAX_SERIES];
};

static const struct dots anneal = {
	.name = "study-anneal",
	.caption = "Annealing on spikes of the development loss",
	.published = "",
	.band = true,
	.rows = {{"nothing", ""},
		 {"anneal k", "policy=anneal-k"},
		 {"anneal lr", "policy=anneal-lr"},
		 {"anneal both", "policy=anneal-both"}},
	.series = {{"k=20", "method=topk k=20"}, {"k=80", "method=topk k=80"}, {"dense", "method=dense"}},
};

#define PAPER "batch=10 init=glorot dropout=0 "
static const struct dots paper = {
	.name = "study-paper",
	.caption = "The settings of the paper: minibatches of 10, no dropout",
	.published = " paper readme ",
	.rows = {{"AdaGrad, dense", PAPER "optimizer=adagrad method=dense"},
		 {"AdaGrad, k=10", PAPER "optimizer=adagrad method=topk k=10"},
		 {"Adam, dense", PAPER "method=dense"},
		 {"Adam, k=20", PAPER "method=topk k=20"},
		 {"Adam, k=80", PAPER "method=topk k=80"}},
	.series = {{NULL, ""}},
};

static const struct dots dropout = {
	.name = "study-dropout",
	.caption = "The same with dropout and the initial weights of the authors' port: Adam, minibatches of 10",
	.published = " dropout ",
	.rows = {{"dropout 0.1", "batch=10"}, {"dropout 0.2", "batch=10 dropout=0.2"}},
	.series = {{"k=20", "method=topk k=20"},
		   {"k=25", "method=topk k=25"},
		   {"k=80", "method=topk k=80"},
		   {"dense", "method=dense"}},
};

static const struct dots depth = {
	.name = "study-depth",
	.caption = "Hidden layers of 500, dropout 0.1; the paper's numbers are from minibatches of 10, ours of 50",
	.published = " depth ",
	.rows = {{"2 hidden", "layers=784-500-500-10"},
		 {"3 hidden", "layers=784-500-500-500-10"},
		 {"4 hidden", "layers=784-500-500-500-500-10"},
		 {"5 hidden", "layers=784-500-500-500-500-500-10"}},
	.series = {{"k=25", "method=topk k=25"}, {"dense", "method=dense"}},
};

static const struct dots unified = {
	.name = "study-unified",
	.caption = "One set of columns per minibatch of 50: k=30 with two hidden layers, k=50 with five",
	.published = " unified ",
	.rows = {{"2 hidden, unified", "method=unified_topk k=30"},
		 {"2 hidden, dense", "method=dense"},
		 {"5 hidden, unified", "method=unified_topk k=50 layers=784-500-500-500-500-500-10"},
		 {"5 hidden, dense", "method=dense layers=784-500-500-500-500-500-10"}},
	.series = {{NULL, ""}},
};

static const struct dots decay = {
	.name = "study-decay",
	.caption = "Weight decay, alone and with meProp",
	.published = "",
	.rows = {{"none", ""},
		 {"L2 1e-5", "l2=1e-5"},
		 {"L2 1e-4", "l2=1e-4"},
		 {"L2 1e-3", "l2=1e-3"},
		 {"L1 1e-6", "l1=1e-6"},
		 {"L1 1e-5", "l1=1e-5"},
		 {"L1 1e-4", "l1=1e-4"}},
	.series = {{"k=20", "method=topk k=20"}, {"dense", "method=dense"}},
};

static const struct dots lazy = {
	.name = "study-lazy",
	.caption = "The optimiser's step on all weights, or lazily: only on rows of W that received gradient",
	.published = "",
	.band = true,
	.rows = {{"top-k 5", "method=topk k=5"},
		 {"top-k 20", "method=topk k=20"},
		 {"top-k 30", "method=topk k=30"},
		 {"top-k 80", "method=topk k=80"},
		 {"unified 5", "method=unified_topk k=5"},
		 {"unified 20", "method=unified_topk k=20"},
		 {"unified 30", "method=unified_topk k=30"},
		 {"unified 80", "method=unified_topk k=80"}},
	.series = {{"all rows", ""}, {"lazy", "lazy=yes"}},
};

static const struct dots recipe = {
	.name = "study-recipe",
	.caption =
		"Initial weights, dropout, and the gradient averaged or summed over the minibatch, for dense and two k",
	.published = "",
	.rows = {{"port, 0.1", ""},
		 {"port, 0", "dropout=0"},
		 {"glorot, 0.1", "init=glorot"},
		 {"glorot, 0", "init=glorot dropout=0"},
		 {"wide, 0.1", "init=wide"},
		 {"wide, 0", "init=wide dropout=0"},
		 {"port, 0.1, sum", "loss=sum"}},
	.series = {{"k=20", "method=topk k=20"}, {"k=80", "method=topk k=80"}, {"dense", "method=dense"}},
};

static const struct dots other = {
	.name = "study-other",
	.caption = "What neither the paper nor the poster tried",
	.published = "",
	.band = true,
	.rows = {{"top-k", "method=topk"},
		 {"output layer too, 2 of 10", "method=topk output=sparse k=20/20/2"},
		 {"output layer too, 5 of 10", "method=topk output=sparse k=20/20/5"},
		 {"db of what is kept", "method=topk bias=kept"},
		 {"error feedback", "method=error_feedback"},
		 {"random k", "method=random_k"},
		 {"random k, rescaled", "method=random_k settings=rescale"},
		 {"k falls linearly", "method=topk policy=linear"},
		 {"k falls as cosine", "method=topk policy=cosine"},
		 {"k falls in steps", "method=topk policy=step"},
		 {"warm-up from k=n", "method=topk policy=warmup"}},
	.series = {{"k=20", "k=20"}, {"k=80", "k=80"}},
};

static const struct dots threshold = {
	.name = "study-threshold",
	.caption = "Methods without a k: a fixed threshold of the magnitude, and TinyProp",
	.published = "",
	.band = true,
	.rows = {{"threshold 1e-5", "method=threshold tau=1e-5"},
		 {"threshold 1e-4", "method=threshold tau=1e-4"},
		 {"threshold 1e-3", "method=threshold tau=1e-3"},
		 {"TinyProp", "method=tinyprop"}},
	.series = {{NULL, ""}},
};

static int count_rows(const struct dots *d)
{
	int n = 0;

	while (n < MAX_ROWS && d->rows[n].words)
		n++;
	return n;
}

static int count_series(const struct dots *d)
{
	int n = 0;

	while (n < MAX_SERIES && d->series[n].spec)
		n++;
	return n;
}

/* Where the series are those of k. */
static bool has_own_k(const struct dots *d, int row)
{
	return strncmp(d->series[0].spec, "k=", 2) == 0 && strstr(d->rows[row].spec, " k=");
}

static struct label spec_of(const struct dots *d, int row, int series)
{
	struct label l;

	if (has_own_k(d, row))
		snprintf(l.s, sizeof(l.s), "%s", d->rows[row].spec);
	else
		snprintf(l.s, sizeof(l.s), "%s %s", d->rows[row].spec, d->series[series].spec);
	return l;
}

/* What a row and a series ask for; NULL if that has not been run, or stands in another series. */
static const struct experiment *find(const struct dots *d, const struct experiment_list *list, int row, int series)
{
	return series && has_own_k(d, row) ? NULL : study_find(list, spec_of(d, row, series).s);
}

/* Whether two texts ask for the same experiment. */
static bool same_spec(const char *a, const char *b)
{
	struct study_spec x, y;
	struct failure f;

	return !study_parse(&x, a, &f) && !study_parse(&y, b, &f) && strcmp(study_name(&x).s, study_name(&y).s) == 0;
}

/* Rows from the top; the series of one row lie close together. */
static double place(int row, int series, int n_series)
{
	return row + (series - (n_series - 1) / 2.0) * 0.22;
}

static bool row_was_run(const struct dots *d, const struct experiment_list *list, int row)
{
	for (int i = count_series(d) - 1; i >= 0; i--)
		if (find(d, list, row, i))
			return true;
	return false;
}

/* One row alone, which is often that of the base recipe, compares nothing. */
static bool is_worth_drawing(const struct dots *d, const struct results *r)
{
	int run = 0;

	for (int i = count_rows(d) - 1; i >= 0; i--)
		run += row_was_run(d, &r->experiments, i);
	return run > 1;
}

static void put_rows(const struct dots *d, const struct results *r, FILE *out)
{
	int n = count_rows(d);

	fprintf(out, "set yrange [%g:-0.7]\nset ytics (", n - 0.3);
	for (int i = 0; i < n; i++)
		fprintf(out, "%s'%s' %d", i ? "," : "", plot_quote(d->rows[i].words).s, i);
	fprintf(out, ")\nunset grid\nset grid xtics lc rgb '" PLOT_GRID "' lw 0.7 dt solid\n"
		     "set xlabel 'test accuracy, %%'\n");
	for (int i = 0; i < n; i++) {
		if (!row_was_run(d, &r->experiments, i))
			fprintf(out,
				"set label 'not run yet' at graph 0.02, first %d font ',11' textcolor rgb '" PLOT_SOFT
				"'\n",
				i);
	}
}

/* The look of a method; k of the second and later series of one method has another shape. */
static struct look series_look(const struct dots *d, int row, int series)
{
	static const int points[] = {7, 5, 9, 13};
	struct look look = *look_of(spec_of(d, row, series).s);

	if (d->series[series].words && strcmp(look.method, "dense") != 0)
		look.point = points[series % 4];
	return look;
}

static void draw_published(struct scene *s, const struct dots *d, int series)
{
	int n = count_rows(d), n_series = count_series(d);

	for (const struct published *p = published; p->set; p++) {
		char set[32];

		snprintf(set, sizeof(set), " %s ", p->set);
		for (int row = 0; row < n && strstr(d->published, set); row++) {
			struct look look = series_look(d, row, series);

			if (!same_spec(p->spec, spec_of(d, row, series).s))
				continue;
			scene_begin(s);
			scene_published(s, place(row, series, n_series), p->test);
			scene_end(s);
			scene_hollow_lying(s, &look);
		}
	}
}

/* With words for its key a series is one curve; without, each row has the look of its own method. */
static void draw_series(struct scene *s, const struct results *r, const struct dots *d, int series)
{
	int n = count_rows(d), n_series = count_series(d);
	const char *title = d->series[series].words;

	for (int row = 0; row < n; row++) {
		struct look look = series_look(d, row, series);
		const struct experiment *e = find(d, &r->experiments, row, series);

		if (!e)
			continue;
		scene_begin(s);
		scene_accuracy(s, place(row, series, n_series), e);
		scene_end(s);
		scene_points_lying(s, &look, title);
		title = NULL;
	}
	draw_published(s, d, series);
}

static int dots_figure(const struct results *r, const struct dots *d, struct figure_list *list)
{
	int n = count_rows(d), n_series = count_series(d);
	bool band = d->band && study_find(&r->experiments, "method=dense");
	struct scene s;

	if (!is_worth_drawing(d, r))
		return 0;
	if (scene_open(&s, SCENE_WIDTH, 90 + (n_series > 1 || d->published[0]) * 20 + n * (16 + 10 * n_series)))
		return -ENOMEM;
	put_rows(d, r, s.out);
	if (band)
		scene_band(&s, study_find(&r->experiments, "method=dense"), true);
	for (int i = 0; i < n_series; i++)
		draw_series(&s, r, d, i);
	if (d->published[0])
		scene_key_published(&s);
	scene_axis_auto(&s, 'x', 5);
	return scene_close(&s, list, d->name,
			   "%s. Test accuracy at the best dev epoch, mean over %s with 95%% t interval.%s%s",
			   d->caption, scene_seeds(&s).s, d->published[0] ? " Hollow: published, single figures." : "",
			   band ? " Grey band: dense." : "");
}

int plots_study_anneal(const struct results *r, struct figure_list *list)
{
	int rc = dots_figure(r, &anneal, list);

	return rc ? rc : plots_study_strikes(r, list);
}

int plots_study_paper(const struct results *r, struct figure_list *list)
{
	int rc = dots_figure(r, &paper, list);

	return rc ? rc : dots_figure(r, &dropout, list);
}

int plots_study_depth(const struct results *r, struct figure_list *list)
{
	int rc = dots_figure(r, &depth, list);

	return rc ? rc : dots_figure(r, &unified, list);
}

int plots_study_decay(const struct results *r, struct figure_list *list)
{
	return dots_figure(r, &decay, list);
}

int plots_study_lazy(const struct results *r, struct figure_list *list)
{
	int rc = dots_figure(r, &lazy, list);

	return rc ? rc : plots_study_lazy_time(r, list);
}

int plots_study_recipe(const struct results *r, struct figure_list *list)
{
	return dots_figure(r, &recipe, list);
}

int plots_study_other(const struct results *r, struct figure_list *list)
{
	int rc = dots_figure(r, &other, list);

	return rc ? rc : dots_figure(r, &threshold, list);
}

int study_rows_missing(const struct experiment_list *list, FILE *out)
{
	static const struct dots *const all[] = {&anneal, &paper, &dropout, &depth, &unified,
						 &decay,  &lazy,  &recipe,  &other, &threshold};
	int missing = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		for (int row = 0; row < count_rows(all[i]); row++) {
			if (row_was_run(all[i], list, row))
				continue;
			fprintf(out, "%s: %s (%s)\n", all[i]->name, all[i]->rows[row].words, all[i]->rows[row].spec);
			missing++;
		}
	return missing;
}
