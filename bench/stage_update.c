/* SPDX-License-Identifier: MIT */
/* See stage_update.h. */
#include "stage_update.h"

#include <string.h>

#define STEP 10 /* of the training: Adam's bias corrections are at work, and no longer extreme */

int stage_update_create_rows(struct stage *s, struct kept_set *set, struct failure *f)
{
	int err = 0;

	for (int c = 0; c < s->workload.p.copies && s->lineup->point.optimizer && !err; c++)
		err = workload_rows(&s->workload, &set->touched[c], f);
	return err;
}

/* By marks in the list itself: row o is marked at place o, then the marks move together. */
static void list_rows(const struct sparse_dy *kept, int batch, int n_out, struct row_list *list)
{
	memset(list->row, 0, (size_t)n_out * sizeof(*list->row));
	for (int b = 0; b < batch; b++)
		for (int e = 0; e < kept->count[b]; e++)
			list->row[kept->index[(size_t)b * (size_t)kept->stride + (size_t)e]] = 1;
	list->count = 0;
	for (int o = 0; o < n_out; o++)
		if (list->row[o])
			list->row[list->count++] = o;
}

void stage_update_list_rows(const struct stage *s, struct kept_set *set)
{
	const struct shape *shape = &s->workload.p.shape;

	for (int c = 0; c < s->workload.p.copies && s->lineup->point.optimizer; c++)
		list_rows(&set->kept[c], shape->batch, shape->n_out, &set->touched[c]);
}

void stage_update_args(const struct stage *s, const struct trial *t, int copy, struct kernel_args *a)
{
	const struct optimizer *o = s->lineup->point.optimizer;

	if (!o)
		return;
	if (t->steps[0]->op == OP_UPDATE) {
		a->update.touched = t->set < 0 ? NULL : &s->lineup->sets[t->set].touched[copy];
	} else {
		/* Behind dW its result; in one with it none. */
		a->update.grad = t->n_steps > 1 ? a->dw : NULL;
		a->update.touched = t->n_steps > 1 ? a->dw_rows : NULL;
	}
	a->update.lazy = t->set >= 0;
	a->update.lr = (float)o->lr;
	a->update.beta1 = o->beta1;
	a->update.beta2 = o->beta2;
	a->update.eps = o->eps;
	a->update.step = STEP;
}

double stage_update_bytes(const struct stage *s, const struct trial *t, int copy)
{
	const struct point *p = &s->lineup->point;
	double rows = t->set < 0 ? p->shape.n_out : s->lineup->sets[t->set].touched[copy].count;

	return sizeof(float) * (2.0 + p->optimizer->n_states) * rows * p->shape.n_in;
}

bool stage_update_is_step(enum kernel_op op)
{
	return op == OP_UPDATE || op == OP_BACKWARD_UPDATE;
}

bool stage_update_steps(const struct trial *t)
{
	for (int i = 0; i < t->n_steps; i++)
		if (stage_update_is_step(t->steps[i]->op))
			return true;
	return false;
}
