/* SPDX-License-Identifier: MIT */
/*
 * Method auto: what it chooses from invented costs, what the tuning file survives, and that a real measurement yields
 * a table of every way. No time is judged here.
 */
#include "base/failure.h"
#include "machine/machine.h"
#include "tune/tuner.h"
#include "tune_place.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char *chosen(const struct tune_table *t, int k, double nonzeros)
{
	static struct choice_text text;
	struct choice c = tune_choose(t, kernel_set_find(NULL), k, nonzeros);

	assert_non_null(c.weights);
	assert_non_null(c.data);
	assert_int_equal(c.select != NULL, c.method->select != NULL);
	text = choice_describe(&c);
	return text.s;
}

static void test_the_fastest_way_is_chosen(void **state)
{
	(void)state;
	assert_string_equal(chosen(&example, 10, 100), "topk bracket");
	assert_string_equal(chosen(&example, 1, 100), "topk bracket"); /* beyond the curve */
	assert_string_equal(chosen(&example, 0, 100), "topk bracket");
	assert_string_equal(chosen(&example, 45, 100), "topk bracket"); /* 0.9 */
	assert_string_equal(chosen(&example, 55, 100), "dense");
	assert_string_equal(chosen(&example, 100, 100), "dense");
	assert_string_equal(chosen(&example, 100, 30), "relu_skip"); /* 0.5 */
	assert_string_equal(chosen(&example, 30, 20), "relu_skip");
	assert_string_equal(chosen(&example, 10, 30), "topk bracket");
}

static void test_equals_go_to_what_keeps_more(void **state)
{
	struct tune_table t = {.relu_skip = {1, {{50, 0.5, ""}}}, .topk = {1, {{50, 0.495, "heap"}}}};

	(void)state;
	assert_string_equal(chosen(&t, 50, 50), "relu_skip");
	t.topk.v[0].cost = 0.48;
	assert_string_equal(chosen(&t, 50, 50), "topk heap");
	t.relu_skip.v[0].cost = t.topk.v[0].cost = 0.99;
	assert_string_equal(chosen(&t, 50, 50), "dense");
	t.relu_skip.n = t.topk.n = 0;
	assert_string_equal(chosen(&t, 50, 50), "dense");
}

static void test_algorithms_follow_k(void **state)
{
	struct tune_table t = {.topk = {2, {{4, 0.1, "heap"}, {64, 0.2, "radix"}}}};

	(void)state;
	assert_string_equal(chosen(&t, 4, 100), "topk heap");
	assert_string_equal(chosen(&t, 15, 100), "topk heap");
	assert_string_equal(chosen(&t, 17, 100), "topk radix");
	/* A file may know algorithms that this program does not. */
	memcpy(t.topk.v[0].select, "marvel", 7);
	assert_string_equal(chosen(&t, 4, 100), "topk bracket");
}

static void assert_measured(const struct tune_curve *c, int most)
{
	assert_in_range(c->n, 1, TUNE_MAX_POINTS);
	for (int i = 0; i < c->n; i++) {
		assert_true(c->v[i].cost > 0 && c->v[i].kept <= most);
		assert_true(i == 0 || c->v[i].kept > c->v[i - 1].kept);
	}
}

/* Tiny and odd layers, larger teams than the machine: every way is measured, every algorithm exists. */
static void test_measurement(void **state)
{
	static const int shapes[][3] = {{1, 1, 1}, {3, 17, 2}, {5, 40, 67}, {16, 96, 130}};
	struct place p;
	struct tuner_params params;
	struct failure f;

	(void)state;
	place_create(&p);
	params = params_of(&p);
	for (int i = 0; i < 16; i++) {
		struct tune_layer l = layer_of(1 + i % 3, i & 4 ? "gaussian" : NULL);
		struct tune_table t;

		l.batch = shapes[i / 4][0];
		l.n_in = shapes[i / 4][1];
		l.n_out = shapes[i / 4][2];
		l.dx = i & 1;
		if (tune_measure(&params, &l, &t, &f))
			fail_msg("%s", f.text);
		assert_true(t.dense_ns > 0);
		assert_measured(&t.relu_skip, l.n_out);
		assert_measured(&t.topk, l.n_out);
		for (int k = 0; k < t.topk.n; k++)
			assert_non_null(kernel_find(l.kernels, OP_TOPK_SELECT, "topk", t.topk.v[k].select));
	}
	place_destroy(&p);
}

static void test_too_large_for_the_machine(void **state)
{
	struct tune_layer l = layer_of(1, NULL);
	struct tune_table t;
	struct tuner_params params;
	struct failure f;
	struct place p;

	(void)state;
	place_create(&p);
	params = params_of(&p);
	p.conditions.memory_bytes = 1000;
	assert_int_equal(tune_measure(&params, &l, &t, &f), -EINVAL);
	assert_non_null(strstr(f.text, "3x50x100"));
	place_destroy(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_fastest_way_is_chosen), cmocka_unit_test(test_equals_go_to_what_keeps_more),
		cmocka_unit_test(test_algorithms_follow_k),	  cmocka_unit_test(test_measurement),
		cmocka_unit_test(test_too_large_for_the_machine),
	};

	return cmocka_run_group_tests_name("tune", tests, NULL, NULL);
}
