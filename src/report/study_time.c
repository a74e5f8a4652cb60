/* SPDX-License-Identifier: MIT */
/*
 * See study_time.h. Accuracies and times of one training stand in different files: they are brought together by the
 * columns that say what was trained. Takes every number from runs.h.
 */
#include "report/study_time.h"

#include "report/study_parts.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL 0.95
#define NEVER 1e9 /* an epoch that no training has: sorts behind all of them */

const double time_goals[N_TIME_GOALS] = {0.975, 0.98};

static const struct interval unknown = {.mid = NAN, .low = NAN, .high = NAN};

static bool is_time_name(const struct train_record *r)
{
	return strncmp(r->experiment, STUDY_TIME_PREFIX, strlen(STUDY_TIME_PREFIX)) == 0;
}

static bool is_policy(const struct train_record *r, const char *policy)
{
	return strcmp(r->policy, policy) == 0;
}

/*
 * Whether the times of a, which is timed, are those of b: the two do the same work, that is, compute the same but for
 * seeds, instruction set and the way they select or fuse. A lazy optimiser leaves out rows without gradient, and dense
 * has none; another learning rate takes no other time.
 */
static bool same_training(const struct train_record *a, const struct train_record *b)
{
	struct train_record like = *b;

	memcpy(like.experiment, a->experiment, sizeof(like.experiment));
	if (train_is_dense(a))
		memcpy(like.lazy, a->lazy, sizeof(like.lazy));
	if (is_policy(a, "constant") && is_policy(b, "anneal-lr"))
		memcpy(like.policy, a->policy, sizeof(like.policy));
	return study_same_setting(a, &like) && strcmp(a->dataset, b->dataset) == 0 && a->threads == b->threads;
}

/* Whether any epochs of the two took turns. */
static bool took_turns(const struct experiment *a, const struct experiment *b)
{
	return isfinite(experiment_ratio(a, b, train_epoch_s).mid);
}

/* A dense training of the recipe, whatever its optimiser does with rows that no gradient touched: dense leaves none. */
static bool is_base_of(const struct experiment *dense, const struct experiment *e)
{
	return train_is_dense(dense->key) && train_is_timed(dense->key) &&
	       experiment_compare_recipe(dense->key, e->key) == 0;
}

static const struct experiment *find_base(const struct experiment_list *list, const struct experiment *timed)
{
	const struct experiment *best = NULL;

	if (is_base_of(timed, timed))
		return timed;
	for (int i = 0; i < list->n; i++) {
		const struct experiment *e = &list->v[i];

		if (is_base_of(e, timed) && took_turns(timed, e) &&
		    (!best || experiment_mean(e, train_epoch_s) < experiment_mean(best, train_epoch_s)))
			best = e;
	}
	return best;
}

/* Of several that were timed the one with a base, then the fastest. */
static const struct experiment *find_timed(const struct experiment_list *list, const struct experiment *learned)
{
	const struct experiment *best = NULL;

	for (int i = 0; i < list->n; i++) {
		const struct experiment *e = &list->v[i];
		bool has_base;

		if (!train_is_timed(e->key) || !same_training(e->key, learned->key))
			continue;
		has_base = find_base(list, e) != NULL;
		if (!best || (has_base && !find_base(list, best)) ||
		    (has_base == (find_base(list, best) != NULL) &&
		     experiment_mean(e, train_epoch_s) < experiment_mean(best, train_epoch_s)))
			best = e;
	}
	return best;
}

static int append_seconds(const struct experiment *e, double *v, int n)
{
	for (int i = 0; i < e->n; i++)
		for (int j = 0; j < e->runs[i].n; j++)
			v[n++] = e->runs[i].epochs[j]->epoch_s;
	return n;
}

static int count_epochs(const struct experiment_list *list)
{
	int n = 0;

	for (int i = 0; i < list->n; i++)
		for (int j = 0; j < list->v[i].n; j++)
			n += list->v[i].runs[j].n;
	return n;
}

/* Median epoch of all timed dense trainings of the recipe: the one scale of all its seconds. */
static double dense_seconds(const struct experiment_list *list, const struct experiment *timed, double *scratch)
{
	int n = 0;

	for (int i = 0; i < list->n; i++) {
		if (is_base_of(&list->v[i], timed))
			n = append_seconds(&list->v[i], scratch, n);
	}
	return stats_median(scratch, n);
}

