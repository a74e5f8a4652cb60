/* SPDX-License-Identifier: MIT */
/* Plans: lines are read as they are meant, refused by file:line, run into a folder, and gone on with after a break. */
/* Ours first: cmocka.h defines a macro fail(). */
#include "base/folder.h"
#include "commands.h"
#include "data/recording.h"
#include "plan.h"
#include "plan_folder.h"
#include "report/record.h"
#include "scratch.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_plan(struct folder *d, const char *text, char *word, struct plan **plan, struct failure *f)
{
	struct options *o = calloc(1, sizeof(*o));
	char *argv[] = {d->plan, word};
	int rc;

	scratch_put_text(d->plan, text);
	rc = options_parse(o, command_find("plan"), word ? 2 : 1, argv, f);
	if (!rc)
		rc = plan_create(plan, o->files[0], o, command_find("plan"), f);
	free(o);
	return rc;
}

static void refuse(struct folder *d, const char *text, const char *sentence)
{
	struct failure f = {""};
	struct plan *plan;

	if (!read_plan(d, text, NULL, &plan, &f))
		fail_msg("accepted '%s'", text);
	if (!strstr(f.text, sentence) || !strstr(f.text, d->plan))
		fail_msg("'%s' lacks '%s'", f.text, sentence);
}

static void test_lines(void **state)
{
	struct failure f = {""};
	struct plan *plan;

	if (read_plan(*state,
		      "# a plan\r\n\n  one: select --n=10 --threads=1  @3.5 # fast\r\n\ttwo:list\nthree: ceilings",
		      "--threads=2", &plan, &f))
		fail_msg("%s", f.text);
	assert_int_equal(plan->n, 3);
	assert_string_equal(plan->lines[0].name, "one");
	assert_string_equal(plan->lines[0].source, "select --n=10 --threads=1");
	assert_int_equal(plan->lines[0].number, 3);
	assert_true(plan->lines[0].seconds == 3.5);
	assert_int_equal(plan->lines[0].options.n.v[0], 10);
	assert_int_equal(plan->lines[0].options.threads.v[0], 2);
	assert_string_equal(plan->lines[1].command->name, "list");
	assert_true(plan->lines[2].seconds == PLAN_DEFAULT_SECONDS);
	plan_destroy(plan);
}

static void test_bad_lines(void **state)
{
	refuse(*state, "", "no lines");
	refuse(*state, "# nothing\n\n", "no lines");
	refuse(*state, "select --n=3\n", ":1: invalid line 'select --n=3'");
	refuse(*state, "\na/b: select\n", ":2: invalid line");
	refuse(*state, "a:\n", ":1: no command behind 'a'");
	refuse(*state, "a: selct\n", ":1: unknown command 'selct'; should be select");
	refuse(*state, "a: list\na: list\n", ":2: second line of the name 'a'");
	refuse(*state, "a: select --n=x\n", ":1: invalid value 'x' for --n");
	refuse(*state, "a: select --csv=x\n", ":1: --csv or --help in the line of 'a'");
	refuse(*state, "a: plan b\n", ":1: plan within a plan");
	refuse(*state, "a: list @x\n", ":1: invalid expected time '@x'");
	refuse(*state, "a: list @0\n", ":1: invalid expected time");
	refuse(*state, "a: list @1.2.3\n", ":1: invalid expected time");
	refuse(*state, "a: list @3 --n\n", ":1: invalid expected time");
	refuse(*state, "a: list @\n", ":1: invalid expected time");
}

