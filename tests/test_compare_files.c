/* SPDX-License-Identifier: MIT */
/*
 * mepcompare from outside: exit statuses, what it writes for people and for other programs, what it refuses, and its
 * self-test.
 */
#include "compare_selftest.h"
#include "emulator.h"
#include "gate_records.h"
#include "scratch.h"

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

struct fixture {
	char dir[SCRATCH_PATH];
	struct gate_records g;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	*state = f;
	if (!f)
		return -1;
	unsetenv("GITHUB_STEP_SUMMARY");
	scratch_create(f->dir);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	scratch_destroy(f->dir);
	free(f);
	return 0;
}

static int mepcompare(const struct fixture *f, const char *arguments)
{
	char command[1024];
	int status;

	snprintf(command, sizeof(command), "cd '%s' && %s '%s' %s >out 2>&1", f->dir, emulator(), MEPCOMPARE,
		 arguments);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static char *text_of(const struct fixture *f, const char *name)
{
	char path[SCRATCH_PATH + 32];

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	return scratch_get(path, NULL);
}

static void put_text(const struct fixture *f, const char *name, const char *text)
{
	char path[SCRATCH_PATH + 32];

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	scratch_put_text(path, text);
}

/* The status, and what is said. */
static void expect(const struct fixture *f, const char *arguments, int status, const char *words)
{
	int found = mepcompare(f, arguments);
	char *out = text_of(f, "out");

	if (found != status || !strstr(out, words))
		fail_msg("mepcompare %s: status %d, should be %d and say '%s':\n%s", arguments, found, status, words,
			 out);
	free(out);
}

/* A gate of two processes: topk this much slower, norm as before. */
static void store_gate(struct fixture *f, const char *name, double ratio, int processes)
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
	struct fixture *f = *state;

	store_gate(f, "same.csv", 1, 2);
	store_gate(f, "slow.csv", 1.2, 2);
	store_gate(f, "fast.csv", 0.8, 2);
	store_gate(f, "once.csv", 1.2, 1);
	expect(f, "same.csv", EXIT_OK, "ok: 2 cells, 2 unchanged; threshold 3%; detectable today (MDE): 8.3% in the ");
	expect(f, "slow.csv", EXIT_REGRESSION, "regression: 2 cells, 1 regressed (1 by time), 1 unchanged; ");
	expect(f, "fast.csv", EXIT_OK, "ok: 2 cells, 1 improved, 1 unchanged; ");
	expect(f, "once.csv", EXIT_INCONCLUSIVE, "one process");
	expect(f, "--threshold=50 slow.csv", EXIT_OK, "2 unchanged; threshold 50%");
	expect(f, "--processes=3 slow.csv", EXIT_INCONCLUSIVE, "1 inconclusive");
	expect(f, "--processes=1 once.csv", EXIT_REGRESSION, "1 process;");
	expect(f, "--help", EXIT_OK, "--recheck");
	/* A second file goes on with the first. */
	f->g.n = 0;
	gate_process(&f->g, "topk", "p9", 1.2, 1.001);
	gate_store(&f->g, f->dir, "again.csv");
	expect(f, "once.csv again.csv", EXIT_REGRESSION, "1 regressed (1 by time)");
	f->g.v[0].calls = 0;
	SET(f->g.v[0].check, "fail");
	gate_store(&f->g, f->dir, "wrong.csv");
	expect(f, "wrong.csv", EXIT_WRONG_RESULT, "wrong result: 1 cell, 1 wrong result");
	/* the redirections that follow are of the command behind */
	expect(f, "slow.csv >/dev/full; test $? = 99 && echo full", EXIT_OK, "full");
}

