/* SPDX-License-Identifier: MIT */
/* See reference.h: double precision, in the order of the definition, nothing clever. */
#include "reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint32_t magnitude(float x)
{
	uint32_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits & 0x7fffffffu;
}

/* How many entries of v (n values) precede entry i in the order: larger first, ties to the lowest index. */
static int rank_of(const double *v, int n, int i)
{
	int rank = 0;

	for (int j = 0; j < n; j++)
		rank += v[j] > v[i] || (v[j] == v[i] && j < i);
	return rank;
}

static void keep_topk(const struct kernel_args *a, const float *row, double *v, uint8_t *keep)
{
	for (int i = 0; i < a->n_out; i++)
		v[i] = magnitude(row[i]);
	for (int i = 0; i < a->n_out; i++)
		keep[i] = rank_of(v, a->n_out, i) < a->k;
}

static void keep_nonzero(const struct kernel_args *a, const float *row, double *v, uint8_t *keep)
{
	(void)v;
	for (int i = 0; i < a->n_out; i++)
		keep[i] = magnitude(row[i]) != 0;
}

static void keep_threshold(const struct kernel_args *a, const float *row, double *v, uint8_t *keep)
{
	(void)v;
	for (int i = 0; i < a->n_out; i++)
		keep[i] = magnitude(row[i]) >= magnitude(a->tau);
}

static void keep_norm(const struct kernel_args *a, const float *row, double *v, uint8_t *keep)
{
	double total = 0, *sorted = v + a->n_out;
	int k = 0;

	for (int i = 0; i < a->n_out; i++) {
		v[i] = magnitude(row[i]);
		total += fabs((double)row[i]);
	}
	for (int i = 0; i < a->n_out; i++)
		sorted[rank_of(v, a->n_out, i)] = fabs((double)row[i]);
	if (!isfinite(total))
		k = a->n_out;
	else
		for (double mass = 0; k < a->n_out && !(mass > (double)a->tau * total) && total > 0; k++)
			mass += sorted[k];
	for (int i = 0; i < a->n_out; i++)
		keep[i] = rank_of(v, a->n_out, i) < k;
}

int reference_tinyprop_k(const struct kernel_args *a, double l1)
{
	const struct tinyprop *t = &a->tinyprop;
	double share = (float)l1 < t->l1_seen ? (double)(float)l1 / (double)t->l1_seen : 1;
	double k = round(a->n_out * (t->least + (t->most - t->least) * share) * (double)a->tau);

	return (int)fmin(fmax(k, 1), a->n_out);
}

static void keep_tinyprop(const struct kernel_args *a, const float *row, double *v, uint8_t *keep)
{
	struct kernel_args own = *a;
	double l1 = 0;

	for (int i = 0; i < a->n_out; i++)
		l1 += fabs((double)row[i]);
	own.k = reference_tinyprop_k(a, l1);
	keep_topk(&own, row, v, keep);
}

static void keep_unified(const struct kernel_args *a, uint8_t *keep)
{
	double *sum = calloc((size_t)a->n_out + 1, sizeof(*sum));

	for (int b = 0; sum && b < a->batch; b++)
		for (int i = 0; i < a->n_out; i++)
			sum[i] += fabs((double)a->dy[(size_t)b * (size_t)a->n_out + (size_t)i]);
	for (int i = 0; sum && i < a->n_out; i++)
		if (isnan(sum[i]))
			sum[i] = INFINITY;
	for (int b = 0; sum && b < a->batch; b++)
		for (int i = 0; i < a->n_out; i++)
			keep[(size_t)b * (size_t)a->n_out + (size_t)i] = rank_of(sum, a->n_out, i) < a->k;
	free(sum);
}

typedef void keep_row_fn(const struct kernel_args *a, const float *row, double *v, uint8_t *keep);

static const struct {
	const char *method;
	keep_row_fn *row;
} keep_rows[] = {
	{"topk", keep_topk},
	{"relu_skip", keep_nonzero},
	{"threshold", keep_threshold},
	{"norm", keep_norm},
	{"tinyprop", keep_tinyprop},
};

bool reference_keep(const char *method, const struct kernel_args *a, uint8_t *keep)
{
	double *v;

	if (!strcmp(method, "unified_topk")) {
		keep_unified(a, keep);
		return true;
	}
	for (size_t m = 0; m < sizeof(keep_rows) / sizeof(keep_rows[0]); m++) {
		if (strcmp(method, keep_rows[m].method))
			continue;
		v = calloc(2 * (size_t)a->n_out + 1, sizeof(*v));
		for (int b = 0; v && b < a->batch; b++)
			keep_rows[m].row(a, a->dy + (size_t)b * (size_t)a->n_out, v,
					 keep + (size_t)b * (size_t)a->n_out);
		free(v);
		return v != NULL;
	}
	return false;
}

void reference_forward(const struct kernel_args *a, double *out, double *bound)
{
	for (int b = 0; b < a->batch; b++)
		for (int o = 0; o < a->n_out; o++) {
			double sum = a->bias ? (double)a->bias[o] : 0, size = fabs(sum);
			size_t at = (size_t)b * (size_t)a->n_out + (size_t)o;

			for (int i = 0; i < a->n_in; i++) {
				double p = (double)a->x[(size_t)b * (size_t)a->n_in + (size_t)i] *
					   (double)a->w[(size_t)o * (size_t)a->n_in + (size_t)i];
				sum += p;
				size += fabs(p);
			}
			out[at] = a->relu && sum < 0 ? 0 : sum;
			bound[at] = size;
		}
}

