/* SPDX-License-Identifier: MIT */
/*
 * The columns of a matrix that are not zero in every row. The others add nothing to a sum over columns: the product is
 * the same without them, to the bit, but for a factor that is not finite, of which they would make a NaN. Images have
 * borders, and units of a hidden layer rest: of MNIST's 784 pixels about 480 are not zero in some of 50 images.
 */
#ifndef KERNELS_LIVE_COLUMNS_H
#define KERNELS_LIVE_COLUMNS_H

#include "isa.h"

/* Of wider matrices none are told apart: their sums are cut into blocks, whose bounds would move. */
#define LIVE_COLUMNS_MAX 800

struct live_columns {
	int n;
	int32_t column[LIVE_COLUMNS_MAX]; /* (n) ascending */
};

/* Bits of what each column holds, its sign left out: 0 where there are but zeros. */
struct column_bits {
	vi v[LIVE_COLUMNS_MAX / VF];
};

/* Adds rows [rows) of x (any, n); returns whether some columns are zero still. */
static inline bool column_bits_add(struct column_bits *bits, const float *x, int n, struct span rows)
{
	vi zeros = {0};
	bool some = false;

	for (int at = 0; at + VF <= n; at += VF) {
		vi *b = &bits->v[at / VF];

		for (int r = rows.begin; r < rows.end; r++)
			*b |= (vi)vf_load(x + (ptrdiff_t)r * n + at) & 0x7fffffff;
		zeros |= *b == 0;
	}
	for (int i = 0; i < VF; i++)
		some = some || zeros[i];
	return some;
}

/* Rows without zeros are soon found to be so. */
#define ROWS_AT_ONCE 8

/* Of x (rows, n), n <= LIVE_COLUMNS_MAX. The last columns, fewer than a vector, all count. */
static inline void live_columns_find(struct live_columns *live, const float *x, int rows, int n)
{
	struct column_bits bits = {0};
	bool some = true;

	for (int r = 0; r < rows && some; r += ROWS_AT_ONCE)
		some = column_bits_add(&bits, x, n, (struct span){r, min_int(r + ROWS_AT_ONCE, rows)});
	live->n = 0;
	for (int i = 0; i < n; i++) {
		live->column[live->n] = i;
		live->n += !some || i >= n / VF * VF || ((const int32_t *)bits.v)[i] != 0;
	}
}

#endif
