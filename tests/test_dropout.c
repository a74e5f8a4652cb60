/* SPDX-License-Identifier: MIT */
/*
 * Dropout against its definition, an entry at a time: every instruction set this CPU runs, odd sizes, shares from none
 * to nearly all, every size of team; and that it drops its share.
 */
#include "kernel.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAX_ENTRIES 4096

static bool dropped(uint32_t seed, uint32_t i, double share)
{
	uint32_t h = seed ^ (i * 0x9e3779b1u);

	h = (h ^ (h >> 16)) * 0x85ebca6bu;
	h = (h ^ (h >> 13)) * 0xc2b2ae35u;
	h ^= h >> 16;
	return h < (uint32_t)(share * 0x1p32);
}

static void fill(float *y)
{
	for (int i = 0; i < MAX_ENTRIES; i++)
		y[i] = i % 7 ? (float)i - 1000 : 0;
	y[3] = INFINITY;
	y[10] = NAN;
	y[17] = -0.0f;
}

/* Entries past the end are not touched; a NaN stays one, as does infinity that is dropped. */
static void check(const struct kernel *k, int batch, int n_out, float share, int size)
{
	static float y[MAX_ENTRIES], wanted[MAX_ENTRIES];
	struct kernel_args args = {.batch = batch, .n_out = n_out, .y = y, .seed = 0xfeed12345678u, .dropout = share};

	fill(y);
	fill(wanted);
	for (int i = 0; i < batch * n_out; i++)
		wanted[i] *= dropped(0x12345678u, (uint32_t)i, (double)share) ? 0 : 1 / (1 - share);
	for (int rank = 0; rank < size; rank++)
		k->run(&args, (struct team){rank, size});
	for (int i = 0; i < MAX_ENTRIES; i++)
		if (isnan(wanted[i]) ? !isnan(y[i]) : memcmp(&wanted[i], &y[i], sizeof(float)))
			fail_msg("%s, %d x %d, share %g, team of %d: entry %d is %g, not %g", k->isa, batch, n_out,
				 (double)share, size, i, (double)y[i], (double)wanted[i]);
}

static void is_what_it_is_defined_to_be(void **state)
{
	static const int shapes[][2] = {{0, 5}, {5, 0},	 {1, 1},  {1, 3},   {1, 16},   {3, 5},	 {1, 17},
					{7, 9}, {2, 64}, {5, 37}, {50, 10}, {13, 315}, {1, 4096}};
	static const float shares[] = {0, 0.1f, 0.5f, 0.99f};

	(void)state;
	for (const struct kernel_set *set = kernel_sets; set->isa; set++)
		for (size_t s = 0; set->supported() && s < sizeof(shapes) / sizeof(shapes[0]); s++)
			for (size_t d = 0; d < sizeof(shares) / sizeof(shares[0]); d++)
				for (int size = 1; size <= 5; size++)
					check(kernel_find(set, OP_DROPOUT, "hash", NULL), shapes[s][0], shapes[s][1],
					      shares[d], size);
}

static void drops_its_share(void **state)
{
	static float y[MAX_ENTRIES];
	const struct kernel *k = kernel_find(kernel_set_find(NULL), OP_DROPOUT, "hash", NULL);
	int zeros = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct kernel_args args = {.batch = 1, .n_out = MAX_ENTRIES, .y = y, .seed = seed, .dropout = 0.25f};

		for (int i = 0; i < MAX_ENTRIES; i++)
			y[i] = 1;
		k->run(&args, (struct team){0, 1});
		for (int i = 0; i < MAX_ENTRIES; i++)
			zeros += y[i] == 0;
	}
	assert_true(abs(zeros - 50 * MAX_ENTRIES / 4) < 980); /* 5 standard deviations */
}

static void costs_one_pass(void **state)
{
	const struct kernel_args args = {.batch = 3, .n_out = 5};
	const struct kernel_cost cost = kernel_find(kernel_set_find(NULL), OP_DROPOUT, "hash", NULL)->cost(&args);

	(void)state;
	assert_true(cost.flops == 15);
	assert_true(cost.bytes[OPERAND_Y].read == 60 && cost.bytes[OPERAND_Y].written == 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_what_it_is_defined_to_be),
		cmocka_unit_test(drops_its_share),
		cmocka_unit_test(costs_one_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
