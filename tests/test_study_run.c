/* SPDX-License-Identifier: MIT */
/*
 * mepbench study on a tiny data set: every training once whatever the number of workers, with the same bits as `train`;
 * and plans that it refuses.
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

/* The one ratio is k = 2 of both layers: k 2 of 8 and 2 of 6 (0.25 x 6 rounds up). */
static void test_workers(void **state)
{
	struct study *s = *state;
	struct train_record *one;
	size_t n;

	assert_int_equal(run_study(s, plan_text, "one", WORDS("--jobs=1")), 0);
	read_rows(s);
	assert_int_equal(s->n, 3 * 3 * 2);
	one = s->records;
	n = s->n;
	s->records = NULL;
	for (size_t i = 0; i < n; i++) {
		assert_null(strstr(one[i].degraded, "parallel"));
		assert_non_null(strstr(one[i].degraded, "pool"));
	}
	assert_int_equal(run_study(s, plan_text, "many", WORDS("--jobs=5")), 0);
	read_rows(s);
	assert_same_rows(s, one, n);
	assert_non_null(strstr(s->records[0].degraded, "parallel"));
	free(one);
}

/* The same bits as `train`, with more threads too. */
static void test_same_as_train(void **state)
{
	struct study *s = *state;
	char csv[SCRATCH_PATH + 32], data[SCRATCH_PATH + 32];
	struct train_record *rows;
	struct options *o = calloc(1, sizeof(*o));
	char *argv[] = {"--layers=9,8,6,10",
			"--batch=20",
			"--method=topk",
			"--k=3",
			"--epochs=2",
			"--seeds=2",
			"--threads=3",
			csv,
			data,
			"--no-progress",
			"--color=never"};
	void *records;
	size_t n;

	snprintf(csv, sizeof(csv), "--csv=%s/train.csv", s->dir);
	snprintf(data, sizeof(data), "--data=%s", s->data);
	if (options_parse(o, command_find("train"), 11, argv, &s->f) || command_find("train")->run(o, &s->f))
		fail_msg("%s", s->f.text);
	free(o);
	if (record_read(csv + 6, &train_records, &records, &n, &s->f))
		fail_msg("%s", s->f.text);
	rows = records;
	assert_int_equal(run_study(s, "k-topk: " TOY "--method=topk --k=3 --epochs=2\n", "out", WORDS("--seeds=2")), 0);
	read_rows(s);
	assert_int_equal(n, 2);
	assert_int_equal(s->n, 2);
	for (int i = 0; i < 2; i++)
		assert_string_equal(s->records[i].weights_digest, rows[i].weights_digest);
	free(records);
}

/* Seeds and epochs of the command are not those of the lines that run alone; what fails there is the study's status. */
static void test_alone_keeps_its_own(void **state)
{
	struct study *s = *state;
	char path[SCRATCH_PATH + 64];
	void *records;
	size_t n;

	assert_int_equal(run_study(s,
				   "k-dense: " TOY "--method=dense --epochs=2\n"
				   "time-all: " TOY "--method=dense --epochs=3 --alone --threads=1\n"
				   "time-bad: " TOY "--method=topk --k=9 --alone --threads=1\n",
				   "out", WORDS("--seeds=1-2", "--epochs=1")),
			 EXIT_USAGE);
	read_rows(s);
	assert_int_equal(s->n, 2);
	snprintf(path, sizeof(path), "%s/time-all.csv", s->out);
	if (record_read(path, &train_records, &records, &n, &s->f))
		fail_msg("%s", s->f.text);
	assert_int_equal(n, 3);
	free(records);
	/* Other epochs would tell whole trainings from parts no more. */
	assert_int_equal(run_study(s, NULL, "out", WORDS("--resume", "--epochs=2")), -EINVAL);
	assert_non_null(strstr(s->f.text, "was begun with 1"));
}

static void test_alone(void **state)
{
	struct study *s = *state;
	char path[SCRATCH_PATH + 64];
	struct train_record *r;
	void *records;
	size_t n;

	assert_int_equal(run_study(s,
				   "k-dense: " TOY "--method=dense --epochs=1 --seeds=1-2\n"
				   "time-all: " TOY
				   "--method=dense,topk --k=2 --epochs=2 --alone --experiment=time --threads=1\n",
				   "out", WORDS("--jobs=2")),
			 0);
	read_rows(s);
	assert_int_equal(s->n, 2);
	snprintf(path, sizeof(path), "%s/time-all.csv", s->out);
	if (record_read(path, &train_records, &records, &n, &s->f))
		fail_msg("%s", s->f.text);
	r = records;
	assert_int_equal(n, 4);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(strncmp(r[i].experiment, "time: ", 6), 0);
		assert_false(strstr(r[i].degraded, "parallel") || strstr(r[i].degraded, "pool"));
	}
	free(records);
}

static void refuse(struct study *s, const char *text, const char *sentence)
{
	assert_int_equal(run_study(s, text, "refused", WORDS("--jobs=1")), -EINVAL);
	if (!strstr(s->f.text, sentence) || !strstr(s->f.text, "x.plan:"))
		fail_msg("'%s' lacks '%s'", s->f.text, sentence);
}

static void test_refusals(void **state)
{
	struct study *s = *state;

	refuse(s, "a: select --n=10\n", ":1: another command than train");
	refuse(s, "a: " TOY "--threads=2\n", ":1: --threads");
	refuse(s, "a: " TOY "--method=dense --epochs=2\nb: " TOY "--method=dense --epochs=3\n", ":2: another --epochs");
	refuse(s, "a: " TOY "--method=auto --k=2\n", ":1: method auto");
	refuse(s, "a: " TOY "--method=topk --k=9\n", ":1: invalid value '9' for --k");
	refuse(s, "a: " TOY "--filter=x\n", ":1: --record-gradients, --json, --markdown or --filter");
	refuse(s, "a: study\n", ":1: plan within a plan");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_workers, study_setup, study_teardown),
		cmocka_unit_test_setup_teardown(test_same_as_train, study_setup, study_teardown),
		cmocka_unit_test_setup_teardown(test_alone, study_setup, study_teardown),
		cmocka_unit_test_setup_teardown(test_alone_keeps_its_own, study_setup, study_teardown),
		cmocka_unit_test_setup_teardown(test_refusals, study_setup, study_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
