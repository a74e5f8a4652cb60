/* SPDX-License-Identifier: MIT */
/* See tune_operands.h: what a layer's backward pass reads and writes, filled as it is in training. */
#include "tune/tune_operands.h"

#include "base/memory.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ZERO_STEPS 16 /* non-zeros start at this part of a row and double */

static void *take(struct tune_operands *o, size_t rows, size_t columns, size_t size)
{
	void *p = o->n_blocks < TUNE_MAX_BLOCKS ? memory_create(rows * columns, size) : NULL;

	if (p)
		o->block[o->n_blocks++] = p;
	return p;
}

static double count_nonzeros(const float *dy, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += fabsf(dy[i]) > 0;
	return sum;
}

/* Leaves about `share` of the entries as they are, the others become zero. */
static void thin_out(float *dy, size_t n, double share, uint64_t stream)
{
	struct rng r = rng_create(TUNE_SEED, stream);

	for (size_t i = 0; i < n && share < 1; i++)
		if (rng_uniform(&r) >= share)
			dy[i] = 0;
}

static int add_gradient(struct tune_operands *o, const struct dist *dist, double share)
{
	size_t batch = (size_t)o->layer->batch, n_out = (size_t)o->layer->n_out;
	struct tune_gradient *g = &o->gradients[o->n_gradients++];
	float *all = memory_create(TUNE_COPIES * batch * n_out, sizeof(float));
	bool ok = all != NULL;

	/* All copies are rows of one matrix, as a recording goes on from one to the next. */
	if (ok)
		dist_fill(dist, all, TUNE_COPIES * o->layer->batch, o->layer->n_out, TUNE_SEED);
	for (int c = 0; ok && c < TUNE_COPIES; c++) {
		g->dy[c] = take(o, batch, n_out, sizeof(float));
		ok = g->dy[c] != NULL;
		if (!ok)
			break;
		memcpy(g->dy[c], all + (size_t)c * batch * n_out, batch * n_out * sizeof(float));
		thin_out(g->dy[c], batch * n_out, share, (uint64_t)c);
		g->nonzeros += count_nonzeros(g->dy[c], batch * n_out) / (double)(TUNE_COPIES * batch);
	}
	free(all);
	return ok ? 0 : -ENOMEM;
}

/* The gradients of the point at hand, or as in training: fewer and fewer zeros. */
static int create_gradients(struct tune_operands *o)
{
	int rc = 0;

	if (o->layer->dist)
		return add_gradient(o, o->layer->dist, 1);
	for (int part = ZERO_STEPS; part >= 1 && !rc; part /= 2)
		rc = add_gradient(o, dist_find("gaussian"), 1.0 / part);
	return rc;
}

static int create_kept(struct tune_operands *o)
{
	int batch = o->layer->batch, stride = (o->layer->n_out + 2 * SPARSE_PAD - 1) / SPARSE_PAD * SPARSE_PAD;

	for (int c = 0; c < TUNE_COPIES; c++) {
		struct sparse_dy *kept = &o->kept[c];

		kept->stride = stride;
		if (!(kept->count = take(o, (size_t)batch, 1, sizeof(int32_t))) ||
		    !(kept->index = take(o, (size_t)batch, (size_t)stride, sizeof(int32_t))) ||
		    !(kept->value = take(o, (size_t)batch, (size_t)stride, sizeof(float))))
			return -ENOMEM;
	}
	o->rows.row = take(o, (size_t)o->layer->n_out, 1, sizeof(int32_t));
	return o->rows.row ? 0 : -ENOMEM;
}

static int create_matrices(struct tune_operands *o)
{
	size_t batch = (size_t)o->layer->batch, n_in = (size_t)o->layer->n_in, n_out = (size_t)o->layer->n_out;
	const struct dist *gaussian = dist_find("gaussian"), *relu = dist_find("relu");
	float *x = take(o, batch, n_in, sizeof(float)), *w = take(o, n_out, n_in, sizeof(float));
	struct kernel_args *a = &o->args;

	*a = (struct kernel_args){.batch = o->layer->batch,
				  .n_in = o->layer->n_in,
				  .n_out = o->layer->n_out,
				  .rescale = 1,
				  .caches = o->layer->caches};
	a->x = x;
	a->w = w;
	a->dx = take(o, batch, n_in, sizeof(float));
	a->dw = take(o, n_out, n_in, sizeof(float));
	a->kept = &o->kept[0];
	a->dw_rows = &o->rows;
	a->scratch = take(o, choice_scratch_bytes(o->layer->kernels, a, o->layer->threads) + KERNEL_ALIGN, 1, 1);
	if (!x || !w || !a->dx || !a->dw || !a->scratch)
		return -ENOMEM;
	dist_fill(relu, x, o->layer->batch, o->layer->n_in, TUNE_SEED);
	dist_fill(gaussian, w, o->layer->n_out, o->layer->n_in, TUNE_SEED);
	return 0;
}

/* Before a machine swaps: in the worst case, five gradients. */
static int refuse_too_large(const struct tune_layer *l, double memory, struct failure *f)
{
	double batch = l->batch, n_in = l->n_in, n_out = l->n_out;
	double bytes = sizeof(float) * (2 * n_in * (n_out + batch) + 8 * TUNE_COPIES * batch * (n_out + SPARSE_PAD));

	if (!(memory > 0) || bytes < 0.8 * memory)
		return 0;
	return fail(f, -EINVAL,
		    "tuning %dx%dx%d needs %.1f GiB, the machine has %.1f GiB; choose a smaller shape or leave out "
		    "--method=auto",
		    l->batch, l->n_in, l->n_out, bytes / 0x1p30, memory / 0x1p30);
}

int tune_operands_create(struct tune_operands *o, const struct tune_layer *l, size_t memory_bytes, struct failure *f)
{
	int rc = refuse_too_large(l, (double)memory_bytes, f);

	if (rc)
		return rc;
	*o = (struct tune_operands){.layer = l};
	rc = create_matrices(o);
	rc = rc ? rc : create_kept(o);
	rc = rc ? rc : create_gradients(o);
	if (!rc)
		return 0;
	tune_operands_destroy(o);
	return fail(f, rc, "out of memory for tuning %dx%dx%d", l->batch, l->n_in, l->n_out);
}

void tune_operands_destroy(struct tune_operands *o)
{
	for (int i = 0; i < o->n_blocks; i++)
		free(o->block[i]);
	*o = (struct tune_operands){.layer = NULL};
}
