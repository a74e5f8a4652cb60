/* SPDX-License-Identifier: MIT */
/* See check_data.h. */
#include "check_data.h"

#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void fill(float *v, int n, struct rng *r)
{
	for (int i = 0; i < n; i++)
		v[i] = (float)rng_gaussian(r);
}

void fixture_create(struct fixture *t)
{
	struct rng r = rng_create(SEED, 1);

	memset(t, 0, sizeof(*t));
	fill(t->x, BATCH * N_IN, &r);
	fill(t->w, N_OUT * N_IN, &r);
	fill(t->bias, N_OUT, &r);
	fill(t->dy, BATCH * N_OUT, &r);
	for (int i = 0; i < BATCH * N_OUT; i += 3)
		t->dy[i] = 0;
	t->kept = (struct sparse_dy){STRIDE, t->count, t->index, t->value};
	t->rows.row = t->row;
	t->args = (struct kernel_args){.batch = BATCH,
				       .n_in = N_IN,
				       .n_out = N_OUT,
				       .k = 4,
				       .tau = 0.5f,
				       .tinyprop = {0.1, 0.9, 30, NULL},
				       .rescale = 1,
				       .x = t->x,
				       .w = t->w,
				       .bias = t->bias,
				       .relu = true,
				       .dy = t->dy,
				       .kept = &t->kept,
				       .y = t->y,
				       .dx = t->dx,
				       .dw = t->dw};
}

void keep_to_kept(struct fixture *t)
{
	for (int b = 0; b < BATCH; b++) {
		t->count[b] = 0;
		for (int o = 0; o < N_OUT; o++) {
			int at = b * STRIDE + t->count[b];

			if (!t->keep[b * N_OUT + o])
				continue;
			t->index[at] = o;
			t->value[at] = t->dy[b * N_OUT + o] * t->args.rescale;
			t->count[b]++;
		}
	}
}

void select_right(struct fixture *t, const char *method)
{
	if (strcmp(method, "random_k"))
		assert_true(reference_keep(method, &t->args, t->keep));
	else
		for (int i = 0; i < BATCH * N_OUT; i++)
			t->keep[i] = (i % N_OUT + 5 * (i / N_OUT)) % N_OUT < t->args.k;
	keep_to_kept(t);
}

struct check verdict(const struct fixture *t, enum kernel_op op, const char *method)
{
	return check_kernel(op, method, &t->args, SEED);
}

void accept(const struct fixture *t, enum kernel_op op, const char *method)
{
	struct check c = verdict(t, op, method);

	if (!c.ok)
		fail_msg("%s %s: %s", kernel_op_name(op), method, c.why);
	assert_true(c.max_err <= 1);
}

void reject(const struct fixture *t, enum kernel_op op, const char *method, const char *mutant)
{
	struct check c = verdict(t, op, method);

	if (c.ok)
		fail_msg("%s %s: the mutant '%s' was accepted", kernel_op_name(op), method, mutant);
	assert_true(c.why[0]);
}
