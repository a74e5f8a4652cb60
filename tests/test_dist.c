/* SPDX-License-Identifier: MIT */
/* Distributions: each is what its name says, a row depends on (seed, row) alone, and no size breaks it. */
/* Ours first: cmocka.h defines a macro fail(). */
#include "data/dist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static int count_distinct(const float *row, int n)
{
	float *copy = calloc((size_t)n, sizeof(*copy));
	int distinct = 1;

	for (int i = 0; i < n; i++)
		copy[i] = fabsf(row[i]);
	qsort(copy, (size_t)n, sizeof(*copy), compare);
	for (int i = 1; i < n; i++)
		distinct += copy[i] > copy[i - 1];
	free(copy);
	return distinct;
}

static double share_zero(const float *row, int n)
{
	int zeros = 0;

	for (int i = 0; i < n; i++)
		zeros += row[i] == 0;
	return (double)zeros / n;
}

static float *make_row(const char *name, int n)
{
	float *row = calloc((size_t)n, sizeof(*row));

	assert_non_null(dist_find(name));
	dist_fill(dist_find(name), row, 1, n, 7);
	return row;
}

static void test_finite_at_all_sizes(void **state)
{
	float row[70];

	(void)state;
	for (const struct dist *d = dists; d->name; d++)
		for (int n = 0; n <= 67; n++) {
			row[n] = 12345.0f;
			dist_fill(d, row, 1, n, 3);
			for (int i = 0; i < n; i++)
				assert_true(isfinite(row[i]));
			assert_true(row[n] == 12345.0f);
		}
}

static void test_row_alone(void **state)
{
	float all[5 * 33], other[5 * 33];

	(void)state;
	for (const struct dist *d = dists; d->name; d++) {
		dist_fill(d, all, 5, 33, 11);
		dist_fill(d, other, 3, 33, 11);
		assert_memory_equal(all, other, 3 * 33 * sizeof(float));
		dist_fill(d, other, 5, 33, 12);
		assert_memory_not_equal(all, other, sizeof(all));
		assert_memory_not_equal(all, all + 33, 33 * sizeof(float));
	}
}

static void test_moments(void **state)
{
	enum { n = 100000 };
	float *row = make_row("gaussian", n);
	double sum = 0, squares = 0;

	(void)state;
	for (int i = 0; i < n; i++) {
		sum += row[i];
		squares += (double)row[i] * row[i];
	}
	assert_true(fabs(sum / n) < 0.02);
	assert_true(fabs(squares / n - 1) < 0.03);
	free(row);
}

static void test_zeros(void **state)
{
	enum { n = 100000 };
	float *relu = make_row("relu", n), *sparse = make_row("zeros90", n);

	(void)state;
	assert_true(fabs(share_zero(relu, n) - 0.5) < 0.01);
	assert_true(fabs(share_zero(sparse, n) - 0.9) < 0.01);
	free(relu);
	free(sparse);
}

/* P(|t| > 10) is 0.0099 for two degrees of freedom; a normal value never gets there. */
static void test_heavy_tail(void **state)
{
	enum { n = 100000 };
	float *row = make_row("heavy", n);
	int far = 0;

	(void)state;
	for (int i = 0; i < n; i++)
		far += fabsf(row[i]) > 10;
	assert_in_range(far, 800, 1200);
	free(row);
}

static void test_magnitudes(void **state)
{
	float *ties = make_row("ties", 1000), *equal = make_row("equal", 1000);
	float *sorted = make_row("sorted", 1000), *reversed = make_row("reversed", 1000);

	(void)state;
	assert_int_equal(count_distinct(ties, 1000), 8);
	assert_int_equal(count_distinct(equal, 1000), 1);
	for (int i = 1; i < 1000; i++) {
		assert_true(fabsf(sorted[i]) > fabsf(sorted[i - 1]));
		assert_true(fabsf(reversed[i]) < fabsf(reversed[i - 1]));
	}
	free(ties);
	free(equal);
	free(sorted);
	free(reversed);
}

/* Pivots by median of the first, middle and last: how many entries the largest part keeps after one partition. */
static int larger_part(const float *row, int n)
{
	float v[3] = {fabsf(row[0]), fabsf(row[n / 2]), fabsf(row[n - 1])};
	int below = 0;

	qsort(v, 3, sizeof(v[0]), compare);
	for (int i = 0; i < n; i++)
		below += fabsf(row[i]) < v[1];
	return below > n - below ? below : n - below;
}

