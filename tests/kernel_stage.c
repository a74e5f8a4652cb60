/* SPDX-License-Identifier: MIT */
/* See kernel_stage.h: for each operation its operands, and what of them is a result. */
#include "kernel_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <omp.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

static void *add(struct stage *s, enum fenced_kind kind, int count, size_t size)
{
	assert_true(s->n < COUNT(s->block));
	s->block[s->n] = fenced_create((size_t)count * size, kind, s->place);
	return s->block[s->n++].data;
}

static float *add_floats(struct stage *s, enum fenced_kind kind, int count)
{
	float *v = add(s, kind, count, sizeof(float));

	for (int i = 0; kind != FENCED_OUT && i < count; i++)
		v[i] = rng_below(&s->rng, 3) ? (float)rng_gaussian(&s->rng) : 0;
	return v;
}

/* kept as a selection leaves it: what lies behind the entries of a row must not be used. */
static void add_kept(struct stage *s, enum fenced_kind kind, bool unified)
{
	int batch = s->args.batch, n = s->args.n_out, size = batch * (n + SPARSE_PAD + s->way);
	struct sparse_dy *k = &s->kept;

	*k = (struct sparse_dy){.stride = n + SPARSE_PAD + s->way,
				.count = add(s, kind, batch, sizeof(int32_t)),
				.index = add(s, kind, size, sizeof(int32_t)),
				.value = add(s, kind, size, sizeof(float))};
	s->args.kept = k;
	if (kind == FENCED_OUT)
		return;
	memset(k->count, 0, (size_t)batch * sizeof(int32_t));
	memset(k->index, 0x7f, (size_t)size * sizeof(int32_t));
	memset(k->value, 0xff, (size_t)size * sizeof(float));
	for (int b = 0; b < batch; b++)
		for (int o = 0; o < n; o++)
			if (unified ? o % 3 == 1 : rng_below(&s->rng, 3) == 0) {
				int at = b * k->stride + k->count[b]++;

				k->index[at] = o;
				k->value[at] = (float)rng_gaussian(&s->rng);
			}
}

static bool is_method(const struct stage *s, const char *method)
{
	return !strcmp(s->kernel->method, method);
}

/* dY, as the kernel's method reads it. */
static void add_gradient(struct stage *s)
{
	if (is_method(s, "dense") || is_method(s, "blas"))
		s->args.dy = add_floats(s, FENCED_IN, s->args.batch * s->args.n_out);
	else
		add_kept(s, FENCED_IN, is_method(s, "unified"));
}

static void set_select(struct stage *s)
{
	int n = s->args.n_out, k[STAGE_WAYS] = {n < 5 ? n : 5, 0, n / 2, n};

	s->args.k = k[s->way];
	s->args.dy = add_floats(s, FENCED_IN, s->args.batch * n);
	s->args.tinyprop = (struct tinyprop){.least = 0.1, .most = 0.6, .l1_seen = 20};
	if (is_method(s, "tinyprop"))
		s->args.tinyprop.l1 = add_floats(s, FENCED_OUT, s->args.batch);
	add_kept(s, FENCED_OUT, false);
}

static void set_forward(struct stage *s)
{
	s->args.x = add_floats(s, FENCED_IN, s->args.batch * s->args.n_in);
	s->args.w = add_floats(s, FENCED_IN, s->args.n_out * s->args.n_in);
	s->args.bias = s->way & 2 ? NULL : add_floats(s, FENCED_IN, s->args.n_out);
	s->args.relu = s->way & 1;
	s->args.y = add_floats(s, FENCED_OUT, s->args.batch * s->args.n_out);
}

static void set_backward_data(struct stage *s)
{
	add_gradient(s);
	s->args.w = add_floats(s, FENCED_IN, s->args.n_out * s->args.n_in);
	s->args.dx = add_floats(s, FENCED_OUT, s->args.batch * s->args.n_in);
}

static void set_backward_weights(struct stage *s)
{
	add_gradient(s);
	s->args.x = add_floats(s, FENCED_IN, s->args.batch * s->args.n_in);
	s->args.dw = add_floats(s, FENCED_OUT, s->args.n_out * s->args.n_in);
	if (s->args.kept && s->way & 1) {
		s->rows.row = add(s, FENCED_OUT, s->args.n_out, sizeof(int32_t));
		s->args.dw_rows = &s->rows;
	}
}