static void test_bad_files(void **state)
{
	struct folder *d = *state;
	char *text = malloc(PLAN_MAX_BYTES + 100);
	struct failure f;
	struct plan *plan;

	memset(text, '\n', PLAN_MAX_BYTES + 99);
	text[PLAN_MAX_BYTES + 99] = 0;
	refuse(d, text, "more than 65536 bytes");
	text[0] = 0;
	for (int i = 0; i <= PLAN_MAX_LINES; i++)
		sprintf(text + strlen(text), "a%d: list\n", i);
	refuse(d, text, ":129: too many lines");
	strcpy(text, "a: list");
	for (int i = 0; i <= PLAN_MAX_WORDS; i++)
		strcat(text, " b");
	refuse(d, text, ":1: too many words");
	free(text);
	strcpy(d->plan, d->dir);
	struct options o = {.files = {d->plan}, .n_files = 1};

	assert_int_not_equal(plan_create(&plan, o.files[0], &o, command_find("plan"), &f), 0);
	o.files[0] = "/nonexistent";
	assert_int_not_equal(plan_create(&plan, o.files[0], &o, command_find("plan"), &f), 0);
}

static int run_plan(struct folder *d, char *word, struct failure *f)
{
	struct options *o = calloc(1, sizeof(*o));
	char *argv[] = {d->plan, d->out, "--no-progress", "--min-time=1x", "--repetitions=2", "--threads=1", word};
	int rc = options_parse(o, command_find("plan"), word ? 7 : 6, argv, f);

	if (!rc)
		rc = command_find("plan")->run(o, f);
	free(o);
	return rc;
}

static json_t *load_context(const struct folder *d)
{
	char path[SCRATCH_PATH + 64];
	json_t *context;

	snprintf(path, sizeof(path), "%s/out/context.json", d->dir);
	context = json_load_file(path, 0, NULL);
	assert_non_null(context);
	return context;
}

static json_t *line_of(const json_t *context, size_t i)
{
	return json_array_get(json_object_get(json_object_get(context, "plan"), "lines"), i);
}

static const char two_lines[] = "one: select --n=20 --batch=2 --k=3 --algo=heap --dist=ties\n"
				"two: select --n=30 --batch=2 --k=3 --algo=heap --dist=ties\n";

static void test_run(void **state)
{
	struct folder *d = *state;
	struct failure f = {""};
	json_t *context;

	scratch_put_text(d->plan, two_lines);
	if (run_plan(d, NULL, &f))
		fail_msg("%s", f.text);
	assert_true(count_records(d, "one.csv") > 0 && count_records(d, "two.csv") > 0);
	context = load_context(d);
	assert_string_equal(json_string_value(json_object_get(line_of(context, 1), "state")), "finished");
	assert_true(json_is_object(json_object_get(context, "conditions")));
	json_decref(context);
	assert_int_not_equal(run_plan(d, NULL, &f), 0);
	assert_non_null(strstr(f.text, "holds a run already"));
}

/* As if the second line had been cut off: it is done again, the first is not, and what there was is kept. */
static void test_resume(void **state)
{
	struct folder *d = *state;
	struct failure f = {""};
	size_t first, second;
	json_t *context;
	char path[SCRATCH_PATH + 64];

	scratch_put_text(d->plan, two_lines);
	assert_int_not_equal(run_plan(d, "--resume", &f), 0);
	if (run_plan(d, NULL, &f))
		fail_msg("%s", f.text);
	first = count_records(d, "one.csv");
	second = count_records(d, "two.csv");
	context = load_context(d);
	json_object_set_new(line_of(context, 1), "state", json_string("interrupted"));
	snprintf(path, sizeof(path), "%s/out/context.json", d->dir);
	assert_int_equal(json_dump_file(context, path, 0), 0);
	json_decref(context);
	if (run_plan(d, "--resume", &f))
		fail_msg("%s", f.text);
	assert_int_equal(count_records(d, "one.csv"), first);
	assert_int_equal(count_records(d, "two.csv"), second);
	assert_int_equal(count_records(d, "two.csv.partial-1"), second);
	scratch_put_text(d->plan, "one: list\n");
	assert_int_not_equal(run_plan(d, "--resume", &f), 0);
	assert_non_null(strstr(f.text, "begun with another plan"));
	scratch_put_text(path, "{");
	assert_int_not_equal(run_plan(d, "--resume", &f), 0);
	assert_non_null(strstr(f.text, "context.json"));
}

