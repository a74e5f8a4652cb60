/* SPDX-License-Identifier: MIT */
/*
 * mepbench backward: dW and dX of a layer, each alone and as the whole backward pass, every method against dense.
 * One point per shape x distribution x team size; `entries` says which contenders a method sends.
 */
#include "commands.h"
#include "kernel_run.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MAX_ENTRANTS 32
#define MAX_VARIANTS 16

/* The kernels of one entrant. */
struct parts {
	const struct entrant *entrant;
	const struct kernel *select, *weights, *data;
	int set;
};

enum part { SELECT, WEIGHTS, DATA, NO_PART };

/*
 * The contenders that an entrant sends: its steps in order, and how dW is written. `each`: for each selection
 * algorithm; else once. Dense methods send those without SELECT and dw_rows.
 */
static const struct entry {
	enum kernel_op op;
	enum part steps[TRIAL_MAX_STEPS];
	bool dw_rows, each, dense_too;
} entries[] = {
	{OP_TOPK_SELECT, {SELECT, NO_PART, NO_PART}, false, true, false},
	{OP_BACKWARD_WEIGHTS, {WEIGHTS, NO_PART, NO_PART}, true, false, false},
	{OP_BACKWARD_WEIGHTS, {WEIGHTS, NO_PART, NO_PART}, false, false, true},
	{OP_BACKWARD_DATA, {DATA, NO_PART, NO_PART}, false, false, true},
	{OP_BACKWARD, {SELECT, WEIGHTS, DATA}, true, true, false},
	{OP_BACKWARD, {SELECT, WEIGHTS, DATA}, false, false, false},
	{OP_BACKWARD, {WEIGHTS, DATA, NO_PART}, false, false, true},
};

static bool sends(const struct parts *p, const struct entry *e, bool first)
{
	if (!p->select)
		return e->dense_too;
	return (first || e->each) && (e->op != OP_BACKWARD || e->steps[0] == SELECT);
}

static int add_entry(struct lineup *l, const struct parts *p, const struct entry *e, struct failure *f)
{
	const struct kernel *const kernels[] = {[SELECT] = p->select, [WEIGHTS] = p->weights, [DATA] = p->data};
	bool selects = e->steps[0] == SELECT;
	struct trial t = {.op = e->op,
			  .method = p->entrant->name,
			  .select = selects ? p->select->variant : "",
			  .set = p->set,
			  .dw_rows = e->dw_rows,
			  .peer = p->entrant->peer};

	while (t.n_steps < TRIAL_MAX_STEPS && e->steps[t.n_steps] != NO_PART) {
		t.steps[t.n_steps] = kernels[e->steps[t.n_steps]];
		t.n_steps++;
	}
	return lineup_add(l, &t, f);
}

static int add_entries(struct lineup *l, const struct parts *p, bool first, struct failure *f)
{
	int err = 0;

	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]) && !err; i++)
		if (sends(p, &entries[i], first))
			err = add_entry(l, p, &entries[i], f);
	return err;
}

/* One setting (k or tau) of a sparse method, with each selection algorithm asked for. */
static int add_setting(struct lineup *l, struct parts p, int k, double tau, struct failure *f)
{
	const struct kernel *variants[MAX_VARIANTS];
	const struct method *m = p.entrant->method;
	int n = lineup_variants(l->kernels, m->select, &l->session->options->select, variants, MAX_VARIANTS);
	int err = 0;

	p.set = lineup_set(l, m, k, tau);
	if (p.set < 0)
		return fail(f, p.set, "out of memory for the contenders");
	for (int i = 0; i < n && !err; i++) {
		p.select = variants[i];
		err = add_entries(l, &p, i == 0, f);
	}
	return err;
}

/* --k where the method takes one, or where tau is to be found from it. */
static int add_k_settings(struct lineup *l, struct parts p, struct failure *f)
{
	const struct int_list *k = &l->session->options->k;
	int err = 0;

	for (int i = 0; i < k->n && !err; i++)
		if (k->v[i] <= l->point.shape.n_out)
			err = add_setting(l, p, (int)k->v[i], NAN, f);
	return err;
}

