/* SPDX-License-Identifier: MIT */
/* Claims: each can be judged, and is judged rightly on studies whose truth is known. */
#include "report/claims.h"
#include "report/published.h"
#include "summary_tables.h"
#include "toy_study.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct claim *find(const char *id)
{
	for (const struct claim *c = claims; c->id; c++)
		if (strcmp(c->id, id) == 0)
			return c;
	fail_msg("no claim '%s'", id);
	return NULL;
}

/* Judges, and frees the study. */
static struct claim_finding judge_claim(const struct claim *claim, struct toy_study *study)
{
	struct experiment_list list;
	struct claim_finding out;

	assert_int_equal(experiment_list_create(&list, study->v, study->n), 0);
	assert_int_equal(claim_judge(claim, &list, &out), 0);
	experiment_list_destroy(&list);
	toy_study_free(study);
	assert_null(strstr(out.ours, "nan"));
	assert_null(strstr(out.why, "nan"));
	return out;
}

static struct claim_finding judge(const char *id, struct toy_study *study)
{
	return judge_claim(find(id), study);
}

static void expect_verdict(enum claim_verdict wanted, struct claim_finding out)
{
	if (out.verdict != wanted)
		fail_msg("%s, not %s: %s (%s)", claim_verdict_words(out.verdict), claim_verdict_words(wanted), out.ours,
			 out.why);
}

/* --- the table ------------------------------------------------------------------------------------------------------
 */

static void test_claims_are_whole(void **state)
{
	const struct table *t = NULL;
	struct study_spec members, base;
	struct failure f;

	(void)state;
	for (const struct claim *c = claims; c->id; c++) {
		assert_true(c->words[0] && strlen(c->words) < sizeof(t->cells->text));
		assert_true(c->place[0] && c->judge);
		assert_true(c == claims || c->source >= c[-1].source);
		for (const struct claim *other = claims; other < c; other++)
			assert_string_not_equal(c->id, other->id);
		assert_int_equal(study_parse(&members, c->members, &f), 0);
		assert_int_equal(study_parse(&base, c->base, &f), 0);
		assert_true(c->nearest || study_count(&base) == 1 || study_count(&base) == study_count(&members));
		assert_true(c->pick <= study_count(&members));
	}
}

static bool is_published(double test)
{
	for (const struct published *p = published; p->set; p++)
		if (p->test >= test && p->test <= test)
			return true;
	return false;
}

static void test_values_were_published(void **state)
{
	(void)state;
	for (const struct claim *c = claims; c->id; c++)
		if (c->judge == claim_value && !is_published(c->value))
			fail_msg("claim %s: %g is not in the table of published numbers", c->id, c->value);
}

/* The text of the plan, to be freed. */
static char *read_plan(void)
{
	FILE *in = fopen(SOURCE_ROOT "/bench/study.plan", "r");
	char *text = calloc(1, 1 << 17);

	assert_non_null(in);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 17) - 1, in) > 0);
	fclose(in);
	return text;
}

static void test_families_are_in_the_plan(void **state)
{
	char *plan = read_plan();

	(void)state;
	for (const struct claim *c = claims; c->id; c++)
		for (const char *at = c->family ? c->family : ""; *at; at += strcspn(at, "|"), at += *at == '|') {
			char line[64];

			snprintf(line, sizeof(line), "\n%.*s-", (int)strcspn(at, "|"), at);
			if (!strstr(plan, line))
				fail_msg("claim %s: no line of family '%s'", c->id, line + 1);
		}
	free(plan);
}

static void test_nothing_was_run(void **state)
{
	(void)state;
	for (const struct claim *c = claims; c->id; c++) {
		struct toy_study study = {0};
		struct claim_finding out = judge_claim(c, &study);

		expect_verdict(c->judge == claim_not_here ? CLAIM_NOT_HERE : CLAIM_NOT_RUN, out);
		assert_string_equal(out.ours, "");
	}
}

/* --- accuracy -------------------------------------------------------------------------------------------------------
 */

#define PLAIN .batch = 10, .init = "glorot"

/* The paper's AdaGrad, k = 10, by so much better than dense. */
static struct toy_study adagrad(double gain, double noise, int seeds)
{
	struct toy_study s = {0};

