/* SPDX-License-Identifier: MIT */
/*
 * mepcompare from outside: exit statuses, what it writes for people and for other programs, and what it refuses; its
 * self-test is in test_compare_selftest.c.
 */
#include "compare_command.h"

#include <jansson.h>
#include <math.h>
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* A gate of two processes: topk this much slower, norm as before. */
static void store_gate(struct compare_folder *f, const char *name, double ratio, int processes)
{
	f->g.n = 0;
	for (int p = 0; p < processes; p++) {
		gate_process(&f->g, "topk", p ? "p2" : "p1", ratio, 1.001);
		gate_process(&f->g, "norm", p ? "p2" : "p1", 1, 1.001);
	}
	gate_store(&f->g, f->dir, name);
}

static void test_exit_statuses(void **state)
{
	struct compare_folder *f = *state;

	store_gate(f, "same.csv", 1, 2);
	store_gate(f, "slow.csv", 1.2, 2);
	store_gate(f, "fast.csv", 0.8, 2);
	store_gate(f, "once.csv", 1.2, 1);
	compare_expect(f, "same.csv", EXIT_OK,
		       "ok: 2 cells, 2 unchanged; threshold 3%; detectable today (MDE): 8.3% in the ");
	compare_expect(f, "slow.csv", EXIT_REGRESSION, "regression: 2 cells, 1 regressed (1 by time), 1 unchanged; ");
	compare_expect(f, "fast.csv", EXIT_OK, "ok: 2 cells, 1 improved, 1 unchanged; ");
	compare_expect(f, "once.csv", EXIT_INCONCLUSIVE, "one process");
	compare_expect(f, "--threshold=50 slow.csv", EXIT_OK, "2 unchanged; threshold 50%");
	compare_expect(f, "--processes=3 slow.csv", EXIT_INCONCLUSIVE, "1 inconclusive");
	compare_expect(f, "--processes=1 once.csv", EXIT_REGRESSION, "1 process;");
	compare_expect(f, "--help", EXIT_OK, "--recheck");
	/* A second file goes on with the first. */
	f->g.n = 0;
	gate_process(&f->g, "topk", "p9", 1.2, 1.001);
	gate_store(&f->g, f->dir, "again.csv");
	compare_expect(f, "once.csv again.csv", EXIT_REGRESSION, "1 regressed (1 by time)");
	f->g.v[0].calls = 0;
	SET(f->g.v[0].check, "fail");
	gate_store(&f->g, f->dir, "wrong.csv");
	compare_expect(f, "wrong.csv", EXIT_WRONG_RESULT, "wrong result: 1 cell, 1 wrong result");
	/* the redirections that follow are of the command behind */
	compare_expect(f, "slow.csv >/dev/full; test $? = 99 && echo full", EXIT_OK, "full");
}

static void test_refusals(void **state)
{
	struct compare_folder *f = *state;

	store_gate(f, "a.csv", 1, 2);
	compare_expect(f, "", EXIT_USAGE, "no path given");
	compare_expect(f, "--what a.csv", EXIT_USAGE, "unknown option '--what'");
	compare_expect(f, "--allx a.csv", EXIT_USAGE, "unknown option '--allx'");
	compare_expect(f, "--threshold=x a.csv", EXIT_USAGE, "invalid value 'x' for --threshold");
	compare_expect(f, "--threshold=nan a.csv", EXIT_USAGE, "--threshold");
	compare_expect(f, "--threshold=0 a.csv", EXIT_USAGE, "--threshold");
	compare_expect(f, "--processes=0 a.csv", EXIT_USAGE, "should be a number 1..100");
	compare_expect(f, "--color=red a.csv", EXIT_USAGE, "should be auto, always or never");
	compare_expect(f, "--csv= a.csv", EXIT_USAGE, "--csv has no value");
	compare_expect(f, "--csv=/none/x a.csv", EXIT_USAGE, "/none/x: cannot be written");
	compare_expect(f, "--json=/none/x a.csv", EXIT_USAGE, "/none/x: cannot be written");
	compare_expect(f, "nothing.csv", EXIT_USAGE, "cannot read nothing.csv");
	compare_put_text(f, "foreign.csv", "name,time\nx,1\n");
	compare_expect(f, "foreign.csv", EXIT_USAGE, "foreign.csv:1: ");
	compare_expect(f, "a.csv foreign.csv", EXIT_USAGE, "foreign.csv:1: ");
	compare_put_text(f, "empty.csv", "");
	compare_expect(f, "empty.csv", EXIT_USAGE, "empty.csv: empty");
	compare_put_text(f, "train.csv", "run_id,experiment\n");
	compare_expect(f, "train.csv", EXIT_USAGE, "train.csv:1: records of kind 'train'; should be kernel records");
	f->g.n = 0;
	gate_add(&f->g, &(struct contender_rounds){.build = ""});
	gate_store(&f->g, f->dir, "plain.csv");
	compare_expect(f, "plain.csv", EXIT_USAGE,
		       "plain.csv: no rows of build 'base'; should be measured with --against");
	compare_expect(f, "a.csv a.csv plain.csv", EXIT_USAGE, "plain.csv: no rows of build 'base'");
	compare_expect(f, "--self-test plain.csv", EXIT_USAGE, "no rows of build 'twin'");
}