static int add_tau_settings(struct lineup *l, struct parts p, struct failure *f)
{
	const struct real_list *tau = &l->session->options->tau;
	int err = 0;

	for (int i = 0; i < tau->n && !err; i++) {
		if (!strcmp(p.entrant->method->select, "norm") && !(tau->v[i] > 0 && tau->v[i] < 1))
			return fail(f, -EINVAL, "invalid value '%g' for --tau; norm needs a number between 0 and 1",
				    tau->v[i]);
		err = add_setting(l, p, 0, (double)(float)tau->v[i], f);
	}
	return err;
}

/* Method auto: the pass as a whole, once for each k; until it has chosen it stands there as top-k. */
static int add_tuned(struct lineup *l, const struct parts *p, struct failure *f)
{
	const struct int_list *k = &l->session->options->k;
	const struct method *topk = method_find("topk");
	int err = 0;

	for (int i = 0; i < k->n && !err; i++) {
		struct trial t = {
			.op = OP_BACKWARD,
			.method = p->entrant->name,
			.select = "",
			.steps = {kernel_find(l->kernels, OP_TOPK_SELECT, topk->select, NULL), p->weights, p->data},
			.n_steps = 3,
			.dw_rows = true,
			.tuned = l->kernels,
			.k = (int)k->v[i]};

		if (t.k > l->point.shape.n_out)
			continue;
		t.set = lineup_set(l, topk, t.k, NAN);
		err = t.set < 0 ? fail(f, t.set, "out of memory for the contenders") : lineup_add(l, &t, f);
	}
	return err;
}

static int add_entrant(struct lineup *l, const struct entrant *e, struct failure *f)
{
	const struct kernel_set *set = l->kernels;
	const struct method *m = e->method;
	struct parts p = {.entrant = e, .set = -1};

	p.weights = kernel_find(set, OP_BACKWARD_WEIGHTS, m->backward, NULL);
	p.data = kernel_find(set, OP_BACKWARD_DATA, m->backward, NULL);
	if (!m->select)
		return add_entries(l, &p, true, f);
	if (m->tuned)
		return add_tuned(l, &p, f);
	if (m->takes_tau && !m->adaptive && l->session->options->tau.n)
		return add_tau_settings(l, p, f);
	if (m->takes_k || m->takes_tau)
		return add_k_settings(l, p, f);
	return add_setting(l, p, 0, NAN, f);
}

static int enter_backward(struct lineup *l, struct failure *f)
{
	struct entrant entrants[MAX_ENTRANTS];
	const struct options *o = l->session->options;
	int n = lineup_entrants(l->session, &o->method, entrants, MAX_ENTRANTS, f), err = 0;

	if (n > 0 && o->cold_cache)
		n = lineup_leave_out(&o->method, entrants, n, "auto",
				     "auto chooses by the costs in warm caches; should be without --cold-cache", f);
	if (n > 0)
		n = lineup_leave_out_feedback(&o->method, entrants, n, f);
	if (n < 0)
		return n;
	for (int i = 0; i < n && !err; i++)
		err = add_entrant(l, &entrants[i], f);
	return err ? err : lineup_add_layer_roofline(l, f);
}

static int backward_points(const struct session *s, struct point_list *list, struct failure *f)
{
	const struct options *o = s->options;
	int err = 0;

	for (int i = 0; i < o->shape.n; i++)
		point_note_k(&o->k, o->shape.v[i].n_out);
	for (int d = 0; d < s->dists.n && !err; d++)
		err = point_add_shapes(list, s, &s->dists.v[d].dist, f);
	return err ? err : points_check_dists(list, s, "shape", f);
}

int cmd_backward(const struct options *o, struct failure *f)
{
	static const struct kernel_plan plan = {"backward", backward_points, enter_backward, false};

	return kernel_run(o, &plan, f);
}
