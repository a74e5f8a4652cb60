/* SPDX-License-Identifier: MIT */
/* The numbers that are taken from runs and experiments. See runs.h. */
#include "report/runs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL 0.95

/* Epochs of one command took turns on the machine; those of two commands have nothing to do with each other's time. */
static bool same_time(const struct train_record *a, const struct train_record *b)
{
	return !strcmp(a->run_id, b->run_id);
}

static double forward_s(const struct train_record *r)
{
	return r->forward_s;
}

static double select_s(const struct train_record *r)
{
	return r->select_s;
}

static double dx_s(const struct train_record *r)
{
	return r->dx_s;
}

static double dw_s(const struct train_record *r)
{
	return r->dw_s;
}

static double update_s(const struct train_record *r)
{
	return r->update_s;
}

static double other_s(const struct train_record *r)
{
	return r->other_s;
}

double train_epoch_s(const struct train_record *r)
{
	return r->epoch_s;
}

double train_backward_s(const struct train_record *r)
{
	return r->select_s + r->dx_s + r->dw_s;
}

const struct train_phase train_phases[N_PHASES] = {{"forward", forward_s}, {"select", select_s}, {"dX", dx_s},
						   {"dW", dw_s},	   {"update", update_s}, {"other", other_s}};

double experiment_mean(const struct experiment *e, double (*value)(const struct train_record *r))
{
	double sum = 0;
	int n = 0;

	for (int i = 0; i < e->n; i++) {
		for (int j = 0; j < e->runs[i].n_copies; j++)
			sum += value(e->runs[i].copies[j]);
		n += e->runs[i].n_copies;
	}
	return n ? sum / n : NAN;
}

static int count_copies(const struct experiment *e)
{
	int n = 0;

	for (int i = 0; i < e->n; i++)
		n += e->runs[i].n_copies;
	return n;
}

double experiment_median(const struct experiment *e, double (*value)(const struct train_record *r))
{
	double *v = malloc(sizeof(*v) * (size_t)(count_copies(e) + 1)), median;
	int n = 0;

	if (!v)
		return NAN;
	for (int i = 0; i < e->n; i++)
		for (int j = 0; j < e->runs[i].n_copies; j++)
			v[n++] = value(e->runs[i].copies[j]);
	median = stats_median(v, n);
	free(v);
	return median;
}

double experiment_mean_k(const struct experiment *e)
{
	double sum = 0;
	int n = 0;

	for (int i = 0; i < e->n; i++) {
		if (!e->runs[i].whole)
			continue;
		for (int j = 0; j < e->runs[i].n; j++)
			sum += e->runs[i].epochs[j]->mean_k;
		n += e->runs[i].n;
	}
	return n ? sum / n : NAN;
}

/* Mean over the whole runs of the accuracy, less that of their partners in `base` if there is a base. */
static struct interval mean_accuracy(const struct experiment *e, const struct experiment *base, int *n)
{
	struct interval r = {.mid = NAN, .low = NAN, .high = NAN};
	double *v = malloc(sizeof(*v) * (size_t)(e->n + 1));

	*n = 0;
	for (int i = 0; v && i < e->n; i++) {
		const struct run *other = base ? run_partner(&e->runs[i], base) : NULL;

		if (e->runs[i].whole && (!base || other))
			v[(*n)++] = e->runs[i].best->test_acc - (other ? other->best->test_acc : 0);
	}
	if (*n == 1)
		r = (struct interval){.mid = v[0], .low = v[0], .high = v[0]};
	else if (*n > 1)
		r = stats_mean_interval(v, *n, LEVEL);
	free(v);
	return r;
}

struct interval experiment_accuracy(const struct experiment *e)
{
	int n;

	return mean_accuracy(e, NULL, &n);
}

struct interval experiment_gain(const struct experiment *e, int *pairs)
{
	*pairs = 0;
	if (!e->dense)
		return (struct interval){.mid = NAN, .low = NAN, .high = NAN};
	return mean_accuracy(e, e->dense, pairs);
}

/* Appends the pairs of equal epochs of two runs within one command; returns the new count. */
static int pair_epochs(const struct run *dense, const struct run *own, double (*value)(const struct train_record *r),
		       double *a, double *b, int n)
{
	for (int j = 0; j < own->n_copies; j++)
		for (int i = 0; i < dense->n_copies; i++) {
			const struct train_record *d = dense->copies[i], *o = own->copies[j];

			if (d->epoch != o->epoch || !same_time(d, o) || !train_is_timed(d) || !train_is_timed(o) ||
			    !(value(d) > 0) || !(value(o) > 0))
				continue;
			a[n] = value(d);
			b[n++] = value(o);
			break;
		}
	return n;
}

struct interval experiment_ratio(const struct experiment *e, const struct experiment *base,
				 double (*value)(const struct train_record *r))
{
	struct interval r = {.mid = NAN, .low = NAN, .high = NAN};
	int n = 0, epochs = count_copies(e);
	double *a, *b;

	a = malloc(sizeof(*a) * 2 * (size_t)(epochs + 1));
	b = a ? a + epochs : NULL;
	for (int i = 0; a && base && i < e->n; i++) {
		const struct run *other = experiment_run(base, e->runs[i].best->seed);

		n = other ? pair_epochs(other, &e->runs[i], value, a, b, n) : n;
	}
	if (n > 0)
		r = stats_ratio_interval(a, b, n, LEVEL);
	free(a);
	return r;
}

struct interval experiment_speedup(const struct experiment *e, double (*value)(const struct train_record *r))
{
	return experiment_ratio(e, e->dense, value);
}