/* A gate whose timed kernels are all new: twins, no base. Without twins it is a mistake. */
static void test_added_kernels_alone(void **state)
{
	struct compare_folder *f = *state;

	gate_add(&f->g, &(struct contender_rounds){.build = ""});
	gate_store(&f->g, f->dir, "run.csv");
	assert_int_equal(compare_run(f, "run.csv"), 2);
	gate_add(&f->g, &(struct contender_rounds){.build = "twin"});
	gate_store(&f->g, f->dir, "run.csv");
	assert_int_equal(compare_run(f, "run.csv"), 0);
}

static void test_filter(void **state)
{
	struct compare_folder *f = *state;

	gate_process(&f->g, "topk", "p1", 1.5, 1);
	gate_process(&f->g, "topk", "p2", 1.5, 1);
	gate_process(&f->g, "norm", "p1", 1, 1);
	gate_process(&f->g, "norm", "p2", 1, 1);
	gate_store(&f->g, f->dir, "run.csv");
	assert_int_equal(compare_run(f, "run.csv"), 1);
	assert_int_equal(compare_run(f, "--filter=/norm/ run.csv"), 0);
	assert_int_equal(compare_run(f, "--filter=none run.csv"), 2);
	assert_int_equal(compare_run(f, "'--filter=(' run.csv"), 2);
}

/* Each side's turns are runs of their own, of two rounds; texts may hold commas. */
static void store_turns(struct compare_folder *f, const char *side, double ns)
{
	char name[32], run[32];

	for (int turn = 0; turn < 20; turn++) {
		f->g.n = 0;
		snprintf(run, sizeof(run), "%s-%d", side, turn);
		for (struct kernel_record *r =
			     gate_add(&f->g, &(struct contender_rounds){.run_id = run, .ns = ns, .rounds = 2});
		     r < f->g.v + f->g.n; r++)
			SET(r->degraded, "loaded,quota");
		snprintf(name, sizeof(name), "%s/line-%d.csv", side, turn + 10);
		gate_store(&f->g, f->dir, name);
	}
}

static void test_turns(void **state)
{
	struct compare_folder *f = *state;
	char path[SCRATCH_PATH + 32];

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", f->dir, i ? "new" : "base");
		assert_int_equal(mkdir(path, 0700), 0);
	}
	store_turns(f, "base", 1000);
	store_turns(f, "new", 1500);
	assert_int_equal(compare_run(f, "--turns base new"), 1);
	store_turns(f, "new", 1000);
	/* Without twins nobody knows what equal code would show. */
	assert_int_equal(compare_run(f, "--turns base new"), 3);
	assert_int_equal(compare_run(f, "--turns base"), 2);
}

static void test_damaged_rows(void **state)
{
	struct compare_folder *f = *state;
	char *text, *line;

	store_gate(f, "a.csv", 1, 2);
	text = compare_text_of(f, "a.csv");
	text[strlen(text) - 20] = 0; /* torn, as by a full disk */
	compare_put_text(f, "torn.csv", text);
	compare_expect(f, "torn.csv", EXIT_OK, "torn.csv: the last line is torn");
	line = strchr(strchr(text, '\n') + 1, '\n') + 1; /* the third */
	memcpy(line, "\"", 1);
	compare_put_text(f, "bad.csv", text);
	compare_expect(f, "bad.csv", EXIT_USAGE, "bad.csv:3: ");
	free(text);
}

