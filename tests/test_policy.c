/* SPDX-License-Identifier: MIT */
/* The k policies without a net: end points and monotony of schedules, spikes and floors of anneals. */
#include "learn/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

static const struct policy_params params = {.epochs = 20, .spike = 0.1, .factor = 0.5, .floor = 0.2};

static int k_at(const char *name, int epochs, int epoch)
{
	struct policy_params p = params;
	struct policy_state s;

	p.epochs = epochs;
	policy_start(&s);
	policy_before(policy_find(name), &p, &s, epoch);
	return policy_k(&s, 20, 500);
}

static double lr_at(const char *name, int epochs, int epoch)
{
	struct policy_params p = params;
	struct policy_state s;

	p.epochs = epochs;
	policy_start(&s);
	policy_before(policy_find(name), &p, &s, epoch);
	return s.lr_scale;
}

static void names_are_found(void **state)
{
	(void)state;
	for (const struct policy *p = policies; p->name; p++)
		assert_ptr_equal(policy_find(p->name), p);
	assert_null(policy_find("anneal"));
	assert_null(policy_find(""));
}

static void schedules_of_k(void **state)
{
	static const char *const from_n_to_target[] = {"linear", "cosine", "warmup"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(k_at(from_n_to_target[i], 20, 1), 500);
		assert_int_equal(k_at(from_n_to_target[i], 20, 20), 20);
		assert_int_equal(k_at(from_n_to_target[i], 1, 1), 20);
		for (int epoch = 2; epoch <= 20; epoch++)
			assert_true(k_at(from_n_to_target[i], 20, epoch) <= k_at(from_n_to_target[i], 20, epoch - 1));
	}
	assert_int_equal(k_at("linear", 3, 2), 260);
	assert_int_equal(k_at("cosine", 3, 2), 260);
	assert_int_equal(k_at("warmup", 20, 5), 20);
	assert_true(k_at("warmup", 20, 4) > 20);
	assert_int_equal(k_at("constant", 20, 7), 20);
	assert_int_equal(k_at("linear-lr", 20, 7), 20);
}

static void step_has_four_levels(void **state)
{
	(void)state;
	assert_int_equal(k_at("step", 20, 1), 500);
	assert_int_equal(k_at("step", 20, 6), 260);
	assert_int_equal(k_at("step", 20, 11), 140);
	assert_int_equal(k_at("step", 20, 20), 80);
	assert_true(lr_at("step-lr", 20, 5) == 1);
	assert_true(lr_at("step-lr", 20, 6) == 0.5);
	assert_true(lr_at("step-lr", 20, 20) == 0.2); /* the floor: 0.125 otherwise */
}

static void schedules_of_lr(void **state)
{
	(void)state;
	assert_true(lr_at("linear-lr", 1, 1) == 1);
	assert_true(lr_at("linear-lr", 20, 1) == 1);
	assert_true(fabs(lr_at("linear-lr", 20, 11) - 0.5) < 1e-12);
	assert_true(lr_at("linear-lr", 20, 20) == 0.2);
	assert_true(fabs(lr_at("cosine-lr", 20, 11) - 0.5) < 1e-12);
	assert_true(lr_at("linear", 20, 20) == 1);
	assert_true(lr_at("constant", 20, 20) == 1);
}

/* Feeds dev losses; returns how often the policy acted. */
static int anneal(const char *name, struct policy_state *s, const double *loss, int n)
{
	const struct policy *policy = policy_find(name);
	int acted = 0;

	policy_start(s);
	for (int i = 0; i < n; i++) {
		policy_before(policy, &params, s, i + 1);
		acted += policy_after(policy, &params, s, loss[i])[0] != '\0';
	}
	return acted;
}

static void anneals_on_a_spike(void **state)
{
	static const double loss[] = {1.0, 0.5, 0.54, 0.56, 0.4, 0.45};
	struct policy_state s;

	(void)state;
	/* 0.54 is within 10 % of 0.5, 0.56 is not; 0.45 is not within 10 % of 0.4. */
	assert_int_equal(anneal("anneal-k", &s, loss, 3), 0);
	assert_int_equal(anneal("anneal-k", &s, loss, 4), 1);
	assert_int_equal(anneal("anneal-k", &s, loss, 5), 1);
	assert_int_equal(anneal("anneal-k", &s, loss, 6), 2);
	assert_true(s.k_scale == 0.25 && s.lr_scale == 1 && s.best_dev_loss == 0.4);
	assert_int_equal(policy_k(&s, 20, 500), 5);
	assert_int_equal(anneal("anneal-lr", &s, loss, 6), 2);
	assert_true(s.k_scale == 1 && s.lr_scale == 0.25);
	assert_int_equal(anneal("anneal-both", &s, loss, 6), 2);
	assert_true(s.k_scale == 0.25 && s.lr_scale == 0.25);
	assert_int_equal(anneal("constant", &s, loss, 6), 0);
	assert_int_equal(anneal("linear", &s, loss, 6), 0);
}

static void anneals_stop_at_the_floor(void **state)
{
	static const double loss[] = {1, 2, 2, 2, 2, 2, NAN, NAN};
	struct policy_state s;

	(void)state;
	/* 0.5, 0.25, 0.2; what is at the floor stays there, and nothing happened. */
	assert_int_equal(anneal("anneal-both", &s, loss, 6), 3);
	assert_true(s.k_scale == 0.2 && s.lr_scale == 0.2);
	assert_int_equal(anneal("anneal-k", &s, loss, 6), 3);
	assert_int_equal(anneal("anneal-lr", &s, loss, 6), 3);
	assert_int_equal(anneal("anneal-both", &s, loss + 5, 3), 2); /* NaN is a spike */
	assert_int_equal(anneal("anneal-both", &s, loss, 8), 3);
	assert_true(s.best_dev_loss == 1);
	assert_int_equal(policy_k(&s, 20, 500), 4);
}

static void k_stays_in_range(void **state)
{
	struct policy_state s = {.from_n = 0, .k_scale = 0.001, .lr_scale = 1};

	(void)state;
	assert_int_equal(policy_k(&s, 20, 500), 1);
	assert_int_equal(policy_k(&s, 0, 500), 0);
	s.k_scale = 1;
	assert_int_equal(policy_k(&s, 600, 500), 500);
	s.from_n = 1;
	assert_int_equal(policy_k(&s, 1, 1), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found),	cmocka_unit_test(schedules_of_k),
		cmocka_unit_test(step_has_four_levels), cmocka_unit_test(schedules_of_lr),
		cmocka_unit_test(anneals_on_a_spike),	cmocka_unit_test(anneals_stop_at_the_floor),
		cmocka_unit_test(k_stays_in_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
