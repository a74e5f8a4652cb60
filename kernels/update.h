/* SPDX-License-Identifier: MIT */
/*
 * What the optimisers share: which rows a thread steps, with or without a gradient, and the traffic that costs.
 * A row is always stepped as a whole from its first column, so that its arithmetic is the same for any team size.
 */
#ifndef KERNELS_UPDATE_H
#define KERNELS_UPDATE_H

#include "isa.h"

/* One row of the parameter and what goes with it. grad NULL: the gradient is zero and not read. */
struct update_row {
	float *param, *state1, *state2;
	const float *grad;
	int n;
};

/* factor: numbers of the method's own, worked out once per call. */
typedef void update_row_fn(const struct update_row *row, const float *factor);

/* Below this a decaying moment counts as zero: it has no effect any more, and denormals are slow on many CPUs. */
#define UPDATE_TINY 0x1p-126f

ALWAYS_INLINE float update_flush(float moment)
{
	return __builtin_fabsf(moment) < UPDATE_TINY ? 0.0f : moment;
}

ALWAYS_INLINE struct update_row update_row_at(const struct update_args *a, int row, bool has_grad)
{
	size_t at = (size_t)row * (size_t)a->cols;

	return (struct update_row){
		.param = a->param + at,
		.state1 = a->state1 ? a->state1 + at : NULL,
		.state2 = a->state2 ? a->state2 + at : NULL,
		.grad = has_grad ? a->grad + at : NULL,
		.n = a->cols,
	};
}

/* Steps the rows that have a gradient, and no other. */
ALWAYS_INLINE void update_touched(const struct update_args *a, struct team team, const float *factor,
				  update_row_fn *step)
{
	struct span s = team_span(team, a->touched ? a->touched->count : a->rows, 1);

	for (int i = s.begin; i < s.end; i++) {
		struct update_row row = update_row_at(a, a->touched ? a->touched->row[i] : i, true);

		step(&row, factor);
	}
}

/* Steps every row; those not in `touched` with a gradient of zero, so that their moments decay. */
ALWAYS_INLINE void update_all(const struct update_args *a, struct team team, const float *factor, update_row_fn *step)
{
	struct span s = team_span(team, a->rows, 1);
	int next = 0;

	while (next < a->touched->count && a->touched->row[next] < s.begin)
		next++;
	for (int r = s.begin; r < s.end; r++) {
		bool has = next < a->touched->count && a->touched->row[next] == r;
		struct update_row row = update_row_at(a, r, has);

		step(&row, factor);
		next += has;
	}
}

/*
 * The walk of a whole call. decays: a zero gradient still changes something (momentum, Adam); where it does not, the
 * untouched rows are left alone even when `lazy` is not asked for.
 */
ALWAYS_INLINE void update_run(const struct kernel_args *args, struct team team, bool decays, const float *factor,
			      update_row_fn *step)
{
	const struct update_args *a = &args->update;

	if (a->touched && decays && !a->lazy)
		update_all(a, team, factor, step);
	else
		update_touched(a, team, factor, step);
}

/* flops per element and the number of state arrays give the cost; each array is read and written once. */
ALWAYS_INLINE struct kernel_cost update_cost(const struct kernel_args *args, bool decays, int n_states, double flops)
{
	const struct update_args *a = &args->update;
	double with_grad = a->touched ? a->touched->count : a->rows;
	double stepped = decays && !a->lazy ? a->rows : with_grad;

	double bytes = 4 * stepped * a->cols;

	return (struct kernel_cost){
		.flops = stepped * a->cols * flops,
		.bytes = {[OPERAND_W] = {bytes, bytes},
			  [OPERAND_STATE] = {n_states * bytes, n_states * bytes},
			  [OPERAND_DW] = {.read = 4 * with_grad * a->cols}},
	};
}

#endif
