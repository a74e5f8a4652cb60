/* SPDX-License-Identifier: MIT */
/* The JSON for other programs: it parses again, has what Google Benchmark's tools need, and holds no NaN. */
/* Ours first: cmocka.h defines a macro fail(). */
#include "report/json.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct kernel_record sample(int64_t round, const char *check)
{
	struct kernel_record r = {.batch = 64,
				  .n_in = 784,
				  .n_out = 500,
				  .k = 20,
				  .threads = 2,
				  .round = round,
				  .calls = 4,
				  .elapsed_ns = 1000,
				  .flops = 500};

	strcpy(r.op, "backward");
	strcpy(r.method, "topk");
	strcpy(r.dist, "relu");
	strcpy(r.check, check);
	return r;
}

static double number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

/* The fields that Google Benchmark's compare.py and report.py take from every entry, and their types. */
static void assert_readable(const json_t *all)
{
	static const struct {
		const char *name;
		json_type type;
	} fields[] = {{"name", JSON_STRING},	     {"run_name", JSON_STRING},		 {"run_type", JSON_STRING},
		      {"repetitions", JSON_INTEGER}, {"repetition_index", JSON_INTEGER}, {"threads", JSON_INTEGER},
		      {"iterations", JSON_INTEGER},  {"real_time", JSON_REAL},		 {"cpu_time", JSON_REAL},
		      {"time_unit", JSON_STRING}};
	const json_t *list = json_object_get(all, "benchmarks"), *context = json_object_get(all, "context");

	assert_int_equal(json_integer_value(json_object_get(context, "json_schema_version")), 1);
	assert_true(json_is_array(list));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);

		for (size_t j = 0; j < sizeof(fields) / sizeof(fields[0]); j++) {
			const json_t *field = json_object_get(one, fields[j].name);

			assert_non_null(field);
			assert_int_equal(json_typeof(field), fields[j].type);
		}
		assert_string_equal(json_string_value(json_object_get(one, "run_type")), "iteration");
		assert_string_equal(json_string_value(json_object_get(one, "time_unit")), "ns");
		assert_true(number(one, "repetitions") >= 1);
	}
}

static void test_samples(void **state)
{
	struct kernel_record r[] = {sample(0, "ok"), sample(1, "ok"), sample(0, "fail")};
	struct conditions c = {.load1 = NAN, .cores = 2, .l1_bytes = 32768};
	const json_t *list, *one;
	struct failure f;
	json_t *all;

	r[2].k = 40;
	strcpy(c.host, "h\xff");
	assert_int_equal(json_write_samples(*state, r, 3, &c, &f), 0);
	all = json_load_file(*state, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(all);
	assert_readable(all);
	list = json_object_get(all, "benchmarks");
	assert_int_equal(json_array_size(list), 3);
	one = json_array_get(list, 1);
	assert_string_equal(json_string_value(json_object_get(one, "name")),
			    "backward/topk/relu/64x784x500/k:20/tau:0/threads:2");
	assert_true(number(one, "repetitions") == 2 && number(one, "repetition_index") == 1);
	assert_true(number(one, "real_time") == 250 && number(one, "iterations") == 4);
	one = json_array_get(list, 2);
	assert_true(json_is_true(json_object_get(one, "error_occurred")));
	assert_true(number(one, "real_time") == 0);
	one = json_object_get(all, "context");
	assert_true(number(one, "json_schema_version") == 1);
	assert_true(json_is_null(json_array_get(json_object_get(one, "load_avg"), 0)));
	assert_int_equal(json_array_size(json_object_get(one, "caches")), 1);
	json_decref(all);
}

static void test_epochs(void **state)
{
	struct train_record r[] = {
		{.seed = 3, .threads = 2, .batch = 50, .epoch = 1, .epoch_s = 1.5, .test_acc = 0.97},
		{.seed = 3, .threads = 2, .batch = 50, .epoch = 2, .epoch_s = 1.25, .test_acc = NAN}};
	struct conditions c = {.cores = 2};
	const json_t *two;
	struct failure f;
	json_t *all;

	strcpy(r[1].experiment, "topk k=20 adam");
	strcpy(r[1].layers, "784-500-10");
	assert_int_equal(json_write_epochs(*state, r, 2, &c, &f), 0);
	all = json_load_file(*state, JSON_REJECT_DUPLICATES, NULL);
	assert_readable(all);
	assert_int_equal(json_array_size(json_object_get(all, "benchmarks")), 2);
	two = json_array_get(json_object_get(all, "benchmarks"), 1);
	assert_string_equal(json_string_value(json_object_get(two, "name")),
			    "train/topk k=20 adam/784-500-10/batch:50/seed:3/threads:2");
	assert_true(number(two, "repetition_index") == 1 && number(two, "real_time") == 1.25e9);
	assert_true(json_is_null(json_object_get(two, "test_acc")));
	json_decref(all);
}

static void test_nothing(void **state)
{
	struct conditions c = {.cores = 1};
	struct failure f;
	json_t *all;

	assert_int_equal(json_write_samples(*state, NULL, 0, &c, &f), 0);
	all = json_load_file(*state, 0, NULL);
	assert_int_equal(json_array_size(json_object_get(all, "benchmarks")), 0);
	json_decref(all);
}

static void test_failed_write(void **state)
{
	struct conditions c = {.cores = 1};
	struct failure f;

	(void)state;
	assert_int_not_equal(json_write_samples("/nonexistent/x.json", NULL, 0, &c, &f), 0);
	assert_non_null(strstr(f.text, "/nonexistent/x.json"));
}

static void test_conditions(void **state)
{
	struct conditions c = {.cores = 3, .memory_bytes = (size_t)1 << 40};
	json_t *object;

	(void)state;
	strcpy(c.cpu, "A CPU");
	object = json_conditions(&c);
	assert_string_equal(json_string_value(json_object_get(object, "cpu")), "A CPU");
	assert_true(number(object, "cores") == 3 && number(object, "memory_bytes") == (double)((size_t)1 << 40));
	json_decref(object);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_samples),	 TEST(test_epochs),	TEST(test_nothing),
		TEST(test_failed_write), TEST(test_conditions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
