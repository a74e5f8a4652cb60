/* SPDX-License-Identifier: MIT */
/* Mean and quantiles of what layers kept, by the definition of a quantile: sorted, the ceil(q n)-th. */
#include "learn/kept.h"

#include "base/rng.h"

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
	return *(const int *)a - *(const int *)b;
}

static void sorted_examples_agree(void **state)
{
	struct rng r = rng_create(3, 0);

	(void)state;
	for (int n = 1; n <= 300; n += 7) {
		int64_t counts[41] = {0}, sum = 0;
		struct kept_stats s;
		int kept[300];

		for (int i = 0; i < n; i++) {
			kept[i] = (int)rng_below(&r, 41);
			counts[kept[i]]++;
			sum += kept[i];
		}
		qsort(kept, (size_t)n, sizeof(kept[0]), compare);
		s = kept_stats_of(counts, 40);
		assert_true(fabs(s.mean - (double)sum / n) < 1e-12);
		assert_int_equal(s.p10, kept[(n + 9) / 10 - 1]);
		assert_int_equal(s.p50, kept[(n + 1) / 2 - 1]);
		assert_int_equal(s.p90, kept[(9 * n + 9) / 10 - 1]);
	}
}

static void edges(void **state)
{
	int64_t counts[11] = {0};
	struct kept_stats s = kept_stats_of(counts, 10);

	(void)state;
	assert_true(s.mean == 0 && s.p10 == 0 && s.p50 == 0 && s.p90 == 0);
	counts[10] = INT64_C(1) << 40;
	s = kept_stats_of(counts, 10);
	assert_true(s.mean == 10 && s.p10 == 10 && s.p50 == 10 && s.p90 == 10);
	counts[0] = 5;
	s = kept_stats_of(counts, 0);
	assert_true(s.mean == 0 && s.p90 == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorted_examples_agree),
		cmocka_unit_test(edges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