/* out(rows of `to`, n_in) += dY entry times a row of `from`; shared by dX (to = b) and dW (to = o). */
static void add_row(double *out, double *bound, const float *from, int n, double v)
{
	for (int i = 0; i < n; i++) {
		out[i] += v * (double)from[i];
		bound[i] += fabs(v * (double)from[i]);
	}
}

static void backward(const struct kernel_args *a, const uint8_t *keep, double scale, bool weights, double *out,
		     double *bound)
{
	size_t n_in = (size_t)a->n_in, rows = (size_t)(weights ? a->n_out : a->batch);

	memset(out, 0, rows * n_in * sizeof(*out));
	memset(bound, 0, rows * n_in * sizeof(*bound));
	for (size_t b = 0; b < (size_t)a->batch; b++)
		for (size_t o = 0; o < (size_t)a->n_out; o++) {
			size_t at = b * (size_t)a->n_out + o, to = (weights ? o : b) * n_in, from = (weights ? b : o) * n_in;

			if (!keep || keep[at])
				add_row(out + to, bound + to, (weights ? a->x : a->w) + from, a->n_in,
					(double)a->dy[at] * scale);
		}
}

void reference_backward_data(const struct kernel_args *a, const uint8_t *keep, double scale, double *out,
			     double *bound)
{
	backward(a, keep, scale, false, out, bound);
}

void reference_backward_weights(const struct kernel_args *a, const uint8_t *keep, double scale, double *out,
				double *bound)
{
	backward(a, keep, scale, true, out, bound);
}

typedef void update_one_fn(const struct update_args *a, double g, double *p, double *s1, double *s2);

static void update_sgd(const struct update_args *a, double g, double *p, double *s1, double *s2)
{
	(void)s1;
	(void)s2;
	*p -= (double)a->lr * g;
}

static void update_momentum(const struct update_args *a, double g, double *p, double *s1, double *s2)
{
	(void)s2;
	*s1 = (double)a->beta1 * *s1 + g;
	*p -= (double)a->lr * *s1;
}

static void update_adagrad(const struct update_args *a, double g, double *p, double *s1, double *s2)
{
	(void)s2;
	*s1 += g * g;
	*p -= (double)a->lr * g / (sqrt(*s1) + (double)a->eps);
}

static void update_adam(const struct update_args *a, double g, double *p, double *s1, double *s2)
{
	double b1 = (double)a->beta1, b2 = (double)a->beta2;

	*s1 = b1 * *s1 + (1 - b1) * g;
	*s2 = b2 * *s2 + (1 - b2) * g * g;
	*p -= (double)a->lr * (*s1 / (1 - pow(b1, (double)a->step))) /
	      (sqrt(*s2 / (1 - pow(b2, (double)a->step))) + (double)a->eps);
}

static const struct {
	const char *method;
	update_one_fn *one;
} updates[] = {
	{"sgd", update_sgd},
	{"momentum", update_momentum},
	{"adagrad", update_adagrad},
	{"adam", update_adam},
};

static bool row_listed(const struct row_list *rows, int row)
{
	for (int i = 0; rows && i < rows->count; i++)
		if (rows->row[i] == row)
			return true;
	return !rows;
}

/* The gradient of the weight decay's part of the loss. */
static double decay(const struct update_args *a, double p)
{
	double sign = fabs(p) < 0x1p-126 ? 0 : copysign(1, p);

	if (!(a->l1 > 0 || a->l2 > 0))
		return 0;
	return (double)a->l2 * p + (double)a->l1 * sign;
}

bool reference_update(const char *method, const struct update_args *a, double *param, double *state1, double *state2)
{
	double none = 0;

	for (size_t m = 0; m < sizeof(updates) / sizeof(updates[0]); m++) {
		if (strcmp(method, updates[m].method))
			continue;
		for (int r = 0; r < a->rows; r++) {
			bool has = row_listed(a->touched, r);

			for (size_t i = (size_t)r * (size_t)a->cols; i < (size_t)(r + 1) * (size_t)a->cols; i++)
				if (has || !a->lazy)
					updates[m].one(a, (has ? (double)a->grad[i] : 0) + decay(a, param[i]),
						       &param[i], state1 ? &state1[i] : &none,
						       state2 ? &state2[i] : &none);
		}
		return true;
	}
	return false;
}

double reference_error(const float *got, const double *ref, const double *bound, size_t n, int terms)
{
	double worst = 0;

	for (size_t i = 0; i < n; i++) {
		double g = (double)got[i], error;

		if (isnan(ref[i]) ? isnan(g) : !isfinite(ref[i]) && g == ref[i])
			continue;
		/* FLT_MIN: what flushing a denormal may cost. */
		error = fabs(g - ref[i]) / (0x1p-24 * (terms + 8) * bound[i] + 0x1p-126);
		if (!isfinite(g) || !isfinite(ref[i]))
			error = INFINITY;
		worst = fmax(worst, error);
	}
	return worst;
}
