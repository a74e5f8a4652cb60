/* SPDX-License-Identifier: MIT */
/*
 * See check.h. Both backward operations are the product out(rows, n_in) = A(rows, inner) B(inner, n_in) with A the
 * masked dY (backward_data) or its transpose (backward_weights); `struct product` says so once for both.
 */
#include "measure/check.h"
#include "base/rng.h"
#include "reference.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Multiply-adds of reference per check: a few milliseconds. Forward has no projection test, so it gets more. */
#define CHECK_WORK 2e6
#define CHECK_WORK_FORWARD 3e7

bool check_fail(struct check *c, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(c->why, sizeof(c->why), format, list);
	va_end(list);
	c->ok = false;
	return false;
}

bool check_no_memory(struct check *c)
{
	c->no_memory = true;
	return check_fail(c, "out of memory");
}

int check_sample_rows(int n, double m, uint64_t seed, int32_t *rows)
{
	struct rng r = rng_create(seed, 0x5a);
	int wanted = m >= n ? n : (int)m, count = 0;

	/* Knuth's selection sampling. */
	for (int i = 0; i < n && count < wanted; i++)
		if ((int)rng_below(&r, (uint32_t)(n - i)) < wanted - count)
			rows[count++] = i;
	return count;
}

static size_t area(int rows, int cols)
{
	return (size_t)rows * (size_t)cols;
}

static void poison_floats(float *p, size_t n)
{
	for (size_t i = 0; p && i < n; i++)
		p[i] = NAN;
}

static void poison_kept(const struct kernel_args *a)
{
	for (int b = 0; b < a->batch; b++)
		a->kept->count[b] = -1;
	memset(a->kept->index, 0x80, area(a->batch, a->kept->stride) * sizeof(*a->kept->index));
	poison_floats(a->kept->value, area(a->batch, a->kept->stride));
}

static void poison_weights(const struct kernel_args *a)
{
	poison_floats(a->dw, area(a->n_out, a->n_in));
	if (!a->dw_rows)
		return;
	a->dw_rows->count = -1;
	memset(a->dw_rows->row, 0x80, (size_t)a->n_out * sizeof(*a->dw_rows->row));
}

void check_poison(enum kernel_op op, const struct kernel_args *args)
{
	if (op == OP_TOPK_SELECT)
		poison_kept(args);
	if (op == OP_FORWARD)
		poison_floats(args->y, area(args->batch, args->n_out));
	if (op == OP_BACKWARD_DATA)
		poison_floats(args->dx, area(args->batch, args->n_in));
	if (op == OP_BACKWARD_WEIGHTS)
		poison_weights(args);
}

/* out(rows, cols) = A(rows, inner) B(inner, cols), A(r, j) = a[r * row_step + j * inner_step]. */
struct product {
	bool weights;
	int rows, inner, cols;
	size_t row_step, inner_step;
	const double *a;     /* dY, masked and scaled */
	const uint8_t *keep; /* (batch, n_out) or NULL */
	const float *b, *got;
	const uint8_t *written; /* (rows) rows of got that hold a result; NULL: all */
};

static bool note_error(struct check *c, double error, int row, const char *how)
{
	c->max_err = fmax(c->max_err, error);
	return error <= 1 || check_fail(c, "row %d is wrong %s: error %.3g of the tolerance", row, how, error);
}

static double dot(const double *v, const float *row, int n)
{
	double sum = 0;

	for (int i = 0; i < n; i++)
		sum += v[i] * (double)row[i];
	return sum;
}

static double absolute_sum(const float *row, int n)
{
	double sum = 0;

	for (int i = 0; i < n; i++)
		sum += fabs((double)row[i]);
	return sum;
}

static bool row_is_zero(const float *row, int n)
{
	return absolute_sum(row, n) <= 0;
}

static bool row_is_poison(const float *row, int n)
{
	for (int i = 0; i < n; i++)
		if (!isnan(row[i]))
			return false;
	return true;
}

