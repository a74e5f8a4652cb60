/* SPDX-License-Identifier: MIT */
/* The chapters of a study in the report: every figure of a tiny made-up study, a study in progress, hostile names. */
#include "report.h"
#include "report_folder.h"
#include "scratch.h"
#include "toy_study.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define SET(field, text) snprintf(field, sizeof(field), "%s", text)
#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static bool has_plot(const char *name)
{
	char path[128];
	struct stat s;

	snprintf(path, sizeof(path), "plots/%s.svg", name);
	return stat(path_of(path), &s) == 0;
}

static bool have_gnuplot(void)
{
	return system("command -v gnuplot >/dev/null 2>&1") == 0;
}

/* Something of every family; what the toys have no words for is put into their records. */
static void make_study(struct toy_study *s)
{
	static const struct toy toys[] = {
		{.method = "dense", .mean_k = 500},
		{.method = "topk", .k = "5"},
		{.method = "topk", .k = "20"},
		{.method = "topk", .k = "80"},
		{.method = "topk", .k = "11"},
		{.method = "unified_topk", .k = "20"},
		{.method = "random_k", .k = "20"},
		{.method = "norm", .tau = 0.5, .mean_k = 18},
		{.method = "norm", .tau = 0.9, .mean_k = 60},
		{.method = "dense", .layers = "784-20-20-10"},
		{.method = "topk", .k = "20", .policy = "anneal-k"},
		{.method = "dense", .policy = "anneal-lr"},
		{.method = "topk", .k = "5/20"},
		{.method = "topk", .k = "20/5"},
		{.method = "topk", .k = "25"},
		{.method = "unified_topk", .k = "30"},
		{.method = "topk", .k = "20", .lazy = "yes"},
		{.method = "error_feedback", .k = "20"},
		{.method = "threshold", .tau = 1e-5, .mean_k = 60},
		{.method = "threshold", .tau = 1e-4, .mean_k = 30},
	};

	for (size_t i = 0; i < LENGTH(toys); i++) {
		struct toy t = toys[i];

		t.seeds = 2;
		t.epochs = 3;
		t.dropout = 0.1;
		t.accuracy = 0.97 + 0.001 * (double)(i % 7);
		t.noise = 0.001;
		t.climb = 0.01;
		t.parallel = true;
		toy_study_add(s, &t);
	}
	for (size_t i = 0; i < s->n; i++) {
		struct train_record *r = &s->v[i];

		SET(r->kept_mean, "12/7");
		SET(r->kept_p10, "3/2");
		SET(r->kept_p50, "10/6");
		SET(r->kept_p90, "30/20.5");
		SET(r->event, strncmp(r->policy, "anneal", 6) == 0 && r->epoch == 2 ? "anneal" : "");
		r->lr = strncmp(r->policy, "anneal", 6) == 0 && r->epoch == 3 ? r->lr / 2 : r->lr;
	}
}

/* Other recipes: without dropout in minibatches of 10, with weight decay. */
static void make_recipes(struct toy_study *s)
{
	const struct toy toys[] = {
		{.method = "dense", .batch = 10, .init = "glorot"},
		{.method = "topk", .k = "20", .batch = 10, .init = "glorot"},
		{.method = "topk", .k = "20"},
		{.method = "topk", .k = "25", .batch = 10, .dropout = 0.2},
		{.method = "topk", .k = "25", .batch = 10, .dropout = 0.1},
		{.method = "topk", .k = "25", .layers = "784-500-500-500-10", .dropout = 0.1},
		{.method = "topk", .k = "20", .dropout = 0.1, .experiment = "decay"},
	};

	for (size_t i = 0; i < LENGTH(toys); i++) {
		struct toy t = toys[i];

		t.seeds = 2;
		t.epochs = 3;
		t.accuracy = 0.975;
		t.parallel = true;
		toy_study_add(s, &t);
	}
	for (size_t i = s->n - 6; i < s->n; i++)
		s->v[i].l2 = 1e-4;
}

/* epoch_s: of topk; dense takes twice that. */
static void store_times(double epoch_s)
{
	struct toy_study s = {0};

	toy_study_add(&s, &(struct toy){.method = "dense",
					.experiment = "time: dense",
					.run_id = "t",
					.dropout = 0.1,
					.seeds = 1,
					.epochs = 8,
					.epoch_s = 2 * epoch_s,
					.accuracy = 0.97});
	toy_study_add(&s, &(struct toy){.method = "topk",
					.k = "20",
					.experiment = "time: topk",
					.run_id = "t",
					.dropout = 0.1,
					.seeds = 1,
					.epochs = 8,
					.epoch_s = epoch_s,
					.accuracy = 0.97});
	store_records("time-all.csv", &train_records, s.v, s.n);
	toy_study_free(&s);
}