	toy_study_add(&s, &(struct toy){.method = "dense",
					.optimizer = "adagrad",
					PLAIN,
					.accuracy = 0.975,
					.seeds = seeds,
					.noise = noise});
	toy_study_add(&s, &(struct toy){.method = "topk",
					.k = "10",
					.optimizer = "adagrad",
					PLAIN,
					.accuracy = 0.975 + gain,
					.seeds = seeds,
					.noise = noise});
	return s;
}

static void test_better(void **state)
{
	struct toy_study up = adagrad(0.005, 0.0005, 10), down = adagrad(-0.005, 0.0005, 10);
	struct toy_study same = adagrad(0, 0.001, 10), few = adagrad(0.005, 0.0005, 4), one = adagrad(0.005, 0, 1);
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
	struct toy_study mixed = anneal(-0.01, 0.01, NULL, NULL), partial = anneal(-0.01, -0.01, NULL, NULL);
	struct claim_finding out;

	(void)state;
	expect_verdict(CLAIM_CONFIRMED, judge("poster-2a", &both));
	out = judge("poster-2a", &one);
	expect_verdict(CLAIM_CONFIRMED, out);
	assert_non_null(strstr(out.why, "of 2: 0 better, 1 worse (Holm over 2)"));
	assert_non_null(strstr(out.ours, "k=20: -1.00"));
	expect_verdict(CLAIM_REFUTED, judge("poster-2a", &mixed));
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
	struct toy_study unclear = norms(-0.0038, 0, 0, 0.002);

	(void)state;
	expect_verdict(CLAIM_CONFIRMED, judge("poster-3b", &same));
	expect_verdict(CLAIM_REFUTED, judge("poster-3b", &one));
	expect_verdict(CLAIM_NOISE, judge("poster-3b", &unclear));
}

static void test_trend(void **state)
{
	struct toy_study up = norms(0, 0, 0.001, 0.0005), down = norms(0, 0, -0.001, 0.0005),
			 none = norms(0, 0, 0, 0.002);

	(void)state;
	expect_verdict(CLAIM_CONFIRMED, judge("poster-3c", &up));
	expect_verdict(CLAIM_REFUTED, judge("poster-3c", &down));
	expect_verdict(CLAIM_NOISE, judge("poster-3c", &none));
}

static void test_norm_against_nearest_topk(void **state)
{
	static const char *const ks[] = {"1", "2", "5", "10", "20", "40", "80", "160", "320"};
	struct toy_study worse = norms(0, 0, 0, 0.0005);

	(void)state;
	for (int i = 0; i < 9; i++)
		toy_study_add(
			&worse,
			&(struct toy){
				.method = "topk", .k = ks[i], .dropout = 0.1, .accuracy = 0.985, .noise = 0.0005});
	expect_verdict(CLAIM_CONFIRMED, judge("poster-3a", &worse));
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
	struct toy_study other = ratios(0.98, 0.97, 0.97);

	(void)state;
	expect_verdict(CLAIM_CONFIRMED, judge("poster-4d", &poster));
	expect_verdict(CLAIM_NOISE, judge("poster-4d", &equal));
	expect_verdict(CLAIM_REFUTED, judge("poster-4e", &rising));
	expect_verdict(CLAIM_CONFIRMED, judge("poster-4a", &value));
	expect_verdict(CLAIM_REFUTED, judge("poster-4a", &other));
}

