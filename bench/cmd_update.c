/* SPDX-License-Identifier: MIT */
/*
 * mepbench update: the optimiser's step on a layer's weights, with a dense gradient and lazily with the rows that a
 * method of back-propagation touches; alone, behind dW, and fused with it where there is such a kernel. One point per
 * shape x distribution x team size x optimiser. Each step has a ceiling of its own in the same rounds: axpy over as
 * many bytes as it works on.
 */
#include "commands.h"
#include "kernel_run.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ENTRANTS 32

/* The gradient, the parameter and the states of a dense step. */
static double step_bytes(const struct point *p)
{
	return sizeof(float) * (2.0 + p->optimizer->n_states) * p->shape.n_in * p->shape.n_out;
}

static int add_step(struct lineup *l, const struct entrant *e, int set, struct failure *f)
{
	struct trial step = {.op = OP_UPDATE,
			     .method = e->name,
			     .select = "",
			     .steps = {kernel_find(l->kernels, OP_UPDATE, l->point.optimizer->name, NULL)},
			     .n_steps = 1,
			     .set = set};
	struct trial stream = {.op = OP_BANDWIDTH,
			       .method = "axpy",
			       .select = e->name,
			       .steps = {kernel_find(l->kernels, OP_BANDWIDTH, "axpy", NULL)},
			       .n_steps = 1,
			       .set = set,
			       .like_update = true,
			       .working_set = step_bytes(&l->point)};
	int err = lineup_add(l, &step, f);

	return err ? err : lineup_add(l, &stream, f);
}

/* dW and the step, as two kernels and as one. */
static int add_both(struct lineup *l, const struct entrant *e, int set, struct failure *f)
{
	const char *optimizer = l->point.optimizer->name, *backward = e->method->backward;
	struct trial two = {.op = OP_BACKWARD_UPDATE,
			    .method = e->name,
			    .select = "",
			    .steps = {kernel_find(l->kernels, OP_BACKWARD_WEIGHTS, backward, NULL),
				      kernel_find(l->kernels, OP_UPDATE, optimizer, NULL)},
			    .n_steps = 2,
			    .set = set,
			    .dw_rows = set >= 0,
			    .peer = e->peer};
	struct trial one = two;
	int err = lineup_add(l, &two, f);

	one.steps[0] = kernel_find(l->kernels, OP_BACKWARD_UPDATE, backward, optimizer);
	one.n_steps = 1;
	return err ? err : lineup_add(l, &one, f);
}

static int add_contenders(struct lineup *l, const struct entrant *e, int set, struct failure *f)
{
	int err = add_step(l, e, set, f);

	return err ? err : add_both(l, e, set, f);
}

static int add_setting(struct lineup *l, const struct entrant *e, int k, double tau, struct failure *f)
{
	int set = lineup_set(l, e->method, k, tau);

	return set < 0 ? fail(f, set, "out of memory for the contenders") : add_contenders(l, e, set, f);
}

/* --k where the method takes one, or where tau is to be found from it. */
static int add_settings(struct lineup *l, const struct entrant *e, struct failure *f)
{
	const struct int_list *k = &l->session->options->k;
	int err = 0;

	if (!e->method->takes_k && !e->method->takes_tau)
		return add_setting(l, e, 0, NAN, f);
	for (int i = 0; i < k->n && !err; i++)
		if (k->v[i] <= l->point.shape.n_out)
			err = add_setting(l, e, (int)k->v[i], NAN, f);
	return err;
}

static int enter_update(struct lineup *l, struct failure *f)
{
	struct entrant entrants[MAX_ENTRANTS];
	const struct word_list *names = &l->session->options->method;
	int n = lineup_entrants(l->session, names, entrants, MAX_ENTRANTS, f), err = 0;

	if (n > 0)
		n = lineup_leave_out(names, entrants, n, "auto",
				     "auto has no step of its own; should be dense, topk or another method", f);
	if (n > 0)
		n = lineup_leave_out_feedback(names, entrants, n, f);
	if (n < 0)
		return n;
	for (int i = 0; i < n && !err; i++)
		err = entrants[i].method->select ? add_settings(l, &entrants[i], f)
						 : add_contenders(l, &entrants[i], -1, f);
	return err;
}

static int add_optimizers(struct point_list *list, const struct session *s, struct point p, struct failure *f)
{
	const struct word_list *names = &s->options->optimizers;
	int err = 0;

	for (const struct optimizer *o = optimizers; o->name && !err; o++) {
		if (!lineup_named(names, o->name))
			continue;
		p.optimizer = o;
		err = point_add(list, &p, f);
	}
	return err;
}

static int update_points(const struct session *s, struct point_list *list, struct failure *f)
{
	const struct options *o = s->options;
	struct point_list shapes = {.n = 0};
	int err = 0;

	for (int i = 0; i < o->shape.n; i++)
		point_note_k(&o->k, o->shape.v[i].n_out);
	for (int d = 0; d < s->dists.n && !err; d++)
		err = point_add_shapes(&shapes, s, &s->dists.v[d].dist, f);
	for (int i = 0; i < shapes.n && !err; i++)
		err = add_optimizers(list, s, shapes.v[i], f);
	free(shapes.v);
	return err ? err : points_check_dists(list, s, "shape", f);
}

int cmd_update(const struct options *o, struct failure *f)
{
	static const struct kernel_plan plan = {"update", update_points, enter_update, false};

	return kernel_run(o, &plan, f);
}
