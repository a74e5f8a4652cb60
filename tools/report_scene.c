/* SPDX-License-Identifier: MIT */
/* See report_scene.h. Writes gnuplot's data blocks and, aside, the curves over them, which have to come last. */
#include "report_scene.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const struct look *look_of(const char *method)
{
	static const struct look looks[] = {
		{"topk", "top-k", 0, 7},
		{"unified_topk", "unified top-k", 2, 5},
		{"random_k", "random k", 1, 9},
		{"norm", "norm-limited", 3, 15},
		{"rescaled", "random k, rescaled", 1, 11},
		{"narrow", "narrow net", 4, 13},
		{"relu_skip", "exact zeros skipped", 5, 3},
		{"threshold", "threshold", 6, 7},
		{"tinyprop", "TinyProp", 6, 9},
		{"error_feedback", "error feedback", 6, 5},
		{"auto", "auto", 4, 15},
		{"dense", "dense", 7, 7},
	};
	const char *name = strstr(method, "method=");
	size_t length;

	name = name ? name + strlen("method=") : method;
	length = strcspn(name, " ");
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		if (strlen(looks[i].method) == length && strncmp(looks[i].method, name, length) == 0)
			return &looks[i];
	return &looks[sizeof(looks) / sizeof(looks[0]) - 1];
}

int scene_open(struct scene *s, int width, int height)
{
	*s = (struct scene){.low = INFINITY, .high = -INFINITY, .top = -INFINITY};
	s->curves = open_memstream(&s->curve_text, &s->curve_size);
	s->out = s->curves ? plot_open(&s->plot, width, height) : NULL;
	if (s->out)
		return 0;
	if (s->curves)
		fclose(s->curves);
	free(s->curve_text);
	return -ENOMEM;
}

static int drop(struct scene *s, int rc)
{
	fclose(s->out);
	free(s->plot.script);
	free(s->curve_text);
	return rc;
}

int scene_close(struct scene *s, struct figure_list *list, const char *name, const char *format, ...)
{
	char caption[sizeof(((struct figure *)0)->caption)];
	size_t used;
	va_list args;

	va_start(args, format);
	vsnprintf(caption, sizeof(caption), format, args);
	va_end(args);
	used = strlen(caption);
	snprintf(caption + used, sizeof(caption) - used, "%s",
		 s->error_axis ? " The axis is logarithmic in the error." : "");
	if (fclose(s->curves))
		return drop(s, -ENOMEM);
	if (s->points == 0)
		return drop(s, 0);
	fprintf(s->out, "plot %s\n", s->curve_text);
	free(s->curve_text);
	return plot_close(&s->plot, list, name, caption);
}

struct label scene_seeds(const struct scene *s)
{
	struct label l;

	if (s->most == 1)
		snprintf(l.s, sizeof(l.s), "1 seed (so no interval)");
	else if (s->fewest == s->most)
		snprintf(l.s, sizeof(l.s), "%d seeds", s->most);
	else
		snprintf(l.s, sizeof(l.s), "%d to %d seeds", s->fewest, s->most);
	return l;
}

void scene_begin(struct scene *s)
{
	fprintf(s->out, "$d%d << EOD\n", s->blocks);
}

void scene_end(struct scene *s)
{
	/* A block without rows would be an error: this one is drawn nowhere. */
	fputs("nan nan nan nan\nEOD\n", s->out);
	s->blocks++;
}

static void widen(struct scene *s, double value)
{
	s->low = value < s->low ? value : s->low;
	s->high = value > s->high ? value : s->high;
}

void scene_row(struct scene *s, double x, struct interval r)
{
	if (!isfinite(x) || !isfinite(r.mid))
		return;
	fprintf(s->out, "%.6g %.6g %.6g %.6g\n", x, r.mid, r.low, r.high);
	widen(s, r.low);
	widen(s, r.high);
	s->top = fmax(s->top, r.mid);
	s->points++;
}

void scene_count_seeds(struct scene *s, const struct experiment *e)
{
	const int n = experiment_seeds(e);

	s->fewest = s->most && s->fewest < n ? s->fewest : n;
	s->most = s->most > n ? s->most : n;
}

struct interval scene_percent(struct interval r)
{
	return (struct interval){100 * r.mid, fmax(100 * r.low, 0), fmin(100 * r.high, 100), r.level, r.n};
}

void scene_accuracy(struct scene *s, double x, const struct experiment *e)
{
	struct interval r;

	if (!e)
		return;
	r = scene_percent(experiment_accuracy(e));
	scene_row(s, x, r);
	scene_count_seeds(s, e);
}

void scene_published(struct scene *s, double x, double value)
{
	fprintf(s->out, "%.6g %.6g %.6g %.6g\n", x, value, value, value);
	widen(s, value);
	s->top = fmax(s->top, value);
}

void scene_curve(struct scene *s, const char *title, const char *format, ...)
{
	va_list args;

	fprintf(s->curves, "%s$d%d ", s->curve_count++ ? ", " : "", s->blocks - 1);
	va_start(args, format);
	vfprintf(s->curves, format, args);
	va_end(args);
	if (title)
		fprintf(s->curves, " title '%s'", plot_quote(title).s);
	else
		fputs(" notitle", s->curves);
}

