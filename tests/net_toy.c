/* SPDX-License-Identifier: MIT */
/* See net_toy.h. */
#include "net_toy.h"

#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

struct toy toy;

int toy_fill(void **state)
{
	struct rng r = rng_create(11, 0);

	(void)state;
	for (int i = 0; i < N_IMAGES; i++) {
		toy.labels[i] = (uint8_t)rng_below(&r, N_CLASSES);
		toy.order[i] = (uint32_t)i;
		for (int c = 0; c < N_IN; c++)
			toy.images[i * N_IN + c] = (float)(0.3 * rng_gaussian(&r) + (c % N_CLASSES == toy.labels[i]));
	}
	return 0;
}

struct net_params toy_params(const char *method)
{
	const struct optimizer *adam = optimizer_find("adam");

	return (struct net_params){
		.n_layers = 3,
		.width = {N_IN, 37, 19, N_CLASSES},
		.batch = 8,
		.threads = 1,
		.seed = 5,
		.kernels = kernel_set_find(NULL),
		.method = method_find(method),
		.optimizer = adam,
		.beta1 = adam->beta1,
		.beta2 = adam->beta2,
		.eps = adam->eps,
		.tau = 0.7f,
		.tinyprop = {0.1, 0.9, 0.5},
		.memory = 0.8f,
	};
}

struct minibatch toy_batch(int at, int count, int64_t step)
{
	return (struct minibatch){.images = toy.images,
				  .labels = toy.labels,
				  .order = toy.order + at,
				  .count = count,
				  .step = step,
				  .lr = 0.01f};
}

struct net *toy_net(const struct net_params *p, int k)
{
	struct net *net = NULL;

	assert_int_equal(net_create(&net, p), 0);
	for (int i = 0; i < p->n_layers - 1; i++)
		net->layer[i].k = k < net->layer[i].n_out ? k : net->layer[i].n_out;
	return net;
}

void gradients(struct net *net, const struct minibatch *m)
{
	const struct team alone = {0, 1};

	net_gather(net, m, alone);
	net_forward(net, m, true, alone);
	net_loss(net, m, alone);
	net_backward(net, m, alone);
}

bool own_kernels(const struct method *method)
{
	return strcmp(method->backward, "blas") != 0;
}
