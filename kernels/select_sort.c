/* SPDX-License-Identifier: MIT */
/*
 * Top-k by sorting the whole row: the baseline every library has. O(n log n) whatever k is.
 * Introsort (Musser 1997) on 32-bit keys: quicksort, insertion sort for short runs, heapsort where the recursion gets
 * too deep, so that no input is quadratic.
 */
#include "select_partition.h"

#define SHORT_RUN 20

/* Restores the min-heap v[0, n) below i. */
static void sift_down(int32_t *v, int i, int n)
{
	int32_t x = v[i];

	for (int child; (child = 2 * i + 1) < n; i = child) {
		child += child + 1 < n && v[child + 1] < v[child];
		if (v[child] >= x)
			break;
		v[i] = v[child];
	}
	v[i] = x;
}

static void heap_sort(int32_t *v, int n)
{
	for (int i = n / 2 - 1; i >= 0; i--)
		sift_down(v, i, n);
	for (int end = n - 1; end > 0; end--) {
		swap_keys(&v[0], &v[end]);
		sift_down(v, 0, end);
	}
}

static void intro_sort(int32_t *v, int n, int depth)
{
	while (n > SHORT_RUN) {
		struct parts p;

		if (depth-- == 0) {
			heap_sort(v, n);
			return;
		}
		p = partition(v, n, pivot_sampled(v, n));
		intro_sort(v + p.low, n - p.low, depth);
		n = p.high;
	}
	sort_short(v, n);
}

static int32_t kth_by_sort(int32_t *keys, int n, int k)
{
	intro_sort(keys, n, 2 * (32 - __builtin_clz((unsigned)n)));
	return keys[k - 1];
}

static int select_row(const float *row, int n, int k, int32_t *work, struct kept_row out)
{
	return select_by_kth(row, n, k, work, out, kth_by_sort);
}

void ISA(select_topk_sort)(const struct kernel_args *a, struct team team)
{
	select_rows(a, team, select_key_bytes(a), select_row);
}
