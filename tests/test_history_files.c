/* SPDX-License-Identifier: MIT */
/* The files of the history and mepreport --accept: no run or machine is ever mixed up, none counts twice. */
#include "emulator.h"
#include "history_toy.h"
#include "scratch.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[SCRATCH_PATH];

static int create_folder(void **state)
{
	(void)state;
	scratch_create(folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	scratch_destroy(folder);
	return 0;
}

static size_t append(struct kernels *k)
{
	struct history_list list = collect(k);
	struct failure f = {""};
	size_t added;

	assert_int_equal(history_append(folder, &list, &added, &f), 0);
	history_list_destroy(&list);
	return added;
}

static struct history_list load(void)
{
	struct history_list list;
	struct failure f = {""};

	assert_int_equal(history_load(folder, &list, &f), 0);
	return list;
}

static char *file_of(const char *isa)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/cpu-one-gcc-12-%s-o3.csv", folder, isa);
	return path;
}

static void test_appending_twice_adds_nothing(void **state)
{
	struct history_list list;
	char *once, *twice;

	(void)state;
	assert_int_equal(append(create(RUN_2, 1500)), 1);
	once = scratch_get(file_of("avx2"), NULL);
	assert_int_equal(append(create(RUN_2, 1500)), 0);
	assert_int_equal(append(create(RUN_2, 1000)), 0);
	twice = scratch_get(file_of("avx2"), NULL);
	assert_string_equal(once, twice);
	assert_int_equal(append(create(RUN_1, 1000)), 1);
	list = load();
	assert_int_equal(list.n, 2);
	assert_string_equal(list.v[0].run_id, RUN_1);
	assert_float_equal(list.v[0].ratio, 3, 1e-6);
	assert_string_equal(list.v[1].cpu, "CPU, \"one\"");
	history_list_destroy(&list);
	free(once);
	free(twice);
}

/* An interrupted one is completed: what was torn is cut off, what is missing comes. */
static void test_interrupted_append_is_completed(void **state)
{
	struct kernels *k = create(RUN_1, 1500), *again = create(RUN_1, 1500);
	char *text;

	(void)state;
	add(again, RUN_1, "backward", "norm", 6, 2000);
	assert_int_equal(append(k), 1);
	text = scratch_get(file_of("avx2"), NULL);
	text = realloc(text, strlen(text) + 32);
	assert_non_null(text);
	strcat(text, "2026-11-22T17:33:14Z,2026");
	scratch_put_text(file_of("avx2"), text);
	free(text);
	assert_int_equal(append(again), 1);
}

static void test_machines_have_files_of_their_own(void **state)
{
	struct kernels *k = create(RUN_1, 1500);
	const size_t n = k->n;
	struct history_list list;

	(void)state;
	memcpy(k->v + n, k->v, n * sizeof(*k->v));
	for (k->n = 2 * n; k->n > n; k->n--)
		SET(k->v[k->n - 1].isa, "avx512");
	k->n = 2 * n;
	assert_int_equal(append(k), 2);
	assert_int_equal(access(file_of("avx2"), R_OK), 0);
	assert_int_equal(access(file_of("avx512"), R_OK), 0);
	list = load();
	assert_int_equal(list.n, 2);
	assert_int_not_equal(history_compare_machine(&list.v[0], &list.v[1]), 0);
	assert_int_equal(history_compare_cell(&list.v[0], &list.v[1]), 0);
	history_list_destroy(&list);
}

static void test_files_of_others_are_refused(void **state)
{
	struct history_list list;
	struct failure f = {""};
	char path[SCRATCH_PATH + 16];

	(void)state;
	assert_int_equal(history_load("/nowhere/at/all", &list, &f), -EINVAL);
	assert_non_null(strstr(f.text, "/nowhere/at/all"));
	assert_int_equal(history_load(folder, &list, &f), -EINVAL);
	assert_non_null(strstr(f.text, "no rows of history"));
	snprintf(path, sizeof(path), "%s/other.csv", folder);
	scratch_put_text(path, "a,b\n1,2\n");
	assert_int_equal(history_load(folder, &list, &f), -EINVAL);
	assert_non_null(strstr(f.text, "other.csv:1: unknown column 'a'"));
}

/* mepreport with these arguments in the folder; its output is in folder/out. */
static int mepreport(const char *arguments, const char *words)
{
	char command[1024], path[SCRATCH_PATH + 8], *out;
	int status;

	snprintf(path, sizeof(path), "%s/out", folder);
	snprintf(command, sizeof(command), "cd %s && %s %s %s >out 2>&1", folder, emulator(), MEPREPORT, arguments);
	status = system(command); /* NOLINT */
	assert_true(WIFEXITED(status));
	out = scratch_get(path, NULL);
	if (!strstr(out, words))
		fprintf(stderr, "%s\n", out);
	assert_non_null(strstr(out, words));
	free(out);
	return WEXITSTATUS(status);
}

static void store(const char *context)
{
	struct kernels *k = create(RUN_1, 1500);
	char path[SCRATCH_PATH + 32];
	struct record_writer *writer;
	struct failure f = {""};

	snprintf(path, sizeof(path), "%s/kernel.csv", folder);
	assert_int_equal(record_writer_create(&writer, path, &kernel_records, &f), 0);
	for (size_t i = 0; i < k->n; i++)
		assert_int_equal(record_write(writer, &k->v[i], &f), 0);
	assert_int_equal(record_writer_destroy(writer, &f), 0);
	free(k);
	snprintf(path, sizeof(path), "%s/context.json", folder);
	scratch_put_text(path, context);
}

#define CONDITIONS "\"conditions\":{\"compiler\":\"gcc 12\",\"flags\":\"-O3\"}"

static void test_the_command(void **state)
{
	(void)state;
	store("{}");
	assert_int_equal(mepreport("--accept --into=h .", "no context.json that says compiler and flags"), 2);
	store("{" CONDITIONS ",\"plan\":{\"lines\":[{\"name\":\"sparse\",\"state\":\"interrupted\"}]}}");
	assert_int_equal(mepreport("--accept --into=h .", "line 'sparse' of its plan is interrupted"), 2);
	store("{" CONDITIONS ",\"plan\":{\"lines\":[{\"name\":\"sparse\",\"state\":\"finished\"},{\"name\":\"b\"}]}}");
	assert_int_equal(mepreport("--accept --into=h/in .", "1 rows added to h/in"), 0);
	assert_int_equal(mepreport("--accept --into=h/in .", "nothing added, h/in has it already"), 0);
	assert_int_equal(mepreport("--accept --into=h/in .", "2 cells left out: no best dense beside them"), 0);
	assert_int_equal(mepreport("--accept .", "added to results/history"), 0);
	assert_int_equal(mepreport("--accept nowhere", "cannot read folder nowhere"), 2);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, create_folder, remove_folder)
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_appending_twice_adds_nothing),
		IN_FOLDER(test_interrupted_append_is_completed),
		IN_FOLDER(test_machines_have_files_of_their_own),
		IN_FOLDER(test_files_of_others_are_refused),
		IN_FOLDER(test_the_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
