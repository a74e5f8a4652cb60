/* SPDX-License-Identifier: MIT */
/* Kernels of libraries in the rounds of one process: who enters, under which name, and which files are refused. */
#include "command_run.h"
#include "library.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SELECT "--n=37", "--batch=3", "--k=5", "--threads=2", "--dist=ties"

static int count_build(const struct run *r, const char *build, const char *select, const char *check)
{
	int n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += !strcmp(r->records[i].op, "topk_select") && !strcmp(r->records[i].build, build) &&
		     (!select || !strcmp(r->records[i].select, select)) &&
		     (!check || !strcmp(r->records[i].check, check));
	return n;
}

static const struct kernel *strongest_topk(const struct library *l)
{
	return kernel_find(kernel_set_find_in(l->kernels->sets, NULL), OP_TOPK_SELECT, "topk", NULL);
}

/* The same file twice is two libraries at two places, neither of which is this program's. */
static void test_each_is_mapped_by_itself(void **state)
{
	struct library one, two;
	struct failure f;

	(void)state;
	assert_int_equal(library_open(&one, "kernels", KERNEL_LIBRARY, &f), 0);
	assert_int_equal(library_open(&two, "against", KERNEL_LIBRARY, &f), 0);
	assert_ptr_not_equal(strongest_topk(&one)->run, strongest_topk(&two)->run);
	assert_ptr_not_equal(strongest_topk(&one)->run,
			     kernel_find(kernel_set_find(NULL), OP_TOPK_SELECT, "topk", NULL)->run);
	assert_true(one.kernels->commit[0] && one.kernels->compiler[0]);
	library_close(&one);
	library_close(&two);
	library_close(&two);
	assert_null(two.kernels);
}

static void test_builds_meet_in_the_same_rounds(void **state)
{
	struct run r;
	int n;

	(void)state;
	run_command(&r, "select", WORDS(SELECT, "--kernels=" KERNEL_LIBRARY, "--against=" KERNEL_LIBRARY, "--twin"));
	assert_int_equal(r.status, EXIT_OK);
	run_read(&r);
	assert_all_timed(&r);
	n = count_build(&r, "", NULL, "ok");
	assert_true(n > 2);
	assert_int_equal(count_build(&r, "base", NULL, "ok"), n);
	assert_int_equal(count_build(&r, "twin", NULL, "ok"), n);
	assert_int_equal(count_of(&r, "bandwidth", NULL, -1), 2);
	run_end(&r);
}

/* The filter takes or leaves a contender of all builds. */
static void test_filter_knows_no_builds(void **state)
{
	struct run r;

	(void)state;
	run_command(&r, "select",
		    WORDS(SELECT, "--kernels=" KERNEL_LIBRARY, "--against=" KERNEL_LIBRARY, "--filter=/heap/"));
	assert_int_equal(r.status, EXIT_OK);
	run_read(&r);
	assert_int_equal(r.n, 4);
	assert_int_equal(count_build(&r, "base", "heap", "ok"), 2);
	run_end(&r);
}

/* An older revision lacks kernels: those are entered once. One of its own is wrong: told, but not our fault. */
static void test_older_library(void **state)
{
	struct run r;

	(void)state;
	run_command(&r, "select", WORDS(SELECT, "--isa=portable", "--against=" OLDER_LIBRARY));
	assert_int_equal(r.status, EXIT_OK);
	run_read(&r);
	assert_int_equal(count_build(&r, "base", NULL, NULL), 3);
	assert_int_equal(count_build(&r, "base", "heap", "ok"), 2);
	assert_int_equal(count_build(&r, "base", "sort", "fail"), 1);
	assert_int_equal(count_build(&r, "", "radix", "ok"), 2);
	for (size_t i = 0; i < r.n; i++)
		assert_int_equal(!strcmp(r.records[i].commit, "older"), r.records[i].build[0] == 'b');
	run_end(&r);
}

static void test_wrong_library_ends_with_its_status(void **state)
{
	struct run r;

	(void)state;
	run_command(&r, "select", WORDS(SELECT, "--isa=portable", "--kernels=" OLDER_LIBRARY));
	assert_int_equal(r.status, EXIT_WRONG_RESULT);
	run_read(&r);
	assert_int_equal(count_build(&r, "", "heap", "ok"), 2);
	assert_int_equal(count_build(&r, "", "sort", "fail"), 1);
	run_end(&r);
}

static void assert_checked(const char *command, const char *const *words, int status, size_t n_records)
{
	struct run r;

	run_command(&r, command, words);
	assert_int_equal(r.status, status);
	run_read(&r);
	assert_int_equal(r.n, n_records);
	run_end(&r);
}