/* Folders hold other files too: what is no kernel record but ours is passed over, what is foreign is refused. */
static void test_folders(void **state)
{
	struct compare_folder *f = *state;
	char dir[SCRATCH_PATH + 8];

	snprintf(dir, sizeof(dir), "%s/run", f->dir);
	assert_int_equal(mkdir(dir, 0777), 0);
	compare_expect(f, "run", EXIT_USAGE, "run: no kernel records");
	store_gate(f, "run/gate.csv", 1.2, 2);
	compare_expect(f, "--csv=run/verdicts.csv run", EXIT_REGRESSION, "1 regressed");
	compare_expect(f, "run", EXIT_REGRESSION, "1 regressed");
	compare_put_text(f, "run/notes.txt", "x");
	compare_expect(f, "run", EXIT_REGRESSION, "1 regressed");
	compare_put_text(f, "run/foreign.csv", "name,time\n");
	compare_expect(f, "run", EXIT_USAGE, "run/foreign.csv:1: ");
}

static void test_table_shows_what_deserves_attention(void **state)
{
	struct compare_folder *f = *state;
	char *out;

	store_gate(f, "slow.csv", 1.2, 2);
	assert_int_equal(compare_run(f, "slow.csv"), EXIT_REGRESSION);
	out = compare_text_of(f, "out");
	assert_non_null(strstr(out, "backward/topk//8x4x2/1/1"));
	assert_null(strstr(out, "unchanged "));
	assert_null(strstr(out, "nan"));
	for (char *line = strtok(out, "\n"); line && !strstr(line, "regression:"); line = strtok(NULL, "\n"))
		assert_true(strlen(line) <= 125); /* bytes; ± has two */
	free(out);
	compare_expect(f, "--all slow.csv", EXIT_REGRESSION, "backward/norm//8x4x2/tau0/1");
}

static void test_recheck(void **state)
{
	struct compare_folder *f = *state;
	regex_t filter;
	char *text;

	store_gate(f, "once.csv", 1.2, 1);
	assert_int_equal(compare_run(f, "--recheck=again once.csv"), EXIT_INCONCLUSIVE);
	text = compare_text_of(f, "again");
	assert_string_equal(text, "^(backward/topk//8x4x2/1/1(/avx2)?)$\n");
	text[strcspn(text, "\n")] = 0; /* as a shell takes it */
	assert_int_equal(regcomp(&filter, text, REG_EXTENDED | REG_NOSUB), 0);
	assert_int_equal(regexec(&filter, "backward/topk//8x4x2/1/1", 0, NULL, 0), 0);
	assert_int_equal(regexec(&filter, "backward/topk//8x4x2/1/1/avx2", 0, NULL, 0), 0);
	assert_int_not_equal(regexec(&filter, "backward/topk//8x4x2/1/12", 0, NULL, 0), 0);
	assert_int_not_equal(regexec(&filter, "backward/norm//8x4x2/1/1", 0, NULL, 0), 0);
	regfree(&filter);
	free(text);
	store_gate(f, "slow.csv", 1.2, 2);
	assert_int_equal(compare_run(f, "--recheck=again slow.csv"), EXIT_REGRESSION);
	text = compare_text_of(f, "again");
	assert_string_equal(text, ""); /* settled */
	free(text);
}

/* More suspects than --filter can take: everything again. */
static void test_recheck_of_too_many(void **state)
{
	struct compare_folder *f = *state;
	char *text;

	f->g.n = 0;
	for (int k = 1; k <= 99; k++) {
		for (int base = 0; base < 2; base++)
			gate_add(&f->g, &(struct contender_rounds){
						.k = k, .ns = base ? 1000 : 1500, .build = base ? "base" : ""});
	}
	gate_store(&f->g, f->dir, "many.csv");
	assert_int_equal(compare_run(f, "--recheck=again many.csv"), EXIT_INCONCLUSIVE);
	text = compare_text_of(f, "again");
	assert_true(!strcmp(text, ".\n") || strlen(text) < 4096);
	free(text);
}

