/* SPDX-License-Identifier: MIT */
/* The optimisers by name, with the defaults of the paper; the arithmetic is the OP_UPDATE kernel of the same name. */
#ifndef LEARN_OPTIMIZER_H
#define LEARN_OPTIMIZER_H

struct optimizer {
	const char *name;	 /* also the method of the OP_UPDATE kernel */
	int n_states;		 /* arrays of moments beside each parameter: 0..2 */
	double lr;		 /* defaults from here on */
	float beta1, beta2, eps; /* beta1 is momentum's coefficient too */
	const char *summary;
};

/* sgd, momentum, adagrad, adam; ends with name == NULL. */
extern const struct optimizer optimizers[];

const struct optimizer *optimizer_find(const char *name); /* NULL if unknown */

#endif
