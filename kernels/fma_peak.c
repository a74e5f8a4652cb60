/* SPDX-License-Identifier: MIT */
/*
 * The ceiling of arithmetic: multiply-adds on registers, nothing else. FMA_CHAINS independent chains
 * acc = acc * m + a hide the latency of the multiply-add (4-5 cycles, 2 a cycle: 8-10 chains at least).
 *
 * args: batch pieces of work, split over the team; k steps of every chain in each piece; x: (2) m and a;
 * y: (batch) sink. With |m| < 1 the values stay bounded. m, a and the start are data, so that nothing folds.
 */
#include "kernels.h"

/* As many as fit in the vector registers beside m and a. */
#if defined(__AVX512F__) || defined(__aarch64__)
#define FMA_CHAINS 24
#else
#define FMA_CHAINS 12
#endif

static float run_piece(float multiplier, float addend, int steps)
{
	const vf m = vf_set(multiplier), a = vf_set(addend);
	vf acc[FMA_CHAINS], sum = {0};
	float total = 0;

#pragma GCC unroll 24
	for (int i = 0; i < FMA_CHAINS; i++)
		acc[i] = a + vf_set((float)i);
	for (int step = 0; step < steps; step++) {
#pragma GCC unroll 24
		for (int i = 0; i < FMA_CHAINS; i++)
			acc[i] = acc[i] * m + a;
	}
#pragma GCC unroll 24
	for (int i = 0; i < FMA_CHAINS; i++)
		sum += acc[i];
	for (int i = 0; i < VF; i++)
		total += sum[i];
	return total;
}

void ISA(fma_peak)(const struct kernel_args *args, struct team team)
{
	struct span span = team_span(team, args->batch, 1);

	for (int piece = span.begin; piece < span.end; piece++)
		args->y[piece] = run_piece(args->x[0], args->x[1], args->k);
}

struct kernel_cost ISA(fma_peak_cost)(const struct kernel_args *args)
{
	return (struct kernel_cost){.flops = 2.0 * VF * FMA_CHAINS * args->batch * args->k};
}