/* One row of got against A (B sign): sign (cols), b_sign and b_size (inner) are B sign and |B| 1. */
static bool row_projects(const struct product *p, int row, const double *sign, const double *b_sign,
			 const double *b_size, struct check *c)
{
	const float *got = p->got + area(row, p->cols);
	double want = 0, bound = 0, error;

	if (p->written && !p->written[row])
		return row_is_poison(got, p->cols) || check_fail(c, "row %d was written, but has no gradient", row);
	for (int j = 0; j < p->inner; j++) {
		double v = p->a[(size_t)row * p->row_step + (size_t)j * p->inner_step];

		want += v * b_sign[j];
		bound += fabs(v) * b_size[j];
	}
	if (bound > 0 && row_is_zero(got, p->cols))
		return check_fail(c, "row %d is all zero, should not be", row);
	error = fabs(dot(sign, got, p->cols) - want) / (0x1p-24 * (p->inner + 8) * bound + 0x1p-126 * p->cols);
	return note_error(c, isnan(error) ? INFINITY : error, row, "in the sum of its entries under random signs");
}

/* Freivalds: if every entry is within its tolerance, each row's projection on signs is within the sum of them. */
static bool projections_match(const struct product *p, uint64_t seed, struct check *c)
{
	double *sign = malloc(((size_t)p->cols + 2 * (size_t)p->inner + 1) * sizeof(*sign));
	double *b_sign = sign + p->cols, *b_size = b_sign + p->inner;
	struct rng r = rng_create(seed, 0xf1);
	bool ok = true;

	if (!sign)
		return check_no_memory(c);
	for (int i = 0; i < p->cols; i++)
		sign[i] = rng_next(&r) >> 63 ? 1 : -1;
	for (int j = 0; j < p->inner; j++) {
		b_sign[j] = dot(sign, p->b + area(j, p->cols), p->cols);
		b_size[j] = absolute_sum(p->b + area(j, p->cols), p->cols);
	}
	for (int row = 0; ok && row < p->rows; row++)
		ok = row_projects(p, row, sign, b_sign, b_size, c);
	free(sign);
	return ok;
}

/* The same problem with only one of its rows: dY's row b, or its column o. */
static void one_row_problem(const struct kernel_args *a, const struct product *p, int row, struct kernel_args *one,
			    float *dy, uint8_t *keep)
{
	*one = *a;
	*(p->weights ? &one->n_out : &one->batch) = 1;
	one->dy = dy;
	for (int j = 0; j < p->inner; j++) {
		size_t at = (size_t)row * p->row_step + (size_t)j * p->inner_step;

		dy[j] = a->dy[at];
		keep[j] = p->keep ? p->keep[at] : 1;
	}
}

static bool row_matches(const struct kernel_args *a, const struct product *p, int row, double *out, struct check *c)
{
	double *bound = out + p->cols, scale = p->keep ? (double)a->rescale : 1;
	float *dy = (float *)(bound + p->cols);
	uint8_t *keep = (uint8_t *)(dy + p->inner);
	struct kernel_args one;

	if (p->written && !p->written[row])
		return true;
	one_row_problem(a, p, row, &one, dy, keep);
	(p->weights ? reference_backward_weights : reference_backward_data)(&one, keep, scale, out, bound);
	return note_error(c, reference_error(p->got + area(row, p->cols), out, bound, (size_t)p->cols, p->inner), row,
			  "against the reference");
}

static bool sampled_rows_match(const struct kernel_args *a, const struct product *p, uint64_t seed, struct check *c)
{
	double pays = fmax(2, CHECK_WORK / fmax(1, (double)p->inner * p->cols));
	int32_t *rows = malloc(((size_t)p->rows + 1) * sizeof(*rows));
	double *room = malloc(2 * (size_t)p->cols * sizeof(double) + (size_t)p->inner * (sizeof(float) + 1) + 1);
	bool ok = rows && room;
	int n = ok ? check_sample_rows(p->rows, pays, seed, rows) : 0;

	if (!ok)
		check_no_memory(c);
	for (int i = 0; ok && i < n; i++)
		ok = row_matches(a, p, rows[i], room, c);
	free(rows);
	free(room);
	return ok;
}

/* a (batch, n_out) = dY where keep, else 0, times rescale. */
static void masked_dy(const struct kernel_args *args, const uint8_t *keep, double *a)
{
	for (size_t i = 0; i < area(args->batch, args->n_out); i++)
		a[i] = !keep ? (double)args->dy[i] : keep[i] ? (double)args->dy[i] * (double)args->rescale : 0;
}

