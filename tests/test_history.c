/* SPDX-License-Identifier: MIT */
/* The history: which rows a run becomes, and which runs are refused. */
#include "history_toy.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct history_record *row_of(const struct history_list *list, const char *method)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->v[i].method, method) == 0)
			return &list->v[i];
	fail();
	return NULL;
}

static void test_sparse_is_held_against_the_best_dense(void **state)
{
	struct history_list list = collect(create(RUN_1, 1500));
	const struct history_record *r = list.v;

	(void)state;
	assert_int_equal(list.n, 1);
	assert_int_equal(list.left_out, 2);
	assert_string_equal(r->method, "topk");
	assert_string_equal(r->against, "best dense");
	assert_string_equal(r->base, "dense_blas");
	assert_float_equal(r->ratio, 2, 1e-6);
	assert_float_equal(r->low, 2, 1e-6);
	assert_float_equal(r->high, 2, 1e-6);
	assert_int_equal(r->rounds, ROUNDS);
	assert_int_equal(r->k, 5);
	assert_string_equal(r->date, "2026-11-22T17:33:14Z");
	assert_string_equal(r->flags, "-O3");
	history_list_destroy(&list);
}

static void test_what_has_no_dense_is_held_against_the_yardstick(void **state)
{
	struct kernels *k = create(RUN_1, 1500);
	struct history_list list;

	(void)state;
	add(k, RUN_1, "yardstick", "compute", 0, 6000);
	add(k, RUN_1, "yardstick", "stream", 0, 100);
	for (size_t i = k->n - (size_t)2 * ROUNDS; i < k->n; i++) {
		SET(k->v[i].check, "none");
		SET(k->v[i].code, "0123abcd");
	}
	add(k, RUN_1, "topk_select", "topk_heap", 5, 300);
	add(k, RUN_1, "update", "topk_step", 5, 200);
	for (size_t i = k->n - ROUNDS; i < k->n; i++)
		SET(k->v[i].optimizer, "adam");
	list = collect(k);
	assert_int_equal(list.n, 5);
	assert_int_equal(list.left_out, 0);
	assert_string_equal(row_of(&list, "dense")->against, "yardstick compute");
	assert_string_equal(row_of(&list, "dense")->base, "0123abcd");
	assert_float_equal(row_of(&list, "dense")->ratio, 1.5, 1e-6);
	assert_float_equal(row_of(&list, "dense_blas")->ratio, 2, 1e-6);
	assert_string_equal(row_of(&list, "topk")->against, "best dense");
	assert_float_equal(row_of(&list, "topk_heap")->ratio, 20, 1e-5);
	assert_string_equal(row_of(&list, "topk_step")->against, "yardstick stream");
	assert_float_equal(row_of(&list, "topk_step")->ratio, 0.5, 1e-6);
	history_list_destroy(&list);
}

/* Rounds of two processes never pair, and each has its own row. */
static void test_each_process_has_its_row(void **state)
{
	struct kernels *k = create(RUN_1, 1500);
	struct history_list list;

	(void)state;
	add(k, RUN_2, "backward", "dense", 30, 4000);
	add(k, RUN_2, "backward", "topk", 5, 1000);
	list = collect(k);
	assert_int_equal(list.n, 2);
	assert_string_equal(list.v[0].run_id, RUN_1);
	assert_float_equal(list.v[0].ratio, 2, 1e-6);
	assert_float_equal(list.v[1].ratio, 4, 1e-6);
	history_list_destroy(&list);
}

/* What another revision did in the same rounds is no history of this one. */
static void test_other_builds_are_left_out(void **state)
{
	struct kernels *k = create(RUN_1, 1500);
	const size_t n = k->n;
	struct history_list list;

	(void)state;
	add(k, RUN_1, "backward", "dense", 30, 100);
	add(k, RUN_1, "backward", "topk", 5, 50);
	for (size_t i = n; i < k->n; i++)
		SET(k->v[i].build, "base");
	list = collect(k);
	assert_int_equal(list.n, 1);
	assert_float_equal(list.v[0].ratio, 2, 1e-6);
	history_list_destroy(&list);
}

static void test_few_rounds_have_no_interval(void **state)
{
	struct kernels *k = create(RUN_1, 1500);
	struct history_list list;

	(void)state;
	for (size_t i = 0; i < k->n; i++)
		k->v[i].rejected = k->v[i].round > 2;
	list = collect(k);
	assert_int_equal(list.v[0].rounds, 3);
	assert_true(isnan(list.v[0].low) && isnan(list.v[0].high));
	history_list_destroy(&list);
}

/* Spoils one column of a record in the middle: the run is refused, with these words. */
static void refuse(size_t offset, const char *value, const char *words)
{
	struct kernels *k = create(RUN_1, 1500);
	struct history_list list = {0};
	struct failure f = {""};

	strcpy((char *)&k->v[10] + offset, value);
	assert_int_equal(history_collect(k->v, k->n, "DIR", "gcc 12", "-O3", &list, &f), -EINVAL);
	assert_non_null(strstr(f.text, words));
	assert_ptr_equal(strstr(f.text, "DIR: "), f.text);
	assert_int_equal(list.n, 0);
	free(k);
}

static void test_what_is_refused(void **state)
{
	struct history_list list;
	struct failure f = {""};

	(void)state;
	refuse(offsetof(struct kernel_record, degraded), "loaded", "degraded conditions (loaded)");
	refuse(offsetof(struct kernel_record, check), "fail", "wrong result");
	refuse(offsetof(struct kernel_record, commit), "0123456789ab-dirty", "at commit '0123456789ab-dirty'");
	refuse(offsetof(struct kernel_record, commit), "unknown", "at commit 'unknown'");
	refuse(offsetof(struct kernel_record, commit), "", "at commit ''");
	refuse(offsetof(struct kernel_record, compiler), "clang 14", "compiled by 'clang 14'");
	refuse(offsetof(struct kernel_record, run_id), "run-1", "run_id 'run-1' has no time");
	assert_int_equal(history_collect(NULL, 0, "DIR", "gcc 12", "-O3", &list, &f), -EINVAL);
	assert_non_null(strstr(f.text, "no ratio to keep"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sparse_is_held_against_the_best_dense),
		cmocka_unit_test(test_what_has_no_dense_is_held_against_the_yardstick),
		cmocka_unit_test(test_each_process_has_its_row),
		cmocka_unit_test(test_other_builds_are_left_out),
		cmocka_unit_test(test_few_rounds_have_no_interval),
		cmocka_unit_test(test_what_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
