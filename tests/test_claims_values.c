/* SPDX-License-Identifier: MIT */
/* Claims about single numbers, questions, the recipe and targets: judged rightly on studies whose truth is known. */
#include "claim_judge.h"
#include "summary_tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

/* Their own recipe: AdaGrad, dense 97.52 (dev 98.20, best in epoch 8). */
static void test_values(void **state)
{
	static const char test[] = "value-paper-adagrad--dense-test";
	struct toy_study near = adagrad(0, 0.0005, 10), far = adagrad(0, 0.0005, 10), few = adagrad(0, 0, 5);
	struct toy_study dev = adagrad(0, 0.0005, 10), epoch = adagrad(0, 0.0005, 10);
	struct claim_finding out = judge(test, &near);

	(void)state;
	expect_verdict(CLAIM_COMPATIBLE, out);
	assert_non_null(strstr(out.why, "one training's spread is ±"));
	for (size_t i = 0; i < far.n; i++)
		far.v[i].test_acc -= 0.01;
	expect_verdict(CLAIM_REFUTED, judge(test, &far));
	expect_verdict(CLAIM_TOO_FEW, judge(test, &few));
	for (size_t i = 0; i < dev.n; i++)
		dev.v[i].dev_acc += 0.007;
	expect_verdict(CLAIM_COMPATIBLE, judge("value-paper-adagrad--dense-dev", &dev));
	out = judge("value-paper-adagrad--dense-epoch", &epoch);
	expect_verdict(CLAIM_REFUTED, out);
	assert_string_equal(out.ours, "1.00 ±0.00 epochs (10 seeds)");
}

static void test_which(void **state)
{
	struct toy_study s = {0};
	struct toy t = {.method = "topk", .dropout = 0.1, .accuracy = 0.97, .noise = 0.0003};
	struct claim_finding out;

	(void)state;
	for (int i = 0; i < 4; i++) {
		static const char *const ks[] = {"5", "20", "30", "80"};

		t.k = ks[i];
		t.lazy = "no";
		t.accuracy = 0.97;
		toy_study_add(&s, &t);
		t.lazy = "yes";
		t.accuracy = i == 0 ? 0.96 : i == 1 ? 0.98 : 0.97;
		toy_study_add(&s, &t);
	}
	out = judge("open-lazy-topk", &s);
	expect_verdict(CLAIM_ANSWERED, out);
	assert_non_null(strstr(out.why, "better at k=20; worse at k=5; no difference seen at k=30, k=80"));
}

static void test_overfitting(void **state)
{
	struct toy_study s = {0};

	(void)state;
	toy_study_add(&s, &(struct toy){.method = "dense", .accuracy = 0.98, .overfits = 0.1, .noise = 0.01});
	toy_study_add(&s,
		      &(struct toy){.method = "topk", .k = "20", .accuracy = 0.98, .overfits = 0.05, .noise = 0.01});
	toy_study_add(&s,
		      &(struct toy){.method = "topk", .k = "80", .accuracy = 0.98, .overfits = 0.05, .noise = 0.01});
	expect_verdict(CLAIM_CONFIRMED, judge("poster-6c", &s));
}

/* Top-k and dense in the base recipe, and with each ingredient exchanged; without dropout they lose so much. */
static struct toy_study recipes(double topk_loses, double dense_loses)
{
	const struct toy base = {.dropout = 0.1, .noise = 0.0005};
	struct toy_study s = {0};

	for (int recipe = 0; recipe < 6; recipe++)
		for (int topk = 0; topk < 2; topk++) {
			struct toy t = base;
			size_t first = s.n;

			t.method = topk ? "topk" : "dense";
			t.k = topk ? "20" : "0";
			t.init = recipe == 1 ? "glorot" : recipe == 2 ? "wide" : "port";
			t.batch = recipe == 3 ? 10 : 50;
			t.dropout = recipe == 4 ? 0 : 0.1;
			t.accuracy = 0.98 - (recipe == 4 ? topk ? topk_loses : dense_loses : 0);
			toy_study_add(&s, &t);
			for (size_t i = first; recipe == 5 && i < s.n; i++) {
				SET(s.v[i].loss, "sum");
				SET(s.v[i].experiment, topk ? "topk, summed" : "dense, summed");
				s.v[i].test_acc += 1e-4 * (double)(s.v[i].seed % 3);
			}
		}
	return s;
}

static void test_recipe(void **state)
{
	struct toy_study topk = recipes(0.04, 0.01), both = recipes(0.04, 0.04), partial = recipes(0.04, 0.01);
	struct claim_finding out = judge("open-recipe", &topk);

	(void)state;
	expect_verdict(CLAIM_ANSWERED, out);
	assert_non_null(strstr(out.ours, "no dropout costs top-k most beyond what it costs dense: -3.00"));
	/* What costs dense as much decides nothing about k. */
	out = judge("open-recipe", &both);
	expect_verdict(CLAIM_NOISE, out);
	assert_non_null(strstr(out.ours, "could have shown"));
	partial.n -= 400;
	out = judge("open-recipe", &partial);
	expect_verdict(CLAIM_NOT_RUN, out);
	assert_string_equal(out.why, "4 of 5 recipes are there, with dense and top-k");
}

static void test_targets(void **state)
{
	struct toy_study good = {0}, bad = {0}, few = {0};
	struct toy t = {.method = "dense", .dropout = 0.1, .accuracy = 0.982};

	(void)state;
	toy_study_add(&good, &t);
	t.seeds = 9;
	toy_study_add(&few, &t);
	t.seeds = 10;
	t.accuracy = 0.97;
	toy_study_add(&bad, &t);
	expect_verdict(CLAIM_MET, judge("target-dense", &good));
	expect_verdict(CLAIM_MISSED, judge("target-dense", &bad));
	expect_verdict(CLAIM_TOO_FEW, judge("target-dense", &few));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values), cmocka_unit_test(test_which),   cmocka_unit_test(test_overfitting),
		cmocka_unit_test(test_recipe), cmocka_unit_test(test_targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
