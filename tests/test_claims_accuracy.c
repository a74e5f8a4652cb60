/* SPDX-License-Identifier: MIT */
/* Claims about accuracy: judged rightly on studies whose truth is known. */
#include "claim_judge.h"
#include "summary_tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

static void test_better(void **state)
{
	struct toy_study up = adagrad(0.005, 0.0005, 10), down = adagrad(-0.005, 0.0005, 10);
	struct toy_study same = adagrad(0, 0.001, 10), few = adagrad(0.005, 0.0005, 4), one = adagrad(0.005, 0, 1);
	struct toy_study broken = adagrad(0.005, 0.0005, 10);
	struct claim_finding out;

	(void)state;
	out = judge("paper-adagrad-k10", &up);
	expect_verdict(CLAIM_CONFIRMED, out);
	assert_non_null(strstr(out.ours, "(10 seeds)"));
	assert_non_null(strstr(out.why, "p = 0.002"));
	expect_verdict(CLAIM_REFUTED, judge("paper-adagrad-k10", &down));
	out = judge("paper-adagrad-k10", &same);
	expect_verdict(CLAIM_NOISE, out);
	assert_non_null(strstr(out.why, "no difference seen; 10 seeds could have shown 0."));
	expect_verdict(CLAIM_TOO_FEW, judge("paper-adagrad-k10", &few));
	expect_verdict(CLAIM_TOO_FEW, judge("paper-adagrad-k10", &one));
	for (size_t i = broken.n - 20; i < broken.n; i++)
		broken.v[i].test_acc = NAN;
	out = judge("paper-adagrad-k10", &broken);
	expect_verdict(CLAIM_UNKNOWN, out);
	assert_string_equal(out.why, "in 1 of 1 comparisons an accuracy is not a number");
}

/* Annealing k, at k = 20 and 80, by so much better than annealing the learning rate. */
static struct toy_study anneal(double gain_20, double gain_80, const char *strikes_k, const char *strikes_lr)
{
	struct toy_study s = {0};

	for (int i = 0; i < 2; i++) {
		const char *k = i ? "80" : "20";

		toy_study_add(&s, &(struct toy){.method = "topk",
						.k = k,
						.dropout = 0.1,
						.policy = "anneal-k",
						.accuracy = 0.98 + (i ? gain_80 : gain_20),
						.strikes = strikes_k});
		toy_study_add(&s, &(struct toy){.method = "topk",
						.k = k,
						.dropout = 0.1,
						.policy = "anneal-lr",
						.accuracy = 0.98,
						.strikes = strikes_lr});
	}
	return s;
}

static void test_general_claims(void **state)
{
	struct toy_study both = anneal(-0.01, -0.01, NULL, NULL), one = anneal(-0.01, 0, NULL, NULL);
	struct toy_study mixed = anneal(-0.01, 0.01, NULL, NULL), against = anneal(0.01, 0.01, NULL, NULL);
	struct toy_study one_against = anneal(0, 0.01, NULL, NULL), none = anneal(0, 0, NULL, NULL),
			 partial = anneal(-0.01, -0.01, NULL, NULL);
	struct claim_finding out;

	(void)state;
	expect_verdict(CLAIM_CONFIRMED, judge("poster-2a", &both));
	out = judge("poster-2a", &one);
	expect_verdict(CLAIM_MIXED, out);
	assert_non_null(strstr(out.why, "of 2: 1 for, 0 against, 1 no difference seen (Holm over 2)"));
	assert_non_null(strstr(out.ours, "k=20: -1.00"));
	out = judge("poster-2a", &mixed);
	expect_verdict(CLAIM_MIXED, out);
	assert_non_null(strstr(out.why, "of 2: 1 for, 1 against, 0 no difference seen"));
	expect_verdict(CLAIM_REFUTED, judge("poster-2a", &against));
	expect_verdict(CLAIM_REFUTED, judge("poster-2a", &one_against));
	expect_verdict(CLAIM_NOISE, judge("poster-2a", &none));
	partial.n -= 200;
	out = judge("poster-2a", &partial);
	expect_verdict(CLAIM_NOT_RUN, out);
	assert_string_equal(out.why, "1 of 2 comparisons are there");
}

