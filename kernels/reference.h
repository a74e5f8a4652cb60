/* SPDX-License-Identifier: MIT */
/*
 * Plain references in double precision, built without fast-math and without contraction.
 * Every kernel is checked against these before it is timed. They are slow and obvious on purpose.
 */
#ifndef KERNELS_REFERENCE_H
#define KERNELS_REFERENCE_H

#include "kernel.h"

/*
 * Keep flags of one selection method by its definition: keep (batch, n_out), 1 where dY survives.
 * topk, unified_topk: magnitudes compare as `bits & 0x7fffffff`, so NaN is largest and -0 equals 0; ties go to the
 * lowest index. relu_skip: entries whose value is not (+-)0. threshold: magnitude >= tau (NaN kept).
 * norm: the smallest k whose largest magnitudes sum to more than tau * L1(row), in double; a row of zeros keeps none, a
 * row whose L1 norm is not finite keeps all. tinyprop: as struct tinyprop says, the norm summed in double and rounded to
 * float. random_k has no unique answer: see reference_check_random in tests.
 * args: batch, n_out, k, tau, dy are read. Returns false for a method that has no such definition.
 */
bool reference_keep(const char *method, const struct kernel_args *args, uint8_t *keep);

/* How many entries tinyprop keeps of a row with this L1 norm. */
int reference_tinyprop_k(const struct kernel_args *args, double l1);

/*
 * Matrix products in double over the masked dY (keep NULL: all of it), scale multiplies the kept values.
 * out has the shape of the result; bound (same shape) receives sum |a||b| (+ |bias|), the scale of the rounding error.
 */
void reference_forward(const struct kernel_args *args, double *out, double *bound);
void reference_backward_data(const struct kernel_args *args, const uint8_t *keep, double scale, double *out,
			     double *bound);
void reference_backward_weights(const struct kernel_args *args, const uint8_t *keep, double scale, double *out,
				double *bound);

/* One step of the named optimiser (sgd, momentum, adagrad, adam) in double on copies of the operands in args->update. */
bool reference_update(const char *method, const struct update_args *args, double *param, double *state1,
		      double *state2);

/*
 * Largest error of got against reference, in units of the tolerance eps * (terms + 8) * bound: <= 1 passes.
 * NaN and infinity must match in kind; a non-finite `got` where the reference is finite is infinitely wrong.
 * terms: length of the sums.
 */
double reference_error(const float *got, const double *ref, const double *bound, size_t n, int terms);

#endif
