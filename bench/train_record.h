/* SPDX-License-Identifier: MIT */
/* Records of trainings: one per epoch. */
#ifndef BENCH_TRAIN_RECORD_H
#define BENCH_TRAIN_RECORD_H

#include "train_points.h"

/* The columns that hold for all epochs of a training. */
struct train_record train_record_of(const struct session *s, const struct dataset *data, const struct train_point *t);
/* The columns of one epoch. */
void train_record_epoch(struct train_record *r, const struct train_epoch *e);
/* Whether both are of the same training, be it of different epochs or runs. */
bool train_record_same(const struct train_record *a, const struct train_record *b);

#endif
