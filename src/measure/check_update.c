/* SPDX-License-Identifier: MIT */
/*
 * The check of an optimiser's step, see check.h: a few elements of every row, so that none can be skipped, and whole
 * rows, as many as a fixed amount of work allows, against the double-precision reference. Rows that a lazy step must
 * not touch are compared bit for bit.
 */
#include "measure/check.h"
#include "base/rng.h"
#include "reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHECK_WORK 2e6 /* multiply-adds or elements of reference per check */
#define FEW 8	       /* elements of every row */
#define N_ARRAYS 3     /* parameter, state1, state2 */

struct update_before {
	size_t n;		/* elements of each array */
	float *array[N_ARRAYS]; /* NULL: the method has it not */
};

struct arrays {
	float *v[N_ARRAYS];
};

static struct arrays arrays_of(const struct update_args *a)
{
	return (struct arrays){{a->param, a->state1, a->state2}};
}

static void before_destroy(struct update_before *b)
{
	for (int i = 0; b && i < N_ARRAYS; i++)
		free(b->array[i]);
	free(b);
}

struct update_before *check_update_begin(const struct update_args *a)
{
	struct update_before *b = calloc(1, sizeof(*b));
	struct arrays now = arrays_of(a);

	if (!b)
		return NULL;
	b->n = (size_t)a->rows * (size_t)a->cols;
	for (int i = 0; i < N_ARRAYS; i++) {
		if (!now.v[i])
			continue;
		b->array[i] = malloc(b->n * sizeof(float) + 1);
		if (!b->array[i]) {
			before_destroy(b);
			return NULL;
		}
		memcpy(b->array[i], now.v[i], b->n * sizeof(float));
	}
	return b;
}

void check_update_end(struct update_before *b, const struct update_args *a)
{
	struct arrays now = arrays_of(a);

	for (int i = 0; b && i < N_ARRAYS; i++)
		if (b->array[i])
			memcpy(now.v[i], b->array[i], b->n * sizeof(float));
	before_destroy(b);
}

/* Some elements of one row: what went in, and what must have come out. All arrays hold as many as the row. */
struct picked {
	int row, n;
	int32_t *col;				/* (n) which */
	float *grad, *moved;			/* the gradient; the same, moved by its own tolerance */
	double *slack;				/* that tolerance */
	double *ref[N_ARRAYS];			/* out */
	double *bound[N_ARRAYS];		/* the scale of the rounding error */
	double *low[N_ARRAYS], *high[N_ARRAYS]; /* out for a gradient moved down and up */
};

/* All that a check works on. */
struct judge {
	const char *optimizer;
	const struct kernel_args *args;
	const struct update_before *before;
	uint8_t *has_grad; /* (rows) */
	double *dy;	   /* (batch, n_out) the kept entries; NULL: the gradient is given */
	struct picked p;
	void *room;
};

/* How many doubles one picked element takes, over all arrays. */
#define PER_ELEMENT (4 * N_ARRAYS + 1 + 2)

static bool judge_rooms(struct judge *j)
{
	size_t cols = (size_t)j->args->update.cols;
	double *d = malloc((PER_ELEMENT * cols + 1) * sizeof(double));

	j->room = d;
	j->has_grad = calloc((size_t)j->args->update.rows + 1, 1);
	if (!d || !j->has_grad)
		return false;
	for (int i = 0; i < N_ARRAYS; i++, d += 4 * cols) {
		j->p.ref[i] = d;
		j->p.bound[i] = d + cols;
		j->p.low[i] = d + 2 * cols;
		j->p.high[i] = d + 3 * cols;
	}
	j->p.slack = d;
	j->p.grad = (float *)(d + cols);
	j->p.moved = j->p.grad + cols;
	j->p.col = (int32_t *)(d + 2 * cols);
	return true;
}