/* Seconds from a speed-up over something that takes `base` of them. */
static struct interval seconds_of(double base, struct interval speedup)
{
	return (struct interval){.mid = base / speedup.mid,
				 .low = base / speedup.high,
				 .high = base / speedup.low,
				 .level = speedup.level,
				 .n = speedup.n};
}

/* Of factors that know nothing of each other: at least the level of the lesser. */
static struct interval product(struct interval a, struct interval b)
{
	return (struct interval){.mid = a.mid * b.mid,
				 .low = a.low * b.low,
				 .high = a.high * b.high,
				 .level = a.level < b.level ? a.level : b.level,
				 .n = a.n < b.n ? a.n : b.n};
}

static void take_times(struct time_point *p, const struct experiment_list *list, double *scratch)
{
	p->base = find_base(list, p->timed);
	if (!p->base) {
		p->epoch_s = stats_median_interval(scratch, append_seconds(p->timed, scratch, 0), LEVEL);
		return;
	}
	p->speedup = (struct interval){1, 1, 1, LEVEL, 0};
	p->backward_speedup = p->speedup;
	if (p->base != p->timed) {
		p->speedup = experiment_ratio(p->timed, p->base, train_epoch_s);
		p->backward_speedup = experiment_ratio(p->timed, p->base, train_backward_s);
	}
	p->epoch_s = seconds_of(dense_seconds(list, p->timed, scratch), p->speedup);
}

static double first_at(const struct run *r, double goal)
{
	for (int i = 0; i < r->n; i++) {
		if (r->epochs[i]->test_acc >= goal)
			return (double)r->epochs[i]->epoch;
	}
	return NEVER;
}

static double or_never(double epoch)
{
	return epoch < NEVER / 4 ? epoch : INFINITY;
}

double time_first_epoch(const struct run *r, double goal)
{
	return or_never(first_at(r, goal));
}

static struct time_to way_to(const struct experiment *e, double goal, struct interval epoch_s, double *scratch)
{
	struct time_to to = {0};

	/* One that was cut short says nothing about what it would have reached. */
	for (int i = 0; i < e->n; i++) {
		if (!e->runs[i].whole)
			continue;
		scratch[to.seeds] = first_at(&e->runs[i], goal);
		to.reached += scratch[to.seeds++] < NEVER;
	}
	to.epochs = stats_median_interval(scratch, to.seeds, LEVEL);
	to.epochs.mid = or_never(to.epochs.mid);
	to.epochs.low = or_never(to.epochs.low);
	to.epochs.high = or_never(to.epochs.high);
	to.seconds = product(to.epochs, epoch_s);
	return to;
}

static int64_t last_epoch(const struct experiment *e)
{
	int64_t last = 0;

	for (int i = 0; i < e->n; i++) {
		int64_t epoch = e->runs[i].epochs[e->runs[i].n - 1]->epoch;

		last = epoch > last ? epoch : last;
	}
	return last;
}

static struct time_point point_of(const struct experiment *e, const struct experiment_list *list, double *scratch)
{
	struct time_point p = {.learned = e,
			       .timed = find_timed(list, e),
			       .accuracy = experiment_accuracy(e),
			       .epochs = last_epoch(e),
			       .speedup = unknown,
			       .backward_speedup = unknown,
			       .epoch_s = unknown};
	double epochs = (double)p.epochs;

	if (p.timed)
		take_times(&p, list, scratch);
	p.total_s = product((struct interval){epochs, epochs, epochs, LEVEL, p.epoch_s.n}, p.epoch_s);
	for (int i = 0; i < N_TIME_GOALS; i++)
		p.to[i] = way_to(e, time_goals[i], p.epoch_s, scratch);
	return p;
}

/* Whether a is at least as good as b in both, and better in one. */
static bool beats(const struct time_point *a, const struct time_point *b)
{
	return a->total_s.mid <= b->total_s.mid && a->accuracy.mid >= b->accuracy.mid &&
	       (a->total_s.mid < b->total_s.mid || a->accuracy.mid > b->accuracy.mid);
}

static bool is_on_front(const struct time_list *list, const struct time_point *p)
{
	for (int i = 0; i < list->n; i++) {
		if (beats(&list->v[i], p))
			return false;
	}
	return isfinite(p->total_s.mid) && isfinite(p->accuracy.mid);
}

