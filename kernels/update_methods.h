/* SPDX-License-Identifier: MIT */
/*
 * The optimisers themselves: what becomes of one vector of elements. Sums of products are written so that the compiler
 * has no choice of which product to fuse with the addition: the bits are the same wherever a step is inlined. The
 * numbers in `factor` are worked out by update_rules.c, once per call.
 */
#ifndef KERNELS_UPDATE_METHODS_H
#define KERNELS_UPDATE_METHODS_H

#include "update_lanes.h"

/* w -= lr * g */
enum { SGD_RATE };

ALWAYS_INLINE struct update_lanes update_sgd_lanes(struct update_lanes e, vf grad, const vf *factor)
{
	e.param -= factor[SGD_RATE] * grad;
	return e;
}

/* m = beta1 * m + g; w -= lr * m (Polyak's heavy ball) */
enum { MOMENTUM_RATE, MOMENTUM_BETA };

ALWAYS_INLINE struct update_lanes update_momentum_lanes(struct update_lanes e, vf grad, const vf *factor)
{
	e.state1 = factor[MOMENTUM_BETA] * e.state1 + grad;
	e.param -= factor[MOMENTUM_RATE] * e.state1;
	return e;
}

/* s += g * g; w -= lr * g / (sqrt(s) + eps) (Duchi, Hazan, Singer 2011). Both numbers are doubled, see update_ratio. */
enum { ADAGRAD_RATE, ADAGRAD_EPS };

ALWAYS_INLINE struct update_lanes update_adagrad_lanes(struct update_lanes e, vf grad, const vf *factor)
{
	e.state1 += grad * grad;
	e.param -= update_ratio(factor[ADAGRAD_RATE] * grad, e.state1, factor[ADAGRAD_EPS]);
	return e;
}

/*
 * m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g g; w -= lr m' / (sqrt(v') + eps), where m' = m / (1 -
 * beta1^t) and v' = v / (1 - beta2^t) (Kingma, Ba 2015). Multiplying through by c = sqrt(1 - beta2^t) folds both
 * corrections into two numbers per call: w -= (lr c / (1 - beta1^t)) m / (sqrt(v) + eps c). Both are doubled, see
 * update_ratio. The moments are written as m + (1 - beta1) (g - m).
 */
enum { ADAM_RATE, ADAM_EPS, ADAM_TO_GRAD, ADAM_TO_SQUARE };

ALWAYS_INLINE struct update_lanes update_adam_lanes(struct update_lanes e, vf grad, const vf *factor)
{
	e.state1 += factor[ADAM_TO_GRAD] * (grad - e.state1);
	e.state2 += factor[ADAM_TO_SQUARE] * (grad * grad - e.state2);
	e.param -= update_ratio(factor[ADAM_RATE] * e.state1, e.state2, factor[ADAM_EPS]);
	return e;
}

#endif
