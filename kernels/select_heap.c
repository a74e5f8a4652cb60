/* SPDX-License-Identifier: MIT */
/*
 * Top-k by heaps. `heap`: a min-heap of the k largest keys so far; most keys fail one compare with its root, which
 * makes it good for small k: O(n + k log k log(n/k)) on random rows, O(n log k) on sorted ones.
 * `partial_heap`: all of the row becomes a max-heap in O(n), then k extractions: O(n + k log n).
 */
#include "select.h"

/* Restores the min-heap v[0, n) after v[i] grew. */
static void sift_min(int32_t *v, int i, int n)
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

static int32_t kth_by_heap(int32_t *keys, int n, int k)
{
	for (int i = k / 2 - 1; i >= 0; i--)
		sift_min(keys, i, k);
	for (int i = k; i < n; i++)
		if (keys[i] > keys[0]) {
			keys[0] = keys[i];
			sift_min(keys, 0, k);
		}
	return keys[0];
}

/* Restores the max-heap v[0, n) after v[i] shrank. */
static void sift_max(int32_t *v, int i, int n)
{
	int32_t x = v[i];

	for (int child; (child = 2 * i + 1) < n; i = child) {
		child += child + 1 < n && v[child + 1] > v[child];
		if (v[child] <= x)
			break;
		v[i] = v[child];
	}
	v[i] = x;
}

static int32_t kth_by_partial_heap(int32_t *keys, int n, int k)
{
	for (int i = n / 2 - 1; i >= 0; i--)
		sift_max(keys, i, n);
	for (int left = n - 1; left > n - k; left--) {
		keys[0] = keys[left];
		sift_max(keys, 0, left);
	}
	return keys[0];
}

static int select_row_heap(const float *row, int n, int k, int32_t *work, struct kept_row out)
{
	return select_by_kth(row, n, k, work, out, kth_by_heap);
}

static int select_row_partial_heap(const float *row, int n, int k, int32_t *work, struct kept_row out)
{
	return select_by_kth(row, n, k, work, out, kth_by_partial_heap);
}

void ISA(select_topk_heap)(const struct kernel_args *a, struct team team)
{
	select_rows(a, team, select_key_bytes(a), select_row_heap);
}

void ISA(select_topk_partial_heap)(const struct kernel_args *a, struct team team)
{
	select_rows(a, team, select_key_bytes(a), select_row_partial_heap);
}