/* dW's factor dY in double, from the kept entries or all of dY, and which of its columns hold any. */
static bool judge_dy(struct judge *j)
{
	const struct kernel_args *a = j->args;
	size_t n_out = (size_t)a->n_out;

	j->dy = calloc((size_t)a->batch * n_out + 1, sizeof(double));
	for (int b = 0; j->dy && b < a->batch; b++) {
		int n = a->kept ? a->kept->count[b] : a->n_out;

		for (int e = 0; e < n; e++) {
			size_t at = a->kept ? (size_t)b * (size_t)a->kept->stride + (size_t)e
					    : (size_t)b * n_out + (size_t)e;
			size_t o = a->kept ? (size_t)a->kept->index[at] : (size_t)e;

			j->dy[(size_t)b * n_out + o] = (double)(a->kept ? a->kept->value[at] : a->dy[at]);
			j->has_grad[o] = 1;
		}
	}
	return j->dy;
}

static void judge_list(struct judge *j)
{
	const struct row_list *list = j->args->update.touched;

	memset(j->has_grad, !list, (size_t)j->args->update.rows);
	for (int i = 0; list && i < list->count; i++)
		j->has_grad[list->row[i]] = 1;
}

static void pick_given_gradient(const struct judge *j, struct picked *p)
{
	const float *grad = j->args->update.grad + (size_t)p->row * (size_t)j->args->update.cols;

	for (int i = 0; i < p->n; i++) {
		p->grad[i] = j->has_grad[p->row] ? grad[p->col[i]] : 0;
		p->slack[i] = 0;
	}
}

/* An entry of dW in double, and how far a sum in float may be from it. */
static void pick_own_gradient(const struct judge *j, struct picked *p)
{
	const struct kernel_args *a = j->args;

	for (int i = 0; i < p->n; i++) {
		double sum = 0, size = 0;

		for (int b = 0; b < a->batch; b++) {
			double v = j->dy[(size_t)b * (size_t)a->n_out + (size_t)p->row] *
				   (double)a->x[(size_t)b * (size_t)a->n_in + (size_t)p->col[i]];

			sum += v;
			size += fabs(v);
		}
		p->grad[i] = (float)sum;
		p->slack[i] = 0x1p-24 * (a->batch + 8) * size + 0x1p-126;
	}
}

/* The magnitudes of what makes up an element's gradient, decay included. */
static float gradient_size(const struct judge *j, const struct picked *p, int e)
{
	const struct update_args *a = &j->args->update;
	float w = j->before->array[0][(size_t)p->row * (size_t)a->cols + (size_t)p->col[e]];

	return fabsf(p->grad[e]) + a->l2 * fabsf(w) + a->l1;
}

/* Adding the decay rounds the gradient, and may leave little of it. */
static void slacken_decayed(const struct judge *j, struct picked *p)
{
	const struct update_args *a = &j->args->update;

	for (int e = 0; e < p->n && (a->l1 > 0 || a->l2 > 0); e++)
		p->slack[e] += 3 * 0x1p-24 * (double)gradient_size(j, p, e);
}

/* What the reference makes of the picked elements; magnitude: of a gradient that holds the decay, with every term made
 * positive, the parameter too. */
static void refer(const struct judge *j, const struct picked *p, const float *grad, bool magnitude,
		  double *out[N_ARRAYS])
{
	struct update_args one = j->args->update;

	for (int i = 0; i < N_ARRAYS; i++)
		for (int e = 0; e < p->n; e++) {
			size_t at = (size_t)p->row * (size_t)one.cols + (size_t)p->col[e];
			double v = j->before->array[i] ? (double)j->before->array[i][at] : 0;

			/* A step is taken away, so the magnitudes add up if the parameter is negative. */
			out[i][e] = !magnitude ? v : i ? fabs(v) : -fabs(v);
		}
	one.grad = grad;
	one.touched = NULL;
	one.rows = 1;
	one.cols = p->n;
	if (magnitude)
		one.l1 = one.l2 = 0;
	reference_update(j->optimizer, &one, out[0], out[1], out[2]);
	for (int e = 0; magnitude && e < p->n; e++)
		out[0][e] = fabs(out[0][e]);
}

