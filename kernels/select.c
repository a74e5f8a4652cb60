/* SPDX-License-Identifier: MIT */
/* Costs and scratch that the selections share. */
#include "select.h"

/* One read of dY, and index and value of what a->kept holds: the selection has run before it is priced. */
struct kernel_cost ISA(select_cost)(const struct kernel_args *a)
{
	double entries = 0;

	for (int b = 0; a->kept && b < a->batch; b++)
		entries += a->kept->count[b];
	return (struct kernel_cost){0, 4.0 * a->batch * a->n_out + 8.0 * entries};
}

/* One read of dY, and k entries of index and value written per row. */
struct kernel_cost ISA(select_cost_k)(const struct kernel_args *a)
{
	int k = max_int(0, min_int(a->k, a->n_out));

	return (struct kernel_cost){0, 4.0 * a->batch * a->n_out + 8.0 * a->batch * k};
}

size_t ISA(select_key_scratch)(const struct kernel_args *a, int team_size)
{
	return (size_t)team_size * slice_bytes(select_key_bytes(a));
}
