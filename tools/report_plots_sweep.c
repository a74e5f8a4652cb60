/* SPDX-License-Identifier: MIT */
/*
 * The figures of the study over a number: accuracy over k (Fig. 4 of the paper), tau and ratio (Figs. 3 and 4 of the
 * poster). Thin lines join the points of one method, as k and ratio lie between them too.
 */
#include "report_study.h"

#include <math.h>
#include <string.h>

#define ROOM 64 /* points of one curve */
#define NARROW                                                                                                         \
	"784-1-1-10,784-2-2-10,784-5-5-10,784-10-10-10,784-20-20-10,784-40-40-10,784-80-80-10,784-160-160-10,"         \
	"784-320-320-10"

static const struct sweep {
	const char *look, *spec, *x; /* x: the column that it stands over, see study_value */
} sweeps[] = {
	{"topk", "method=topk", "k"},
	{"unified_topk", "method=unified_topk", "k"},
	{"random_k", "method=random_k", "k"},
	{"rescaled", "method=random_k settings=rescale", "k"},
	{"norm", "method=norm", "mean_k"},
	{"narrow", "method=dense layers=" NARROW, "width"},
	{"relu_skip", "method=relu_skip", "mean_k"},
};
#define N_SWEEPS ((int)(sizeof(sweeps) / sizeof(sweeps[0])))

/* All of a sweep, but those with a k of each layer's own. */
static int find_sweep(const struct results *r, const struct sweep *w, const struct experiment **found)
{
	int n = study_find_all(&r->experiments, w->spec, w->x, found, ROOM), kept = 0;

	for (int i = 0; i < n; i++)
		if (!strchr(found[i]->key->k, '/'))
			found[kept++] = found[i];
	return kept;
}

static void draw_sweep(struct scene *s, const struct results *r, const struct sweep *w, double shift)
{
	const struct look *look = look_of(w->look);
	const struct experiment *found[ROOM];
	int n = find_sweep(r, w, found);

	if (n == 0)
		return;
	scene_begin(s);
	for (int i = 0; i < n; i++)
		scene_accuracy(s, shift * study_value(found[i], w->x), found[i]);
	scene_end(s);
	if (n > 1)
		scene_curve(s, NULL, "using 1:2 with lines lw 0.6 lc rgb '%s'", plot_color(look->color));
	scene_points(s, look, look->words);
}

static void draw_published(struct scene *s, const char *set)
{
	for (const struct published *p = published_next(published, set); p; p = published_next(p + 1, set)) {
		scene_begin(s);
		scene_published(s, p->x, p->test);
		scene_end(s);
		scene_hollow(s, strstr(p->spec, "layers=") ? look_of("narrow") : look_of(p->spec));
	}
	scene_key_published(s);
}

static void put_k_axis(struct scene *s)
{
	fprintf(s->out, "set logscale x\nset xrange [0.8:640]\nset xtics (1,2,5,10,20,40,80,160,320)\n"
			"set xlabel 'k, entries kept per row of 500'\nset ylabel 'test accuracy, %%'\n");
}

static int k_figure(const struct results *r, struct figure_list *list, bool zoomed)
{
	const struct experiment *dense = study_find(&r->experiments, "method=dense");
	struct scene s;

	if (scene_open(&s, SCENE_WIDTH, SCENE_HEIGHT))
		return -ENOMEM;
	put_k_axis(&s);
	scene_band(&s, dense, false);
	for (int i = 0; i < N_SWEEPS; i++)
		draw_sweep(&s, r, &sweeps[i], pow(1.03, i - N_SWEEPS / 2));
	if (dense)
		scene_key_dense(&s);
	draw_published(&s, "k");
	if (zoomed)
		scene_axis(&s, 'y', 97, 98.6, 8);
	else
		scene_axis_auto(&s, 'y', 7);
	return scene_close(
		&s, list, zoomed ? "study-k-zoom" : "study-k",
		zoomed ? "The same, near the accuracy of dense (grey band: its 95%% interval). Bars: 95%% t intervals "
			 "of the mean over %s; points are set a little apart."
		       : "Test accuracy at the best dev epoch over k, mean over %s. Norm-limited and skipped zeros "
			 "stand at the k they kept on average, narrow nets at their width; grey: dense. Hollow: "
			 "published (Sun et al. 2017, single figures, another recipe).",
		scene_seeds(&s).s);
}

