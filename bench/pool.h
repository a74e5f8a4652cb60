/* SPDX-License-Identifier: MIT */
/*
 * A pool of worker processes that do jobs 0, 1, ... in that order, each worker one at a time. Processes, not threads: a
 * worker has an OpenMP runtime, a memory and a binding of its own, and dies alone. The parent must have no threads.
 */
#ifndef BENCH_POOL_H
#define BENCH_POOL_H

#include "base/failure.h"

#include <stddef.h>

#define POOL_MAX_WORKERS 256

struct pool_channel; /* from a worker to the parent */

struct pool_params {
	int n_workers; /* 1..POOL_MAX_WORKERS; no more are started than there are jobs */
	int n_jobs;
	size_t message_size;
	void *arg; /* of the functions below */
	/* In a worker: does a job, and sends what comes of it. Not 0: the pool stops, and returns it with the sentence.
	 */
	int (*work)(void *arg, int worker, int job, struct pool_channel *channel, struct failure *f);
	/* In the parent: takes a message of a job; NULL: the job has ended. Not 0: as above. */
	int (*take)(void *arg, int job, const void *message, struct failure *f);
	/* In the parent: what a job is called in a sentence about its failure. */
	void (*name)(void *arg, int job, char *text, size_t size);
	const volatile int *stop; /* set asynchronously: the workers are killed, pool_run returns 0 */
};

/* 0; what work or take returned; or -EIO for a worker that died. All workers have ended then. */
int pool_run(const struct pool_params *p, struct failure *f);

/* 0, or -EPIPE where the parent is gone. */
int pool_send(struct pool_channel *channel, const void *message);

#endif