/* As lines: around the points of its error bars gnuplot clears a ring, in which short bars would vanish. */
void scene_points(struct scene *s, const struct look *look, const char *title)
{
	scene_curve(s, NULL, "using 1:3:(0):($4-$3) with vectors nohead lw 1.2 lc rgb '%s'", plot_color(look->color));
	scene_curve(s, title, "using 1:2 with points pt %d ps 0.75 lc rgb '%s'", look->point, plot_color(look->color));
}

void scene_points_lying(struct scene *s, const struct look *look, const char *title)
{
	scene_curve(s, NULL, "using 3:1:($4-$3):(0) with vectors nohead lw 1.2 lc rgb '%s'", plot_color(look->color));
	scene_curve(s, title, "using 2:1 with points pt %d ps 0.75 lc rgb '%s'", look->point, plot_color(look->color));
}

static void hollow(struct scene *s, const struct look *look, const char *columns)
{
	scene_curve(s, NULL, "using %s with points pt %d ps 1 lw 1.4 lc rgb '%s'", columns, look->point - 1,
		    plot_color(look->color));
}

void scene_hollow(struct scene *s, const struct look *look)
{
	hollow(s, look, "1:2");
}

void scene_hollow_lying(struct scene *s, const struct look *look)
{
	hollow(s, look, "2:1");
}

void scene_key_published(struct scene *s)
{
	fprintf(s->curves, "%sNaN with points pt 6 ps 1 lw 1.4 lc rgb '" PLOT_INK "' title 'published'",
		s->curve_count++ ? ", " : "");
}

void scene_key_dense(struct scene *s)
{
	fprintf(s->curves, "%sNaN with lines lw 1.2 lc rgb '%s' title 'dense'", s->curve_count++ ? ", " : "",
		plot_color(look_of("dense")->color));
}

void scene_band(struct scene *s, const struct experiment *e, bool upright)
{
	const struct look *dense = look_of("dense");
	struct interval r;

	if (!e)
		return;
	r = scene_percent(experiment_accuracy(e));
	if (!isfinite(r.mid))
		return;
	widen(s, r.low);
	widen(s, r.high);
	fprintf(s->out,
		upright ? "set object rect from first %.6g, graph 0 to first %.6g, graph 1 behind fc rgb '%s' "
			  "fs transparent solid 0.22 noborder\n"
			: "set object rect from graph 0, first %.6g to graph 1, first %.6g behind fc rgb '%s' "
			  "fs transparent solid 0.22 noborder\n",
		r.low, r.high, plot_color(dense->color));
	fprintf(s->out,
		upright ? "set arrow from first %.6g, graph 0 to first %.6g, graph 1 nohead lw 1.2 lc rgb '%s'\n"
			: "set arrow from graph 0, first %.6g to graph 1, first %.6g nohead lw 1.2 lc rgb '%s'\n",
		r.mid, r.mid, plot_color(dense->color));
}

/* 1, 2 or 5 times a power of ten. */
static double round_step(double least)
{
	const double power = pow(10, floor(log10(least)));

	for (int i = 1; i <= 10; i = i == 2 ? 5 : 2 * i)
		if (i * power >= least * (1 - 1e-9))
			return i * power;
	return 10 * power;
}

void scene_axis(struct scene *s, char axis, double low, double high, int count)
{
	const double step = round_step((high - low) / count);

	fprintf(s->out, "set %crange [%.6g:%.6g]\nset %ctics %.6g\n", axis, low, high, axis, step);
}

#define ERROR_ROOT 100.2 /* a little above 100 %, which no accuracy is beyond, so that it has a place */

/* Where an accuracy stands on an axis that is logarithmic in the error. */
static double error_place(double accuracy)
{
	return -log10(ERROR_ROOT - accuracy);
}

/* As many of the usual accuracies as have room, from the best on. */
static void put_error_axis(struct scene *s, char axis, int count)
{
	static const double usual[] = {99.5, 99, 98.5, 98, 97, 96, 95, 94, 92, 90, 85, 80, 70, 50, 30, 10, 0};
	/* An interval of few seeds may reach far beyond all that was measured, into what this axis shows widest. */
	const double most = fmin(s->high, fmax(s->top, 99.5));
	const double length = error_place(most) - error_place(s->low), room = length / (count + 2);
	const double low = fmax(0, ERROR_ROOT - pow(10, -(error_place(s->low) - 0.06 * length)));
	const double high = fmin(100, ERROR_ROOT - pow(10, -(error_place(most) + 0.06 * length)));
	double last = INFINITY;

	s->error_axis = true;
	fprintf(s->out,
		"set nonlinear %c via -log10(%g-%c) inverse %g-10**(-%c)\nset %crange [%.6g:%.6g]\nset %ctics (", axis,
		ERROR_ROOT, axis, ERROR_ROOT, axis, axis, low, high, axis);
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		if (usual[i] > high || usual[i] < low || error_place(usual[i]) > last - room)
			continue;
		fprintf(s->out, "%s%g", isfinite(last) ? "," : "", usual[i]);
		last = error_place(usual[i]);
	}
	fputs(")\n", s->out);
}

#define WIDE 4 /* points of accuracy; beyond, differences near the top could not be seen on an even axis */

void scene_axis_auto(struct scene *s, char axis, int count)
{
	const double room = 0.06 * (s->high - s->low) + 0.02;

	if (!isfinite(s->low))
		return;
	if (s->high - s->low > WIDE)
		put_error_axis(s, axis, count);
	else
		scene_axis(s, axis, fmax(s->low - room, 0), fmin(s->high + room, 100), count);
}
