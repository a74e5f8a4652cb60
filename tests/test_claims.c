/* SPDX-License-Identifier: MIT */
/* Claims: the table is whole, those about time are judged rightly, and all come to the tables of the report. */
#include "claim_judge.h"
#include "report/published.h"
#include "summary_tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static bool has_value(const struct claim_list *all, const char *spec, double value)
{
	for (int i = 0; i < all->n; i++)
		if (!strcmp(all->v[i].members, spec) && all->v[i].value >= value && all->v[i].value <= value)
			return true;
	return false;
}

/* Each number once, whoever published it. */
static void test_published_numbers_are_claims(void **state)
{
	struct claim_list all;

	(void)state;
	assert_int_equal(claim_list_create(&all), 0);
	for (const struct published *p = published; p->set; p++) {
		assert_true(p->test <= 0 || has_value(&all, p->spec, p->test));
		assert_true(p->dev <= 0 || has_value(&all, p->spec, p->dev));
		assert_true(p->best_epoch <= 0 || has_value(&all, p->spec, p->best_epoch));
		assert_true(p->gpu_ms <= 0 || has_value(&all, "", p->gpu_ms));
	}
	for (int i = 0; i < all.n; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(all.v[i].id, all.v[j].id);
	claim_list_destroy(&all);
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
	struct claim_list all;

	(void)state;
	assert_int_equal(claim_list_create(&all), 0);
	for (const struct claim *c = all.v; c < all.v + all.n; c++)
		for (const char *at = c->family ? c->family : ""; *at; at += strcspn(at, "|"), at += *at == '|') {
			char line[64];

			snprintf(line, sizeof(line), "\n%.*s-", (int)strcspn(at, "|"), at);
			if (!strstr(plan, line))
				fail_msg("claim %s: no line of family '%s'", c->id, line + 1);
		}
	claim_list_destroy(&all);
	free(plan);
}

static void test_nothing_was_run(void **state)
{
	struct claim_list all;

	(void)state;
	assert_int_equal(claim_list_create(&all), 0);
	for (const struct claim *c = all.v; c < all.v + all.n; c++) {
		struct toy_study study = {0};
		struct claim_finding out = judge_claim(c, &study);

		expect_verdict(c->judge == claim_not_here ? CLAIM_NOT_HERE : CLAIM_NOT_RUN, out);
		assert_string_equal(out.ours, "");
	}
	claim_list_destroy(&all);
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
	struct toy_study partial = sweep(1, 0.01, 0), kinked = sweep(0.2, 0.01, 0);
	struct claim_finding out = judge("poster-1", &line);

	(void)state;
	for (size_t i = 0; i < kinked.n; i++)
		if (kinked.v[i].mean_k > 40) {
			double less = (0.2 + 0.005 * (kinked.v[i].mean_k + 40)) / (0.2 + 0.01 * kinked.v[i].mean_k);

			kinked.v[i].select_s *= less;
			kinked.v[i].dx_s *= less;
			kinked.v[i].dw_s *= less;
		}
	expect_verdict(CLAIM_CONFIRMED, out);
	assert_non_null(strstr(out.why, "6 epochs of 10 values of k"));
	assert_non_null(strstr(out.ours, "2.50 % [2.50, 2.50] of dense's up to k = 40, 2.50 % [2.50, 2.50] above"));
	assert_non_null(strstr(out.ours, "25.0 % [25.0, 25.0] are left at k = 0"));
	/* Half as steep above k = 40. */
	expect_verdict(CLAIM_REFUTED, judge("poster-1", &kinked));
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
	expect_verdict(CLAIM_MET, out);
	assert_non_null(strstr(out.ours, "topk: 4.00x"));
	assert_non_null(strstr(out.ours, "accuracy +0.10 ±0.00 points (10 seeds)"));
	expect_verdict(CLAIM_MISSED, judge("target-half", &slow));
	out = judge("target-half", &even);
	expect_verdict(CLAIM_MET, out);
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
	expect_verdict(CLAIM_MET, judge("target-pytorch", &fast));
	expect_verdict(CLAIM_MISSED, judge("target-pytorch", &slow));
	expect_verdict(CLAIM_NOT_RUN, judge("target-pytorch", &beside));
}

/* Selection is a tenth of an epoch of norm. The dense of another command, twice as slow, has no say. */
static void test_select_cost(void **state)
{
	static const double taus[] = {0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999};
	struct toy_study s = {0};
	struct claim_finding out;

	(void)state;
	add_timed(&s, "dense", "0", 4, false);
	add_timed(&s, "topk", "20", 1, false);
	for (int i = 0; i < 9; i++) {
		char name[64];
		struct toy t = timed(name, "norm", "0", 2);

		snprintf(name, sizeof(name), "time: norm tau=%g", taus[i]);
		t.tau = taus[i];
		t.mean_k = 2 << i;
		toy_study_add(&s, &t);
	}
	for (int i = 0; i < 3; i++) {
		size_t first = s.n;

		add_timed(&s, "dense", "0", 8, false);
		for (size_t r = first; r < s.n; r++)
			snprintf(s.v[r].run_id, sizeof(s.v[r].run_id), "other %d", i);
	}
	out = judge("open-norm-cost", &s);
	expect_verdict(CLAIM_ANSWERED, out);
	assert_non_null(strstr(out.why, "at most 5.0 % [5.0, 5.0] of dense's epoch"));
	assert_non_null(strstr(out.why, "6 pairs of epochs"));
	assert_non_null(strstr(out.ours, "takes 2.00 to 2.00 times"));
}

static void test_soonest(void **state)
{
	struct toy_study s = lazy(1, 3), even = lazy(4, 8);
	struct claim_finding out = judge("open-soonest-98", &s);

	(void)state;
	expect_verdict(CLAIM_ANSWERED, out);
	assert_non_null(strstr(out.ours, "topk k=30 lazy: 1"));
	assert_non_null(strstr(out.ours, "; dense: "));
	assert_non_null(strstr(out.ours, "sooner in 10 of 10 seeds, p = 0.002"));
	assert_non_null(strstr(out.why, "sooner than 1 of 1 others, by sign tests over seeds, Holm over all pairs"));
	assert_null(strstr(out.ours, "too few"));
	assert_null(strstr(out.why, "too few"));
	/* As fast, and as accurate: the one that comes first in the list is no better. */
	for (size_t i = 0; i < even.n; i++)
		even.v[i].test_acc = 0.99;
	out = judge("open-soonest-98", &even);
	expect_verdict(CLAIM_ANSWERED, out);
	assert_non_null(strstr(out.why, "not told apart from "));
}

/*
 * Ten seeds of ten win one race at p = 2/1024; of 32 that could have been the fastest, none: no outcome could have been
 * sure, and that is said.
 */
static void test_soonest_is_corrected(void **state)
{
	struct toy_study s = lazy(1, 3);
	struct claim_finding out;

	(void)state;
	for (int i = 0; i < 30; i++) {
		char name[64];
		struct toy learned = {
			.method = "norm", .accuracy = 0.985, .tau = 0.5 + 0.01 * i, .dropout = 0.1, .parallel = true};
		struct toy alone = timed(name, "norm", "0", 3.5);

		snprintf(name, sizeof(name), "time: norm tau=%g", learned.tau);
		alone.tau = learned.tau;
		toy_study_add(&s, &learned);
		toy_study_add(&s, &alone);
	}
	out = judge("open-soonest-98", &s);
	expect_verdict(CLAIM_ANSWERED, out);
	assert_non_null(strstr(out.ours, "sooner in 10 of 10 seeds, p = 0.061: too few seeds to tell"));
	assert_non_null(strstr(out.why, "and 29 more; sooner than 0 of 31 others"));
	assert_non_null(strstr(out.why, "too few seeds to tell so many apart"));
}

/* Seconds of an epoch that are no surer than what sets two apart: their seeds are ties, whatever the medians. */
static void test_soonest_counts_overlaps_as_ties(void **state)
{
	struct toy_study s = lazy(3.9, 8);
	struct claim_finding out;

	(void)state;
	for (size_t i = 0; i < s.n; i++) {
		const int turn = (int)((s.v[i].seed * 7 + (uint64_t)s.v[i].epoch * 3) % 5);

		s.v[i].test_acc = 0.99;
		if (strcmp(s.v[i].method, "topk") == 0)
			s.v[i].epoch_s *= 0.9 + 0.05 * turn;
	}
	out = judge("open-soonest-98", &s);
	expect_verdict(CLAIM_ANSWERED, out);
	assert_non_null(strstr(out.ours, "sooner in 0 of 10 seeds, p = 1"));
	assert_non_null(strstr(out.why, "not told apart from dense"));
}

/* --- the tables -----------------------------------------------------------------------------------------------------
 */

#define ADAGRAD "AdaGrad, k = 10 is better than dense (batch 10, dropout 0, glorot weights)"

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
	assert_non_null(strstr(out.tables[0].note, "by chance."));
	t = find_table(&out, "What the paper");
	assert_int_equal(find_cell(t, ADAGRAD, "verdict")->mark, CELL_BEST);
	expect(t, ADAGRAD, "to run it again", "--lines='^paper-'", CELL_PLAIN);
	assert_int_equal(table_print(t, TABLE_HTML, page), 0);
	assert_int_equal(fclose(page), 0);
	assert_non_null(strstr(text, "<table class=\"prose\">"));
	assert_non_null(
		strstr(text, "<td data-label=\"experiments\"><a href=\"rows.csv\">topk k=10 AdaGrad against dense<"));
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
		cmocka_unit_test(test_published_numbers_are_claims),
		cmocka_unit_test(test_families_are_in_the_plan),
		cmocka_unit_test(test_nothing_was_run),
		cmocka_unit_test(test_linear),
		cmocka_unit_test(test_speed),
		cmocka_unit_test(test_seconds),
		cmocka_unit_test(test_select_cost),
		cmocka_unit_test(test_soonest),
		cmocka_unit_test(test_soonest_is_corrected),
		cmocka_unit_test(test_soonest_counts_overlaps_as_ties),
		cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
