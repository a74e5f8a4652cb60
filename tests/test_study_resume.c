/* SPDX-License-Identifier: MIT */
/* A study on a tiny data set is gone on with: after a break, a kill, with a longer plan, and with rows of old programs.
 */
/* Ours first: cmocka.h defines a macro fail(). */
#include "study_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_resume(void **state)
{
	struct study *s = *state;
	struct train_record *whole;
	size_t n;

	assert_int_equal(run_study(s, plan_text, "whole", WORDS("--jobs=2")), 0);
	read_rows(s);
	whole = s->records;
	n = s->n;
	s->records = NULL;
	assert_int_equal(run_study(s, plan_text, "parts", WORDS("--lines=^k-", "--seeds=1")), 0);
	assert_int_equal(run_study(s, plan_text, "parts", WORDS("--seeds=2")), -EINVAL);
	assert_non_null(strstr(s->f.text, "--resume"));
	/* A plan may grow. */
	assert_int_equal(run_study(s, plan_text, "parts", WORDS("--resume", "--seeds=1,2")), 0);
	assert_int_equal(run_study(s, NULL, "parts", WORDS("--resume")), 0);
	read_rows(s);
	assert_same_rows(s, whole, n);
	assert_int_equal(run_study(s, NULL, "parts", WORDS("--resume")), 0);
	read_rows(s);
	assert_int_equal(s->n, n);
	free(whole);
}

/* A folder that a process writes into is closed to others. */
static void test_one_at_a_time(void **state)
{
	struct study *s = *state;
	char path[SCRATCH_PATH + 16];
	int lock;

	assert_int_equal(run_study(s, "k-dense: " TOY "--method=dense --epochs=1\n", "out", WORDS("--jobs=1")), 0);
	snprintf(path, sizeof(path), "%s/out", s->dir);
	lock = open(path, O_RDONLY | O_DIRECTORY);
	assert_int_equal(flock(lock, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(run_study(s, NULL, "out", WORDS("--resume")), -EINVAL);
	assert_non_null(strstr(s->f.text, "another process"));
	close(lock);
	assert_int_equal(run_study(s, NULL, "out", WORDS("--resume")), 0);
}

/* Rows of an earlier version of the program, with fewer columns, an empty part, and one whose last line is torn. */
static void test_older_rows(void **state)
{
	struct study *s = *state;
	char path[SCRATCH_PATH + 64], *text, *line;
	FILE *out;
	size_t n;

	assert_int_equal(run_study(s, plan_text, "old", WORDS("--jobs=2")), 0);
	read_rows(s);
	n = s->n;
	snprintf(path, sizeof(path), "%s/rows-1.csv", s->out);
	text = scratch_get(path, NULL);
	out = fopen(path, "w");
	assert_non_null(out);
	for (char *at = text; (line = strsep(&at, "\n")) && *line;) {
		*strrchr(line, ',') = '\0';
		fprintf(out, "%s\r\n", line);
	}
	fputs("20261122T,torn", out);
	fclose(out);
	free(text);
	snprintf(path, sizeof(path), "%s/rows-2.csv", s->out);
	scratch_put_text(path, "");
	if (run_study(s, plan_text, "old", WORDS("--resume")))
		fail_msg("%s", s->f.text);
	scratch_put_text(path, "x");
	assert_int_equal(run_study(s, plan_text, "old", WORDS("--resume")), 0);
	assert_int_equal(remove(path), 0);
	read_rows(s);
	assert_int_equal(s->n, n);
}

/* Killed at any moment, again and again: no finished training is lost, done twice or torn. */
static void test_kill(void **state)
{
	struct study *s = *state;
	char context[SCRATCH_PATH + 32];
	struct train_record *whole;
	size_t n, before = 0;
	bool done = false;

	snprintf(context, sizeof(context), "%s/killed/context.json", s->dir);

	assert_int_equal(run_study(s, plan_text, "whole", WORDS("--jobs=2")), 0);
	read_rows(s);
	whole = s->records;
	n = s->n;
	s->records = NULL;
	for (int i = 0; i < 40 && !done; i++) {
		bool begun = access(context, F_OK) == 0;
		pid_t child = fork();
		int status;

		if (!child)
			_exit(run_study(s, plan_text, "killed",
					begun ? WORDS("--jobs=2", "--resume") : WORDS("--jobs=2")) != 0);
		usleep(250000 + 17000u * (unsigned)i);
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		done = WIFEXITED(status) && WEXITSTATUS(status) == 0;
		assert_true(done || WIFSIGNALED(status));
		snprintf(s->out, sizeof(s->out), "%s/killed", s->dir);
	}
	assert_int_equal(run_study(s, plan_text, "killed", WORDS("--resume")), 0);
	read_rows(s);
	/* A training that was killed between two of its rows has left some of them, and is done again. */
	for (size_t i = 0; i < s->n; i++)
		if (!i || by_job(&s->records[i - 1], &s->records[i]))
			s->records[before++] = s->records[i];
	s->n = before;
	assert_same_rows(s, whole, n);
	free(whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_resume, study_setup, study_teardown),
		cmocka_unit_test_setup_teardown(test_one_at_a_time, study_setup, study_teardown),
		cmocka_unit_test_setup_teardown(test_older_rows, study_setup, study_teardown),
		cmocka_unit_test_setup_teardown(test_kill, study_setup, study_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
