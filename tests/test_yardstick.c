/* SPDX-License-Identifier: MIT */
/* The yardsticks never change: neither their source nor what they compute; and how they stand in the records. */
#include "command_run.h"
#include "yardstick.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t hash_of(const char *path)
{
	uint64_t hash = 0xcbf29ce484222325u;
	size_t n;
	char *text = scratch_get(path, &n);

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
	free(text);
	return hash;
}

/* Every baseline ever stored is a ratio to this work. Should it change, they all lie: add another yardstick instead. */
static void test_the_source_must_never_change(void **state)
{
	(void)state;
	assert_true(hash_of(SOURCE_ROOT "/kernels/yardstick.c") == 0x52a8a885eeaae7a7u);
	assert_true(hash_of(SOURCE_ROOT "/kernels/yardstick.h") == 0xf6300cf8e30cf1b7u);
}

static void test_every_thread_does_the_same(void **state)
{
	float y[2 * YARDSTICK_SINK] = {0};
	struct kernel_args a = {.k = 3, .y = y};

	(void)state;
	for (int rank = 0; rank < 2; rank++)
		yardstick_compute(&a, (struct team){rank, 2});
	/* Each chain nears 2 by a quarter of the way a step: 16 + (36 - 16) * 0.75^3. */
	assert_true(y[0] == 24.4375f && y[YARDSTICK_SINK] == y[0]);
}

static void test_stream(void **state)
{
	const size_t n = 2 * YARDSTICK_FLOATS;
	float *x = calloc(n, sizeof(*x)), *y = calloc(n, sizeof(*y));
	struct kernel_args a = {.x = x, .y = y};

	(void)state;
	for (size_t i = 0; i < n; i++) {
		x[i] = (float)i;
		y[i] = 2;
	}
	yardstick_stream(&a, (struct team){1, 2});
	assert_true(y[0] == 2 && y[YARDSTICK_FLOATS - 1] == 2);
	assert_true(y[YARDSTICK_FLOATS] == 1 + x[YARDSTICK_FLOATS] && y[n - 1] == 1 + x[n - 1]);
	free(x);
	free(y);
}

/* In every point, once, whatever the filter and however many builds. */
static void test_yardsticks_are_recorded(void **state)
{
	struct run r;

	(void)state;
	run_command(&r, "update",
		    WORDS("--shape=5x19x23", "--k=3", "--threads=1,2", "--method=topk", "--yardstick", "--isa=all",
			  "--against=" KERNEL_LIBRARY, "--filter=^update/"));
	assert_int_equal(r.status, EXIT_OK);
	run_read(&r);
	/* optimiser x threads x rounds */
	assert_int_equal(count_of(&r, "yardstick", "compute", 0), 4 * 2 * 2);
	assert_int_equal(count_of(&r, "yardstick", "stream", 0), 4 * 2 * 2);
	for (size_t i = 0; i < r.n; i++) {
		const struct kernel_record *k = &r.records[i];

		if (strcmp(k->op, "yardstick"))
			continue;
		assert_int_equal(k->batch + k->n_in + k->n_out, 0);
		assert_string_equal(k->check, "none");
		assert_string_equal(k->build, "");
		assert_string_equal(k->dist, "");
		assert_string_equal(k->optimizer, "");
		assert_int_equal(strlen(k->code), 16);
		assert_true(k->calls > 0 && k->elapsed_ns > 0 && (k->flops > 0) != (k->bytes > 0));
	}
	run_end(&r);
}

static void test_injected_work_is_recorded(void **state)
{
	struct run r;
	int n = 0;

	(void)state;
	run_command(&r, "select",
		    WORDS("--n=500", "--batch=9", "--k=5", "--threads=2", "--dist=ties", "--kernels=" KERNEL_LIBRARY,
			  "--twin", "--inject=300", "--yardstick"));
	assert_int_equal(r.status, EXIT_OK);
	run_read(&r);
	for (size_t i = 0; i < r.n; i++) {
		bool twin = !strcmp(r.records[i].build, "twin");

		assert_true(r.records[i].injected == (twin ? 3 : 0));
		n += twin;
	}
	assert_true(n > 0);
	run_end(&r);
	run_command(&r, "select", WORDS("--inject=5", "--kernels=" KERNEL_LIBRARY));
	assert_int_equal(r.status, -EINVAL);
	assert_non_null(strstr(r.f.text, "--inject adds work to the twins; should stand with --twin"));
	run_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_source_must_never_change),
		cmocka_unit_test(test_every_thread_does_the_same),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_yardsticks_are_recorded),
		cmocka_unit_test(test_injected_work_is_recorded),
	};

	return cmocka_run_group_tests_name("yardstick", tests, NULL, NULL);
}