static void refer_all(const struct judge *j, const struct picked *p)
{
	double *const *outs[] = {p->ref, p->low, p->high};

	for (int way = -1; way <= 1; way++) {
		for (int e = 0; e < p->n; e++)
			p->moved[e] = (float)((double)p->grad[e] + way * p->slack[e]);
		refer(j, p, p->moved, false, (double **)outs[way < 0 ? 1 : way > 0 ? 2 : 0]);
	}
	for (int e = 0; e < p->n; e++)
		p->moved[e] = gradient_size(j, p, e);
	refer(j, p, p->moved, true, (double **)p->bound);
}

/* The picked elements against the reference: the rounding of a few operations, and what the gradient's may make of it.
 */
static bool picked_match(const struct judge *j, const struct picked *p, struct check *c)
{
	struct arrays now = arrays_of(&j->args->update);
	double worst = 0;

	refer_all(j, p);
	for (int i = 0; i < N_ARRAYS; i++)
		for (int e = 0; now.v[i] && e < p->n; e++) {
			float got = now.v[i][(size_t)p->row * (size_t)j->args->update.cols + (size_t)p->col[e]];
			double ref = p->ref[i][e], slack = fabs(p->low[i][e] - ref) + fabs(p->high[i][e] - ref);
			double error = fabs((double)got - ref) / (9 * 0x1p-24 * p->bound[i][e] + slack + 0x1p-126);

			worst = fmax(worst, isnan(error) ? INFINITY : error);
		}
	c->max_err = fmax(c->max_err, worst);
	return worst <= 1 || check_fail(c, "row %d is wrong: error %.3g of the tolerance", p->row, worst);
}

static bool row_unchanged(const struct judge *j, int row, struct check *c)
{
	struct arrays now = arrays_of(&j->args->update);
	size_t cols = (size_t)j->args->update.cols, at = (size_t)row * cols;

	for (int i = 0; i < N_ARRAYS; i++)
		if (now.v[i] && memcmp(now.v[i] + at, j->before->array[i] + at, cols * sizeof(float)))
			return check_fail(c, "row %d was changed, but has no gradient", row);
	return true;
}

/* Judges m elements of a row, or all. */
static bool row_matches(struct judge *j, int row, double m, uint64_t seed, struct check *c)
{
	struct picked *p = &j->p;

	if (!j->has_grad[row] && j->args->update.lazy)
		return row_unchanged(j, row, c);
	p->row = row;
	p->n = check_sample_rows(j->args->update.cols, m, seed + (uint64_t)row, p->col);
	if (j->dy)
		pick_own_gradient(j, p);
	else
		pick_given_gradient(j, p);
	slacken_decayed(j, p);
	return picked_match(j, p, c);
}

static bool rows_match(struct judge *j, uint64_t seed, struct check *c)
{
	const struct update_args *u = &j->args->update;
	double per_row = fmax(1, u->cols) * (j->dy ? fmax(1, j->args->batch) : 1);
	int32_t *rows = malloc(((size_t)u->rows + 1) * sizeof(*rows));
	int n = rows ? check_sample_rows(u->rows, fmax(2, CHECK_WORK / per_row), seed, rows) : 0;
	bool ok = rows || check_no_memory(c);

	for (int r = 0; ok && r < u->rows; r++)
		ok = row_matches(j, r, FEW, seed, c);
	for (int i = 0; ok && i < n; i++)
		ok = row_matches(j, rows[i], INFINITY, seed, c);
	free(rows);
	return ok;
}

struct check check_update(const char *optimizer, const struct kernel_args *args, const struct update_before *before,
			  uint64_t seed)
{
	struct judge j = {.optimizer = optimizer, .args = args, .before = before};
	struct check c = {.ok = false};
	bool ready = before && judge_rooms(&j);

	if (ready && args->update.grad)
		judge_list(&j);
	else if (ready)
		ready = judge_dy(&j);
	c.ok = ready ? rows_match(&j, seed, &c) : check_no_memory(&c);
	free(j.has_grad);
	free(j.dy);
	free(j.room);
	return c;
}
