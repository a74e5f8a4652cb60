/* SPDX-License-Identifier: MIT */
/* The pool of workers: every job once, messages in order, and what happens where a worker fails, dies or is stopped. */
/* Ours first: cmocka.h defines a macro fail(). */
#include "pool.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_JOBS 40
#define MESSAGES 3

struct message {
	int job, number, worker;
	char padding[9000]; /* more than a pipe takes at once */
};

struct trial {
	int n_jobs, bad_job, dying_job, bad_take; /* -1: none */
	volatile int stop;
	int stop_after; /* ended jobs; -1: never */
	int n_messages[MAX_JOBS], ended[MAX_JOBS], n_ended;
	unsigned workers; /* bits of those that did something */
};

static int work(void *arg, int worker, int job, struct pool_channel *channel, struct failure *f)
{
	const struct trial *t = arg;
	struct message m = {.job = job, .worker = worker};

	if (job == t->bad_job)
		return (fail)(f, -EINVAL, "it is bad");
	for (m.number = 0; m.number < MESSAGES; m.number++) {
		if (job == t->dying_job && m.number == 1)
			raise(SIGKILL);
		if (pool_send(channel, &m))
			return (fail)(f, -EPIPE, "no parent");
	}
	return 0;
}

static int take(void *arg, int job, const void *message, struct failure *f)
{
	struct trial *t = arg;
	const struct message *m = message;

	if (!m) {
		assert_int_equal(t->n_messages[job], MESSAGES);
		assert_int_equal(t->ended[job]++, 0);
		t->stop = ++t->n_ended == t->stop_after;
		return job == t->bad_take ? (fail)(f, -EIO, "cannot take %d", job) : 0;
	}
	assert_int_equal(m->job, job);
	assert_int_equal(m->number, t->n_messages[job]++);
	t->workers |= 1u << m->worker;
	return 0;
}

static void name(void *arg, int job, char *text, size_t size)
{
	(void)arg;
	snprintf(text, size, "job %d", job);
}

static int run(struct trial *t, int n_workers, struct failure *f)
{
	const struct pool_params p = {.n_workers = n_workers,
				      .n_jobs = t->n_jobs,
				      .message_size = sizeof(struct message),
				      .arg = t,
				      .work = work,
				      .take = take,
				      .name = name,
				      .stop = &t->stop};

	return pool_run(&p, f);
}

static struct trial make_trial(int n_jobs)
{
	return (struct trial){.n_jobs = n_jobs, .bad_job = -1, .dying_job = -1, .bad_take = -1, .stop_after = -1};
}

static void assert_no_children(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void test_every_job_once(void **state)
{
	(void)state;
	for (int workers = 1; workers <= 5; workers += 2)
		for (int n = 0; n <= MAX_JOBS; n += n < 3 ? 1 : 37) {
			struct trial t = make_trial(n);
			struct failure f = {""};

			assert_int_equal(run(&t, workers, &f), 0);
			for (int i = 0; i < n; i++)
				assert_int_equal(t.ended[i], 1);
			assert_int_equal(t.workers >> workers, 0);
			assert_no_children();
		}
}

static void test_failing_job(void **state)
{
	struct trial t = make_trial(20);
	struct failure f = {""};

	(void)state;
	t.bad_job = 7;
	assert_int_equal(run(&t, 3, &f), -EINVAL);
	assert_string_equal(f.text, "job 7: it is bad");
	assert_int_equal(t.ended[7], 0);
	assert_no_children();
}

static void test_failing_parent(void **state)
{
	struct trial t = make_trial(20);
	struct failure f = {""};

	(void)state;
	t.bad_take = 4;
	assert_int_equal(run(&t, 2, &f), -EIO);
	assert_string_equal(f.text, "cannot take 4");
	assert_no_children();
}

static void test_dying_worker(void **state)
{
	struct trial t = make_trial(20);
	struct failure f = {""};

	(void)state;
	t.dying_job = 5;
	assert_int_equal(run(&t, 2, &f), -EIO);
	assert_non_null(strstr(f.text, "job 5: its worker process died (Killed)"));
	assert_int_equal(t.ended[5], 0);
	assert_no_children();
}

static void test_stop(void **state)
{
	struct trial t = make_trial(MAX_JOBS);
	struct failure f = {""};

	(void)state;
	t.stop_after = 3;
	assert_int_equal(run(&t, 2, &f), 0);
	assert_int_equal(t.n_ended, 3);
	assert_no_children();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_job_once), cmocka_unit_test(test_failing_job),
		cmocka_unit_test(test_failing_parent), cmocka_unit_test(test_dying_worker),
		cmocka_unit_test(test_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