static void test_dry_run(void **state)
{
	struct folder *d = *state;
	struct failure f = {""};
	char path[SCRATCH_PATH + 64];

	scratch_put_text(d->plan, two_lines);
	assert_int_equal(run_plan(d, "--dry-run", &f), 0);
	snprintf(path, sizeof(path), "%s/out", d->dir);
	assert_int_not_equal(access(path, F_OK), 0);
}

/* A line that fails does not keep the others from running. */
static void test_failing_line(void **state)
{
	struct folder *d = *state;
	struct failure f = {""};
	json_t *context;

	scratch_put_text(d->plan,
			 "bad: check /nonexistent\ngood: select --n=20 --batch=2 --k=3 --algo=heap --dist=ties\n");
	assert_int_equal(run_plan(d, NULL, &f), EXIT_USAGE);
	assert_true(count_records(d, "good.csv") > 0);
	context = load_context(d);
	assert_string_equal(json_string_value(json_object_get(line_of(context, 0), "state")), "failed");
	json_decref(context);
}

/* A relative path of a recording is meant from the results folder. */
static void test_recording_of_the_run(void **state)
{
	struct folder *d = *state;
	struct failure f = {""};
	float dy[2 * 20] = {1, 2, 3};
	struct recording r = {.rows = 2, .n = 20, .batch = 2, .layer = 1, .epoch = 1, .step = 1, .dy = dy};
	char path[SCRATCH_PATH + 64], digest[16];
	json_t *context, *recordings;

	snprintf(path, sizeof(path), "%s/out/g", d->dir);
	assert_int_equal(folder_create(path, &f), 0);
	strcat(path, "/x.grad.gz");
	assert_int_equal(recording_write(&r, path, &f), 0);
	scratch_put_text(d->plan, "one: select --batch=2 --k=3 --algo=heap --dist=ties,g/x.grad.gz\n"
				  "two: select --batch=2 --k=3 --algo=heap --dist=g/y.grad.gz\n");
	assert_int_equal(run_plan(d, NULL, &f), EXIT_USAGE);
	assert_true(count_records(d, "one.csv") == 2 * 2 * 2);
	context = load_context(d);
	snprintf(digest, sizeof(digest), "%08x", r.digest);
	recordings = json_object_get(line_of(context, 0), "recordings");
	assert_int_equal(json_array_size(recordings), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(recordings, 0), "digest")), digest);
	assert_null(json_object_get(line_of(context, 1), "recordings"));
	json_decref(context);
}

static void test_repeated_lines(void **state)
{
	struct folder *d = *state;
	struct options o = {.runs = 3};
	struct failure f = {""};
	struct plan *plan;

	if (read_plan(d, two_lines, "--lines=tw", &plan, &f))
		fail_msg("%s", f.text);
	assert_true(plan->lines[0].skipped && !plan->lines[1].skipped);
	assert_int_equal(plan_repeat(plan, 3, &o, &f), 0);
	assert_int_equal(plan->n, 6);
	assert_string_equal(plan->lines[3].name, "two-2");
	assert_string_equal(plan->lines[4].name, "one-3");
	assert_string_equal(plan->lines[5].source, plan->lines[1].source);
	assert_true(plan->lines[5].options.n.v[0] == 30 && plan->lines[5].seconds == PLAN_DEFAULT_SECONDS);
	assert_true(plan->lines[4].skipped && !plan->lines[5].skipped);
	assert_int_equal(plan_repeat(plan, 100, &o, &f), -EINVAL);
	assert_non_null(strstr(f.text, "should be at most 21"));
	assert_int_equal(plan->n, 6);
	plan_destroy(plan);
	assert_int_not_equal(read_plan(d, two_lines, "--lines=nothing", &plan, &f), 0);
	assert_non_null(strstr(f.text, "no line of"));
	assert_int_not_equal(read_plan(d, two_lines, "--lines=(", &plan, &f), 0);
	assert_non_null(strstr(f.text, "--lines"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, plan_setup, plan_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_lines),	 TEST(test_bad_lines),	    TEST(test_bad_files),
		TEST(test_run),		 TEST(test_resume),	    TEST(test_dry_run),
		TEST(test_failing_line), TEST(test_repeated_lines), TEST(test_recording_of_the_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
