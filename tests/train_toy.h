/* SPDX-License-Identifier: MIT */
/* Data that a small net learns in a few epochs, and whole trainings on them. */
#ifndef TESTS_TRAIN_TOY_H
#define TESTS_TRAIN_TOY_H

#include "learn/train.h"

#define N_IN 24
#define N_TRAIN 310
#define N_TEST 90
#define MAX_EPOCHS 16

struct train_toy {
	struct machine *machine;
	struct binding binding;
	struct dataset data;
};

/* Machine, binding and data of these sizes, in three classes; 0 or not. */
int train_toy_fill(struct train_toy *x, int n_in, int n_train, int n_test);
void train_toy_clear(struct train_toy *x);
/* The fixture of a group: *state is a train_toy. */
int train_toy_create(void **state);
int train_toy_destroy(void **state);

/* Three layers of 40, 30 and 3; k = 8 and 4, five epochs. */
struct train_params train_toy_params(const struct train_toy *toy, const char *method);

struct history {
	struct train_epoch v[MAX_EPOCHS];
	int n;
	int *stop; /* set after the first epoch */
};

/* A train_report for a history. */
int train_toy_remember(void *history, const struct train_epoch *e, struct failure *f);
/* All epochs of a training that must not fail. */
struct history train_toy_run(const struct train_params *p);

#endif