/* written[o] = 1 where some example keeps column o; the list must say the same. */
static bool row_list_matches(const struct kernel_args *a, const uint8_t *keep, uint8_t *written, struct check *c)
{
	int count = 0;

	memset(written, 0, (size_t)a->n_out);
	for (size_t i = 0; i < area(a->batch, a->n_out); i++)
		written[i % (size_t)a->n_out] |= !keep || keep[i];
	for (int o = 0; o < a->n_out; o++) {
		if (!written[o])
			continue;
		if (count >= a->dw_rows->count || a->dw_rows->row[count] != o)
			return check_fail(c, "row %d has a gradient but is not in place %d of the list of rows", o,
					  count);
		count++;
	}
	return count == a->dw_rows->count ||
	       check_fail(c, "the list has %d rows, should have %d", a->dw_rows->count, count);
}

static struct product product_of(bool weights, const struct kernel_args *a)
{
	size_t n_out = (size_t)a->n_out;

	if (weights)
		return (struct product){.weights = true,
					.rows = a->n_out,
					.inner = a->batch,
					.cols = a->n_in,
					.row_step = 1,
					.inner_step = n_out,
					.b = a->x,
					.got = a->dw};
	return (struct product){.rows = a->batch,
				.inner = a->n_out,
				.cols = a->n_in,
				.row_step = n_out,
				.inner_step = 1,
				.b = a->w,
				.got = a->dx};
}

static struct check check_backward(bool weights, const struct kernel_args *args, uint64_t seed)
{
	struct check c = {.ok = false};
	size_t n = area(args->batch, args->n_out);
	uint8_t *keep = malloc(n + (size_t)args->n_out + 1);
	double *a = malloc((n + 1) * sizeof(*a));
	struct product p = product_of(weights, args);

	p.a = a;
	p.keep = args->kept ? keep : NULL;
	p.written = weights && args->dw_rows && keep ? keep + n : NULL;
	if (!keep || !a)
		check_no_memory(&c);
	else if (!args->kept || check_kept_mask(args, keep, &c)) {
		masked_dy(args, p.keep, a);
		c.ok = (!p.written || row_list_matches(args, p.keep, keep + n, &c)) &&
		       projections_match(&p, seed, &c) && sampled_rows_match(args, &p, seed, &c);
	}
	free(keep);
	free(a);
	return c;
}

static bool forward_rows_match(const struct kernel_args *args, const int32_t *rows, int n, double *out, struct check *c)
{
	bool ok = true;

	for (int i = 0; ok && i < n; i++) {
		struct kernel_args one = *args;

		one.batch = 1;
		one.x = args->x + area(rows[i], args->n_in);
		reference_forward(&one, out, out + args->n_out);
		ok = note_error(c,
				reference_error(args->y + area(rows[i], args->n_out), out, out + args->n_out,
						(size_t)args->n_out, args->n_in + 1),
				rows[i], "against the reference");
	}
	return ok;
}

static struct check check_forward(const struct kernel_args *args, uint64_t seed)
{
	struct check c = {.ok = false};
	double pays = fmax(2, CHECK_WORK_FORWARD / fmax(1, (double)args->n_in * args->n_out));
	int32_t *rows = malloc(((size_t)args->batch + 1) * sizeof(*rows));
	double *out = malloc((2 * (size_t)args->n_out + 1) * sizeof(*out));

	if (!rows || !out)
		check_no_memory(&c);
	else
		c.ok = forward_rows_match(args, rows, check_sample_rows(args->batch, pays, seed, rows), out, &c);
	free(rows);
	free(out);
	return c;
}

struct check check_kernel(enum kernel_op op, const char *method, const struct kernel_args *args, uint64_t seed)
{
	struct check none = {.ok = false};

	switch (op) {
	case OP_TOPK_SELECT:
		return check_selection(method, args, seed);
	case OP_FORWARD:
		return check_forward(args, seed);
	case OP_BACKWARD_DATA:
	case OP_BACKWARD_WEIGHTS:
		return check_backward(op == OP_BACKWARD_WEIGHTS, args, seed);
	default:
		check_fail(&none, "no check of the operation %s", kernel_op_name(op));
		return none;
	}
}
