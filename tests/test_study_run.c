/* SPDX-License-Identifier: MIT */
/*
 * mepbench study on a tiny data set: every training once whatever the number of workers, with the same bits as `train`;
 * gone on with after a break, a kill, and with a longer plan; and plans that it refuses.
 */
/* Ours first: cmocka.h defines a macro fail(). */
#include "command_run.h"

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

#define N_TRAIN 5300
#define N_TEST 40
#define SIDE 3
#define TOY "train --layers=9,8,6,10 --batch=20 "

struct study {
	char dir[SCRATCH_PATH], plan[SCRATCH_PATH + 16], out[SCRATCH_PATH + 16], rows[SCRATCH_PATH + 32];
	char data[SCRATCH_PATH + 16];
	struct failure f;
	struct train_record *records;
	size_t n;
};

/* --- data -----------------------------------------------------------------------------------------------------------
 */

static void put_idx(const struct study *s, const char *name, const unsigned char *header, size_t n_header, int n,
		    int bytes_each)
{
	size_t size = n_header + (size_t)n * (size_t)bytes_each;
	unsigned char *b = malloc(size);
	char path[SCRATCH_PATH + 64];

	assert_non_null(b);
	memcpy(b, header, n_header);
	for (size_t i = n_header; i < size; i++)
		b[i] = bytes_each == 1 ? (unsigned char)((i - n_header) % 10) : (unsigned char)(i * 7919 % 251);
	snprintf(path, sizeof(path), "%s/%s", s->data, name);
	scratch_put(path, b, size);
	free(b);
}

static void put_part(const struct study *s, const char *images, const char *labels, int n)
{
	const unsigned char high = (unsigned char)(n >> 8), low = (unsigned char)n;
	const unsigned char of_images[] = {0, 0, 8, 3, 0, 0, high, low, 0, 0, 0, SIDE, 0, 0, 0, SIDE};
	const unsigned char of_labels[] = {0, 0, 8, 1, 0, 0, high, low};

	put_idx(s, images, of_images, sizeof(of_images), n, SIDE * SIDE);
	put_idx(s, labels, of_labels, sizeof(of_labels), n, 1);
}

static int setup(void **state)
{
	struct study *s = calloc(1, sizeof(*s));
	char word[SCRATCH_PATH + 32];

	scratch_create(s->dir);
	snprintf(s->plan, sizeof(s->plan), "%s/x.plan", s->dir);
	snprintf(s->out, sizeof(s->out), "%s/out", s->dir);
	snprintf(s->data, sizeof(s->data), "%s/data", s->dir);
	snprintf(word, sizeof(word), "mkdir %s", s->data);
	assert_int_equal(system(word), 0);
	put_part(s, "train-images-idx3-ubyte", "train-labels-idx1-ubyte", N_TRAIN);
	put_part(s, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", N_TEST);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct study *s = *state;

	scratch_destroy(s->dir);
	free(s->records);
	free(s);
	return 0;
}

/* --- runs -----------------------------------------------------------------------------------------------------------
 */

/* The status of `mepbench study PLAN --out=OUT --data=DATA words`. */
static int run_study(struct study *s, const char *text, const char *out, const char *const *words)
{
	char fixed[6][SCRATCH_PATH + 32], *argv[16];
	struct options *o = calloc(1, sizeof(*o));
	int n = 0, rc;

	if (text)
		scratch_put_text(s->plan, text);
	snprintf(s->out, sizeof(s->out), "%s/%s", s->dir, out);
	snprintf(fixed[n++], sizeof(fixed[0]), "%s", s->plan);
	snprintf(fixed[n++], sizeof(fixed[0]), "--out=%s", s->out);
	snprintf(fixed[n++], sizeof(fixed[0]), "--data=%s", s->data);
	snprintf(fixed[n++], sizeof(fixed[0]), "--no-progress");
	for (int i = 0; i < n; i++)
		argv[i] = fixed[i];
	for (int i = 0; words[i]; i++)
		argv[n++] = (char *)(uintptr_t)words[i];
	s->f.text[0] = '\0';
	rc = options_parse(o, command_find("study"), n, argv, &s->f);
	rc = rc ? rc : command_find("study")->run(o, &s->f);
	free(o);
	return rc;
}

static int is_rows(const struct dirent *entry)
{
	return !strncmp(entry->d_name, "rows-", 5);
}

static int by_job(const void *pa, const void *pb)
{
	const struct train_record *a = pa, *b = pb;
	int d = strcmp(a->experiment, b->experiment);

	d = d ? d : (a->seed > b->seed) - (a->seed < b->seed);
	return d ? d : (a->epoch > b->epoch) - (a->epoch < b->epoch);
}

/* All rows of the folder, by experiment, seed and epoch. */
static void read_rows(struct study *s)
{
	struct dirent **entries;
	int n = scandir(s->out, &entries, is_rows, alphasort);

	free(s->records);
	s->records = NULL;
	s->n = 0;
	for (int i = 0; i < n; i++) {
		char path[SCRATCH_PATH + 300];
		void *records;
		size_t count;

		snprintf(path, sizeof(path), "%s/%s", s->out, entries[i]->d_name);
		if (record_read(path, &train_records, &records, &count, &s->f))
			fail_msg("%s", s->f.text);
		s->records = realloc(s->records, (s->n + count + 1) * sizeof(*s->records));
		memcpy(s->records + s->n, records, count * sizeof(*s->records));
		s->n += count;
		free(records);
		free(entries[i]);
	}
	free(entries);
	if (s->n)
		qsort(s->records, s->n, sizeof(*s->records), by_job);
}

static void assert_same_rows(const struct study *s, const struct train_record *other, size_t n)
{
	assert_int_equal(s->n, n);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(by_job(&s->records[i], &other[i]), 0);
		assert_string_equal(s->records[i].weights_digest, other[i].weights_digest);
		assert_true(s->records[i].test_acc == other[i].test_acc);
	}
}

static const char plan_text[] = "k-dense: " TOY "--method=dense --epochs=2 --seeds=1-3\n"
				"k-topk: " TOY "--method=topk --k=2,3 --epochs=2 --seeds=1-3\n"
				"ratio-topk: " TOY "--method=topk --ratio=0.25 --epochs=2 --seeds=1-3\n";

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
		cmocka_unit_test_setup_teardown(test_workers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_same_as_train, setup, teardown),
		cmocka_unit_test_setup_teardown(test_resume, setup, teardown),
		cmocka_unit_test_setup_teardown(test_older_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kill, setup, teardown),
		cmocka_unit_test_setup_teardown(test_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_alone_keeps_its_own, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_at_a_time, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