static void assert_all_plots(void)
{
	static const char *const plots[] = {
		"study-k",     "study-k-zoom", "study-tau",    "study-kept",	 "study-anneal",    "study-strikes",
		"study-ratio", "study-map",    "study-paper",  "study-dropout",	 "study-depth",	    "study-unified",
		"study-decay", "study-lazy",   "study-recipe", "study-other",	 "study-threshold", "study-learning",
		"study-loss",  "study-front",  "study-cost",   "study-cost-zoom"};

	for (size_t i = 0; i < LENGTH(plots); i++)
		if (!has_plot(plots[i]))
			fail_msg("no plot %s", plots[i]);
	assert_false(holds("out", "refused"));
}

/* Two seeds far apart have intervals that pass 100 % and 0 %. */
static void test_wide_intervals(void **state)
{
	struct toy_study s = {0};

	(void)state;
	if (!have_gnuplot())
		skip();
	make_study(&s);
	make_recipes(&s);
	for (size_t i = 0; i < s.n; i++)
		if (s.v[i].seed == 2)
			s.v[i].dev_acc = s.v[i].test_acc = s.v[i].test_acc - 0.3;
	store_records("rows.csv", &train_records, s.v, s.n);
	store_times(1);
	toy_study_free(&s);
	assert_int_equal(mepreport("", "--quiet"), 0);
	assert_all_plots();
}

/* Records that nobody measured: no axis has an end that is no number, and no loop waits for one. */
static void test_odd_seconds(void **state)
{
	static const double odd[] = {8e307, 2e306, 5e-324, 1e-310};

	(void)state;
	for (size_t i = 0; i < LENGTH(odd); i++) {
		struct toy_study s = {0};

		make_study(&s);
		store_records("rows.csv", &train_records, s.v, s.n);
		store_times(odd[i]);
		toy_study_free(&s);
		assert_int_equal(mepreport("", "--quiet"), 0);
	}
}

static void test_all_figures_are_there(void **state)
{
	struct toy_study s = {0};

	(void)state;
	if (!have_gnuplot())
		skip();
	make_study(&s);
	make_recipes(&s);
	store_records("rows.csv", &train_records, s.v, s.n);
	store_times(1);
	toy_study_free(&s);
	assert_int_equal(mepreport("", "--quiet"), 0);
	assert_all_plots();
	assert_true(holds("report.html", "claims, questions and targets"));
	assert_true(holds("report.html", "<li>Dense reaches 97."));
	assert_true(holds("report.html", "<a href=\"#files\">"));
	assert_true(holds("report.html", "3 hidden"));
	assert_false(holds("report.html", "--lines=&#39;^k-&#39;</a>"));
	assert_true(holds("report.html", "published"));
	assert_true(holds("report.html", "mean over 2 seeds"));
	assert_true(holds("report.md", "plots/study-map.svg"));
	assert_true(holds("plots/study-map.svg", "var(--s0)"));
	assert_false(holds("report.html", "rgb(1,"));
}

/* One experiment, one seed: what can be drawn is, the rest says how to run it. */
static void test_study_in_progress(void **state)
{
	struct toy_study s = {0};

	(void)state;
	toy_study_add(&s, &(struct toy){.method = "dense", .dropout = 0.1, .seeds = 1, .epochs = 3, .accuracy = 0.98});
	toy_study_add(
		&s,
		&(struct toy){.method = "topk", .k = "20", .dropout = 0.1, .seeds = 1, .epochs = 3, .accuracy = 0.98});
	store_records("rows-1.csv", &train_records, s.v, s.n);
	toy_study_free(&s);
	assert_int_equal(mepreport("", "--quiet"), 0);
	assert_true(holds("report.html", "Not run yet: <code>mepbench study bench/study.plan --lines=&#39;^tau-&#39;"));
	assert_true(holds("report.md", "Not run yet: `mepbench study bench/study.plan --lines='^tau-'`"));
	assert_true(holds("report.html", "id=\"time\""));
	assert_false(has_plot("study-tau"));
	assert_false(has_plot("study-map"));
	assert_int_equal(has_plot("study-k"), have_gnuplot());
}

/* A training cut short is no seed of a figure. */
static void test_short_runs_are_left_out(void **state)
{
	struct toy_study s = {0};

	(void)state;
	if (!have_gnuplot())
		skip();
	toy_study_add(&s, &(struct toy){.method = "dense", .dropout = 0.1, .seeds = 3, .epochs = 3, .accuracy = 0.98});
	toy_study_add(
		&s,
		&(struct toy){.method = "topk", .k = "20", .dropout = 0.1, .seeds = 3, .epochs = 3, .accuracy = 0.98});
	store_records("rows.csv", &train_records, s.v, s.n - 1);
	toy_study_free(&s);
	assert_int_equal(mepreport("", "--quiet"), 0);
	assert_true(holds("report.html", "over k, mean over 2 seeds."));
	assert_true(holds("report.html", "(mean over 3 seeds, 95 % interval)"));
}