static void test_clusters(void **state)
{
	struct toy_study close = anneal(0, 0, "..........xxx", "..x......x.........x");
	struct toy_study apart = anneal(0, 0, "..x......x.........x", "..........xxx");
	struct toy_study never = anneal(0, 0, "..x", "..x");

	(void)state;
	expect_verdict(CLAIM_CONFIRMED, judge("poster-2b", &close));
	expect_verdict(CLAIM_REFUTED, judge("poster-2b", &apart));
	expect_verdict(CLAIM_TOO_FEW, judge("poster-2b", &never));
}

/* Six pairs can decide one comparison, not two; what has no number is owned up to. */
static void test_pairs_that_lack_the_number(void **state)
{
	struct toy_study six = anneal(0, 0, "..........xxx", "..x......x.........x");
	struct toy_study eight = anneal(0, 0, "..........xxx", "..x......x.........x");
	struct claim_finding out;

	(void)state;
	for (size_t i = 0; i < six.n; i++)
		if (six.v[i].seed > 6)
			SET(six.v[i].event, "");
	for (size_t i = 0; i < eight.n; i++)
		if (eight.v[i].seed > 8)
			SET(eight.v[i].event, "");
	out = judge("poster-2b", &six);
	expect_verdict(CLAIM_TOO_FEW, out);
	assert_string_equal(out.why, "6 of 10 pairs of seeds have the number; it takes 7");
	out = judge("poster-2b", &eight);
	expect_verdict(CLAIM_CONFIRMED, out);
	assert_non_null(strstr(out.why, "4 of 20 pairs dropped"));
}

/* All tau of the sweep, `gain` above dense; the last one `last` above that. */
static struct toy_study norms(double gain, double last, double step, double noise)
{
	static const double taus[] = {0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999};
	struct toy_study s = {0};

	toy_study_add(&s, &(struct toy){.method = "dense", .dropout = 0.1, .accuracy = 0.98, .noise = noise});
	for (int i = 0; i < 9; i++)
		toy_study_add(&s, &(struct toy){.method = "norm",
						.tau = taus[i],
						.dropout = 0.1,
						.mean_k = 2 << i,
						.accuracy = 0.98 + gain + step * i + (i == 8 ? last : 0),
						.noise = noise});
	return s;
}

static void test_within_error(void **state)
{
	struct toy_study same = norms(0.001, 0, 0, 0.0005), one = norms(0, -0.02, 0, 0.0005);
	struct toy_study unclear = norms(-0.0038, 0, 0, 0.002), calm = norms(0.001, 0, 0, 0);
	struct claim_finding out;

	(void)state;
	out = judge("poster-3b", &same);
	expect_verdict(CLAIM_CONFIRMED, out);
	/* Of what two trainings of this dense differ by, not of any. */
	assert_non_null(strstr(out.why, "SD of dense's 10 seeds"));
	for (size_t i = 0; i < calm.n; i++)
		calm.v[i].test_acc = strcmp(calm.v[i].method, "dense") ? 0.981 : 0.98;
	expect_verdict(CLAIM_REFUTED, judge("poster-3b", &calm));
	expect_verdict(CLAIM_REFUTED, judge("poster-3b", &one));
	expect_verdict(CLAIM_NOISE, judge("poster-3b", &unclear));
}

static void test_trend(void **state)
{
	struct toy_study up = norms(0, 0, 0.001, 0.0005), down = norms(0, 0, -0.001, 0.0005),
			 none = norms(0, 0, 0, 0.002), flat = norms(0, 0.01, 0, 0.0005);

	(void)state;
	expect_verdict(CLAIM_CONFIRMED, judge("poster-3c", &up));
	expect_verdict(CLAIM_REFUTED, judge("poster-3c", &down));
	expect_verdict(CLAIM_NOISE, judge("poster-3c", &none));
	/* Only the highest tau gains: that is what is claimed. */
	expect_verdict(CLAIM_CONFIRMED, judge("poster-3c", &flat));
}

static void test_norm_against_nearest_topk(void **state)
{
	static const char *const ks[] = {"1", "2", "5", "10", "17", "20", "40", "80", "160", "320"};
	struct toy_study worse = norms(0, 0, 0, 0.0005);
	struct claim_finding out;

	(void)state;
	for (int i = 0; i < 10; i++)
		toy_study_add(
			&worse,
			&(struct toy){
				.method = "topk", .k = ks[i], .dropout = 0.1, .accuracy = 0.985, .noise = 0.0005});
	out = judge("poster-3a", &worse);
	expect_verdict(CLAIM_CONFIRMED, out);
	/* The nearest of all k that were trained, by ratio, and which it is. */
	assert_non_null(strstr(out.why, "against k=2,5,"));
	assert_non_null(strstr(out.why, ",17,"));
	assert_non_null(strstr(out.ours, " against k="));
}

