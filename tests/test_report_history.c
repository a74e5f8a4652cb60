/* SPDX-License-Identifier: MIT */
/* mepreport --history: the page of a history whose changes are known, hostile text in it, and what is refused. */
#include "report/history.h"
#include "report_folder.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SET(field, text) snprintf(field, sizeof(field), "%s", text)

static struct history_record row(const char *cpu, const char *method, int64_t k, int visit, double ratio)
{
	struct history_record r = {.batch = 8, .n_in = 40, .n_out = 30, .k = k, .threads = 1, .rounds = 9};

	r.ratio = ratio;
	r.low = 0.98 * ratio;
	r.high = 1.02 * ratio;
	SET(r.cpu, cpu);
	SET(r.compiler, "gcc 12");
	SET(r.flags, "-O3");
	SET(r.isa, "avx2");
	SET(r.op, "backward");
	SET(r.method, method);
	SET(r.dist, "relu");
	SET(r.against, strcmp(method, "dense") ? "best dense" : "yardstick compute");
	snprintf(r.commit, sizeof(r.commit), "c%02d", visit);
	snprintf(r.date, sizeof(r.date), "2026-11-%02uT00:00:00Z", (unsigned)(visit + 1) % 100);
	snprintf(r.run_id, sizeof(r.run_id), "202611%02uT000000Z-vm-1", (unsigned)(visit + 1) % 100);
	return r;
}

/* Top-k at k = 5 falls from 8x to 6x at commit c12; k = 20 and dense stay. */
static void store(const char *cpu, int visits)
{
	struct history_list list = {.v = calloc((size_t)3 * 32, sizeof(*list.v))};
	struct failure f = {""};
	size_t added;

	assert_non_null(list.v);
	for (int i = 0; i < visits; i++) {
		const double noise = 1 + 0.001 * (i * 7 % 5);

		list.v[list.n++] = row(cpu, "topk", 5, i, (i < 12 ? 8 : 6) * noise);
		list.v[list.n++] = row(cpu, "topk", 20, i, 3 * noise);
		list.v[list.n++] = row(cpu, "dense", 30, i, 1.5 * noise);
	}
	assert_int_equal(history_append(path_of(""), &list, &added, &f), 0);
	history_list_destroy(&list);
}

static void test_page_tells_the_change(void **state)
{
	(void)state;
	store("CPU one", 24);
	assert_int_equal(mepreport_there("--history ."), 0);
	assert_true(holds("out", "CPU one, gcc 12, avx2: 1 change in 1 of 3 cells tested, over 24 commits"));
	assert_true(holds("report.md",
			  "1 change in 1 of the 3 cells tested, those of 10 commits or more; a change in the "
			  "last 3 can be told from 13 commits on."));
	assert_true(holds("report.md", "c11..c12"));
	assert_true(holds("report.md", "0.750"));
	assert_true(holds("report.html", "3 cells over 24 commits, 2026-11-01 to 2026-11-24."));
	assert_true(holds("report.html", "yardstick compute"));
	assert_true(holds("report.html", "class=\"loss\""));
	assert_false(holds("report.html", "class=\"best\""));
	assert_false(holds("report.html", "nan"));
}

static void test_machines_have_chapters(void **state)
{
	(void)state;
	store("CPU one", 3);
	store("CPU two", 24);
	assert_int_equal(mepreport_there("--history --no-plots ."), 0);
	assert_true(holds("report.md", "<a id=\"cpu-one-gcc-12-avx2-o3\"></a>"));
	assert_true(holds("report.md", "<a id=\"cpu-two-gcc-12-avx2-o3\"></a>"));
	assert_true(
		holds("report.md", "Too few commits: of 3 cells, changes can be told from 10 commits of a cell on."));
	assert_true(holds("out", "CPU one, gcc 12, avx2: 3 cells over 3 commits, too few to tell changes"));
	assert_true(holds("report.md", "No plots, tables only"));
}

static void test_text_is_escaped(void **state)
{
	(void)state;
	store("<script>alert(1)</script>'`|", 2);
	assert_int_equal(mepreport_there("--history ."), 0);
	assert_false(holds("report.html", "<script>"));
	assert_true(holds("report.html", "&lt;script&gt;alert(1)"));
	assert_false(holds("report.md", "<script>"));
}

static void test_what_is_refused(void **state)
{
	(void)state;
	assert_int_equal(mepreport_there("--history nowhere"), 2);
	assert_true(holds("out", "cannot read folder nowhere"));
	assert_int_equal(mepreport_there("--history"), 2);
	assert_true(holds("out", "cannot read folder " HISTORY_FOLDER));
	assert_int_equal(mepreport_there("--history --accept ."), 2);
	assert_true(holds("out", "should be one of them"));
	scratch_put_text(path_of("bad.csv"), "a,b\n");
	assert_int_equal(mepreport_there("--history ."), 2);
	assert_true(holds("out", "bad.csv:1: unknown column 'a'"));
	unlink(path_of("bad.csv"));
	store("CPU one", 2);
	assert_int_not_equal(access(path_of("report.html"), F_OK), 0);
}

/* A ratio that is none is refused, not drawn. */
static void test_ratio_of_zero_is_refused(void **state)
{
	struct history_record r = row("CPU one", "topk", 5, 0, 0);
	struct history_list list = {.n = 1, .v = &r};
	struct failure f = {""};
	size_t added;

	(void)state;
	assert_int_equal(history_append(path_of(""), &list, &added, &f), 0);
	assert_int_equal(mepreport_there("--history ."), 2);
	assert_true(holds("out", "has a ratio of 0; should be a number above 0"));
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, create_folder, remove_folder)
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_page_tells_the_change),	  IN_FOLDER(test_machines_have_chapters),
		IN_FOLDER(test_text_is_escaped),	  IN_FOLDER(test_what_is_refused),
		IN_FOLDER(test_ratio_of_zero_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