static void test_refusals(void **state)
{
	struct fixture *f = *state;

	store_gate(f, "a.csv", 1, 2);
	expect(f, "", EXIT_USAGE, "no path given");
	expect(f, "--what a.csv", EXIT_USAGE, "unknown option '--what'");
	expect(f, "--allx a.csv", EXIT_USAGE, "unknown option '--allx'");
	expect(f, "--threshold=x a.csv", EXIT_USAGE, "invalid value 'x' for --threshold");
	expect(f, "--threshold=nan a.csv", EXIT_USAGE, "--threshold");
	expect(f, "--threshold=0 a.csv", EXIT_USAGE, "--threshold");
	expect(f, "--processes=0 a.csv", EXIT_USAGE, "should be a number 1..100");
	expect(f, "--color=red a.csv", EXIT_USAGE, "should be auto, always or never");
	expect(f, "--csv= a.csv", EXIT_USAGE, "--csv has no value");
	expect(f, "--csv=/none/x a.csv", EXIT_USAGE, "/none/x: cannot be written");
	expect(f, "--json=/none/x a.csv", EXIT_USAGE, "/none/x: cannot be written");
	expect(f, "nothing.csv", EXIT_USAGE, "cannot read nothing.csv");
	put_text(f, "foreign.csv", "name,time\nx,1\n");
	expect(f, "foreign.csv", EXIT_USAGE, "foreign.csv:1: ");
	expect(f, "a.csv foreign.csv", EXIT_USAGE, "foreign.csv:1: ");
	put_text(f, "empty.csv", "");
	expect(f, "empty.csv", EXIT_USAGE, "empty.csv: empty");
	put_text(f, "train.csv", "run_id,experiment\n");
	expect(f, "train.csv", EXIT_USAGE, "train.csv:1: records of kind 'train'; should be kernel records");
	f->g.n = 0;
	gate_add(&f->g, &(struct contender_rounds){.build = ""});
	gate_store(&f->g, f->dir, "plain.csv");
	expect(f, "plain.csv", EXIT_USAGE, "plain.csv: no rows of build 'base'; should be measured with --against");
	expect(f, "a.csv a.csv plain.csv", EXIT_USAGE, "plain.csv: no rows of build 'base'");
	expect(f, "--self-test plain.csv", EXIT_USAGE, "no rows of build 'twin'");
}

/* A gate whose timed kernels are all new: twins, no base. Without twins it is a mistake. */
static void test_added_kernels_alone(void **state)
{
	struct fixture *f = *state;

	gate_add(&f->g, &(struct contender_rounds){.build = ""});
	gate_store(&f->g, f->dir, "run.csv");
	assert_int_equal(mepcompare(f, "run.csv"), 2);
	gate_add(&f->g, &(struct contender_rounds){.build = "twin"});
	gate_store(&f->g, f->dir, "run.csv");
	assert_int_equal(mepcompare(f, "run.csv"), 0);
}

static void test_filter(void **state)
{
	struct fixture *f = *state;

	gate_process(&f->g, "topk", "p1", 1.5, 1);
	gate_process(&f->g, "topk", "p2", 1.5, 1);
	gate_process(&f->g, "norm", "p1", 1, 1);
	gate_process(&f->g, "norm", "p2", 1, 1);
	gate_store(&f->g, f->dir, "run.csv");
	assert_int_equal(mepcompare(f, "run.csv"), 1);
	assert_int_equal(mepcompare(f, "--filter=/norm/ run.csv"), 0);
	assert_int_equal(mepcompare(f, "--filter=none run.csv"), 2);
	assert_int_equal(mepcompare(f, "'--filter=(' run.csv"), 2);
}

/* Each side's turns are runs of their own, of two rounds; texts may hold commas. */
static void store_turns(struct fixture *f, const char *side, double ns)
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
	struct fixture *f = *state;
	char path[SCRATCH_PATH + 32];

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s", f->dir, i ? "new" : "base");
		assert_int_equal(mkdir(path, 0700), 0);
	}
	store_turns(f, "base", 1000);
	store_turns(f, "new", 1500);
	assert_int_equal(mepcompare(f, "--turns base new"), 1);
	store_turns(f, "new", 1000);
	/* Without twins nobody knows what equal code would show. */
	assert_int_equal(mepcompare(f, "--turns base new"), 3);
	assert_int_equal(mepcompare(f, "--turns base"), 2);
}

static void test_damaged_rows(void **state)
{
	struct fixture *f = *state;
	char *text, *line;

	store_gate(f, "a.csv", 1, 2);
	text = text_of(f, "a.csv");
	text[strlen(text) - 20] = 0; /* torn, as by a full disk */
	put_text(f, "torn.csv", text);
	expect(f, "torn.csv", EXIT_OK, "torn.csv: the last line is torn");
	line = strchr(strchr(text, '\n') + 1, '\n') + 1; /* the third */
	memcpy(line, "\"", 1);
	put_text(f, "bad.csv", text);
	expect(f, "bad.csv", EXIT_USAGE, "bad.csv:3: ");
	free(text);
}