static void test_adversarial(void **state)
{
	float *row;

	(void)state;
	for (int n = 100; n < 110; n++) {
		row = make_row("adversarial", n);
		assert_int_equal(count_distinct(row, n), n);
		assert_true(larger_part(row, n) > n * 9 / 10);
		free(row);
	}
}

/* Magnitudes of what is sampled, or the first of it, against all others. */
static void test_hostile_to_samples(void **state)
{
	enum { n = 1000 };
	float *tiny = make_row("hostile_sample", n), *huge = make_row("hostile_peaks", n);

	(void)state;
	for (int i = 0; i < n; i++) {
		int at = i % (n / 8);

		assert_true(at >= 16 || fabsf(tiny[i]) < 1e-29f);
		assert_true(at == 0 || fabsf(huge[i]) < 1e-9f);
	}
	assert_true(count_distinct(tiny, n) > n * 9 / 10 && count_distinct(huge, n) > n * 9 / 10);
	free(tiny);
	free(huge);
}

/* Largest 32-bit key less the smallest, of the c largest magnitudes. */
static uint32_t key_range(const float *sorted, int n, int c)
{
	uint32_t least, most;

	memcpy(&least, &sorted[n - c], sizeof(least));
	memcpy(&most, &sorted[n - 1], sizeof(most));
	return most - least;
}

static void test_hostile_to_levels(void **state)
{
	enum { n = 10000 };
	float *level = make_row("hostile_level", n), *nested = make_row("hostile_nested", n);

	(void)state;
	for (int i = 0; i < n; i++) {
		level[i] = fabsf(level[i]);
		nested[i] = fabsf(nested[i]);
	}
	qsort(level, n, sizeof(*level), compare);
	qsort(nested, n, sizeof(*nested), compare);
	assert_true(key_range(level, n, n) < 1u << 17);
	assert_true(key_range(nested, n, n * 7 / 10) < 1u << 24 && key_range(nested, n, n / 2) < 1u << 18);
	assert_int_equal(key_range(nested, n, n / 4), 0);
	free(level);
	free(nested);
}

/* Row after row, on from the start behind the last, whatever the generator. */
static void test_replay(void **state)
{
	float dy[3 * 4] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, m[7 * 4];
	const struct recording recorded = {.rows = 3, .n = 4, .dy = dy};
	const struct dist d = {.name = "x", .recording = &recorded};

	(void)state;
	assert_true(dist_fits(&d, 4) && !dist_fits(&d, 5) && !dist_fits(&d, 3));
	assert_true(dist_fits(dist_find("relu"), 5));
	dist_fill(&d, m, 7, 4, 11);
	for (int row = 0; row < 7; row++)
		assert_memory_equal(m + row * 4, dy + row % 3 * 4, 4 * sizeof(float));
}

static void test_look(void **state)
{
	const float m[3 * 4] = {0, 1, -9, 0, 0, 0, 0, 0, 1e-42f, 1, 1, -1};
	struct dist_look look;

	(void)state;
	assert_int_equal(dist_look(&look, m, 3, 4), 0);
	assert_true(fabs(look.zeros - 6 / 12.0) < 1e-12 && fabs(look.tiny - 1 / 12.0) < 1e-12);
	/* rows: 1 1 2 | 0 0 0 | 2 3 3 */
	assert_true(fabs(look.k[0] - 1) < 1e-12 && fabs(look.k[1] - 4 / 3.0) < 1e-12);
	assert_true(fabs(look.k[2] - 5 / 3.0) < 1e-12);
	assert_int_equal(dist_look(&look, m, 0, 4), 0);
	assert_true(look.zeros == 0 && look.k[2] == 0);
}

static void test_find(void **state)
{
	(void)state;
	for (const struct dist *d = dists; d->name; d++)
		assert_ptr_equal(dist_find(d->name), d);
	assert_null(dist_find("none"));
	assert_null(dist_find(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finite_at_all_sizes),
		cmocka_unit_test(test_row_alone),
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_zeros),
		cmocka_unit_test(test_heavy_tail),
		cmocka_unit_test(test_magnitudes),
		cmocka_unit_test(test_adversarial),
		cmocka_unit_test(test_hostile_to_samples),
		cmocka_unit_test(test_hostile_to_levels),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_look),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