/* A study is made by several calls and commits; all of them are told, quoted for a shell. */
static void test_provenance(void **state)
{
	static const char context[] =
		"{\"run_id\": \"r1\", \"seed\": 0, \"command\": \"mepbench study p.plan --lines=^(k|tau)- --out=a\", "
		"\"plan\": {\"file\": \"p.plan\"}, \"resumed\": [{\"command\": \"mepbench study p.plan --resume\"}, "
		"3]}";
	struct toy_study s = {0};
	FILE *out;

	(void)state;
	make_study(&s);
	for (size_t i = 0; i < s.n; i++) {
		SET(s.v[i].commit, i < s.n / 2 ? "aaaa" : "bbbb");
		SET(s.v[i].run_id, i < s.n / 2 ? "r1" : "r2");
	}
	store_records("rows.csv", &train_records, s.v, s.n);
	toy_study_free(&s);
	out = fopen(path_of("context.json"), "w");
	assert_non_null(out);
	fputs(context, out);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(mepreport("", "--quiet --no-plots"), 0);
	assert_true(holds("report.md", "2 commits: aaaa, bbbb\n"));
	assert_true(holds("report.md", "2 runs: r1, r2\n"));
	assert_true(holds("report.md", "    mepbench study p.plan --out=DIR\n"));
	assert_true(holds("report.md", "    mepbench study p.plan --lines='^(k|tau)-' --out=a\n"));
	assert_true(holds("report.md", "    mepbench study p.plan --resume\n"));
	assert_true(holds("report.html", "mepbench study p.plan --resume\n"));
	assert_false(holds("report.md", "- seed: "));
	assert_true(holds("report.md", "Every experiment is compared with its base"));
	assert_false(holds("report.md", "roofline bound"));
}

/* A full disk tears the last row, and leaves a training without its end. */
static void test_torn_row(void **state)
{
	struct toy_study s = {0};
	FILE *out;

	(void)state;
	toy_study_add(&s, &(struct toy){.method = "dense", .dropout = 0.1, .seeds = 2, .epochs = 3, .accuracy = 0.98});
	toy_study_add(
		&s,
		&(struct toy){.method = "topk", .k = "20", .dropout = 0.1, .seeds = 2, .epochs = 3, .accuracy = 0.98});
	store_records("rows-1.csv", &train_records, s.v, s.n - 1);
	toy_study_free(&s);
	out = fopen(path_of("rows-1.csv"), "a");
	assert_non_null(out);
	fputs("run,topk k=20,mni", out);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(mepreport("", "--quiet --no-plots"), 0);
	assert_true(holds("out", "rows-1.csv: the last line is torn"));
	assert_true(holds("report.html", "shorter than the others of the experiment: topk k=20 (1 of 2 seeds)"));
	out = fopen(path_of("rows-1.csv"), "a");
	assert_non_null(out);
	fputs("\nx", out);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(mepreport("", "--quiet --no-plots"), 2);
	assert_true(holds("out", "rows-1.csv:13: "));
}

/* Sets every text of the study's records that a figure may show. */
static void test_names_are_escaped(void **state)
{
	static const char hostile[] = "<img src=x>'`id`\"";
	struct toy_study s = {0};

	(void)state;
	make_study(&s);
	for (size_t i = 0; i < s.n; i++) {
		SET(s.v[i].experiment, hostile);
		SET(s.v[i].event, s.v[i].event[0] ? hostile : "");
		SET(s.v[i].settings, i % 2 ? hostile : "");
		SET(s.v[i].kept_p50, hostile);
	}
	store_records("rows.csv", &train_records, s.v, s.n);
	toy_study_free(&s);
	assert_int_equal(mepreport("", "--quiet"), 0);
	assert_false(holds("report.html", "<img"));
	assert_true(holds("report.html", "&lt;img"));
}

/* Trainings of a bench are no study: no chapter asks for the rest of it. */
static void test_other_folders_have_no_chapters(void **state)
{
	struct toy_study s = {0};

	(void)state;
	make_study(&s);
	store_records("train.csv", &train_records, s.v, s.n);
	toy_study_free(&s);
	assert_int_equal(mepreport("", "--quiet --no-plots"), 0);
	assert_false(holds("report.html", "Not run yet"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, create_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_all_figures_are_there),
		TEST(test_wide_intervals),
		TEST(test_odd_seconds),
		TEST(test_study_in_progress),
		TEST(test_short_runs_are_left_out),
		TEST(test_provenance),
		TEST(test_torn_row),
		TEST(test_names_are_escaped),
		TEST(test_other_folders_have_no_chapters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
