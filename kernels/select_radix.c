/* SPDX-License-Identifier: MIT */
/*
 * Top-k by radix: a histogram of the keys' leading bits tells which digit holds the k-th key; only the keys of that
 * digit go on to the next. Linear on every input, no compares. The digit is 8 bits wide on short rows, where clearing
 * and scanning the bins dominates, 11 on long ones.
 */
#include "select.h"

#define MAX_DIGIT_BITS 11
#define KEY_BITS 31
#define LONG_ROW 4096

/* The digit of the k-th largest key; *k becomes its rank within that digit. */
static int digit_of_kth(const int32_t *keys, int n, int shift, int bits, int *k)
{
	int32_t bins[2][1 << MAX_DIGIT_BITS];
	int mask = (1 << bits) - 1, digit = mask, i = 0;

	memset(bins[0], 0, sizeof(int32_t) << bits);
	memset(bins[1], 0, sizeof(int32_t) << bits);
	/* Two sets of bins: neighbours often share a digit, and would wait for each other's store. */
	for (; i + 2 <= n; i += 2) {
		bins[0][keys[i] >> shift & mask]++;
		bins[1][keys[i + 1] >> shift & mask]++;
	}
	if (i < n)
		bins[0][keys[i] >> shift & mask]++;
	for (; *k > bins[0][digit] + bins[1][digit]; digit--)
		*k -= bins[0][digit] + bins[1][digit];
	return digit;
}

static int32_t kth_by_radix(int32_t *keys, int n, int k)
{
	int bits = n < LONG_ROW ? 8 : MAX_DIGIT_BITS;
	int32_t key = 0;

	for (int left = KEY_BITS; left > 0 && n > 1;) {
		int width = min_int(bits, left), shift = left - width, same = 0, digit;

		digit = digit_of_kth(keys, n, shift, width, &k);
		for (int i = 0; i < n; i++) {
			int32_t x = keys[i];

			keys[same] = x;
			same += (x >> shift & ((1 << width) - 1)) == digit;
		}
		n = same;
		left = shift;
		key = keys[0];
	}
	return key;
}

static int select_row(const float *row, int n, int k, int32_t *work, struct kept_row out)
{
	return select_by_kth(row, n, k, work, out, kth_by_radix);
}

void ISA(select_topk_radix)(const struct kernel_args *a, struct team team)
{
	select_rows(a, team, select_key_bytes(a), select_row);
}
