/* SPDX-License-Identifier: MIT */
/* Two kernels for the hash of machine code: of the first a helper in another file is part. FACTOR: a constant of it. */
#include "code_helper.h"

#ifndef FACTOR
#define FACTOR 3
#endif

static const float weights[] = {1, 2, FACTOR};

static float weigh(const float *x, int n)
{
	float sum = 0;

	for (int i = 0; i < n; i++)
		sum += x[i] * weights[i % 3];
	return sum;
}

static void first(const struct kernel_args *a, struct team team)
{
	a->y[team.rank] = weigh(a->x, a->batch) + ISA(code_helper)(a->k);
}

static void second(const struct kernel_args *a, struct team team)
{
	for (int i = team.rank; i < a->batch; i += team.size)
		a->y[i] = a->x[i] + 1;
}

extern const struct kernel ISA(kernel_table)[];

const struct kernel ISA(kernel_table)[] = {
	{OP_FORWARD, "first", "", ISA_NAME, "", first, NULL, NULL},
	{OP_FORWARD, "second", "", ISA_NAME, "", second, NULL, NULL},
	{.method = NULL},
};
