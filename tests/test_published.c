/* SPDX-License-Identifier: MIT */
/* The table of published numbers: complete rows, plausible values, found by their set. */
#include "report/published.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_rows_are_whole(void **state)
{
	(void)state;
	for (const struct published *p = published; p->set; p++) {
		assert_non_null(p->source);
		assert_non_null(p->what);
		assert_non_null(p->spec);
		assert_non_null(p->base);
		assert_true(p->test > 0 || p->gpu_ms > 0);
		assert_true(p->test <= 100 && p->dev <= 100);
		/* Who is held against dense says which experiment of ours does it. */
		assert_true(!p->base[0] || p->spec[0]);
	}
}

/* A base that is not itself in the study's base recipe is a row of the table too. */
static void test_sparse_has_its_dense(void **state)
{
	(void)state;
	for (const struct published *p = published; p->set; p++) {
		const struct published *q = published;

		if (!p->base[0] || strcmp(p->base, "method=dense") == 0)
			continue;
		while (q->set && strcmp(q->spec, p->base) != 0)
			q++;
		assert_non_null(q->set);
	}
}

static void test_sets_are_walked(void **state)
{
	int n = 0;

	(void)state;
	for (const struct published *p = published_next(published, "ratio"); p; p = published_next(p + 1, "ratio")) {
		assert_string_equal(p->set, "ratio");
		n++;
	}
	assert_int_equal(n, 3);
	assert_null(published_next(published, "no such set"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_are_whole),
		cmocka_unit_test(test_sparse_has_its_dense),
		cmocka_unit_test(test_sets_are_walked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
