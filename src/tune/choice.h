/* SPDX-License-Identifier: MIT */
/*
 * What method `auto` does in a layer: of the ways that lose nothing of the k largest entries of dY (dense keeps all of
 * it, relu_skip every non-zero, top-k just those k), the one that is fastest there. Its gradient is thus never further
 * from the whole one than top-k's.
 * A choice is a pure function of measured costs, k and the number of non-zeros: it reads no clock.
 */
#ifndef TUNE_CHOICE_H
#define TUNE_CHOICE_H

#include "kernel.h"

#define TUNE_MAX_POINTS 12
#define TUNE_NAME 24

/* The cost of the backward pass of a layer, selection included, in units of dense's time. */
struct tune_point {
	double kept; /* entries per row: k, or the mean number of non-zeros */
	double cost;
	char select[TUNE_NAME]; /* the fastest selection algorithm there; "" where there is but one */
};

/* By ascending `kept`; between points the cost is interpolated, beyond them it is that of the nearest. */
struct tune_curve {
	int n; /* 0: not a candidate */
	struct tune_point v[TUNE_MAX_POINTS];
};

/* One layer on one team. */
struct tune_table {
	struct tune_curve relu_skip, topk;
	double dense_ns; /* what cost 1 was when it was measured: for readers, no choice depends on it */
	double nonzeros; /* per row of the dY that top-k was measured on */
};

/* A way through the backward pass. */
struct choice {
	const struct method *method; /* dense, relu_skip or topk */
	const struct kernel *select; /* NULL: dY is used whole */
	const struct kernel *weights, *data;
};

/*
 * The fastest way for this k where dY has so many non-zeros per row. Costs within TUNE_TIE of the least count as equal,
 * and of equals the one that keeps more is taken: dense before relu_skip before topk.
 */
#define TUNE_TIE 0.02
struct choice tune_choose(const struct tune_table *t, const struct kernel_set *kernels, int k, double nonzeros);

/* "dense", "relu_skip", "topk bracket" */
struct choice_text {
	char s[48];
};
struct choice_text choice_describe(const struct choice *c);

/* Bytes of scratch that any way needs, for up to args->batch rows of n_out entries and any k. */
size_t choice_scratch_bytes(const struct kernel_set *kernels, const struct kernel_args *args, int team_size);

#endif
