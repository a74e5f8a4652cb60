/* SPDX-License-Identifier: MIT */
/* A small net and data that it can learn. */
#ifndef TESTS_NET_TOY_H
#define TESTS_NET_TOY_H

#include "learn/net.h"

#include <stdbool.h>
#include <stdint.h>

#define N_IN 21
#define N_CLASSES 5
#define N_IMAGES 64

struct toy {
	float images[N_IMAGES * N_IN];
	uint8_t labels[N_IMAGES];
	uint32_t order[N_IMAGES];
};

extern struct toy toy; /* made by toy_fill, the fixture of a group */

int toy_fill(void **state);
struct net_params toy_params(const char *method);
/* Examples at .. at + count - 1. */
struct minibatch toy_batch(int at, int count, int64_t step);
/* Every hidden layer keeps k entries, or all. */
struct net *toy_net(const struct net_params *p, int k);
/* Forward, loss and backward: all gradients of a minibatch, no step. */
void gradients(struct net *net, const struct minibatch *m);
bool own_kernels(const struct method *method); /* and not those of a BLAS */

#endif
