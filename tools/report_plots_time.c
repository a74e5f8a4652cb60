/* SPDX-License-Identifier: MIT */
/*
 * The figures of the study about time: test accuracy against the seconds of a whole training, and the seconds to a
 * given test accuracy. All numbers are those of study_time.h; trainings without times of their own are left out.
 */
#include "report_study.h"

#include "report/study_parts.h"
#include "report/study_time.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_POINTS 64

struct timed {
	struct time_list list;
	const struct time_point *v[MAX_POINTS];
	int n;
};

static int compare_total(const void *pa, const void *pb)
{
	const struct time_point *a = *(const struct time_point *const *)pa, *b = *(const struct time_point *const *)pb;

	return (a->total_s.mid > b->total_s.mid) - (a->total_s.mid < b->total_s.mid);
}

/* Those with times, fastest first. 0 or -ENOMEM. */
static int timed_create(struct timed *t, const struct experiment_list *experiments)
{
	int rc = time_list_create(&t->list, experiments);

	t->n = 0;
	for (int i = 0; rc == 0 && i < t->list.n && t->n < MAX_POINTS; i++) {
		const struct time_point *p = &t->list.v[i];

		if (p->timed && p->base && isfinite(p->total_s.mid) && p->total_s.mid > 0 && isfinite(p->accuracy.mid))
			t->v[t->n++] = p;
	}
	qsort(t->v, (size_t)t->n, sizeof(t->v[0]), compare_total);
	return rc;
}

/* The method and what is not as in the base recipe: "top-k 20, lazy". */
static struct label point_label(const struct time_point *p)
{
	const struct train_record *r = p->learned->key;
	const struct study_name layers = study_layers_words(r->layers);
	const char *const others[][2] = {{layers.s, "2 hidden"}, {r->optimizer, "adam"}, {r->policy, "constant"},
					 {r->settings, ""},	 {r->init, "port"},	 {r->output, ""}};
	struct label l;
	size_t used;

	snprintf(l.s, sizeof(l.s), "%s", look_of(r->method)->words);
	used = strlen(l.s);
	if (r->tau > 0)
		snprintf(l.s + used, sizeof(l.s) - used, " %.3g", r->tau);
	else if (r->k[0] && strcmp(r->k, "0") != 0)
		snprintf(l.s + used, sizeof(l.s) - used, " %.20s", r->k);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		used = strlen(l.s);
		if (strcmp(others[i][0], others[i][1]) != 0)
			snprintf(l.s + used, sizeof(l.s) - used, ", %.30s", others[i][0]);
	}
	used = strlen(l.s);
	if (r->batch != 50)
		snprintf(l.s + used, sizeof(l.s) - used, ", batch %lld", (long long)r->batch);
	used = strlen(l.s);
	if (strcmp(r->lazy, "yes") == 0)
		snprintf(l.s + used, sizeof(l.s) - used, ", lazy");
	return l;
}

/* --- accuracy against seconds ---------------------------------------------------------------------------------------
 */

static void put_front_point(struct scene *s, const struct time_point *p)
{
	const struct interval a = scene_percent(p->accuracy);

	fprintf(s->out, "%.6g %.6g %.6g %.6g %.6g %.6g\n", p->total_s.mid, a.mid, p->total_s.low, p->total_s.high,
		a.low, a.high);
	s->low = fmin(s->low, a.low);
	s->high = fmax(s->high, a.high);
	s->points++;
	scene_count_seeds(s, p->learned);
}

/* Above and left of a point of the front nothing else lies: there its name stands, unless another is too near. */
static void put_front_labels(struct scene *s, const struct timed *t)
{
	const double least = 0.06 * (s->high - s->low);
	double below = s->low - least;

	for (int i = 0; i < t->n; i++) {
		const double y = 100 * t->v[i]->accuracy.mid;

		if (!t->v[i]->front || y < below + least)
			continue;
		below = y;
		fprintf(s->out,
			"set label '%s' at first %.6g, first %.6g right offset -0.7,0.3 font ',11' textcolor rgb "
			"'" PLOT_INK "'\n",
			plot_quote(point_label(t->v[i]).s).s, t->v[i]->total_s.mid, y);
	}
}

#define LETTER 0.019 /* of the axis that a letter of a name takes */

/* A logarithmic axis from low to high with a few round numbers on it, more of them in a decade where it is short. */
static void put_seconds_axis(FILE *out, double low, double high)
{
	static const struct {
		double least; /* of high / low */
		double digits[8];
	} steps[] = {{300, {1}},
		     {20, {1, 3}},
		     {6, {1, 2, 5}},
		     {2, {1, 1.5, 2, 3, 4, 6, 8}},
		     {0, {1, 1.2, 1.5, 2, 2.5, 3, 4, 7}}};
	const char *gap = "";
	int step = 0;

	if (!isnormal(low) || low < 0 || !isfinite(high)) /* odd records */
		return;
	while (high / low < steps[step].least)
		step++;
	fprintf(out, "set logscale x\nset xrange [%.4g:%.4g]\nset xtics (", low, high);
	for (double decade = pow(10, floor(log10(low))); decade <= high; decade *= 10)
		for (int i = 0; i < 8 && steps[step].digits[i] > 0; i++) {
			const double tick = steps[step].digits[i] * decade;

			if (tick < low || tick > high)
				continue;
			fprintf(out, "%s%g", gap, tick);
			gap = ",";
		}
	fputs(")\n", out);
}

