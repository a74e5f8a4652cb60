/* SPDX-License-Identifier: MIT */
/*
 * What the figures of the study have in common: one colour and one shape per method, accuracies with their intervals,
 * hollow points for published numbers, axes with few ticks. A figure is drawn as a scene: data first, then one curve
 * over each block of data; without any point of ours it is not made at all.
 */
#ifndef TOOLS_REPORT_SCENE_H
#define TOOLS_REPORT_SCENE_H

#include "report.h"

#include "report/published.h"
#include "report/study.h"

#define SCENE_WIDTH 440
#define SCENE_HEIGHT 360

/* How a method looks in every figure. */
struct look {
	const char *method, *words; /* words: as in a legend, "unified top-k" */
	int color, point;	    /* colour of plot_color; point of gnuplot; where it is filled the hollow one is point - 1 */
};

/* Of a method's name, or of a spec that holds `method=`; "narrow" is that of narrow nets. Never NULL. */
const struct look *look_of(const char *method);

struct scene {
	struct plot plot;
	FILE *out;    /* settings and data */
	FILE *curves; /* what follows `plot` */
	char *curve_text;
	size_t curve_size;
	int blocks, curve_count, points;
	int fewest, most; /* seeds behind the points */
	double low, high; /* of all values and the ends of their intervals */
	double top;	  /* the highest value */
	bool error_axis;  /* said in the caption */
};

/* 0 or -ENOMEM. */
int scene_open(struct scene *s, int width, int height);
/* Adds the figure to the list, or nothing if no point of ours was drawn. 0 or as plot_close. */
int scene_close(struct scene *s, struct figure_list *list, const char *name, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* "10 to 20 seeds", of the points so far. */
struct label scene_seeds(const struct scene *s);

/* A block of data: rows of x, mid, low, high; the curves that follow are of this block. */
void scene_begin(struct scene *s);
void scene_end(struct scene *s);
/* Adds to scene_seeds. */
void scene_count_seeds(struct scene *s, const struct experiment *e);
/* An accuracy in %; none is beyond 0 and 100, whatever the interval of two seeds says. */
struct interval scene_percent(struct interval r);
/* Test accuracy in %, mean and interval over the seeds. NULL: nothing. */
void scene_accuracy(struct scene *s, double x, const struct experiment *e);
/* What is not ours: no point of the scene, but within its range. */
void scene_published(struct scene *s, double x, double value);
void scene_row(struct scene *s, double x, struct interval r);
/* One curve over the last block: `using 1:2:3:4 with yerrorbars pt 7`. A title of NULL: not in the key. */
void scene_curve(struct scene *s, const char *title, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The usual ones: points with bars, upright or lying. */
void scene_points(struct scene *s, const struct look *look, const char *title);
void scene_points_lying(struct scene *s, const struct look *look, const char *title);
/* Those of published numbers; once for the whole figure they are named in the key. */
void scene_hollow(struct scene *s, const struct look *look);
void scene_hollow_lying(struct scene *s, const struct look *look);
void scene_key_published(struct scene *s);
/* For the band of dense; behind the other curves. */
void scene_key_dense(struct scene *s);

/* The accuracy of an experiment as a band behind everything, across or upright; not a point. NULL: nothing. */
void scene_band(struct scene *s, const struct experiment *e, bool upright);
/* Range and ticks of an axis ('x' or 'y') such that all values seen lie within and at most `count` ticks stand on it.
 */
void scene_axis(struct scene *s, char axis, double low, double high, int count);
/* The same for accuracies in %; where they lie far apart the axis is logarithmic in the error. */
void scene_axis_auto(struct scene *s, char axis, int count);

#endif
