/* SPDX-License-Identifier: MIT */
/* mepreport on real folders: what it writes, what it escapes, what it refuses. */
#include "report.h"
#include "report_folder.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SET(field, text) snprintf(field, sizeof(field), "%s", text)

static void fill_kernel(struct kernel_record *r, const char *method, int64_t k, int64_t ns, int round)
{
	*r = (struct kernel_record){
		.batch = 8, .n_in = 40, .n_out = 30, .k = k, .threads = 1, .round = round, .calls = 10};
	SET(r->run_id, "run-1");
	SET(r->command, "backward");
	SET(r->op, "backward");
	SET(r->method, method);
	SET(r->isa, "avx2");
	SET(r->dist, "gaussian");
	SET(r->check, "ok");
	SET(r->dw, strcmp(method, "dense") == 0 ? "full" : "rows");
	SET(r->cpu, "<script>alert('cpu')</script>");
	r->elapsed_ns = 10 * ns + round;
	r->flops = 1e5;
	r->bytes = 1e4;
}

/* Speed-ups on one layer; k from the caller so that hostile names come with plausible numbers. */
static void store_kernels(const char *sparse_method)
{
	struct kernel_record records[24];

	for (int i = 0; i < 8; i++) {
		fill_kernel(&records[3 * i], "dense", 30, 4000, i);
		fill_kernel(&records[3 * i + 1], sparse_method, 5, 1000, i);
		fill_kernel(&records[3 * i + 2], sparse_method, 20, 8000, i);
	}
	store_records("kernel.csv", &kernel_records, records, 24);
}

static void store_training(const char *dataset)
{
	struct train_record records[2] = {{.batch = 50}, {.batch = 50}};

	for (int i = 0; i < 2; i++) {
		struct train_record *r = &records[i];

		SET(r->experiment, i ? "topk_k20" : "dense");
		SET(r->method, i ? "topk" : "dense");
		SET(r->dataset, dataset);
		SET(r->layers, "784-10");
		SET(r->optimizer, "sgd");
		r->threads = 1;
		r->epoch = 1;
		r->seed = 7;
		r->dev_acc = r->test_acc = 0.9;
		r->forward_s = r->dx_s = 1;
		r->epoch_s = 2;
	}
	store_records("train.csv", &train_records, records, 2);
}

static void store_gradients(const char *training)
{
	struct dist_record records[2] = {{.rows = 60, .n = 30, .k50 = 4}, {.rows = 60, .n = 30, .k50 = 2, .step = 9}};

	SET(records[0].dist, "gaussian");
	SET(records[1].dist, "dense-layer1-step9@0123abcd");
	SET(records[1].training, training);
	store_records("gradients.csv", &dist_records, records, 2);
}

static void expect_in(const char *name, const char *text)
{
	char *all = scratch_get(path_of(name), NULL);

	if (!strstr(all, text))
		fail_msg("no '%s' in %s", text, name);
	free(all);
}

static void expect_not_in(const char *name, const char *text)
{
	char *all = scratch_get(path_of(name), NULL);

	if (strstr(all, text))
		fail_msg("'%s' in %s", text, name);
	free(all);
}

static void test_report_is_written(void **state)
{
	(void)state;
	store_kernels("topk");
	store_training("mnist");
	scratch_put_text(path_of("context.json"),
			 "{\"host\": \"here\", \"command\": \"mepbench bench --seed=1\", \"warnings\": [\"loaded\"]}");
	assert_int_equal(mepreport("", ""), 0);
	expect_in("out", "4.00x ±0%*");
	expect_in("out", "report.html");
	expect_in("out", "best dense ours 25.0 GFLOP/s; top-k 0.50x ±0% at k=20, break-even k* 13");
	expect_not_in("out", "Ledger");
	expect_in("report.html", "<li>8x40x30 gaussian, avx2, 1 thread: best dense ours");
	expect_in("report.md", "## In short");
	expect_in("report.md", "**Ledger");
	expect_in("report.html", "4.00x");
	expect_in("report.html", "mepbench bench --seed=1");
	expect_in("report.html", "loaded");
	expect_in("report.html", "href=\"kernel.csv\"");
	expect_in("report.html", "prefers-color-scheme");
	expect_in("report.html", "</html>");
	expect_in("report.md", "**4.00x ±0%**");
	expect_not_in("out", "NOT MNIST");
	expect_not_in("report.html", "http://www.gnuplot");
}