/* Where the axis of seconds begins such that the names of all points shown have room to their left. */
static double front_start(const struct scene *s, const struct timed *t, double last)
{
	double first = 0.6 * t->v[t->n - 1]->total_s.mid;

	for (int i = 0; i < t->n; i++) {
		const struct time_point *p = t->v[i];
		const double name = fmin(0.6, LETTER * (double)(strlen(point_label(p).s) + 2));

		if (100 * p->accuracy.mid >= s->low)
			first = fmin(first, exp((log(p->total_s.mid) - (p->front ? name : 0.05) * log(last)) /
						(1 - (p->front ? name : 0.05))));
	}
	return first;
}

/* One block per method and step, so that each stands in the key once. */
static void draw_methods(struct scene *s, const struct timed *t)
{
	bool done[MAX_POINTS] = {false};

	for (int i = 0; i < t->n; i++) {
		const struct look *look = look_of(t->v[i]->learned->key->method);

		if (done[i])
			continue;
		scene_begin(s);
		for (int j = i; j < t->n; j++) {
			if (look_of(t->v[j]->learned->key->method) != look)
				continue;
			put_front_point(s, t->v[j]);
			done[j] = true;
		}
		scene_end(s);
		scene_curve(s, look->words, "using 1:2:3:4:5:6 with xyerrorbars pt %d ps 0.75 lw 1.1 lc rgb '%s'",
			    look->point, plot_color(look->color));
	}
}

static int front_figure(const struct timed *t, struct figure_list *list)
{
	double last;
	struct scene s;

	if (t->n == 0)
		return 0;
	if (scene_open(&s, SCENE_WIDTH, SCENE_HEIGHT))
		return -ENOMEM;
	draw_methods(&s, t);
	s.low = fmax(s.low, s.high - 2.5);
	last = 1.25 * t->v[t->n - 1]->total_s.mid;
	put_front_labels(&s, t);
	put_seconds_axis(s.out, front_start(&s, t, last), last);
	fputs("set xlabel 'seconds of the whole training'\nset ylabel 'test accuracy, %'\n", s.out);
	scene_axis_auto(&s, 'y', 6);
	return scene_close(
		&s, list, "study-front",
		"Test accuracy at the best dev epoch (mean over %s, 95%% t interval) against the seconds of all "
		"epochs on one thread: dense's median times the paired ratio to dense, with its 95%% interval. "
		"Named: those that no other beats in both, where there is room. What lies far below is left out.",
		scene_seeds(&s).s);
}

/* --- seconds to an accuracy -----------------------------------------------------------------------------------------
 */

#define MAX_GOALS 24 /* the soonest */

static bool reached(const struct time_to *to)
{
	return isfinite(to->seconds.mid) && to->seconds.mid > 0;
}

static int compare_reached(const void *pa, const void *pb)
{
	const struct time_to *a = (*(const struct time_point *const *)pa)->to;
	const struct time_to *b = (*(const struct time_point *const *)pb)->to;

	if (reached(a) != reached(b))
		return reached(b) - reached(a);
	return reached(a) ? (a->seconds.mid > b->seconds.mid) - (a->seconds.mid < b->seconds.mid) : 0;
}

static void put_goal_rows(FILE *out, const struct timed *t)
{
	fprintf(out, "set yrange [%g:-0.7]\nset ytics font ',12' (", t->n - 0.3);
	for (int i = 0; i < t->n; i++)
		fprintf(out, "%s'%s' %d", i ? "," : "", plot_quote(point_label(t->v[i]).s).s, i);
	fprintf(out, ")\nunset grid\nset grid xtics lc rgb '" PLOT_GRID "' lw 0.7 dt solid\n"
		     "set xlabel 'seconds'\n");
}

/* An interval without an end goes to the edge of the figure. */
static void draw_goal(struct scene *s, const struct timed *t, int goal, double edge)
{
	static const int colors[N_TIME_GOALS] = {5, 0}, points[N_TIME_GOALS] = {5, 7};
	char title[48];

	scene_begin(s);
	for (int i = 0; i < t->n; i++) {
		const struct interval r = t->v[i]->to[goal].seconds;

		if (reached(&t->v[i]->to[goal]))
			scene_row(s, i + (goal ? 0.16 : -0.16),
				  (struct interval){r.mid, r.low, isfinite(r.high) ? r.high : edge, r.level, r.n});
	}
	scene_end(s);
	snprintf(title, sizeof(title), "%g %%", 100 * time_goals[goal]);
	scene_curve(s, title, "using 2:1:3:4 with xerrorbars pt %d ps 0.7 lw 1.1 lc rgb '%s'", points[goal],
		    plot_color(colors[goal]));
}