int time_list_create(struct time_list *list, const struct experiment_list *experiments)
{
	double *scratch = malloc(sizeof(*scratch) * (size_t)(count_epochs(experiments) + 1));

	*list = (struct time_list){.v = calloc((size_t)experiments->n + 1, sizeof(*list->v))};
	if (!scratch || !list->v) {
		free(scratch);
		time_list_destroy(list);
		return -ENOMEM;
	}
	for (int i = 0; i < experiments->n; i++) {
		if (!is_time_name(experiments->v[i].key))
			list->v[list->n++] = point_of(&experiments->v[i], experiments, scratch);
	}
	for (int i = 0; i < list->n; i++)
		list->v[i].front = is_on_front(list, &list->v[i]);
	free(scratch);
	return 0;
}

void time_list_destroy(struct time_list *list)
{
	free(list->v);
	*list = (struct time_list){0};
}

const struct train_record *time_twin(const struct train_record *r, const struct experiment *dense)
{
	for (int i = 0; i < dense->n; i++)
		for (int j = 0; j < dense->runs[i].n_copies; j++) {
			const struct train_record *d = dense->runs[i].copies[j];

			if (d->seed == r->seed && d->epoch == r->epoch && !strcmp(d->run_id, r->run_id))
				return train_is_timed(r) && train_is_timed(d) && d->epoch_s > 0 ? d : NULL;
		}
	return NULL;
}

struct interval time_share(const struct experiment *e, const struct experiment *dense,
			   double (*part)(const struct train_record *r))
{
	struct interval share = unknown;
	int n = 0, epochs = 0;
	double *v;

	for (int i = 0; i < e->n; i++)
		epochs += e->runs[i].n_copies;
	v = malloc(sizeof(*v) * (size_t)(epochs + 1));
	for (int i = 0; v && dense && i < e->n; i++)
		for (int j = 0; j < e->runs[i].n_copies; j++) {
			const struct train_record *d = time_twin(e->runs[i].copies[j], dense);

			if (d)
				v[n++] = part(e->runs[i].copies[j]) / d->epoch_s;
		}
	if (n > 0)
		share = stats_median_interval(v, n, LEVEL);
	free(v);
	return share;
}

struct line line_fit(const double *x, const double *y, int n)
{
	double mean_x = stats_mean(x, n), mean_y = stats_mean(y, n), xx = 0, xy = 0, yy = 0, left = 0;
	struct line l = {.n = n};

	for (int i = 0; i < n; i++) {
		xx += (x[i] - mean_x) * (x[i] - mean_x);
		xy += (x[i] - mean_x) * (y[i] - mean_y);
		yy += (y[i] - mean_y) * (y[i] - mean_y);
	}
	l.slope = xy / xx;
	l.start = mean_y - l.slope * mean_x;
	for (int i = 0; i < n; i++) {
		double distance = y[i] - l.start - l.slope * x[i];

		left += distance * distance;
		l.worst = fmax(l.worst, fabs(distance));
	}
	l.r2 = yy > 0 ? 1 - left / yy : 0;
	return l;
}

struct time_name time_name(const struct train_record *r)
{
	struct time_name name;
	char *s = name.s;
	size_t size = sizeof(name.s), used;

	if (r->tau > 0)
		snprintf(s, size, "%.32s tau=%g", r->method, r->tau);
	else if (r->k[0] && strcmp(r->k, "0") != 0)
		snprintf(s, size, "%.32s k=%.24s", r->method, r->k);
	else
		snprintf(s, size, "%.32s", r->method);
	used = strlen(s);
	if (strcmp(r->lazy, "yes") == 0)
		used += (size_t)snprintf(s + used, size - used, " lazy");
	if (r->policy[0] && !is_policy(r, "constant"))
		used += (size_t)snprintf(s + used, size - used, " %.12s", r->policy);
	if (strcmp(r->layers, "784-500-500-10") != 0)
		used += (size_t)snprintf(s + used, size - used, " %.30s", study_layers_words(r->layers).s);
	if (r->batch != 50)
		used += (size_t)snprintf(s + used, size - used, " batch %d", (int)r->batch);
	if (strcmp(r->optimizer, "adam") != 0)
		snprintf(s + used, size - used, " %.12s", r->optimizer);
	return name;
}
