/* SPDX-License-Identifier: MIT */
/*
 * forward as dot products, for a few examples: both operands are contiguous along the inner dimension n_in, so nothing
 * has to be packed, and any number of examples fills the vectors.
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
typedef int32_t v4i __attribute__((vector_size(16)));

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

/* y = x w^T: OUTS rows of w, some rows of x. */
struct dot_tile {
	const float *x, *w;
	ptrdiff_t row; /* of x and of w */
	int depth;
	float *y;
	ptrdiff_t y_row;
	const float *bias; /* of these outputs, or NULL */
	bool first, last;  /* block of the inner dimension: y starts as the bias; y is finished */
	bool relu;
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

/* One example's outputs. */
ALWAYS_INLINE void dot_store(int outs, const struct dot_tile *t, float *y, v4 sum)
{
	const size_t bytes = (size_t)outs * sizeof(float);
	v4 start = {0};

	if (!t->first)
		memcpy(&start, y, bytes);
	else if (t->bias)
		memcpy(&start, t->bias, bytes);
	sum += start;
	if (t->last && t->relu)
		sum = (v4)((v4i)sum & ~(sum < 0));
	memcpy(y, &sum, bytes);
}

/* outs and examples are constants after inlining. Of a first vector that is not whole only some lanes count. */
ALWAYS_INLINE void dot_run(int outs, int examples, const struct dot_tile *tile)
{
	const struct dot_tile copy = *tile, *t = &copy; /* which no store to y can change */
	const vi all = (vi){0} - 1;
	vf acc[EXAMPLES][OUTS];
	int i = t->depth % VF;

	for (int e = 0; e < examples; e++)
		for (int o = 0; o < OUTS; o++)
			acc[e][o] = (vf){0};
	if (i > 0)
		dot_step(outs, examples, t, 0, lanes() < i, acc);
	for (; i < t->depth; i += VF)
		dot_step(outs, examples, t, i, all, acc);
	for (int e = 0; e < examples; e++)
		dot_store(outs, t, t->y + e * t->y_row, sum4(acc[e]));
}

#define DOT(examples)                                                                                                  \
	static void dot_##examples(const struct dot_tile *t)                                                           \
	{                                                                                                              \
		dot_run(OUTS, examples, t);                                                                            \
	}                                                                                                              \
	static void dot_##examples##_edge(const struct dot_tile *t)                                                    \
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

typedef void dot_fn(const struct dot_tile *t);

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

/* Examples [b) of outputs [o, o + outs), inner block from i on; dealt to tiles as evenly as can be. */
static void outputs(const struct kernel_args *a, struct span b, int o, int outs, int i)
{
	int examples = b.end - b.begin, n_tiles = (examples + EXAMPLES - 1) / EXAMPLES, begin = b.begin;

	for (int e = 0; e < n_tiles; e++) {
		int end = b.begin + (int)((int64_t)examples * (e + 1) / n_tiles);
		struct dot_tile t = {
			.x = a->x + (ptrdiff_t)begin * a->n_in + i,
			.w = a->w + (ptrdiff_t)o * a->n_in + i,
			.row = a->n_in,
			.depth = min_int(DEPTH, a->n_in - i),
			.y = a->y + (ptrdiff_t)begin * a->n_out + o,
			.y_row = a->n_out,
			.bias = a->bias ? a->bias + o : NULL,
			.first = i == 0,
			.last = i + DEPTH >= a->n_in,
			.relu = a->relu,
		};

		(outs == OUTS ? dots : edge_dots)[end - begin](&t);
		begin = end;
	}
}

/* With fewer outputs than this for each thread the examples are split over the team, not the outputs. */
#define OUTS_WORTH_A_SPLIT (8 * OUTS)

/* y of examples [b), this thread's share. No block of n_in may be shorter than a vector. */
static void forward_dot(const struct kernel_args *a, struct span b, struct team team)
{
	struct span part = {0, a->n_out};

	if (a->n_out < OUTS_WORTH_A_SPLIT * team.size) {
		struct span share = team_span(team, b.end - b.begin, 1);

		b = (struct span){b.begin + share.begin, b.begin + share.end};
	} else {
		part = team_span(team, a->n_out, OUTS);
	}
	for (int i = 0; i < a->n_in; i += DEPTH) {
		int o = part.begin;

		for (; o + OUTS <= part.end; o += OUTS)
			outputs(a, b, o, OUTS, i);
		for (; o < part.end; o++)
			outputs(a, b, o, 1, i);
	}
}

#endif