int plots_study_k(const struct results *r, struct figure_list *list)
{
	int rc = k_figure(r, list, false);

	return rc ? rc : k_figure(r, list, true);
}

/* Of a curve over k, the experiment whose mean k is nearest on a log scale. */
static const struct experiment *nearest(const struct experiment *const *found, int n, double k)
{
	const struct experiment *best = NULL;

	for (int i = 0; i < n; i++)
		if (!best ||
		    fabs(log(study_value(found[i], "mean_k") / k)) < fabs(log(study_value(best, "mean_k") / k)))
			best = found[i];
	return best;
}

static void put_tau_axis(struct scene *s, const struct experiment *const *found, int n)
{
	fprintf(s->out,
		"set bmargin 5.2\nset xlabel 'share τ of the L1 norm kept, and the k it came to' offset 0,-0.7\nset "
		"ylabel 'test accuracy, "
		"%%'\nset xrange [-0.6:%g]\nset xtics font ',11' (",
		n - 0.4);
	for (int i = 0; i < n; i++)
		fprintf(s->out, "%s\"%g\\n%.0f\" %d", i ? "," : "", study_value(found[i], "tau"),
			study_value(found[i], "mean_k"), i);
	fprintf(s->out, ")\n");
}

/* One place per tau, evenly: nothing is joined. */
static int tau_figure(const struct results *r, struct figure_list *list)
{
	const struct experiment *norm[ROOM], *topk[ROOM];
	int n = study_find_all(&r->experiments, "method=norm", "tau", norm, ROOM);
	int n_topk = find_sweep(r, &sweeps[0], topk);
	struct scene s;

	if (scene_open(&s, SCENE_WIDTH, SCENE_HEIGHT))
		return -ENOMEM;
	put_tau_axis(&s, norm, n);
	scene_begin(&s);
	for (int i = 0; i < n; i++)
		scene_accuracy(&s, i, norm[i]);
	scene_end(&s);
	scene_points(&s, look_of("norm"), look_of("norm")->words);
	scene_begin(&s);
	for (int i = 0; i < n; i++)
		scene_accuracy(&s, i + 0.22, nearest(topk, n_topk, study_value(norm[i], "mean_k")));
	scene_end(&s);
	scene_points(&s, look_of("topk"), "top-k of the nearest k");
	scene_band(&s, study_find(&r->experiments, "method=dense"), false);
	scene_axis_auto(&s, 'y', 6);
	return scene_close(
		&s, list, "study-tau",
		"Test accuracy at the best dev epoch per τ, mean over %s with 95%% t interval; under τ the k "
		"that it kept on average. Beside it top-k with the nearest k of its sweep. Grey: dense.",
		scene_seeds(&s).s);
}

int plots_study_tau(const struct results *r, struct figure_list *list)
{
	int rc = tau_figure(r, list);

	return rc ? rc : plots_study_kept(r, list);
}

int plots_study_ratio(const struct results *r, struct figure_list *list)
{
	const struct experiment *found[ROOM];
	int n = find_sweep(r, &sweeps[0], found);
	struct scene s;

	if (scene_open(&s, SCENE_WIDTH, SCENE_HEIGHT))
		return -ENOMEM;
	fprintf(s.out, "set logscale x\nset xrange [0.009:0.22]\nset xtics (0.01,0.02,0.03,0.05,0.1,0.2)\n"
		       "set xlabel 'k as a share of the layer''s width'\nset ylabel 'test accuracy, %%'\n");
	scene_band(&s, study_find(&r->experiments, "method=dense"), false);
	scene_begin(&s);
	for (int i = 0; i < n; i++) {
		const double ratio = study_value(found[i], "k") / study_value(found[i], "width");

		if (ratio >= 0.01 && ratio <= 0.2)
			scene_accuracy(&s, ratio, found[i]);
	}
	scene_end(&s);
	scene_points(&s, look_of("topk"), "top-k");
	draw_published(&s, "ratio");
	scene_axis_auto(&s, 'y', 6);
	return scene_close(&s, list, "study-ratio",
			   "Test accuracy at the best dev epoch, mean over %s with 95%% t interval. Hollow: the three "
			   "points of the poster (single figures). Grey: dense.",
			   scene_seeds(&s).s);
}