/* Folders hold other files too: what is no kernel record but ours is passed over, what is foreign is refused. */
static void test_folders(void **state)
{
	struct fixture *f = *state;
	char dir[SCRATCH_PATH + 8];

	snprintf(dir, sizeof(dir), "%s/run", f->dir);
	assert_int_equal(mkdir(dir, 0777), 0);
	expect(f, "run", EXIT_USAGE, "run: no kernel records");
	store_gate(f, "run/gate.csv", 1.2, 2);
	expect(f, "--csv=run/verdicts.csv run", EXIT_REGRESSION, "1 regressed");
	expect(f, "run", EXIT_REGRESSION, "1 regressed");
	put_text(f, "run/notes.txt", "x");
	expect(f, "run", EXIT_REGRESSION, "1 regressed");
	put_text(f, "run/foreign.csv", "name,time\n");
	expect(f, "run", EXIT_USAGE, "run/foreign.csv:1: ");
}

static void test_table_shows_what_deserves_attention(void **state)
{
	struct fixture *f = *state;
	char *out;

	store_gate(f, "slow.csv", 1.2, 2);
	assert_int_equal(mepcompare(f, "slow.csv"), EXIT_REGRESSION);
	out = text_of(f, "out");
	assert_non_null(strstr(out, "backward/topk//8x4x2/1/1"));
	assert_null(strstr(out, "unchanged "));
	assert_null(strstr(out, "nan"));
	for (char *line = strtok(out, "\n"); line && !strstr(line, "regression:"); line = strtok(NULL, "\n"))
		assert_true(strlen(line) <= 125); /* bytes; ± has two */
	free(out);
	expect(f, "--all slow.csv", EXIT_REGRESSION, "backward/norm//8x4x2/tau0/1");
}

static void test_recheck(void **state)
{
	struct fixture *f = *state;
	regex_t filter;
	char *text;

	store_gate(f, "once.csv", 1.2, 1);
	assert_int_equal(mepcompare(f, "--recheck=again once.csv"), EXIT_INCONCLUSIVE);
	text = text_of(f, "again");
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
	assert_int_equal(mepcompare(f, "--recheck=again slow.csv"), EXIT_REGRESSION);
	text = text_of(f, "again");
	assert_string_equal(text, ""); /* settled */
	free(text);
}

/* More suspects than --filter can take: everything again. */
static void test_recheck_of_too_many(void **state)
{
	struct fixture *f = *state;
	char *text;

	f->g.n = 0;
	for (int k = 1; k <= 99; k++) {
		for (int base = 0; base < 2; base++)
			gate_add(&f->g, &(struct contender_rounds){
						.k = k, .ns = base ? 1000 : 1500, .build = base ? "base" : ""});
	}
	gate_store(&f->g, f->dir, "many.csv");
	assert_int_equal(mepcompare(f, "--recheck=again many.csv"), EXIT_INCONCLUSIVE);
	text = text_of(f, "again");
	assert_true(!strcmp(text, ".\n") || strlen(text) < 4096);
	free(text);
}

static void test_csv(void **state)
{
	struct fixture *f = *state;
	char *text;

	store_gate(f, "slow.csv", 1.2, 2);
	assert_int_equal(mepcompare(f, "--csv=cells slow.csv"), EXIT_REGRESSION);
	assert_int_equal(mepcompare(f, "--csv=cells slow.csv"), EXIT_REGRESSION); /* replaced, not appended to */
	text = text_of(f, "cells");
	assert_true(strncmp(text, "verdict,tier,why,op,method,select,isa,", 38) == 0);
	assert_non_null(strstr(text, "\nregressed,time,,\"backward\",\"topk\",\"\",\"avx2\","));
	assert_non_null(strstr(text, "\nunchanged,time,,\"backward\",\"norm\""));
	assert_int_equal(strlen(text), (size_t)(strrchr(text, '\n') - text) + 1);
	free(text);
}

