/* SPDX-License-Identifier: MIT */
/* What is read from a profile of callgrind: which objects count, and which lines are repetitions. */
#include "count.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#define HEAD "# callgrind format\nversion: 1\ncmd: mepbench 7 8\n\npositions: line\nevents: Ir\nsummary: 3152\n\n"

static int64_t count_text(const char *text, const char *harness)
{
	char folder[SCRATCH_PATH], path[SCRATCH_PATH + 16];
	int64_t n;
	FILE *out;

	scratch_create(folder);
	snprintf(path, sizeof(path), "%s/count.1", folder);
	out = fopen(path, "w");
	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
	n = count_profile(path, harness);
	scratch_destroy(folder);
	return n;
}

static void test_own_lines_count_once(void **state)
{
	(void)state;
	assert_int_equal(count_text(HEAD
				    "ob=/p/mepbench\nfl=/p/a.c\nfn=main\n6 16\ncob=/x\ncfn=work\ncalls=1 4\n6 3136\n"
				    "7 2\n\nfn=work\n4 3136\n\ntotals: 3154\n",
				    ""),
			 16 + 2 + 3136);
}

static void test_system_and_harness_are_left_out(void **state)
{
	const char *text =
		HEAD "ob=/usr/lib/libc.so.6\nfn=memset\n0 1000\nob=/p/mepbench\nfn=trial_run\n1 20\n"
		     "ob=/memfd:mepkernels (deleted)\nfn=0x1\n0 300\nob=/lib64/ld-linux-x86-64.so.2\nfn=fix\n0 5\n"
		     "ob=???\nfn=0x2\n0 7\n";

	(void)state;
	assert_int_equal(count_text(text, "/p/mepbench"), 307);
	assert_int_equal(count_text(text, ""), 327);
}

static void test_what_is_no_profile(void **state)
{
	(void)state;
	assert_int_equal(count_text("", ""), -1);
	assert_int_equal(count_text("ob=/p\n1 2\n", ""), -1);
	assert_int_equal(count_profile("/nonexistent/count.1", ""), -1);
	assert_int_equal(count_text(HEAD, ""), 0);
}

static void test_no_count_without_valgrind(void **state)
{
	const struct counted nothing = {NULL, NULL, true};
	struct failure f = {""};
	int64_t n = 3;

	(void)state;
	assert_false(count_active());
	assert_true(count_call(&nothing, &n, &f) < 0);
	assert_int_equal(n, 3);
	assert_true(f.text[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_lines_count_once),
		cmocka_unit_test(test_system_and_harness_are_left_out),
		cmocka_unit_test(test_what_is_no_profile),
		cmocka_unit_test(test_no_count_without_valgrind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
