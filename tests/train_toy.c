/* SPDX-License-Identifier: MIT */
/* See train_toy.h. */
#include "train_toy.h"

#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int fill_part(struct dataset_part *part, int count, int n_in, struct rng *r)
{
	*part = (struct dataset_part){.count = count, .n_in = n_in};
	part->images = malloc((size_t)count * (size_t)n_in * sizeof(float));
	part->labels = malloc((size_t)count);
	for (int i = 0; part->images && part->labels && i < count; i++) {
		part->labels[i] = (uint8_t)rng_below(r, 3);
		for (int c = 0; c < n_in; c++)
			part->images[i * n_in + c] = (float)(0.5 * rng_gaussian(r) + (c % 3 == part->labels[i]));
	}
	return part->images && part->labels ? 0 : -ENOMEM;
}

int train_toy_fill(struct train_toy *x, int n_in, int n_train, int n_test)
{
	struct rng r = rng_create(3, 0);
	struct failure f;

	if (machine_create(&x->machine, NULL, &f) || binding_create(&x->binding, x->machine, "none", &f))
		return -1;
	snprintf(x->data.name, sizeof(x->data.name), "toy");
	snprintf(x->data.digest, sizeof(x->data.digest), "0123");
	return fill_part(&x->data.train, n_train, n_in, &r) || fill_part(&x->data.test, n_test, n_in, &r);
}

void train_toy_clear(struct train_toy *x)
{
	free(x->data.train.images);
	free(x->data.train.labels);
	free(x->data.test.images);
	free(x->data.test.labels);
	machine_destroy(x->machine);
}

int train_toy_create(void **state)
{
	struct train_toy *x = calloc(1, sizeof(*x));

	*state = x;
	return x ? train_toy_fill(x, N_IN, N_TRAIN, N_TEST) : -1;
}

int train_toy_destroy(void **state)
{
	train_toy_clear(*state);
	free(*state);
	return 0;
}

struct train_params train_toy_params(const struct train_toy *x, const char *method)
{
	const struct optimizer *adam = optimizer_find("adam");

	return (struct train_params){
		.net = {.n_layers = 3,
			.width = {N_IN, 40, 30, 3},
			.batch = 16,
			.threads = 2,
			.seed = 9,
			.kernels = kernel_set_find(NULL),
			.method = method_find(method),
			.optimizer = adam,
			.beta1 = adam->beta1,
			.beta2 = adam->beta2,
			.eps = adam->eps},
		.lr = 0.01,
		.k = {8, 4},
		.epochs = 5,
		.policy = policy_find("constant"),
		.policy_params = {.spike = 0.05, .factor = 0.5, .floor = 0.01},
		.data = &x->data,
		.n_dev = 60,
		.binding = &x->binding,
	};
}

int train_toy_remember(void *arg, const struct train_epoch *e, struct failure *f)
{
	struct history *h = arg;

	(void)f;
	assert_true(h->n < MAX_EPOCHS);
	h->v[h->n++] = *e;
	if (h->stop)
		*h->stop = 1;
	return 0;
}

struct history train_toy_run(const struct train_params *p)
{
	struct history h = {.n = 0};
	struct failure f = {""};

	if (train_run(p, train_toy_remember, &h, &f))
		fail_msg("%s", f.text);
	return h;
}