/* Everything is verified and nothing timed: what is wrong has a record. */
static void test_check_times_nothing(void **state)
{
	(void)state;
	assert_checked("select", WORDS(SELECT, "--check"), EXIT_OK, 0);
	assert_checked("backward", WORDS("--shape=5x19x23", "--k=3", "--threads=1", "--check"), EXIT_OK, 0);
	assert_checked("forward", WORDS("--shape=5x19x23", "--threads=1", "--check"), EXIT_OK, 0);
	assert_checked("update", WORDS("--shape=5x19x23", "--k=3", "--threads=1", "--check"), EXIT_OK, 0);
	assert_checked("select", WORDS(SELECT, "--check", "--isa=portable", "--kernels=" OLDER_LIBRARY),
		       EXIT_WRONG_RESULT, 1);
	assert_checked("select", WORDS(SELECT, "--check", "--isa=portable", "--against=" OLDER_LIBRARY), EXIT_OK, 1);
}

static int check_plan(const char *folder, const char *text, const char *library)
{
	char path[SCRATCH_PATH + 16], flag[SCRATCH_PATH + 40];
	struct options o;
	struct failure f = {""};
	char *words[] = {path, "--check", "--no-progress", flag};
	FILE *out;

	snprintf(path, sizeof(path), "%s/a.plan", folder);
	snprintf(flag, sizeof(flag), "--kernels=%s", library);
	out = fopen(path, "w");
	assert_non_null(out);
	assert_true(fputs(text, out) >= 0 && fclose(out) == 0);
	if (options_parse(&o, command_find("plan"), 4, words, &f))
		fail_msg("%s", f.text);
	return command_find("plan")->run(&o, &f);
}

/* A plan checks the lines that have results; it leaves no folder behind. */
static void test_check_of_a_plan(void **state)
{
	const char *text = "a: select --n=37 --batch=3 --k=5 --threads=1 --isa=portable --dist=ties\n"
			   "b: ceilings --threads=1\nc: train --epochs=1\n";
	char folder[SCRATCH_PATH];

	(void)state;
	scratch_create(folder);
	assert_int_equal(check_plan(folder, text, KERNEL_LIBRARY), EXIT_OK);
	assert_int_equal(check_plan(folder, text, OLDER_LIBRARY), EXIT_WRONG_RESULT);
	scratch_destroy(folder);
}

static void assert_refused(const char *const *words, const char *sentence)
{
	struct run r;

	run_command(&r, "backward", words);
	assert_int_equal(r.status, -EINVAL);
	if (!strstr(r.f.text, sentence))
		fail_msg("'%s' lacks '%s'", r.f.text, sentence);
	assert_int_not_equal(access(r.csv, F_OK), 0);
	run_end(&r);
}

static void test_refused_files(void **state)
{
	char isa[32];

	(void)state;
	assert_refused(WORDS("--kernels=/"), "--kernels=/: it is a folder; should be a libmepkernels.so");
	assert_refused(WORDS("--against=/nonexistent"), "--against=/nonexistent: No such file");
	assert_refused(WORDS("--against=/dev/zero"), "not a regular file");
	assert_refused(WORDS("--kernels=/etc/passwd"), "it is not a shared library");
	assert_refused(WORDS("--kernels=" FOREIGN_LIBRARY), "a library of something else");
	assert_refused(WORDS("--against=" LAYOUT_LIBRARY), "operands of another layout");
	assert_refused(WORDS("--twin"), "--twin copies a library; should stand with --kernels");
	snprintf(isa, sizeof(isa), "--isa=%s", kernel_sets[1].isa);
	assert_refused(WORDS("--kernels=" OLDER_LIBRARY, isa), "for --isa; should be of those");
	assert_refused(WORDS("--kernels=" KERNEL_LIBRARY, "--method=auto"), "by measuring");
}

/* Wherever the file ends, and whichever byte of its header is wrong: a sentence. */
static void test_damaged_files(void **state)
{
	static unsigned char bytes[1 << 16];
	char path[SCRATCH_PATH + 16], folder[SCRATCH_PATH];
	int in = open(KERNEL_LIBRARY, O_RDONLY);
	struct library l;
	struct failure f;

	(void)state;
	assert_int_equal(read(in, bytes, sizeof(bytes)), sizeof(bytes));
	close(in);
	scratch_create(folder);
	snprintf(path, sizeof(path), "%s/cut.so", folder);
	for (size_t size = 0; size < sizeof(bytes); size = size * 3 + 1) {
		scratch_put(path, bytes, size);
		assert_int_equal(library_open(&l, "kernels", path, &f), -EINVAL);
		assert_non_null(strstr(f.text, "--kernels="));
		assert_null(l.kernels);
	}
	for (size_t i = 0; i < 64; i++) {
		bytes[i] ^= 0xff;
		scratch_put(path, bytes, sizeof(bytes));
		assert_int_equal(library_open(&l, "kernels", path, &f), -EINVAL);
		bytes[i] ^= 0xff;
	}
	scratch_destroy(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_is_mapped_by_itself),
		cmocka_unit_test(test_builds_meet_in_the_same_rounds),
		cmocka_unit_test(test_filter_knows_no_builds),
		cmocka_unit_test(test_older_library),
		cmocka_unit_test(test_wrong_library_ends_with_its_status),
		cmocka_unit_test(test_check_times_nothing),
		cmocka_unit_test(test_check_of_a_plan),
		cmocka_unit_test(test_refused_files),
		cmocka_unit_test(test_damaged_files),
	};

	return cmocka_run_group_tests_name("library", tests, NULL, NULL);
}