static void test_json(void **state)
{
	struct fixture *f = *state;
	char path[SCRATCH_PATH + 16];
	json_t *all, *one;

	store_gate(f, "slow.csv", 1.25, 2);
	assert_int_equal(mepcompare(f, "--json=bench.json slow.csv"), EXIT_REGRESSION);
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
	struct fixture *f = *state;
	char summary[SCRATCH_PATH + 16], *text;

	store_gate(f, "slow.csv", 1.2, 2);
	put_text(f, "summary", "before\n");
	snprintf(summary, sizeof(summary), "%s/summary", f->dir);
	setenv("GITHUB_STEP_SUMMARY", summary, 1);
	assert_int_equal(mepcompare(f, "--markdown=table.md slow.csv"), EXIT_REGRESSION);
	unsetenv("GITHUB_STEP_SUMMARY");
	text = text_of(f, "summary");
	assert_true(strncmp(text, "before\n**regression: 2 cells", 28) == 0);
	assert_non_null(strstr(text, "| regressed"));
	free(text);
	text = text_of(f, "table.md");
	assert_true(strncmp(text, "**regression", 12) == 0);
	free(text);
}

static void test_annotations(void **state)
{
	struct fixture *f = *state;

	store_gate(f, "slow.csv", 1.2, 2);
	expect(f, "--github slow.csv", EXIT_REGRESSION,
	       "\n::error title=mepcompare%3A regressed::backward/topk//8x4x2/1/1 (relu): 1.200 times the time [");
	store_gate(f, "once.csv", 1.2, 1);
	expect(f, "--github once.csv", EXIT_INCONCLUSIVE,
	       "\n::warning title=mepcompare%3A inconclusive::backward/topk");
	for (size_t i = 0; i < f->g.n; i++)
		SET(f->g.v[i].dist, "100%,a:b");
	gate_store(&f->g, f->dir, "odd.csv");
	expect(f, "--github odd.csv", EXIT_INCONCLUSIVE, "(100%25,a:b)");
}

/* Twins of this many processes, with work injected. */
static void add_twins(struct fixture *f, const char *name, int processes, double injected, double ratio)
{
	char run_id[32];

	for (int p = 0; p < processes; p++) {
		snprintf(run_id, sizeof(run_id), "%s %d", name, p);
		for (int cell = 0; cell < 2; cell++) {
			const char *method = cell ? "norm" : "topk";

			gate_add(&f->g, &(struct contender_rounds){.method = method, .run_id = run_id});
			gate_add(&f->g, &(struct contender_rounds){.method = method,
								   .run_id = run_id,
								   .build = "twin",
								   .ns = 1000 * ratio * (1 + 0.002 * (p % 3)),
								   .injected = injected});
		}
	}
}

static void test_self_test(void **state)
{
	struct fixture *f = *state;

	f->g.n = 0;
	add_twins(f, "same", 6, 0, 1);
	gate_store(&f->g, f->dir, "same.csv");
	expect(f, "--self-test same.csv", EXIT_OK,
	       "ok: 2 cells; identical code flagged in 0 of 6 trials of 2 processes");
	f->g.n = 0;
	add_twins(f, "slow", 4, 0.1, 1.1);
	add_twins(f, "slower", 4, 0.2, 1.2);
	gate_store(&f->g, f->dir, "slow.csv");
	expect(f, "--self-test same.csv slow.csv", EXIT_OK,
	       "; +10% found in 4 of 4, called unchanged in 0; +20% found in 4 of 4, called unchanged in 0; MDE 8.");
	expect(f, "--self-test slow.csv", EXIT_INCONCLUSIVE, "identical code flagged in 0 of 0 trials");
}

/* Identical code that shows 20 % in two processes in a row, with a control that does not: a false positive, and told.
 */
static void test_self_test_tells_false_positives(void **state)
{
	struct fixture *f = *state;

	f->g.n = 0;
	add_twins(f, "same", 4, 0, 1);
	add_twins(f, "odd", 2, 0, 1.2);
	gate_store(&f->g, f->dir, "odd.csv");
	expect(f, "--self-test odd.csv", EXIT_REGRESSION, "false positives: 2 cells; identical code flagged in 2 of 6");
}

static void test_self_test_takes_few_levels(void **state)
{
	struct fixture *f = *state;

	f->g.n = 0;
	for (int i = 0; i < 8; i++)
		add_twins(f, "level", 1, 0.01 * i, 1);
	gate_store(&f->g, f->dir, "levels.csv");
	expect(f, "--self-test levels.csv", EXIT_USAGE, "more than 5 different shares of injected work");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

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
		TEST(test_self_test),
		TEST(test_self_test_tells_false_positives),
		TEST(test_self_test_takes_few_levels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
