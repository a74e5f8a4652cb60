/* SPDX-License-Identifier: MIT */
/*
 * Selections that need no search, only a compare and the writing of what passed: relu_skip keeps every exact non-zero,
 * threshold every magnitude of at least tau. NaN passes both. Bound: one read of dY and the write of what is kept.
 */
#include "select.h"

static void select_ge(const struct kernel_args *a, struct team team, int32_t key)
{
	struct span rows = team_span(team, a->batch, 1);

	for (int b = rows.begin; b < rows.end; b++)
		a->kept->count[b] = emit_ge(dy_row(a, b), 0, a->n_out, key, kept_row(a, b), 0);
}

void ISA(select_relu_skip)(const struct kernel_args *a, struct team team)
{
	select_ge(a, team, 1);
}

void ISA(select_threshold)(const struct kernel_args *a, struct team team)
{
	select_ge(a, team, key_of(a->tau));
}