/* The parameter and what the optimiser keeps of it. */
static void add_parameter(struct stage *s, const char *optimizer)
{
	struct update_args *u = &s->args.update;
	int n = s->args.n_out * s->args.n_in;
	float **const state[] = {&u->state1, &u->state2};

	*u = (struct update_args){.rows = s->args.n_out,
				  .cols = s->args.n_in,
				  .lazy = s->way == 1,
				  .lr = 0.01f,
				  .beta1 = 0.9f,
				  .beta2 = 0.99f,
				  .eps = 1e-8f,
				  .step = 3,
				  .l1 = s->way == 2 ? 0.1f : 0,
				  .l2 = s->way == 2 ? 0.2f : 0};
	u->param = add_floats(s, FENCED_INOUT, n);
	for (int i = 0; i < (!strcmp(optimizer, "sgd") ? 0 : !strcmp(optimizer, "adam") ? 2 : 1); i++) {
		*state[i] = add_floats(s, FENCED_INOUT, n);
		for (int e = 0; e < n; e++)
			(*state[i])[e] *= (*state[i])[e];
	}
}

/* Rows without a gradient hold what must not be read. */
static void set_update(struct stage *s)
{
	struct update_args *u = &s->args.update;
	float *grad = add_floats(s, FENCED_IN, s->args.n_out * s->args.n_in);

	add_parameter(s, s->kernel->method);
	u->grad = grad;
	if (s->way == 0)
		return;
	u->touched = &s->touched;
	s->touched = (struct row_list){.row = add(s, FENCED_IN, s->args.n_out, sizeof(int32_t))};
	for (int r = 0; r < u->rows; r++) {
		if (s->way < 3 && r % 4 < 2)
			s->touched.row[s->touched.count++] = r;
		else
			memset(grad + (ptrdiff_t)r * u->cols, 0xff, (size_t)u->cols * sizeof(float));
	}
}

static void set_backward_update(struct stage *s)
{
	add_kept(s, FENCED_IN, false);
	s->args.x = add_floats(s, FENCED_IN, s->args.batch * s->args.n_in);
	add_parameter(s, s->kernel->variant);
}

static void set_dropout(struct stage *s)
{
	s->args.dropout = 0.25f * (float)s->way;
	s->args.y = add_floats(s, FENCED_INOUT, s->args.batch * s->args.n_out);
}

static void set_fma_peak(struct stage *s)
{
	s->args.k = s->way;
	s->args.x = add_floats(s, FENCED_IN, 2);
	s->args.y = add_floats(s, FENCED_OUT, s->args.batch);
}

static void set_bandwidth(struct stage *s)
{
	int n = s->args.batch * s->args.n_in;

	s->args.k = s->way;
	s->args.x = add_floats(s, FENCED_IN, n);
	s->args.y = add_floats(s, is_method(s, "axpy") ? FENCED_INOUT : FENCED_OUT, n);
}

/* ---- After a call: what is no result is checked, where something is known of it, and blanked. ---- */

static const char *blank(void *from, const void *to, bool is_poison, int poison)
{
	for (unsigned char *p = from; p < (const unsigned char *)to; p++)
		if (is_poison && *p != poison)
			return "wrote where nothing belongs";
	memset(from, 0, (size_t)((const char *)to - (const char *)from));
	return NULL;
}

/* All n_out + SPARSE_PAD entries of a row may be written, those from the count on are nothing. */
static const char *settle_select(struct stage *s, int poison)
{
	int stride = s->kept.stride, most = s->args.n_out + SPARSE_PAD;

	for (int b = 0; b < s->args.batch; b++) {
		int32_t *index = s->kept.index + (ptrdiff_t)b * stride;
		float *value = s->kept.value + (ptrdiff_t)b * stride;
		int count = s->kept.count[b];

		if (count < 0 || count > s->args.n_out)
			return "left an impossible count";
		if (blank(index + most, index + stride, true, poison) ||
		    blank(value + most, value + stride, true, poison))
			return "wrote past the padding of a row";
		blank(index + count, index + most, false, poison);
		blank(value + count, value + most, false, poison);
	}
	return NULL;
}

/* With a list, the rows that are not on it are not written. */
static const char *settle_weights(struct stage *s, int poison)
{
	const struct row_list *list = &s->rows;
	int next = 0;

	if (!s->args.dw_rows)
		return NULL;
	for (int o = 0; o < s->args.n_out; o++) {
		float *row = s->args.dw + (ptrdiff_t)o * s->args.n_in;

		if (next < list->count && list->row[next] == o)
			next++;
		else if (blank(row, row + s->args.n_in, true, poison))
			return "wrote a row that it did not list";
	}
	blank(list->row + list->count, list->row + s->args.n_out, false, poison);
	return next == list->count ? NULL : "listed rows out of order";
}

