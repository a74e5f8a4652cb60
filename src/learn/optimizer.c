/* SPDX-License-Identifier: MIT */
/* See optimizer.h. Defaults of AdaGrad and Adam: Sun et al. 2017, section 4.1. */
#include "learn/optimizer.h"

#include <stddef.h>
#include <string.h>

const struct optimizer optimizers[] = {
	{"sgd", 0, 0.1, 0, 0, 0, "gradient descent, lr 0.1"},
	{"momentum", 1, 0.01, 0.9f, 0, 0, "gradient descent with momentum 0.9, lr 0.01"},
	{"adagrad", 1, 0.1, 0, 0, 1e-6f, "AdaGrad, lr 0.1, eps 1e-6"},
	{"adam", 2, 1e-3, 0.9f, 0.999f, 1e-8f, "Adam, lr 0.001, betas 0.9 and 0.999, eps 1e-8"},
	{NULL, 0, 0, 0, 0, 0, NULL},
};

const struct optimizer *optimizer_find(const char *name)
{
	for (const struct optimizer *o = optimizers; o->name; o++)
		if (!strcmp(o->name, name))
			return o;
	return NULL;
}