static void test_gradients_have_a_chapter(void **state)
{
	(void)state;
	store_gradients("dense <b>adam");
	assert_int_equal(mepreport("", ""), 0);
	expect_in("out", "dense-layer1-step9@0123abcd");
	expect_in("report.html", "layer 0, step 9 of dense &lt;b&gt;adam");
	expect_in("report.md", "## Gradients");
}

static void test_text_of_records_is_escaped(void **state)
{
	(void)state;
	store_kernels("<img src=x>'`id`");
	assert_int_equal(mepreport("", "--quiet"), 0);
	expect_not_in("report.html", "<script>");
	expect_not_in("report.html", "<img");
	expect_in("report.html", "&lt;script&gt;alert(&#39;cpu&#39;)");
	expect_not_in("report.md", "<script>");
	expect_in("report.md", "\\<img src=x\\>");
}

static void test_stand_in_is_loud(void **state)
{
	(void)state;
	store_training("fashion-mnist");
	assert_int_equal(mepreport("", ""), 0);
	expect_in("out", "STAND-IN DATA");
	expect_in("report.html", "NOT MNIST");
	expect_in("report.md", "NOT MNIST");
}

static void test_without_gnuplot_there_are_tables(void **state)
{
	(void)state;
	store_kernels("topk");
	assert_int_equal(mepreport("PATH=/nowhere", ""), 0);
	expect_in("report.html", "No plots, tables only: gnuplot is not installed");
	expect_not_in("report.html", "<svg");
	assert_int_equal(mepreport("", "--no-plots"), 0);
	expect_in("report.md", "No plots, tables only");
}

static void test_bad_input_is_refused(void **state)
{
	(void)state;
	assert_int_equal(mepreport("", ""), EXIT_USAGE);
	expect_in("out", "no records; should hold CSV files");
	scratch_put_text(path_of("other.csv"), "a,b\n1,2\n");
	assert_int_equal(mepreport("", ""), EXIT_USAGE);
	expect_in("out", "other.csv is not a file of records");
	store_kernels("topk");
	assert_int_equal(mepreport("", ""), 0);
	scratch_put_text(path_of("context.json"), "[1]");
	assert_int_equal(mepreport("", ""), EXIT_USAGE);
	expect_in("out", "context.json");
	scratch_put_text(path_of("context.json"), "{\"a\": ");
	assert_int_equal(mepreport("", ""), EXIT_USAGE);
	assert_int_equal(mepreport("", "--what"), EXIT_USAGE);
	assert_int_equal(mepreport("", "/no/such/folder"), EXIT_USAGE);
	expect_in("out", "/no/such/folder");
}

static void test_strange_context_is_survived(void **state)
{
	(void)state;
	store_kernels("topk");
	scratch_put_text(
		path_of("context.json"),
		"{\"host\": null, \"warnings\": [[1], {}, \"<b>\"], \"conditions\": {\"os\": \"x\"}, \"seed\": 1e300}");
	assert_int_equal(mepreport("", "--quiet"), 0);
	expect_in("report.html", "&lt;b&gt;");
}

static void test_plot_quote_keeps_only_the_harmless(void **state)
{
	(void)state;
	assert_string_equal(plot_quote("topk k=5").s, "topk k=5");
	assert_string_equal(plot_quote("a'b`c\"d\\e$f\n{g}").s, "abcdefg");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, create_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_report_is_written),
		TEST(test_gradients_have_a_chapter),
		TEST(test_text_of_records_is_escaped),
		TEST(test_stand_in_is_loud),
		TEST(test_without_gnuplot_there_are_tables),
		TEST(test_bad_input_is_refused),
		TEST(test_strange_context_is_survived),
		cmocka_unit_test(test_plot_quote_keeps_only_the_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