static void test_early_layers(void **state)
{
	static const char *const ks[] = {"5/20", "5/80", "5/500", "20/80", "20/500", "80/500",
					 "20/5", "80/5", "500/5", "80/20", "500/20", "500/80"};

	(void)state;
	for (int sign = -1; sign <= 1; sign += 2) {
		struct toy_study s = {0};

		for (int i = 0; i < 12; i++)
			toy_study_add(&s, &(struct toy){.method = "topk",
							.k = ks[i],
							.dropout = 0.1,
							.accuracy = 0.97 + (i < 6 ? 0.003 * sign : 0),
							.noise = 0.0002});
		expect_verdict(sign > 0 ? CLAIM_CONFIRMED : CLAIM_REFUTED, judge("poster-5", &s));
	}
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

static void test_recipe(void **state)
{
	struct toy_study s = {0};
	struct claim_finding out;
	const struct toy base = {.method = "topk", .k = "20", .dropout = 0.1, .accuracy = 0.98, .noise = 0.0005};
	struct toy t = base;

	(void)state;
	toy_study_add(&s, &t);
	t.init = "wide";
	toy_study_add(&s, &t);
	t.init = "glorot";
	toy_study_add(&s, &t);
	t = base;
	t.batch = 10;
	toy_study_add(&s, &t);
	t = base;
	t.dropout = 0;
	t.accuracy = 0.94;
	toy_study_add(&s, &t);
	t = base;
	toy_study_add(&s, &t);
	for (size_t i = s.n - 200; i < s.n; i++) {
		SET(s.v[i].loss, "sum");
		SET(s.v[i].experiment, "summed");
	}
	out = judge("open-recipe", &s);
	expect_verdict(CLAIM_ANSWERED, out);
	assert_non_null(strstr(out.why, "no dropout"));
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
	expect_verdict(CLAIM_CONFIRMED, judge("target-dense", &good));
	expect_verdict(CLAIM_REFUTED, judge("target-dense", &bad));
	expect_verdict(CLAIM_TOO_FEW, judge("target-dense", &few));
}

/* --- time -----------------------------------------------------------------------------------------------------------
 */

static struct toy timed(const char *name, const char *method, const char *k, double epoch_s)
{
	return (struct toy){.experiment = name,
			    .method = method,
			    .k = k,
			    .dropout = 0.1,
			    .epoch_s = epoch_s,
			    .accuracy = 0.98,
			    .seeds = 1,
			    .epochs = 6,
			    .run_id = "alone"};
}

static void add_timed(struct toy_study *s, const char *method, const char *k, double epoch_s, bool lazy)
{
	char name[64];
	struct toy t;

	snprintf(name, sizeof(name), "time: %s k=%s%s", method, k, lazy ? " lazy" : "");
	t = timed(name, method, k, epoch_s);
	t.lazy = lazy ? "yes" : "no";
	toy_study_add(s, &t);
}

/* Seconds of an epoch at each k of the sweep: start + slope k + bend k^2. */
static struct toy_study sweep(double start, double slope, double bend)
{
	static const char *const ks[] = {"1", "2", "5", "10", "20", "30", "40", "80", "160", "320"};
	struct toy_study s = {0};

	add_timed(&s, "dense", "0", 4, false);
	for (int i = 0; i < 10; i++) {
		double k = atof(ks[i]);

		add_timed(&s, "topk", ks[i], start + slope * k + bend * k * k, false);
	}
	return s;
}

static void test_linear(void **state)
{
	struct toy_study line = sweep(1, 0.01, 0), bent = sweep(4, -0.02, 0.00006), falls = sweep(4, -0.01, 0);
	struct toy_study partial = sweep(1, 0.01, 0);
	struct claim_finding out = judge("poster-1", &line);

	(void)state;
	expect_verdict(CLAIM_CONFIRMED, out);
	assert_non_null(strstr(out.why, "R² = 1.0000 over 10"));
	assert_non_null(strstr(out.ours, "25.0 % of dense's at k = 0, +2.50 %"));
	expect_verdict(CLAIM_REFUTED, judge("poster-1", &bent));
	expect_verdict(CLAIM_REFUTED, judge("poster-1", &falls));
	partial.n -= 6;
	expect_verdict(CLAIM_NOT_RUN, judge("poster-1", &partial));
}

/* Dense and k = 30 with the lazy optimiser; the accuracies of the latter from trainings side by side. */
static struct toy_study lazy(double topk_s, double unified_s)
{
	struct toy_study s = {0};
	struct toy t = {
		.method = "topk", .k = "30", .lazy = "yes", .dropout = 0.1, .accuracy = 0.981, .parallel = true};

	add_timed(&s, "dense", "0", 4, true);
	add_timed(&s, "topk", "30", topk_s, true);
	add_timed(&s, "unified_topk", "30", unified_s, true);
	toy_study_add(&s, &t);
	t.method = "dense";
	t.k = "0";
	t.lazy = "no";
	t.accuracy = 0.98;
	toy_study_add(&s, &t);
	return s;
}

static void test_speed(void **state)
{
	struct toy_study fast = lazy(1, 3), slow = lazy(3, 3.5), even = lazy(3, 2), few = lazy(1, 1);
	struct claim_finding out = judge("target-half", &fast);

	(void)state;
	expect_verdict(CLAIM_CONFIRMED, out);
	assert_non_null(strstr(out.ours, "topk: 4.00x"));
	assert_non_null(strstr(out.ours, "accuracy +0.10 ±0.00 points (10 seeds)"));
	expect_verdict(CLAIM_REFUTED, judge("target-half", &slow));
	out = judge("target-half", &even);
	expect_verdict(CLAIM_CONFIRMED, out);
	assert_non_null(strstr(out.ours, "unified_topk: 2.00x"));
	for (size_t i = 0; i < few.n; i++)
		few.v[i].epoch = few.v[i].epoch % 5 + 1;
	expect_verdict(CLAIM_TOO_FEW, judge("target-half", &few));
}

static void test_seconds(void **state)
{
	struct toy_study fast = {0}, slow = {0}, beside = {0};

	(void)state;
	add_timed(&fast, "dense", "0", 3, false);
	add_timed(&slow, "dense", "0", 5, false);
	add_timed(&beside, "dense", "0", 3, false);
	for (size_t i = 0; i < beside.n; i++)
		SET(beside.v[i].degraded, "parallel");
	expect_verdict(CLAIM_CONFIRMED, judge("target-pytorch", &fast));
	expect_verdict(CLAIM_REFUTED, judge("target-pytorch", &slow));
	expect_verdict(CLAIM_NOT_RUN, judge("target-pytorch", &beside));
}

static void test_soonest(void **state)
{
	struct toy_study s = lazy(1, 3);
	struct claim_finding out = judge("open-soonest-98", &s);

	(void)state;
	expect_verdict(CLAIM_ANSWERED, out);
}

/* --- the tables -----------------------------------------------------------------------------------------------------
 */

static void test_tables(void **state)
{
	struct toy_study s = adagrad(0.005, 0.0005, 10);
	struct experiment_list list;
	struct table_list out;
	const struct table *t;
	char *text = NULL;
	size_t size;
	FILE *page = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(experiment_list_create(&list, s.v, s.n), 0);
	assert_int_equal(summary_claims(&list, "rows.csv", &out), 0);
	assert_int_equal(out.count, N_CLAIM_SOURCES);
	t = find_table(&out, "What the paper");
	assert_int_equal(find_cell(t, "AdaGrad, k = 10 is better than dense", "verdict")->mark, CELL_BEST);
	expect(t, "AdaGrad, k = 10 is better than dense", "to run it again", "--lines='^paper-'", CELL_PLAIN);
	assert_int_equal(table_print(t, TABLE_HTML, page), 0);
	assert_int_equal(fclose(page), 0);
	assert_non_null(strstr(text, "<table class=\"prose\">"));
	assert_non_null(strstr(text, "<td data-label=\"experiments\"><a href=\"rows.csv\">method=topk k=10"));
	free(text);
	assert_true(out.verdicts.count > 1);
	assert_non_null(strstr(out.verdicts.v[out.verdicts.count - 1], " confirmed, "));
	table_list_destroy(&out);
	experiment_list_destroy(&list);
	toy_study_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_claims_are_whole),
		cmocka_unit_test(test_values_were_published),
		cmocka_unit_test(test_families_are_in_the_plan),
		cmocka_unit_test(test_nothing_was_run),
		cmocka_unit_test(test_better),
		cmocka_unit_test(test_general_claims),
		cmocka_unit_test(test_clusters),
		cmocka_unit_test(test_within_error),
		cmocka_unit_test(test_trend),
		cmocka_unit_test(test_norm_against_nearest_topk),
		cmocka_unit_test(test_ratios),
		cmocka_unit_test(test_early_layers),
		cmocka_unit_test(test_which),
		cmocka_unit_test(test_overfitting),
		cmocka_unit_test(test_recipe),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_linear),
		cmocka_unit_test(test_speed),
		cmocka_unit_test(test_seconds),
		cmocka_unit_test(test_soonest),
		cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
