/* SPDX-License-Identifier: MIT */
/*
 * mepbench forward: y = relu(x w^T + bias) of a layer, our kernel against the BLAS peers: what training spends besides
 * the backward pass, and a second opinion on the dense kernels.
 */
#include "commands.h"
#include "kernel_run.h"

#define MAX_ENTRANTS 32

static int enter_forward(struct lineup *l, struct failure *f)
{
	static const struct word_list all = {.n = 0};
	struct entrant entrants[MAX_ENTRANTS];
	int n = lineup_entrants(l->session, &all, entrants, MAX_ENTRANTS, f), err = 0;

	for (int i = 0; i < n && !err; i++) {
		const struct entrant *e = &entrants[i];
		const struct kernel *k = kernel_find(l->kernels, OP_FORWARD, e->method->backward, NULL);

		if (!e->method->select)
			err = lineup_add(l,
					 &(struct trial){.op = OP_FORWARD,
							 .method = e->name,
							 .select = "",
							 .steps = {k},
							 .n_steps = 1,
							 .set = -1,
							 .peer = e->peer},
					 f);
	}
	return err ? err : lineup_add_layer_roofline(l, f);
}

static int forward_points(const struct session *s, struct point_list *list, struct failure *f)
{
	return point_add_shapes(list, s, dist_find("relu"), f);
}

int cmd_forward(const struct options *o, struct failure *f)
{
	static const struct kernel_plan plan = {"forward", forward_points, enter_forward, false};

	return kernel_run(o, &plan, f);
}
