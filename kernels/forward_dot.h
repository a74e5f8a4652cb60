/* SPDX-License-Identifier: MIT */
/*
 * forward as dot products, for small minibatches: both operands are contiguous along the inner dimension n_in, so
 * nothing has to be packed, and any batch size fills the vectors.
 *
 * A tile of OUTS outputs x EXAMPLES examples keeps its partial sums in vectors; OUTS rows of w stay in L1 while all
 * examples pass by, so w is read from memory once. Bound: the FMA peak, less the sums across vectors at each tile's
 * end. The inner dimension is summed in blocks of DEPTH, in a fixed order for each element.
 */
#ifndef KERNELS_FORWARD_DOT_H
#define KERNELS_FORWARD_DOT_H

#include "isa.h"

#define OUTS 4
#if VECTOR_REGISTERS == 32
#define EXAMPLES 5 /* 20 accumulators */
#else
#define EXAMPLES 3 /* 12 accumulators */
#endif
#define DEPTH 1024

typedef float v4 __attribute__((vector_size(16)));

#if VF == 16
typedef float half_vf __attribute__((vector_size(32)));

ALWAYS_INLINE v4 fold(vf v)
{
	half_vf half = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
		       __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);

	return __builtin_shufflevector(half, half, 0, 1, 2, 3) + __builtin_shufflevector(half, half, 4, 5, 6, 7);
}

#define EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 16, 18, 4, 6, 20, 22, 8, 10, 24, 26, 12, 14, 28, 30)
#define ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 17, 19, 5, 7, 21, 23, 9, 11, 25, 27, 13, 15, 29, 31)
#elif VF == 8
ALWAYS_INLINE v4 fold(vf v)
{
	return __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7);
}

#define EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 8, 10, 4, 6, 12, 14)
#define ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 9, 11, 5, 7, 13, 15)
#else
ALWAYS_INLINE v4 fold(vf v)
{
	return v;
}

#define EVEN(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6)
#define ODD(a, b) __builtin_shufflevector(a, b, 1, 3, 5, 7)
#endif

/* The sums of four vectors' lanes. */
ALWAYS_INLINE v4 sum4(const vf *a)
{
	vf ab = EVEN(a[0], a[1]) + ODD(a[0], a[1]);
	vf cd = EVEN(a[2], a[3]) + ODD(a[2], a[3]);

	return fold(EVEN(ab, cd) + ODD(ab, cd));
}

ALWAYS_INLINE vi lanes(void)
{
	vi v;

	for (int i = 0; i < VF; i++)
		v[i] = i;
	return v;
}

struct dot_tile {
	const float *x, *w;
	ptrdiff_t row; /* of x and of w */
	int depth;
	v4 sums[EXAMPLES]; /* out: OUTS dot products of each example */
};

/* acc[e][o] += x[e] * w[o] over one vector of the inner dimension; `valid` clears the lanes that do not count. */
ALWAYS_INLINE void dot_step(int outs, int examples, const struct dot_tile *t, ptrdiff_t i, vi valid,
			    vf acc[EXAMPLES][OUTS])
{
	vf x[EXAMPLES];

	for (int e = 0; e < examples; e++)
		x[e] = (vf)((vi)vf_load(t->x + e * t->row + i) & valid);
	for (int o = 0; o < outs; o++) {
		vf w = (vf)((vi)vf_load(t->w + o * t->row + i) & valid);

		for (int e = 0; e < examples; e++)
			acc[e][o] += x[e] * w;
	}
}

/* outs and examples are constants after inlining. The last vector of a row overlaps the one before: depth >= VF. */
ALWAYS_INLINE void dot_run(int outs, int examples, struct dot_tile *t)
{
	const vi all = (vi){0} - 1;
	vf acc[EXAMPLES][OUTS];
	int i = 0;

	for (int e = 0; e < examples; e++)
		for (int o = 0; o < OUTS; o++)
			acc[e][o] = (vf){0};
	for (; i + VF <= t->depth; i += VF)
		dot_step(outs, examples, t, i, all, acc);
	if (i < t->depth)
		dot_step(outs, examples, t, t->depth - VF, lanes() >= i + VF - t->depth, acc);
	for (int e = 0; e < examples; e++)
		t->sums[e] = sum4(acc[e]);
}

#define DOT(examples)                                                                                                  \
	static void dot_##examples(struct dot_tile *t)                                                                 \
	{                                                                                                              \
		dot_run(OUTS, examples, t);                                                                            \
	}                                                                                                              \
	static void dot_##examples##_edge(struct dot_tile *t)                                                          \
	{                                                                                                              \
		dot_run(1, examples, t);                                                                               \
	}
DOT(1)
DOT(2)
DOT(3)
#if EXAMPLES > 3
DOT(4)
DOT(5)
#endif

typedef void dot_fn(struct dot_tile *t);

static dot_fn *const dots[EXAMPLES + 1] = {
	NULL,  dot_1, dot_2, dot_3,
#if EXAMPLES > 3
	dot_4, dot_5,
#endif
};

/* One output at a time, for the last n_out % OUTS. */
static dot_fn *const edge_dots[EXAMPLES + 1] = {
	NULL,	    dot_1_edge, dot_2_edge, dot_3_edge,
#if EXAMPLES > 3
	dot_4_edge, dot_5_edge,
#endif
};

/* y's elements of one tile: bias before the first block of the inner dimension, relu after the last. */
static void store(const struct kernel_args *a, const struct dot_tile *t, int b, int examples, int o, int outs, int i)
{
	bool first = i == 0, last = i + DEPTH >= a->n_in;

	for (int e = 0; e < examples; e++) {
		float *y = a->y + (ptrdiff_t)(b + e) * a->n_out + o;

		for (int j = 0; j < outs; j++) {
			float start = !first ? y[j] : a->bias ? a->bias[o + j] : 0;
			float sum = start + t->sums[e][j];

			y[j] = last && a->relu && sum < 0 ? 0 : sum;
		}
	}
}

/* All examples of outputs [o, o + outs), inner block from i on; examples are dealt to tiles as evenly as can be. */
static void outputs(const struct kernel_args *a, int o, int outs, int i)
{
	int n_tiles = (a->batch + EXAMPLES - 1) / EXAMPLES;
	struct dot_tile t = {
		.row = a->n_in, .depth = min_int(DEPTH, a->n_in - i), .w = a->w + (ptrdiff_t)o * a->n_in + i};

	for (int e = 0; e < n_tiles; e++) {
		int b = (int)((int64_t)a->batch * e / n_tiles), next = (int)((int64_t)a->batch * (e + 1) / n_tiles);

		t.x = a->x + (ptrdiff_t)b * a->n_in + i;
		(outs == OUTS ? dots : edge_dots)[next - b](&t);
		store(a, &t, b, next - b, o, outs, i);
	}
}

static void forward_dot(const struct kernel_args *a, struct team team)
{
	struct span part = team_span(team, a->n_out, OUTS);

	for (int i = 0; i < a->n_in; i += DEPTH) {
		int o = part.begin;

		for (; o + OUTS <= part.end; o += OUTS)
			outputs(a, o, OUTS, i);
		for (; o < part.end; o++)
			outputs(a, o, 1, i);
	}
}

#endif
