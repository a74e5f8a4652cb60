/* SPDX-License-Identifier: MIT */
/* Costs and scratch that the selections share. */
#include "select.h"

/* One read of dY, and the entries written. */
static struct kernel_cost cost_of_entries(const struct kernel_args *a, double entries)
{
	return (struct kernel_cost){
		.bytes =
			{[OPERAND_DY] = {.read = 4.0 * a->batch * a->n_out}, [OPERAND_KEPT] = {.written = 8 * entries}},
	};
}

/* The entries are those that a->kept holds: the selection has run before it is priced. */
struct kernel_cost ISA(select_cost)(const struct kernel_args *a)
{
	double entries = 0;

	for (int b = 0; a->kept && b < a->batch; b++)
		entries += a->kept->count[b];
	return cost_of_entries(a, entries);
}

struct kernel_cost ISA(select_cost_k)(const struct kernel_args *a)
{
	int k = max_int(0, min_int(a->k, a->n_out));

	return cost_of_entries(a, (double)a->batch * k);
}

size_t ISA(select_key_scratch)(const struct kernel_args *a, int team_size)
{
	return (size_t)team_size * slice_bytes(select_key_bytes(a));
}
