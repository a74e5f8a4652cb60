/* SPDX-License-Identifier: MIT */
/*
 * The hash of a kernel's machine code: the same for the same code in other words, another for any change that it can
 * reach, in whatever file. The tables are made by code_hash from variants of code_rows.c and code_helper.c.
 */
#include "command_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

extern const uint64_t kernel_code_first[], kernel_code_again[], kernel_code_debug[], kernel_code_constant[],
	kernel_code_callee[], kernel_code_unknown[];

static void test_other_words_are_the_same_code(void **state)
{
	(void)state;
	assert_int_equal(kernel_code_first[0], 2);
	assert_true(kernel_code_first[1] && kernel_code_first[2]);
	assert_true(kernel_code_first[1] != kernel_code_first[2]);
	assert_memory_equal(kernel_code_again, kernel_code_first, 3 * sizeof(uint64_t));
	assert_memory_equal(kernel_code_debug, kernel_code_first, 3 * sizeof(uint64_t));
}

static void test_a_constant_counts_for_who_reads_it(void **state)
{
	(void)state;
	assert_true(kernel_code_constant[1] != kernel_code_first[1]);
	assert_true(kernel_code_constant[2] == kernel_code_first[2]);
}

static void test_a_callee_of_another_file_reaches_the_caller(void **state)
{
	(void)state;
	assert_true(kernel_code_callee[1] != kernel_code_first[1]);
	assert_true(kernel_code_callee[2] == kernel_code_first[2]);
}

/* No object file: nothing is known, and nothing is claimed. */
static void test_unknown(void **state)
{
	static const struct kernel none[] = {{.method = NULL}};
	const struct kernel_set set = {"none", none, NULL, kernel_code_unknown}, older = {"none", none, NULL, NULL};

	(void)state;
	assert_int_equal(kernel_code_unknown[0], 0);
	assert_int_equal(kernel_code(&set, &none[0]), 0);
	assert_int_equal(kernel_code(&older, &none[0]), 0);
}

/* In the records: of a pass, one hash of its steps; each build its own, equal where the code is. */
static void test_records_know_their_code(void **state)
{
	struct run r;

	(void)state;
	run_command(&r, "backward",
		    WORDS("--shape=5x19x23", "--k=3", "--threads=1", "--method=dense,topk", "--kernels=" KERNEL_LIBRARY,
			  "--twin"));
	assert_int_equal(r.status, EXIT_OK);
	run_read(&r);
	for (size_t i = 0; i < r.n; i++) {
		const struct kernel_record *a = &r.records[i];

		assert_true(!a->code[0] || strlen(a->code) == 16);
		for (size_t j = 0; j < r.n; j++) {
			const struct kernel_record *b = &r.records[j];

			if (!strcmp(a->op, b->op) && !strcmp(a->method, b->method) && !strcmp(a->select, b->select))
				assert_string_equal(a->code, b->code);
			else if (strcmp(a->op, b->op) && a->code[0])
				assert_string_not_equal(a->code, b->code);
		}
	}
	run_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_other_words_are_the_same_code),
		cmocka_unit_test(test_a_constant_counts_for_who_reads_it),
		cmocka_unit_test(test_a_callee_of_another_file_reaches_the_caller),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_records_know_their_code),
	};

	return cmocka_run_group_tests_name("code_hash", tests, NULL, NULL);
}
