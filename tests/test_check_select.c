/* SPDX-License-Identifier: MIT */
/* The checker against selections: right ones of every kind are accepted, each mutant is rejected. */
#include "check_data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

static const char *const selections[] = {"topk", "unified_topk", "relu_skip", "threshold",
					 "norm", "tinyprop",	 "random_k"};

#define N_SELECTIONS (sizeof(selections) / sizeof(selections[0]))

static void test_right_selections(void **state)
{
	struct fixture t;
	const int ks[] = {0, 1, 4, N_OUT - 1, N_OUT};

	(void)state;
	for (size_t m = 0; m < N_SELECTIONS; m++)
		for (size_t i = 0; i < sizeof(ks) / sizeof(ks[0]); i++) {
			fixture_create(&t);
			t.args.k = ks[i];
			select_right(&t, selections[m]);
			accept(&t, OP_TOPK_SELECT, selections[m]);
		}
}

/* Row 3 keeps one of its columns in exchange for one it should not keep. */
static void exchange(struct fixture *t)
{
	uint8_t *keep = t->keep + 3 * N_OUT;
	int kept = 0, left = 0;

	while (!keep[kept])
		kept++;
	for (int o = 0; o < N_OUT; o++)
		if (!keep[o] && fabsf(t->dy[3 * N_OUT + o]) < fabsf(t->dy[3 * N_OUT + kept]))
			left = o;
	keep[kept] = 0;
	keep[left] = 1;
	keep_to_kept(t);
}

static void drop_one(struct fixture *t)
{
	t->count[BATCH - 1]--;
}

static void swap_order(struct fixture *t)
{
	int32_t *index = t->index + 5 * STRIDE, first = index[0];

	index[0] = index[1];
	index[1] = first;
}

static void wrong_value(struct fixture *t)
{
	t->value[2 * STRIDE] *= 1.0000002f;
}

static void swapped_examples(struct fixture *t)
{
	for (int j = 0; j < STRIDE; j++) {
		int32_t i = t->index[j];
		float v = t->value[j];

		t->index[j] = t->index[STRIDE + j];
		t->value[j] = t->value[STRIDE + j];
		t->index[STRIDE + j] = i;
		t->value[STRIDE + j] = v;
	}
}

static void out_of_range(struct fixture *t)
{
	t->index[4 * STRIDE + t->count[4] - 1] = N_OUT;
}

static void twice(struct fixture *t)
{
	t->index[4 * STRIDE + 1] = t->index[4 * STRIDE];
}

static void nothing_written(struct fixture *t)
{
	check_poison(OP_TOPK_SELECT, &t->args);
}

static void all_empty(struct fixture *t)
{
	memset(t->count, 0, sizeof(t->count));
}

static const struct {
	const char *name;
	void (*mutate)(struct fixture *t);
	bool random_too; /* wrong even for a random choice */
} selection_mutants[] = {
	{"a smaller entry kept", exchange, false},
	{"one entry dropped", drop_one, true},
	{"not ascending", swap_order, true},
	{"wrong value", wrong_value, true},
	{"swapped examples", swapped_examples, true},
	{"column out of range", out_of_range, true},
	{"a column twice", twice, true},
	{"nothing written", nothing_written, true},
	{"nothing kept", all_empty, true},
};

static void test_wrong_selections(void **state)
{
	struct fixture t;

	(void)state;
	for (size_t m = 0; m < N_SELECTIONS; m++)
		for (size_t i = 0; i < sizeof(selection_mutants) / sizeof(selection_mutants[0]); i++) {
			fixture_create(&t);
			select_right(&t, selections[m]);
			if (!strcmp(selections[m], "random_k") && !selection_mutants[i].random_too)
				continue;
			selection_mutants[i].mutate(&t);
			reject(&t, OP_TOPK_SELECT, selections[m], selection_mutants[i].name);
		}
}

/* Of equal magnitudes the lowest index must be kept. */
static void test_ties(void **state)
{
	struct fixture t;

	(void)state;
	fixture_create(&t);
	for (int i = 0; i < BATCH * N_OUT; i++)
		t.dy[i] = i % 2 ? 1 : -1;
	select_right(&t, "topk");
	accept(&t, OP_TOPK_SELECT, "topk");
	t.keep[t.args.k] = 1;
	t.keep[t.args.k - 1] = 0;
	keep_to_kept(&t);
	reject(&t, OP_TOPK_SELECT, "topk", "a later one of equals");
}

static void test_norm_of_another_tau(void **state)
{
	struct fixture t;

	(void)state;
	fixture_create(&t);
	t.args.tau = 0.6f;
	select_right(&t, "norm");
	t.args.tau = 0.5f;
	reject(&t, OP_TOPK_SELECT, "norm", "too much mass");
	t.args.tau = 0.7f;
	reject(&t, OP_TOPK_SELECT, "norm", "too little mass");
}

/* Half the damping, another largest norm, or a wrong norm told: all must show. */
static void test_tinyprop_of_other_numbers(void **state)
{
	struct fixture t;
	float l1[BATCH] = {0};

	(void)state;
	fixture_create(&t);
	select_right(&t, "tinyprop");
	t.args.tau = 0.25f;
	reject(&t, OP_TOPK_SELECT, "tinyprop", "too many");
	t.args.tau = 1;
	reject(&t, OP_TOPK_SELECT, "tinyprop", "too few");
	t.args.tau = 0.5f;
	t.args.tinyprop.l1_seen = 60;
	reject(&t, OP_TOPK_SELECT, "tinyprop", "another largest norm");
	t.args.tinyprop.l1_seen = 30;
	t.args.tinyprop.l1 = l1;
	reject(&t, OP_TOPK_SELECT, "tinyprop", "a wrong norm");
	for (int i = 0; i < BATCH * N_OUT; i++)
		l1[i / N_OUT] += fabsf(t.dy[i]);
	accept(&t, OP_TOPK_SELECT, "tinyprop");
}

/* Bounds in either order, and any norm: those at which the k steps too, where a kernel that sums in float may keep one
 * entry more or fewer, but not two. */
static void test_tinyprop_at_its_steps(void **state)
{
	static const double bounds[][2] = {{0.1, 0.9}, {0.9, 0.1}, {0.5, 0.5}};
	struct fixture t;
	double l1 = 0;

	(void)state;
	fixture_create(&t);
	t.args.tau = 1;
	for (int i = 0; i < N_OUT; i++)
		l1 += (double)fabsf(t.dy[i]);
	for (int i = 0; i < 3; i++)
		for (int n = 1; n < N_OUT; n++) {
			double least = bounds[i][0], most = bounds[i][1];
			double share = i < 2 ? ((n + 0.5) / N_OUT - least) / (most - least) : 0.5;

			if (share < 0.01 || share > 0.99)
				continue;
			t.args.tinyprop = (struct tinyprop){least, most, (float)(l1 / share), NULL};
			select_right(&t, "tinyprop");
			accept(&t, OP_TOPK_SELECT, "tinyprop");
			t.args.tinyprop.l1_seen *= 0.5f;
			if (i < 2)
				reject(&t, OP_TOPK_SELECT, "tinyprop", "half the largest norm");
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right_selections),
		cmocka_unit_test(test_wrong_selections),
		cmocka_unit_test(test_ties),
		cmocka_unit_test(test_norm_of_another_tau),
		cmocka_unit_test(test_tinyprop_of_other_numbers),
		cmocka_unit_test(test_tinyprop_at_its_steps),
	};

	return cmocka_run_group_tests_name("check_select", tests, NULL, NULL);
}
