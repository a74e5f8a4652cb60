/* SPDX-License-Identifier: MIT */
/* --record-gradients of mepbench train: which moments, into which files; learn/recorder.h does the work. */
#ifndef BENCH_GRADIENTS_H
#define BENCH_GRADIENTS_H

#include "learn/recorder.h"
#include "train_points.h"

/*
 * The recorder of one training, NULL where nothing is to be recorded; makes the folder. Files are called after what
 * the trainings of a command differ in: FOLDER/topk-k20-layer1-epoch10.grad.gz, with -batch10, -seed2 or the
 * selection algorithm where there are several, and -threads2 for other teams than the first of --threads.
 */
int gradients_recorder(struct recorder **recorder, const struct train_point *t, const struct session *s,
		       const struct train_params *p, struct failure *f);

/*
 * Before anything is trained or written: says on stderr which moments of --record-at no training of these parameters
 * reaches; -EINVAL if that is all, or where the folder is none.
 */
int gradients_check(const struct options *o, const struct train_params *p, struct failure *f);

#endif
