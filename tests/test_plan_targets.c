/* SPDX-License-Identifier: MIT */
/* mepbench targets: several runs of a plan, judged; what fails is named. */
/* Ours first: cmocka.h defines a macro fail(). */
#include "commands.h"
#include "plan_folder.h"
#include "report/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int run_targets(struct folder *d, const char *const *words, struct failure *f)
{
	struct options *o = calloc(1, sizeof(*o));
	char *argv[12] = {d->plan, d->out, "--no-progress", "--min-time=1x", "--repetitions=6", "--threads=1"};
	char copies[4][32];
	int n = 6, rc;

	for (int i = 0; words[i]; i++) {
		snprintf(copies[i], sizeof(copies[i]), "%s", words[i]);
		argv[n++] = copies[i];
	}
	rc = options_parse(o, command_find("targets"), n, argv, f);
	if (!rc)
		rc = command_find("targets")->run(o, f);
	free(o);
	return rc;
}

static const char selections[] = "one: select --n=500 --batch=4 --k=20 --algo=heap,quickselect --dist=gaussian\n";

static void read_verdicts(const struct folder *d, struct target_record **v, size_t *n)
{
	char path[SCRATCH_PATH + 64];
	struct failure f = {""};
	void *records;

	snprintf(path, sizeof(path), "%s/out/targets.csv", d->dir);
	if (record_read(path, &target_records, &records, n, &f))
		fail_msg("%s", f.text);
	*v = records;
}

/* The verdict on quickselect, from as many runs; targets that nothing measured say so. */
static void assert_verdicts(const struct folder *d, int runs)
{
	struct target_record *v;
	int found = 0, unmeasured = 0;
	size_t n;

	read_verdicts(d, &v, &n);
	for (size_t i = 0; i < n; i++) {
		unmeasured += !strcmp(v[i].why, "not measured");
		if (strcmp(v[i].target, "4h") != 0)
			continue;
		found++;
		assert_int_equal(v[i].runs, runs);
		assert_true(v[i].measured > 0 && v[i].low <= v[i].measured && v[i].measured <= v[i].high);
		assert_true(!strcmp(v[i].verdict, "met") || !strcmp(v[i].verdict, "missed"));
	}
	assert_int_equal(found, 1);
	assert_true(unmeasured > 5);
	free(v);
}

/* Missing targets is no failure; more runs can be added to what is there. */
static void test_targets(void **state)
{
	struct folder *d = *state;
	struct failure f = {""};
	char path[SCRATCH_PATH + 64];

	scratch_put_text(d->plan, selections);
	if (run_targets(d, (const char *const[]){NULL}, &f))
		fail_msg("%s", f.text);
	assert_verdicts(d, 1);
	if (run_targets(d, (const char *const[]){"--runs=3", "--resume", NULL}, &f))
		fail_msg("%s", f.text);
	assert_verdicts(d, 3);
	assert_int_equal(count_records(d, "one-3.csv"), count_records(d, "one.csv"));
	snprintf(path, sizeof(path), "%s/out/targets.md", d->dir);
	assert_int_equal(access(path, R_OK), 0);
}

/* What does not finish is named under the count; the rest is judged. */
static void test_targets_of_failing_lines(void **state)
{
	struct folder *d = *state;
	struct failure f = {""};
	char path[SCRATCH_PATH + 64], text[1 << 16] = "";
	FILE *file;

	snprintf(path, sizeof(path), "bad: check /nonexistent\n%s", selections);
	scratch_put_text(d->plan, path);
	assert_int_equal(run_targets(d, (const char *const[]){NULL}, &f), EXIT_USAGE);
	assert_verdicts(d, 1);
	snprintf(path, sizeof(path), "%s/out/targets.md", d->dir);
	file = fopen(path, "r");
	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = 0;
	fclose(file);
	assert_non_null(strstr(text, "Lines of the plan that did not finish"));
	assert_non_null(strstr(text, "| bad | failed"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, plan_setup, plan_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_targets),
		TEST(test_targets_of_failing_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