static void test_csv(void **state)
{
	struct compare_folder *f = *state;
	char *text;

	store_gate(f, "slow.csv", 1.2, 2);
	assert_int_equal(compare_run(f, "--csv=cells slow.csv"), EXIT_REGRESSION);
	assert_int_equal(compare_run(f, "--csv=cells slow.csv"), EXIT_REGRESSION); /* replaced, not appended to */
	text = compare_text_of(f, "cells");
	assert_true(strncmp(text, "verdict,tier,why,op,method,select,isa,", 38) == 0);
	assert_non_null(strstr(text, "\nregressed,time,,\"backward\",\"topk\",\"\",\"avx2\","));
	assert_non_null(strstr(text, "\nunchanged,time,,\"backward\",\"norm\""));
	assert_int_equal(strlen(text), (size_t)(strrchr(text, '\n') - text) + 1);
	free(text);
}

static void test_json(void **state)
{
	struct compare_folder *f = *state;
	char path[SCRATCH_PATH + 16];
	json_t *all, *one;

	store_gate(f, "slow.csv", 1.25, 2);
	assert_int_equal(compare_run(f, "--json=bench.json slow.csv"), EXIT_REGRESSION);
	snprintf(path, sizeof(path), "%s/bench.json", f->dir);
	all = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	assert_int_equal(json_array_size(all), 2);
	one = json_array_get(all, 0);
	assert_string_equal(json_string_value(json_object_get(one, "name")), "backward/topk//8x4x2/1/1/relu");
	assert_string_equal(json_string_value(json_object_get(one, "unit")), "x");
	assert_true(fabs(json_real_value(json_object_get(one, "value")) - 0.8) < 0.01);
	assert_true(strncmp(json_string_value(json_object_get(one, "range")), "± 0.0", 6) == 0);
	assert_non_null(strstr(json_string_value(json_object_get(one, "extra")), "regressed by time"));
	json_decref(all);
}

static void test_markdown(void **state)
{
	struct compare_folder *f = *state;
	char summary[SCRATCH_PATH + 16], *text;

	store_gate(f, "slow.csv", 1.2, 2);
	compare_put_text(f, "summary", "before\n");
	snprintf(summary, sizeof(summary), "%s/summary", f->dir);
	setenv("GITHUB_STEP_SUMMARY", summary, 1);
	assert_int_equal(compare_run(f, "--markdown=table.md slow.csv"), EXIT_REGRESSION);
	unsetenv("GITHUB_STEP_SUMMARY");
	text = compare_text_of(f, "summary");
	assert_true(strncmp(text, "before\n**regression: 2 cells", 28) == 0);
	assert_non_null(strstr(text, "| regressed"));
	free(text);
	text = compare_text_of(f, "table.md");
	assert_true(strncmp(text, "**regression", 12) == 0);
	free(text);
}

static void test_annotations(void **state)
{
	struct compare_folder *f = *state;

	store_gate(f, "slow.csv", 1.2, 2);
	compare_expect(
		f, "--github slow.csv", EXIT_REGRESSION,
		"\n::error title=mepcompare%3A regressed::backward/topk//8x4x2/1/1 (relu): 1.200 times the time [");
	store_gate(f, "once.csv", 1.2, 1);
	compare_expect(f, "--github once.csv", EXIT_INCONCLUSIVE,
		       "\n::warning title=mepcompare%3A inconclusive::backward/topk");
	for (size_t i = 0; i < f->g.n; i++)
		SET(f->g.v[i].dist, "100%,a:b");
	gate_store(&f->g, f->dir, "odd.csv");
	compare_expect(f, "--github odd.csv", EXIT_INCONCLUSIVE, "(100%25,a:b)");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, compare_setup, compare_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_exit_statuses),
		TEST(test_refusals),
		TEST(test_added_kernels_alone),
		TEST(test_filter),
		TEST(test_turns),
		TEST(test_damaged_rows),
		TEST(test_folders),
		TEST(test_table_shows_what_deserves_attention),
		TEST(test_recheck),
		TEST(test_recheck_of_too_many),
		TEST(test_csv),
		TEST(test_json),
		TEST(test_markdown),
		TEST(test_annotations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
