/* SPDX-License-Identifier: MIT */
/* The registry of the yardsticks, see yardstick.h: a set of their own. */
#include "yardstick.h"

static struct kernel_cost yardstick_compute_cost(const struct kernel_args *args)
{
	return (struct kernel_cost){.flops = 16.0 * args->k * args->batch};
}

static struct kernel_cost yardstick_stream_cost(const struct kernel_args *args)
{
	double bytes = 4.0 * YARDSTICK_FLOATS * args->batch;

	return (struct kernel_cost){.bytes = {[OPERAND_X] = {.read = bytes}, [OPERAND_Y] = {bytes, bytes}}};
}

extern const struct kernel kernel_table_yardstick[];

const struct kernel kernel_table_yardstick[] = {
	{OP_YARDSTICK, "compute", "", "portable", "chains of arithmetic in registers", yardstick_compute,
	 yardstick_compute_cost, NULL},
	{OP_YARDSTICK, "stream", "", "portable", "2 MiB of each thread read, half of them updated", yardstick_stream,
	 yardstick_stream_cost, NULL},
	{.method = NULL},
};
