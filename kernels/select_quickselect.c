/* SPDX-License-Identifier: MIT */
/*
 * Top-k by quickselect (Hoare 1961): partition around a pivot, go on in the part that holds the k-th key. The pivot is
 * the median of three, of nine on long runs, with guaranteed pivots once the keys moved exceed a budget: see
 * select_partition.h. Linear on every input.
 */
#include "select_partition.h"

static int select_row(const float *row, int n, int k, int32_t *work, struct kept_row out)
{
	return select_by_kth(row, n, k, work, out, kth_by_quickselect);
}

void ISA(select_topk_quickselect)(const struct kernel_args *a, struct team team)
{
	select_rows(a, team, select_key_bytes(a), select_row);
}
