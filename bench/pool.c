/* SPDX-License-Identifier: MIT */
/*
 * See pool.h. Two pipes per worker: the numbers of jobs one way, frames the other. A frame is a head, then the message
 * or the sentence of a failure. Workers die with their parent, and leave signals to it.
 */
#include "pool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define POOL_MAX_NAME 200

enum frame_kind { FRAME_MESSAGE, FRAME_END };

struct frame {
	int kind, rc;
	struct failure failure; /* FRAME_END with rc */
};

struct pool_channel {
	int fd;
	size_t message_size;
};

struct worker {
	pid_t pid;	  /* -1: has ended */
	int jobs, frames; /* ends of the pipes; -1: closed */
	int job;	  /* what it does now; -1: nothing */
};

struct pool {
	const struct pool_params *p;
	int n, next; /* workers; the next job to give */
	struct worker v[POOL_MAX_WORKERS];
	char *message;
};

static bool write_all(int fd, const void *data, size_t size)
{
	for (const char *at = data; size;) {
		ssize_t n = write(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		size -= (size_t)n;
	}
	return true;
}

static bool read_all(int fd, void *data, size_t size)
{
	for (char *at = data; size;) {
		ssize_t n = read(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		size -= (size_t)n;
	}
	return true;
}

int pool_send(struct pool_channel *channel, const void *message)
{
	const struct frame frame = {.kind = FRAME_MESSAGE};

	return write_all(channel->fd, &frame, sizeof(frame)) && write_all(channel->fd, message, channel->message_size)
		       ? 0
		       : -EPIPE;
}

/* The life of a worker. */
static void serve(const struct pool_params *p, int worker, int jobs, int frames)
{
	struct pool_channel channel = {frames, p->message_size};

	for (int job; read_all(jobs, &job, sizeof(job));) {
		struct frame end = {.kind = FRAME_END};

		end.rc = p->work(p->arg, worker, job, &channel, &end.failure);
		if (!write_all(frames, &end, sizeof(end)))
			return;
	}
}

static void become_worker(const struct pool *pool, int worker, const int *jobs, const int *frames, pid_t parent)
{
	/* Those that reach a whole terminal or group; the parent kills its workers. */
	static const int left_to_parent[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (size_t i = 0; i < sizeof(left_to_parent) / sizeof(left_to_parent[0]); i++)
		signal(left_to_parent[i], SIG_IGN);
	for (int i = 0; i < worker; i++) {
		close(pool->v[i].jobs);
		close(pool->v[i].frames);
	}
	close(jobs[1]);
	close(frames[0]);
	if (getppid() == parent)
		serve(pool->p, worker, jobs[0], frames[1]);
	_exit(0);
}

static int start_worker(struct pool *pool, struct failure *f)
{
	struct worker *w = &pool->v[pool->n];
	pid_t parent = getpid();
	int jobs[2], frames[2], rc = 0;

	if (pipe(jobs))
		return fail(f, -EMFILE, "no pipe for a worker: %s", strerror(errno));
	if (pipe(frames)) {
		rc = fail(f, -EMFILE, "no pipe for a worker: %s", strerror(errno));
		close(jobs[0]);
		close(jobs[1]);
		return rc;
	}
	fflush(NULL);
	w->pid = fork();
	if (!w->pid)
		become_worker(pool, pool->n, jobs, frames, parent);
	if (w->pid < 0)
		rc = fail(f, -EAGAIN, "no process for a worker: %s", strerror(errno));
	close(jobs[0]);
	close(frames[1]);
	w->jobs = jobs[1];
	w->frames = frames[0];
	w->job = -1;
	if (w->pid > 0) {
		pool->n++;
		return 0;
	}
	close(w->jobs);
	close(w->frames);
	return rc;
}

/* The next job, or the end of its work. */
static void give_job(struct pool *pool, struct worker *w)
{
	w->job = -1;
	if (pool->next < pool->p->n_jobs) {
		w->job = pool->next++;
		/* A worker that cannot be written to is dead: reading finds out. */
		write_all(w->jobs, &w->job, sizeof(w->job));
		return;
	}
	close(w->jobs);
	w->jobs = -1;
}

/* The end of a worker: in peace, if it had nothing to do. */
static int bury_worker(const struct pool *pool, struct worker *w, struct failure *f)
{
	char name[POOL_MAX_NAME];
	int status = 0;

	close(w->frames);
	w->frames = -1;
	if (w->job < 0)
		return 0;
	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	w->pid = -1;
	pool->p->name(pool->p->arg, w->job, name, sizeof(name));
	return fail(f, -EIO, "%s: its worker process died (%s); was it killed, or out of memory?", name,
		    WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "it left");
}

static int take_frame(struct pool *pool, struct worker *w, struct failure *f)
{
	const struct pool_params *p = pool->p;
	char name[POOL_MAX_NAME];
	struct frame frame;
	int rc;

	if (!read_all(w->frames, &frame, sizeof(frame)) ||
	    (frame.kind == FRAME_MESSAGE && !read_all(w->frames, pool->message, p->message_size)))
		return bury_worker(pool, w, f);
	if (frame.kind == FRAME_MESSAGE)
		return p->take(p->arg, w->job, pool->message, f);
	if (frame.rc) {
		p->name(p->arg, w->job, name, sizeof(name));
		return fail(f, frame.rc, "%s: %.300s", name, frame.failure.text);
	}
	rc = p->take(p->arg, w->job, NULL, f);
	give_job(pool, w);
	return rc;
}

static int serve_parent(struct pool *pool, struct failure *f)
{
	struct pollfd set[POOL_MAX_WORKERS];
	int rc = 0, open = pool->n;

	for (int i = 0; i < pool->n; i++)
		give_job(pool, &pool->v[i]);
	while (open && !rc && !*pool->p->stop) {
		open = 0;
		for (int i = 0; i < pool->n; i++) {
			set[i] = (struct pollfd){.fd = pool->v[i].frames, .events = POLLIN};
			open += pool->v[i].frames >= 0;
		}
		/* A signal ends the wait; one that comes just before it is seen a little later. */
		if (!open || poll(set, (nfds_t)pool->n, 500) <= 0)
			continue;
		for (int i = 0; i < pool->n && !rc && !*pool->p->stop; i++)
			if (set[i].revents)
				rc = take_frame(pool, &pool->v[i], f);
	}
	return rc;
}

/* Those that still work are killed. */
static void end_workers(struct pool *pool)
{
	for (int i = 0; i < pool->n; i++) {
		struct worker *w = &pool->v[i];

		if (w->frames >= 0 && w->pid > 0)
			kill(w->pid, SIGKILL);
		if (w->jobs >= 0)
			close(w->jobs);
		if (w->frames >= 0)
			close(w->frames);
		while (w->pid > 0 && waitpid(w->pid, NULL, 0) < 0 && errno == EINTR)
			continue;
	}
}

int pool_run(const struct pool_params *p, struct failure *f)
{
	struct pool pool = {.p = p, .message = malloc(p->message_size)};
	struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
	int wanted = p->n_workers < p->n_jobs ? p->n_workers : p->n_jobs, rc = 0;

	if (!pool.message)
		return fail(f, -ENOMEM, "out of memory");
	/* Writing to a worker that died must not end the parent. */
	sigaction(SIGPIPE, &ignore, &before);
	while (pool.n < wanted && !rc)
		rc = start_worker(&pool, f);
	rc = rc ? rc : serve_parent(&pool, f);
	end_workers(&pool);
	sigaction(SIGPIPE, &before, NULL);
	free(pool.message);
	return rc;
}