/* From the first to the last median, with room for the ends of their intervals. Returns the end of the axis. */
static double put_goal_range(FILE *out, const struct timed *t)
{
	double first = INFINITY, last = 0;

	for (int i = 0; i < t->n; i++)
		for (int goal = 0; goal < N_TIME_GOALS; goal++) {
			if (!reached(&t->v[i]->to[goal]))
				continue;
			first = fmin(first, t->v[i]->to[goal].seconds.mid);
			last = fmax(last, t->v[i]->to[goal].seconds.mid);
		}
	put_seconds_axis(out, 0.7 * first, 1.6 * last);
	return 1.6 * last;
}

static int goals_figure(struct timed *t, struct figure_list *list)
{
	struct scene s;
	double edge;

	while (t->n > MAX_GOALS || (t->n > 0 && !reached(&t->v[t->n - 1]->to[0])))
		t->n--;
	if (t->n == 0)
		return 0;
	if (scene_open(&s, SCENE_WIDTH, 100 + 22 * t->n))
		return -ENOMEM;
	put_goal_rows(s.out, t);
	edge = put_goal_range(s.out, t);
	for (int goal = 0; goal < N_TIME_GOALS; goal++)
		draw_goal(&s, t, goal, edge);
	return scene_close(
		&s, list, "study-goals",
		"Seconds until the test accuracy first reaches 97.5 and 98.0%%: median over the seeds of the "
		"epochs that takes, times the seconds of an epoch; bars: 95%% intervals of both. A seed that "
		"never gets there counts as later than all others; no point: most did not. At most the %d "
		"soonest are shown.",
		MAX_GOALS);
}

/* --- the lazy optimiser ----------------------------------------------------------------------------------------------
 */

static bool is_lazy(const struct time_point *p)
{
	return strcmp(p->learned->key->lazy, "yes") == 0;
}

/* The same without the lazy optimiser; NULL if that has no times. */
static const struct time_point *diligent(const struct timed *t, const struct time_point *lazy)
{
	const struct train_record *a = lazy->learned->key;

	for (int i = 0; i < t->n; i++) {
		const struct train_record *b = t->v[i]->learned->key;

		if (!is_lazy(t->v[i]) && !strcmp(a->method, b->method) && !strcmp(a->k, b->k) &&
		    !strcmp(a->layers, b->layers) && !strcmp(a->optimizer, b->optimizer) && a->batch == b->batch)
			return t->v[i];
	}
	return NULL;
}

/* One row per pair, fastest first, as the list is sorted. */
static void draw_pairs(struct scene *s, const struct timed *t, bool lazy)
{
	const char *title = lazy ? "lazy" : "all rows";
	int row = 0;

	for (int i = 0; i < t->n; i++) {
		const struct time_point *p = t->v[i], *other = is_lazy(p) ? diligent(t, p) : NULL;
		struct look look = *look_of(p->learned->key->method);

		if (!other)
			continue;
		look.point = lazy ? 5 : 7;
		scene_begin(s);
		scene_row(s, row + (lazy ? 0.13 : -0.13), lazy ? p->speedup : other->speedup);
		scene_end(s);
		scene_points_lying(s, &look, title);
		title = NULL;
		if (lazy)
			fprintf(s->out, "%s'%s' %d)\n", "set ytics add (", plot_quote(point_label(other).s).s, row);
		row++;
	}
	if (lazy)
		fprintf(s->out, "set yrange [%g:-0.7]\n", row - 0.3);
}

int plots_study_lazy_time(const struct results *r, struct figure_list *list)
{
	struct timed t;
	struct scene s;
	int rc = timed_create(&t, &r->experiments), pairs = 0;

	if (rc)
		return rc;
	for (int i = 0; i < t.n; i++)
		pairs += is_lazy(t.v[i]) && diligent(&t, t.v[i]);
	rc = scene_open(&s, SCENE_WIDTH, 110 + 36 * pairs);
	if (rc == 0) {
		fprintf(s.out, "set ytics ()\nunset grid\nset grid xtics lc rgb '" PLOT_GRID "' lw 0.7 dt solid\n"
			       "set format x '%%gx'\nset xlabel 'whole epochs, times as fast as dense'\n");
		draw_pairs(&s, &t, false);
		draw_pairs(&s, &t, true);
		scene_axis(&s, 'x', fmin(1, 0.95 * s.low), 1.05 * s.high, 5);
		rc = scene_close(
			&s, list, "study-lazy-time",
			"Seconds of a whole epoch on one thread, dense over this: median of paired ratios with its "
			"95%% interval.");
	}
	time_list_destroy(&t.list);
	return rc;
}

int plots_study_time(const struct results *r, struct figure_list *list)
{
	struct timed t;
	int rc = timed_create(&t, &r->experiments);

	if (rc)
		return rc;
	rc = plots_study_cost(r, list);
	rc = rc ? rc : front_figure(&t, list);
	qsort(t.v, (size_t)t.n, sizeof(t.v[0]), compare_reached);
	if (rc == 0)
		rc = goals_figure(&t, list);
	time_list_destroy(&t.list);
	return rc;
}
