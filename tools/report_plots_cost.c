/* SPDX-License-Identifier: MIT */
/*
 * The figure of the backward pass over k: its seconds in percent of dense's, with the straight line through them that
 * the poster claims, and the published speed-ups. Only unfused trainings that took turns with dense.
 */
#include "report_study.h"

#include "report/study_time.h"

#include <math.h>
#include <string.h>

#define ROOM 64

static const struct cost {
	const char *look, *words, *spec;
} costs[] = {
	{"topk", "top-k", "time method=topk fused="},
	{"unified_topk", "unified top-k", "time method=unified_topk fused="},
	{"tinyprop", "top-k, minibatches of 10", "time method=topk fused= batch=10"},
};

/* k in percent of the layer's width, to which nets of other widths compare. */
static double share_of_width(const struct experiment *e)
{
	return 100 * study_value(e, "k") / study_value(e, "width");
}

/* Over dense's, in percent; mid is NaN where none took turns. */
static struct interval relative(const struct experiment *e)
{
	const struct interval r = experiment_speedup(e, train_backward_s);

	return (struct interval){100 / r.mid, 100 / r.high, 100 / r.low, r.level, r.n};
}

static void draw_line(struct scene *s, const struct line *l, const struct look *look, double last)
{
	fprintf(s->out, "$line%d << EOD\n0 %.6g\n%.6g %.6g\nEOD\n", s->blocks, l->start, last,
		l->start + last * l->slope);
	fprintf(s->curves, "%s$line%d using 1:2 with lines lw 0.8 lc rgb '%s' notitle", s->curve_count++ ? ", " : "",
		s->blocks, plot_color(look->color));
}

/* The line through the points; n is 0 where there are fewer than three. */
static struct line draw_cost(struct scene *s, const struct results *r, const struct cost *c)
{
	const struct look *look = look_of(c->look);
	const struct experiment *found[ROOM];
	double x[ROOM], y[ROOM];
	int n = study_find_all(&r->experiments, c->spec, "k", found, ROOM), timed = 0;
	struct line l = {.n = 0};

	scene_begin(s);
	for (int i = 0; i < n; i++) {
		const struct interval v = relative(found[i]);

		if (!isfinite(v.mid) || strchr(found[i]->key->k, '/'))
			continue;
		x[timed] = share_of_width(found[i]);
		y[timed] = v.mid;
		scene_row(s, x[timed++], v);
	}
	scene_end(s);
	if (timed == 0)
		return l;
	scene_points(s, look, c->words);
	if (timed > 2) {
		l = line_fit(x, y, timed);
		draw_line(s, &l, look, x[timed - 1]);
	}
	return l;
}

/* The dense row that a published row stands beside: of the same set, without a k. */
static const struct published *dense_of(const struct published *p)
{
	for (const struct published *d = published_next(published, p->set); d; d = published_next(d + 1, p->set))
		if (d->x == 0 && strcmp(d->spec, p->base) == 0)
			return d;
	return NULL;
}

#define GPU_WIDTH 8192.0

static void draw_published(struct scene *s, bool gpu)
{
	scene_begin(s);
	for (const struct published *p = published; p->set; p++) {
		const struct published *d = p->x > 0 ? dense_of(p) : NULL;
		const double ours = gpu ? p->gpu_ms : p->backprop_s;

		if (!d || !(ours > 0))
			continue;
		scene_published(s, 100 * p->x / (gpu ? GPU_WIDTH : 500),
				100 * ours / (gpu ? d->gpu_ms : d->backprop_s));
	}
	scene_end(s);
	scene_curve(s, gpu ? "published, GPU, width 8192" : "published, minibatches of 10",
		    "using 1:2 with points pt %d ps 1 lw 1.4 lc rgb '" PLOT_INK "'", gpu ? 12 : 6);
}

static int cost_figure(const struct results *r, struct figure_list *list, bool zoomed)
{
	char line[96] = "";
	struct line fit = {.n = 0};
	struct scene s;

	if (scene_open(&s, SCENE_WIDTH, SCENE_HEIGHT))
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(costs) / sizeof(costs[0]); i++) {
		const struct line l = draw_cost(&s, r, &costs[i]);

		fit = i == 0 ? l : fit;
	}
	draw_published(&s, false);
	draw_published(&s, true);
	fprintf(s.out,
		"set xlabel 'k, %% of the layer''s width'\nset ylabel 'backward pass, %% of dense''s'\n"
		"set yrange [0:%g]\nset xrange [0:%g]\nset xtics %d\n",
		zoomed ? 40 : fmax(100, 1.05 * s.high), zoomed ? 8.0 : 66.0, zoomed ? 2 : 10);
	if (fit.n)
		snprintf(line, sizeof(line), " Top-k: %.1f %% + %.2f %% per 1 %% of the width.", fit.start, fit.slope);
	if (zoomed)
		return scene_close(&s, list, "study-cost-zoom", "The same, for the smallest k.");
	return scene_close(
		&s, list, "study-cost",
		"Seconds of the backward pass (selection, dX, dW) in %% of those of dense that took turns with "
		"it, on one thread: medians of paired ratios with 95%% intervals, and straight lines through "
		"them.%s Hollow: published, single figures; Sun et al. and the README of their code.",
		line);
}

int plots_study_cost(const struct results *r, struct figure_list *list)
{
	int rc = cost_figure(r, list, false);

	return rc ? rc : cost_figure(r, list, true);
}
