/* SPDX-License-Identifier: MIT */
/*
 * The loop of every optimiser: a method says what becomes of one vector of elements, this file walks a stretch with it.
 * The first and the last vector may overlap the aligned ones between them: both are worked out before anything is
 * written, so an element that is written twice gets the same bits twice, and there are no scalar ends.
 */
#ifndef KERNELS_UPDATE_LANES_H
#define KERNELS_UPDATE_LANES_H

#include "update.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

struct update_lanes {
	vf param, state1, state2;
};

typedef struct update_lanes update_lanes_fn(struct update_lanes e, vf grad, const vf *factor);

/* What makes one method's loop, all constant after inlining. */
struct update_loop {
	int n_states;
	bool has_grad, decays;
	update_lanes_fn *step;
};

/*
 * The gradient with the weight decay's: + l2 w + l1 sign(w). The sign is put together from bits, so that only one
 * product is there to be fused with a sum.
 */
ALWAYS_INLINE vf update_decayed(vf grad, vf param, const vf *factor)
{
	vi size = (vi)factor[UPDATE_L1] & (vi)(param != 0), sign = (vi)param & (vi)vf_set(-0.0f);

	return grad + factor[UPDATE_L2] * param + (vf)(size | sign);
}

/*
 * a / (2 sqrt(v) + b), v >= 0. Root and division share one slow unit of the CPU, which would bound the step in cache.
 * So the root comes from the reciprocal root's estimate r by a step of Newton's, 2 sqrt(v) = s (3 - s r) with s = v r,
 * whose factor 2 the callers put into their numbers. Relative error: 2^-23 of the quotient with AVX-512's estimate,
 * 2^-21.5 with AVX2's. The least normal number keeps r finite where v is 0.
 */
#if defined(__AVX2__)
ALWAYS_INLINE vf update_ratio(vf a, vf v, vf b)
{
#if defined(__AVX512F__)
	vf r = (vf)_mm512_rsqrt14_ps(_mm512_max_ps((__m512)v, _mm512_set1_ps(0x1p-126f)));
#else
	vf r = (vf)_mm256_rsqrt_ps(_mm256_max_ps((__m256)v, _mm256_set1_ps(0x1p-126f)));
#endif
	vf s = v * r;

	return a / (s * (vf_set(3) - s * r) + b);
}
#else
ALWAYS_INLINE vf update_ratio(vf a, vf v, vf b)
{
	vf root;

	for (int i = 0; i < VF; i++)
		root[i] = __builtin_sqrtf(v[i]);
	return a / (2 * root + b);
}
#endif

/* What becomes of the elements from i on, with this gradient. */
ALWAYS_INLINE struct update_lanes update_by(const struct update_part *p, ptrdiff_t i, struct update_loop loop, vf grad,
					    const vf *factor)
{
	struct update_lanes e = {
		.param = vf_load(p->param + i),
		.state1 = loop.n_states > 0 ? vf_load(p->state1 + i) : (vf){0},
		.state2 = loop.n_states > 1 ? vf_load(p->state2 + i) : (vf){0},
	};

	if (loop.decays)
		grad = update_decayed(grad, e.param, factor);
	return loop.step(e, grad, factor);
}

/* The same with the gradient from memory. */
ALWAYS_INLINE struct update_lanes update_at(const struct update_part *p, ptrdiff_t i, struct update_loop loop,
					    const vf *factor)
{
	return update_by(p, i, loop, loop.has_grad ? vf_load(p->grad + i) : (vf){0}, factor);
}

ALWAYS_INLINE void update_put(const struct update_part *p, ptrdiff_t i, struct update_loop loop, struct update_lanes e)
{
	vf_store(p->param + i, e.param);
	if (loop.n_states > 0)
		vf_store(p->state1 + i, e.state1);
	if (loop.n_states > 1)
		vf_store(p->state2 + i, e.state2);
}

/* Fewer elements than a vector holds, by way of a whole vector. */
ALWAYS_INLINE void update_narrow(const struct update_part *p, struct update_loop loop, const vf *factor)
{
	float v[4][VF] = {{0}};
	const struct update_part whole = {v[0], v[1], v[2], v[3], VF};
	float *const from[4] = {p->param, p->state1, p->state2, (float *)(uintptr_t)p->grad};
	size_t bytes = (size_t)p->n * sizeof(float);
	const bool used[4] = {true, loop.n_states > 0, loop.n_states > 1, loop.has_grad};

	for (int j = 0; j < 4; j++)
		if (used[j])
			memcpy(v[j], from[j], bytes);
	update_put(&whole, 0, loop, update_at(&whole, 0, loop, factor));
	for (int j = 0; j < 3; j++)
		if (used[j])
			memcpy(from[j], v[j], bytes);
}

/* factor: UPDATE_FACTORS numbers. */
ALWAYS_INLINE void update_walk(const struct update_part *p, struct update_loop loop, const float *numbers)
{
	const struct update_part part = *p;
	struct update_lanes first, last;
	vf factor[UPDATE_FACTORS];
	ptrdiff_t n = part.n, i;

	for (int j = 0; j < UPDATE_FACTORS; j++)
		factor[j] = vf_set(numbers[j]);
	if (n < VF) {
		if (n > 0)
			update_narrow(&part, loop, factor);
		return;
	}
	first = update_at(&part, 0, loop, factor);
	last = update_at(&part, n - VF, loop, factor);
	i = (ptrdiff_t)(-((uintptr_t)part.param / sizeof(float)) % VF);
	for (; i + VF <= n; i += VF)
		update_put(&part, i, loop, update_at(&part, i, loop, factor));
	update_put(&part, 0, loop, first);
	update_put(&part, n - VF, loop, last);
}

/*
 * A block of vectors whose gradients are in registers. They follow each other but for the last, which starts `last`
 * behind the first and may overlap the one before it. vectors is a constant after inlining.
 */
ALWAYS_INLINE void update_block(const struct update_part *p, struct update_loop loop, const vf *factor, int vectors,
				ptrdiff_t last, const vf *grad)
{
	struct update_lanes end, before;

#pragma GCC unroll 8
	for (int v = 0; v < vectors - 2; v++)
		update_put(p, v * VF, loop, update_by(p, v * VF, loop, grad[v], factor));
	if (vectors > 1)
		before = update_by(p, (vectors - 2) * VF, loop, grad[vectors - 2], factor);
	end = update_by(p, last, loop, grad[vectors - 1], factor);
	if (vectors > 1)
		update_put(p, (vectors - 2) * VF, loop, before);
	update_put(p, last, loop, end);
}

#endif
