/* SPDX-License-Identifier: MIT */
/* See tau.h: sort the magnitudes once, then read the answer off (threshold) or bisect for it (norm); or bisect on the
 * norms (tinyprop). */
#include "tau.h"
#include "reference.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int descending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x < y) - (x > y);
}

static size_t row_count(const struct tau_data *d)
{
	return (size_t)d->copies * (size_t)d->batch;
}

/* All magnitudes, row after row. */
static double *magnitudes(const struct tau_data *d)
{
	size_t n = (size_t)d->batch * (size_t)d->n_out;
	double *v = malloc(((size_t)d->copies * n + 1) * sizeof(*v));

	for (int c = 0; v && c < d->copies; c++)
		for (size_t i = 0; i < n; i++)
			v[(size_t)c * n + i] = fabs((double)d->dy[c][i]);
	return v;
}

/* The magnitude of rank k * rows. Zero would keep everything: then the least magnitude that is not zero. */
static double tau_of_threshold(const struct tau_data *d, double *v, double k)
{
	size_t n = row_count(d) * (size_t)d->n_out, at = (size_t)llround(k * (double)row_count(d));

	qsort(v, n, sizeof(*v), descending);
	if (!n || !at)
		return n ? nextafterf((float)v[0], INFINITY) : 0;
	at = at > n ? n : at;
	while (at > 1 && v[at - 1] <= 0)
		at--;
	return v[at - 1];
}

/* v: rows of descending magnitudes' running sums. The fewest entries whose sum exceeds tau of the last. */
static double mean_k_at(const struct tau_data *d, const double *sums, double tau)
{
	double total = 0;

	for (size_t r = 0; r < row_count(d); r++) {
		const double *row = sums + r * (size_t)d->n_out;
		int low = 0, high = d->n_out;

		while (low < high) {
			int mid = (low + high) / 2;

			if (row[mid] > tau * row[d->n_out - 1])
				high = mid;
			else
				low = mid + 1;
		}
		total += row[d->n_out - 1] > 0 ? fmin(low + 1, d->n_out) : 0;
	}
	return total / (double)row_count(d);
}

static double tau_of_norm(const struct tau_data *d, double *v, double k)
{
	double low = 0x1p-20, high = 1 - 0x1p-20;

	for (size_t r = 0; r < row_count(d); r++) {
		double *row = v + r * (size_t)d->n_out;

		qsort(row, (size_t)d->n_out, sizeof(*row), descending);
		for (int i = 1; i < d->n_out; i++)
			row[i] += row[i - 1];
	}
	for (int i = 0; i < 30; i++) {
		double mid = (low + high) / 2;

		if (mean_k_at(d, v, mid) > k)
			high = mid;
		else
			low = mid;
	}
	return k - mean_k_at(d, v, low) < mean_k_at(d, v, high) - k ? low : high;
}

static double norm_of(const struct tau_data *d, size_t row)
{
	size_t batch = (size_t)d->batch;
	const float *dy = d->dy[row / batch] + row % batch * (size_t)d->n_out;
	double sum = 0;

	for (int i = 0; i < d->n_out; i++)
		sum += fabs((double)dy[i]);
	return sum;
}

float tau_largest_norm(const struct tau_data *d)
{
	double most = 0;

	for (size_t r = 0; r < row_count(d); r++)
		most = fmax(most, norm_of(d, r));
	return (float)most;
}

#define DAMPING_MOST 1024 /* keeps all of any row that any keeps all of */

/* v receives the norms of the rows. */
static double tau_of_tinyprop(const struct tau_data *d, double *v, double k)
{
	struct kernel_args a = {.n_out = d->n_out, .tinyprop = d->tinyprop};
	double low = 0, high = DAMPING_MOST;

	a.tinyprop.l1_seen = tau_largest_norm(d);
	for (size_t r = 0; r < row_count(d); r++)
		v[r] = norm_of(d, r);
	for (int i = 0; i < 40; i++) {
		double sum = 0;

		a.tau = (float)((low + high) / 2);
		for (size_t r = 0; r < row_count(d); r++)
			sum += reference_tinyprop_k(&a, v[r]);
		*(sum > k * (double)row_count(d) ? &high : &low) = (low + high) / 2;
	}
	return low;
}

static const struct {
	const char *select;
	double (*tau)(const struct tau_data *d, double *v, double k);
} ways[] = {{"norm", tau_of_norm}, {"threshold", tau_of_threshold}, {"tinyprop", tau_of_tinyprop}};

double tau_for_mean_k(const char *select, const struct tau_data *d, double k)
{
	double *v, tau;
	size_t way = 0, n_ways = sizeof(ways) / sizeof(ways[0]);

	while (way < n_ways && strcmp(ways[way].select, select) != 0)
		way++;
	assert(way < n_ways);
	if (!d->n_out || !row_count(d))
		return 0.5;
	v = magnitudes(d);
	if (!v)
		return NAN;
	tau = ways[way].tau(d, v, k);
	free(v);
	return (double)(float)tau;
}

int tau_find(struct kept_set *set, const struct workload *w, const struct options *o, struct failure *f)
{
	const float *dy[WORKLOAD_MAX_COPIES];
	struct tau_data d = {.dy = dy,
			     .copies = w->p.copies,
			     .batch = w->p.shape.batch,
			     .n_out = w->p.shape.n_out,
			     .tinyprop = {o->tinyprop_min, o->tinyprop_max, 0, NULL}};

	if (!set->method->takes_tau || !isnan(set->tau))
		return 0;
	for (int c = 0; c < d.copies; c++)
		dy[c] = w->args[c].dy;
	set->l1_seen = set->method->adaptive ? tau_largest_norm(&d) : 0;
	set->tau = tau_for_mean_k(set->method->select, &d, set->k);
	return isnan(set->tau) ? fail(f, -ENOMEM, "out of memory for finding tau") : 0;
}