/* One sum for each thread's part: no result but a place to leave it. */
static const char *settle_bandwidth(struct stage *s, int poison)
{
	if (is_method(s, "read"))
		blank(s->args.y, s->args.y + s->args.batch * s->args.n_in, false, poison);
	return NULL;
}

static const char *settle_all(struct stage *s, int poison)
{
	(void)s;
	(void)poison;
	return NULL;
}

static const struct {
	enum kernel_op op;
	void (*set)(struct stage *s);
	const char *(*settle)(struct stage *s, int poison);
} ops[] = {
	{OP_TOPK_SELECT, set_select, settle_select},
	{OP_FORWARD, set_forward, settle_all},
	{OP_BACKWARD_DATA, set_backward_data, settle_all},
	{OP_BACKWARD_WEIGHTS, set_backward_weights, settle_weights},
	{OP_UPDATE, set_update, settle_all},
	{OP_BACKWARD_UPDATE, set_backward_update, settle_all},
	{OP_DROPOUT, set_dropout, settle_all},
	{OP_FMA_PEAK, set_fma_peak, settle_all},
	{OP_BANDWIDTH, set_bandwidth, settle_bandwidth},
};

static int op_of(const struct kernel *k)
{
	for (int i = 0; i < COUNT(ops); i++)
		if (ops[i].op == k->op)
			return i;
	fail_msg("the operation of %s has no row in this test's table", kernel_op_name(k->op));
	return -1;
}

/* A CBLAS library for the kernels that call one. */
static void plain_sgemm(int order, int trans_a, int trans_b, int m, int n, int k, float alpha, const float *a, int lda,
			const float *b, int ldb, float beta, float *c, int ldc)
{
	const int transposed = 112;

	(void)order;
	(void)beta; /* 0 */
	for (int i = 0; i < m; i++)
		for (int j = 0; j < n; j++) {
			float sum = 0;

			for (int p = 0; p < k; p++)
				sum += a[trans_a == transposed ? p * lda + i : i * lda + p] *
				       b[trans_b == transposed ? j * ldb + p : p * ldb + j];
			c[i * ldc + j] = alpha * sum;
		}
}

void stage_create(struct stage *s)
{
	static const struct caches none = {1, 1, 1};

	s->rng = rng_create(11, (uint64_t)(s->batch * 7 + s->way));
	s->args = (struct kernel_args){.batch = s->batch,
				       .n_in = s->n_in,
				       .n_out = s->n_out,
				       .caches = s->way == 2 ? none : (struct caches){0},
				       .tau = 0.5f,
				       .rescale = 1.25f,
				       .seed = 5,
				       .sgemm = plain_sgemm};
	ops[op_of(s->kernel)].set(s);
}

void stage_destroy(struct stage *s)
{
	for (int i = 0; i < s->n; i++)
		fenced_destroy(&s->block[i]);
}

const char *stage_call(struct stage *s, int team_size, int poison)
{
	size_t bytes = s->kernel->scratch_bytes ? s->kernel->scratch_bytes(&s->args, team_size) : 0;
	struct fenced scratch = fenced_create(bytes, FENCED_SCRATCH, s->place);
	const char *wrong = NULL;

	for (int i = 0; i < s->n; i++)
		fenced_arm(&s->block[i], poison);
	fenced_arm(&scratch, poison);
	s->args.scratch = scratch.data;
	s->rows.count = -1;
#pragma omp parallel num_threads(team_size)
	s->kernel->run(&s->args, (struct team){omp_get_thread_num(), team_size});
	if (!fenced_intact(&scratch))
		wrong = "wrote around its scratch";
	fenced_destroy(&scratch);
	for (int i = 0; i < s->n; i++)
		if (!fenced_intact(&s->block[i]))
			wrong = "wrote around an operand";
	return wrong ? wrong : ops[op_of(s->kernel)].settle(s, poison);
}

bool stage_results(const struct stage *s, char *copy, bool compare)
{
	for (int i = 0; i < s->n; i++) {
		const struct fenced *f = &s->block[i];

		if (f->kind == FENCED_IN)
			continue;
		if (compare && memcmp(copy, f->data, f->bytes))
			return false;
		memcpy(copy, f->data, f->bytes);
		copy += f->bytes;
	}
	return true;
}

size_t stage_result_bytes(const struct stage *s)
{
	size_t bytes = 1;

	for (int i = 0; i < s->n; i++)
		bytes += s->block[i].bytes;
	return bytes;
}
