/* SPDX-License-Identifier: MIT */
/*
 * Records dY of the hidden layers while a net is trained: the minibatches of a few moments, into files that
 * `--dist=FILE` replays (data/recording.h). It observes a training; it has no part in it.
 */
#ifndef LEARN_RECORDER_H
#define LEARN_RECORDER_H

#include "learn/train.h"

#define RECORDER_MAX_MOMENTS 16

/* When: from minibatch `at` of the training on, or at the end of epoch `at`; both from 1. */
struct moment {
	bool epoch;
	int64_t at;
};

struct recorder_params {
	const struct train_params *train; /* read by recorder_create only */
	const char *training;		  /* what stands in the files */
	const char *stem;		  /* files are STEM-layer1-epoch10.grad.gz; the folder must be there */
	int n_moments, minibatches;	  /* how many minibatches of each moment */
	struct moment moments[RECORDER_MAX_MOMENTS];
};

/* Whether the training gets that far; one that does not is left out of the recording. */
bool recorder_reaches(const struct train_params *p, const struct moment *m);

struct recorder;
/* 0, -EINVAL where a recording would be beyond its limits, or -ENOMEM; a note on stderr where a file of another
 * training will be replaced. NULL may be destroyed. */
int recorder_create(struct recorder **recorder, const struct recorder_params *p, struct failure *f);
void recorder_destroy(struct recorder *recorder);

/* A train_params.observe, the recorder being its observer. */
void recorder_observe(void *recorder, const struct net *net, const struct minibatch *m);

/*
 * Writes what has been recorded whole since the last call; between epochs, off the clock. A dY that is not finite, from
 * a training that diverged, is left out with a note on stderr. 0, -EINVAL or -EIO.
 */
int recorder_write(struct recorder *recorder, struct failure *f);

#endif
