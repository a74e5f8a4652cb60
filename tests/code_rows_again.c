/* SPDX-License-Identifier: MIT */
/*
 * The kernels of code_rows.c in other words:
 *
 * other comments, other lines, other names, the same code.
 */
#include "code_helper.h"


static const float by_thirds[] = {
	1,
	2, /* twice */
	3,
};


/* The sum of x, weighted. */
static float weighted_sum(const float *values, int count)
{
	float total = 0;

	for (int at = 0; at < count; at++)
	{
		total += values[at] * by_thirds[at % 3];
	}

	return total;
}

static void one(const struct kernel_args *args, struct team who)
{
	args->y[who.rank] = weighted_sum(args->x, args->batch) + ISA(code_helper)(args->k);
}

static void two(const struct kernel_args *args, struct team who)
{
	for (int row = who.rank; row < args->batch; row += who.size)
		args->y[row] = args->x[row] + 1;
}

extern const struct kernel ISA(kernel_table)[];

const struct kernel ISA(kernel_table)[] = {
	{OP_FORWARD, "one", "", ISA_NAME, "", one, NULL, NULL},
	{OP_FORWARD, "two", "", ISA_NAME, "", two, NULL, NULL},
	{.method = NULL},
};