static struct toy_study ratios(double first, double second, double third)
{
	const double accuracy[] = {first, second, third};
	static const char *const ks[] = {"11", "15", "17"};
	struct toy_study s = {0};

	for (int i = 0; i < 3; i++)
		toy_study_add(&s, &(struct toy){.method = "topk",
						.k = ks[i],
						.dropout = 0.1,
						.accuracy = accuracy[i],
						.noise = 0.0005});
	return s;
}

static void test_ratios(void **state)
{
	struct toy_study poster = ratios(0.9715, 0.9763, 0.9675), equal = ratios(0.97, 0.97, 0.97);
	struct toy_study rising = ratios(0.97, 0.975, 0.98), value = ratios(0.9715, 0.97, 0.97);
	struct toy_study step = ratios(0.97, 0.97, 0.98);
	struct claim_finding out;

	(void)state;
	expect_verdict(CLAIM_CONFIRMED, judge("poster-4d", &poster));
	expect_verdict(CLAIM_NOISE, judge("poster-4d", &equal));
	expect_verdict(CLAIM_REFUTED, judge("poster-4e", &rising));
	out = judge("poster-4d", &step);
	expect_verdict(CLAIM_MIXED, out);
	assert_non_null(strstr(out.why, "of 3: 2 for, 0 against, 1 no difference seen"));
	poster = ratios(0.9715, 0.9763, 0.9675);
	expect_verdict(CLAIM_CONFIRMED, judge("poster-4e", &poster));
	equal = ratios(0.97, 0.97, 0.97);
	expect_verdict(CLAIM_NOISE, judge("poster-4e", &equal));
	out = judge("value-ratio-ratio-.0225-test", &value);
	expect_verdict(CLAIM_OTHER, out);
	assert_non_null(strstr(out.why, "the poster does not tell its recipe"));
}

/* Six pairs, of which the first `some` differ by `gain`, the others by `rest`. */
static struct toy_study maps(int some, double gain, double rest)
{
	static const char *const ks[] = {"5/20", "5/80", "5/500", "20/80", "20/500", "80/500",
					 "20/5", "80/5", "500/5", "80/20", "500/20", "500/80"};
	struct toy_study s = {0};

	for (int i = 0; i < 12; i++)
		toy_study_add(&s, &(struct toy){.method = "topk",
						.k = ks[i],
						.dropout = 0.1,
						.accuracy = 0.97 + (i < some ? gain
								    : i < 6  ? rest
									     : 0),
						.noise = 0.0002});
	return s;
}

static void test_early_layers(void **state)
{
	struct toy_study up = maps(6, 0.003, 0), down = maps(6, -0.003, 0), none = maps(6, 0, 0);
	struct toy_study one = maps(1, 0.02, 0), lopsided = maps(1, 0.003, -0.003), few = maps(6, 0.003, 0);
	struct claim_finding out;

	(void)state;
	expect_verdict(CLAIM_CONFIRMED, judge("poster-5", &up));
	expect_verdict(CLAIM_REFUTED, judge("poster-5", &down));
	out = judge("poster-5", &none);
	expect_verdict(CLAIM_NOISE, out);
	assert_non_null(strstr(out.why, "could have shown 0.0"));
	out = judge("poster-5", &one);
	expect_verdict(CLAIM_CONFIRMED, out);
	assert_non_null(strstr(out.why, "singly of 6: 1 for, 0 against, 5 no difference seen"));
	expect_verdict(CLAIM_REFUTED, judge("poster-5", &lopsided));
	for (size_t i = 0; i < few.n; i++)
		few.v[i].seed = few.v[i].seed % 5 + 1;
	expect_verdict(CLAIM_TOO_FEW, judge("poster-5", &few));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_better),
		cmocka_unit_test(test_general_claims),
		cmocka_unit_test(test_clusters),
		cmocka_unit_test(test_pairs_that_lack_the_number),
		cmocka_unit_test(test_within_error),
		cmocka_unit_test(test_trend),
		cmocka_unit_test(test_norm_against_nearest_topk),
		cmocka_unit_test(test_ratios),
		cmocka_unit_test(test_early_layers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
