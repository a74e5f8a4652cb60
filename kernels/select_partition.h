/* SPDX-License-Identifier: MIT */
/*
 * Partitioning of keys, largest first: shared by sort, quickselect and norm. Hoare's partition stops at keys equal to
 * the pivot, so ties split evenly. Median of medians of five (Blum, Floyd, Pratt, Rivest, Tarjan 1973) bounds the
 * worst case where a pivot by sampling has failed.
 */
#ifndef KERNELS_SELECT_PARTITION_H
#define KERNELS_SELECT_PARTITION_H

#include "select.h"

#define NINTHER_FROM 128
#define TINY 5

struct parts {
	int high, low; /* v[0, high) >= pivot, v[low, n) <= pivot, and what lies between equals it */
};

/* The pivot must be a value of v. */
static inline struct parts partition(int32_t *v, int n, int32_t pivot)
{
	int i = 0, j = n - 1;

	while (i <= j) {
		while (v[i] > pivot)
			i++;
		while (v[j] < pivot)
			j--;
		if (i <= j)
			swap_keys(&v[i++], &v[j--]);
	}
	return (struct parts){j + 1, i};
}

static inline int32_t median3(int32_t a, int32_t b, int32_t c)
{
	return a < b ? (b < c ? b : (a < c ? c : a)) : (a < c ? a : (b < c ? c : b));
}

/* The median of three keys, of nine on long runs. */
static inline int32_t pivot_sampled(const int32_t *v, int n)
{
	int s = n / 8;

	if (n < NINTHER_FROM)
		return median3(v[0], v[n / 2], v[n - 1]);
	return median3(median3(v[0], v[s], v[2 * s]), median3(v[3 * s], v[4 * s], v[5 * s]),
		       median3(v[6 * s], v[7 * s], v[n - 1]));
}

/* Insertion sort, largest first. */
static inline void sort_short(int32_t *v, int n)
{
	for (int i = 1; i < n; i++) {
		int32_t x = v[i];
		int j = i;

		for (; j > 0 && v[j - 1] < x; j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
}

static inline int32_t pivot_guaranteed(int32_t *v, int n);

/* The k-th largest of n keys, 1 <= k <= n, with guaranteed pivots: linear, but several times slower than sampling. */
static inline int32_t kth_guaranteed(int32_t *v, int n, int k)
{
	while (n > TINY) {
		struct parts p = partition(v, n, pivot_guaranteed(v, n));

		if (k > p.high && k <= p.low)
			return v[k - 1];
		if (k <= p.high) {
			n = p.high;
		} else {
			v += p.low;
			n -= p.low;
			k -= p.low;
		}
	}
	sort_short(v, n);
	return v[k - 1];
}

/* The median of the medians of five: at least 3 in 10 of the keys lie on either side. */
static inline int32_t pivot_guaranteed(int32_t *v, int n)
{
	int groups = 0;

	for (int i = 0; i < n; i += 5) {
		int size = min_int(5, n - i);

		sort_short(v + i, size);
		swap_keys(&v[groups++], &v[i + size / 2]);
	}
	return kth_guaranteed(v, groups, (groups + 1) / 2);
}

/* Quickselect. The budget of 4n keys is what sampled pivots use on all but hostile rows; beyond it pivots are
 * guaranteed. */
static inline int32_t kth_by_quickselect(int32_t *v, int n, int k)
{
	int64_t budget = 4 * (int64_t)n;

	while (n > TINY) {
		struct parts p;

		budget -= n;
		if (budget < 0)
			return kth_guaranteed(v, n, k);
		p = partition(v, n, pivot_sampled(v, n));
		if (k > p.high && k <= p.low)
			return v[k - 1];
		if (k <= p.high) {
			n = p.high;
		} else {
			v += p.low;
			n -= p.low;
			k -= p.low;
		}
	}
	sort_short(v, n);
	return v[k - 1];
}

#endif
