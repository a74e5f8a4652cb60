/* SPDX-License-Identifier: MIT */
/* See stage.h. Serial but for the kernels themselves and the first touch of the operands. */
#include "stage.h"
#include "interrupt.h"
#include "price.h"
#include "stage_yardstick.h"
#include "stage_update.h"
#include "tau.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void trial_run(void *arg, int64_t call, struct team team)
{
	const struct trial *t = arg;
	const struct kernel_args *a = &t->args[call % t->copies];

	t->steps[0]->run(a, team);
	for (int i = 1; i < t->n_steps; i++) {
		team_barrier(team);
		t->steps[i]->run(a, team);
	}
	if (t->extra.k)
		yardsticks.kernels[0].run(&t->extra, team);
}

struct calls {
	struct trial *trial;
	int first, n;
};

static void run_calls(struct team team, void *arg)
{
	const struct calls *c = arg;

	for (int i = c->first; i < c->first + c->n; i++) {
		trial_run(c->trial, i, team);
		team_barrier(team);
	}
}

/* Calls first .. first + n - 1 of a trial, untimed. */
static int run_untimed(const struct stage *s, struct trial *t, int first, int n, struct failure *f)
{
	struct calls c = {t, first, n};

	return team_run(s->workload.p.binding, s->workload.p.threads, run_calls, &c, NULL, f);
}

/* Multiply-adds in a call of fma_peak, bytes per thread in a call of a bandwidth kernel: long beside a barrier. */
#define FMA_STEPS 1024
#define STREAM_BYTES 0x1p20

/* Bytes that a bandwidth kernel moves for each float of its operand, by its own account. */
static double bytes_per_float(const struct kernel *k)
{
	const int n = 1 << 20;
	struct kernel_args a = {.batch = 1, .n_in = n};
	const struct kernel_cost cost = k->cost(&a);

	return fmax(cost_bytes(&cost) / n, 1);
}

/* So many bytes, in two arrays of floats at most, as often as it takes; more often where n_in would overflow. */
static void stream_args(const struct stage *s, const struct kernel *k, double bytes, struct kernel_args *a)
{
	const int most = INT_MAX / 16 * 16;
	double floats = bytes / fmin(bytes_per_float(k), 2 * sizeof(float));

	a->n_in = (int)fmin(floats, most) / 16 * 16;
	a->k = (int)ceil(fmax(STREAM_BYTES * s->workload.p.threads / fmax(bytes, 1), floats / most));
}

static void ceiling_args(const struct stage *s, struct trial *t)
{
	for (int c = 0; c < t->copies; c++) {
		struct kernel_args *a = &t->args[c];

		*a = (struct kernel_args){
			.batch = 1, .x = s->stream_x, .y = s->stream_y, .scratch = s->workload.scratch};
		if (t->op == OP_FMA_PEAK) {
			a->batch = s->workload.p.threads;
			a->k = FMA_STEPS;
		}
		if (t->op == OP_BANDWIDTH && !t->reads_dy)
			stream_args(s, t->steps[0], t->like_update ? stage_update_bytes(s, t, c) : t->working_set, a);
		if (t->reads_dy) {
			a->batch = s->workload.p.shape.batch;
			a->n_in = s->workload.p.shape.n_out;
			a->x = s->workload.args[c].dy;
		}
	}
}

static void trial_args(struct stage *s, struct trial *t)
{
	struct kept_set *set = t->set < 0 ? NULL : &s->lineup->sets[t->set];
	const struct options *o = s->lineup->session->options;

	t->copies = s->workload.p.copies;
	if (!kernel_op_has_result(t->op)) {
		(t->op == OP_YARDSTICK ? stage_yardstick_args : ceiling_args)(s, t);
		return;
	}
	for (int c = 0; c < t->copies; c++) {
		struct kernel_args *a = &t->args[c];

		*a = s->workload.args[c];
		a->sgemm = t->peer ? t->peer->sgemm : NULL;
		a->dw_rows = t->dw_rows ? &s->workload.dw_rows : NULL;
		stage_update_args(s, t, c, a);
		if (!set)
			continue;
		a->k = set->k;
		a->tau = (float)set->tau;
		a->tinyprop = (struct tinyprop){o->tinyprop_min, o->tinyprop_max, set->l1_seen, NULL};
		a->kept = &set->kept[c];
		if (o->rescale && !strcmp(set->method->select, "random_k") && set->k)
			a->rescale = (float)a->n_out / (float)set->k;
	}
}

/* A trial of one selection kernel on a set. */
static struct trial selection_of(struct stage *s, const struct kernel *k, int set)
{
	struct trial t = {.op = OP_TOPK_SELECT,
			  .method = k->method,
			  .select = k->variant,
			  .steps = {k},
			  .n_steps = 1,
			  .set = set};

	trial_args(s, &t);
	return t;
}

static int no_memory(const struct trial *t, struct failure *f)
{
	return fail(f, -ENOMEM, "out of memory for the check of %s", t->name[0] ? t->name : t->method);
}

static int check_selections(const struct stage *s, const struct trial *t, bool *right, struct failure *f)
{
	*right = true;
	for (int c = 0; *right && c < t->copies; c++) {
		struct check check = check_selection(t->steps[0]->method, &t->args[c], s->workload.p.seed);

		if (check.no_memory)
			return no_memory(t, f);
		*right = check.ok;
	}
	return 0;
}

static double mean_count(const struct kept_set *set, int copies, int batch)
{
	double sum = 0;

	for (int c = 0; c < copies; c++)
		for (int b = 0; b < batch; b++)
			sum += set->kept[c].count[b];
	return sum / ((double)copies * batch);
}

/* The first kernel of the selection that does it right fills the set. */
static int fill_set(struct stage *s, int i, struct failure *f)
{
	struct kept_set *set = &s->lineup->sets[i];
	const struct kernel_set *kernels = s->lineup->session->kernels;
	int err = 0;

	set->right = false;
	for (const struct kernel *k = kernels->kernels; k->method && !set->right && !err; k++) {
		struct trial t;

		if (k->op != OP_TOPK_SELECT || strcmp(k->method, set->method->select))
			continue;
		t = selection_of(s, k, i);
		for (int c = 0; c < t.copies; c++)
			check_poison(OP_TOPK_SELECT, &t.args[c]);
		err = run_untimed(s, &t, 0, t.copies, f);
		err = err ? err : check_selections(s, &t, &set->right, f);
	}
	if (set->right)
		stage_update_list_rows(s, set);
	if (set->right)
		set->mean_k = mean_count(set, s->workload.p.copies, s->workload.p.shape.batch);
	return err;
}

static size_t scratch_of(const struct kernel *k, const struct kernel_args *a, int threads)
{
	return k->scratch_bytes ? k->scratch_bytes(a, threads) : 0;
}

/* The largest need of any kernel that this stage may run. */
static int reserve_scratch(struct stage *s, struct failure *f)
{
	struct lineup *l = s->lineup;
	int threads = l->point.threads;
	size_t most = KERNEL_ALIGN;

	for (int i = 0; i < l->n_sets; i++)
		for (const struct kernel *k = l->session->kernels->kernels; k->method && l->sets[i].used; k++)
			if (k->op == OP_TOPK_SELECT && !strcmp(k->method, l->sets[i].method->select)) {
				struct trial t = selection_of(s, k, i);
				size_t bytes = scratch_of(k, &t.args[0], threads);

				most = bytes > most ? bytes : most;
			}
	for (int i = 0; i < l->n_trials; i++) {
		trial_args(s, &l->trials[i]);
		for (int j = 0; j < l->trials[i].n_steps; j++) {
			size_t bytes = scratch_of(l->trials[i].steps[j], &l->trials[i].args[0], threads);

			most = bytes > most ? bytes : most;
		}
	}
	return workload_scratch(&s->workload, most, f);
}

static double largest_stream(const struct lineup *l)
{
	double largest = 0;

	for (int i = 0; i < l->n_trials; i++)
		largest = fmax(largest, l->trials[i].working_set);
	return largest;
}

static bool has_ceilings(const struct lineup *l)
{
	return l->ops & (1u << OP_FMA_PEAK | 1u << OP_BANDWIDTH);
}

/* Operands of the ceilings: a line per thread at least, and as many floats as dY where that is what is read. */
static int create_streams(struct stage *s, struct failure *f)
{
	const struct point *p = &s->lineup->point;
	size_t dy = (size_t)p->shape.batch * (size_t)p->shape.n_out, n = (size_t)p->threads * KERNEL_ALIGN;
	size_t set = (size_t)(largest_stream(s->lineup) / sizeof(float));
	int err;

	n = n > set ? n : set;
	n = n > dy ? n : dy;
	if (!has_ceilings(s->lineup))
		return 0;
	err = workload_floats(&s->workload, n, &s->stream_x, f);
	err = err ? err : workload_floats(&s->workload, n, &s->stream_y, f);
	if (err)
		return err;
	/* fma_peak's multiplier, below 1, and addend. */
	s->stream_x[0] = 0.75f;
	s->stream_x[1] = 0.5f;
	return 0;
}

static int create_sets(struct stage *s, struct failure *f)
{
	int err = 0;

	for (int i = 0; i < s->lineup->n_sets && !err; i++) {
		struct kept_set *set = &s->lineup->sets[i];

		for (int c = 0; c < s->workload.p.copies && set->used && !err; c++)
			err = workload_kept(&s->workload, &set->kept[c], f);
		err = err || !set->used ? err : stage_update_create_rows(s, set, f);
		err = err || !set->used ? err : tau_find(set, &s->workload, s->lineup->session->options, f);
	}
	return err;
}

static int refuse_too_large(const struct lineup *l, const struct workload_params *p, struct failure *f)
{
	double kept = workload_kept_bytes(p) * p->copies, total = workload_bytes(p) + 2 * largest_stream(l);
	double memory = (double)l->session->conditions.memory_bytes;

	for (int i = 0; i < l->n_sets; i++)
		total += l->sets[i].used ? kept : 0;
	if (!(memory > 0) || total < 0.8 * memory)
		return 0;
	return fail(f, -EINVAL,
		    "%dx%dx%d with these contenders needs %.1f GiB, the machine has %.1f GiB; choose a smaller "
		    "shape or fewer --method and --k",
		    p->shape.batch, p->shape.n_in, p->shape.n_out, total / 0x1p30, memory / 0x1p30);
}

int stage_create(struct stage *s, struct lineup *l, struct failure *f)
{
	struct workload_params p = {.binding = &l->session->binding,
				    .shape = l->point.shape,
				    .threads = l->point.threads,
				    .dist = l->point.dist,
				    .copies = l->point.copies,
				    .ops = l->ops,
				    .n_states = l->point.optimizer ? l->point.optimizer->n_states : 0,
				    .seed = l->session->options->seed};
	int err;

	*s = (struct stage){.lineup = l};
	for (int i = 0; i < l->n_trials; i++)
		p.ops |= l->trials[i].reads_dy ? 1u << OP_TOPK_SELECT : 0;
	for (int i = 0; i < l->n_sets; i++)
		p.ops |= l->sets[i].used ? 1u << OP_TOPK_SELECT : 0;
	err = refuse_too_large(l, &p, f);
	err = err ? err : workload_create(&s->workload, &p, f);
	if (err)
		return err;
	err = create_streams(s, f);
	err = err ? err : stage_yardstick_create(s, f);
	err = err ? err : create_sets(s, f);
	err = err ? err : reserve_scratch(s, f);
	for (int i = 0; i < l->n_sets && !err; i++)
		err = l->sets[i].used ? fill_set(s, i, f) : 0;
	err = !err && *interrupt_flag() ? fail(f, -EINTR, "interrupted") : err;
	for (int i = 0; i < l->n_trials && !err; i++)
		trial_args(s, &l->trials[i]);
	if (err)
		stage_destroy(s);
	return err;
}

void stage_destroy(struct stage *s)
{
	workload_destroy(&s->workload);
	*s = (struct stage){.lineup = NULL};
}

static void check_steps(const struct stage *s, struct trial *t, const struct kernel_args *a,
			const struct update_before *before)
{
	uint64_t seed = s->workload.p.seed;

	for (int i = 0; i < t->n_steps && t->check.ok; i++) {
		double worst = t->check.max_err;

		t->check = stage_update_is_step(t->steps[i]->op)
				   ? check_update(s->lineup->point.optimizer->name, a, before, seed)
				   : check_kernel(t->steps[i]->op, t->steps[i]->method, a, seed);
		t->check.max_err = fmax(t->check.max_err, worst);
	}
}

/* One call on one copy of dY: outputs poisoned before, checked after, the fences around all operands too. */
static int verify_call(struct stage *s, struct trial *t, int copy, struct failure *f)
{
	const struct kernel_args *a = &t->args[copy];
	struct update_before *before = stage_update_steps(t) ? check_update_begin(&a->update) : NULL;
	const char *overrun;
	int err;

	for (int i = 0; i < t->n_steps; i++)
		check_poison(t->steps[i]->op, a);
	err = run_untimed(s, t, copy, 1, f);
	if (!err)
		check_steps(s, t, a, before);
	check_update_end(before, &a->update);
	if (!err && !workload_intact(&s->workload, &overrun))
		check_fail(&t->check, "it wrote outside of %s", overrun);
	return err || !t->check.no_memory ? err : no_memory(t, f);
}

static int verify_trial(struct stage *s, struct trial *t, struct failure *f)
{
	struct kept_set *set = t->set < 0 ? NULL : &s->lineup->sets[t->set];
	bool selects = t->steps[0]->op == OP_TOPK_SELECT;
	int n = t->op == OP_TOPK_SELECT ? t->copies : 1, err = 0;

	t->check = (struct check){.ok = true};
	if (!kernel_op_has_result(t->op))
		return 0;
	if (set && !selects && !set->right) {
		check_fail(&t->check, "no algorithm of %s selects right", set->method->select);
		return 0;
	}
	for (int c = 0; c < n && t->check.ok && !err; c++)
		err = verify_call(s, t, c, f);
	if (!err && !t->check.ok && set && selects)
		err = fill_set(s, t->set, f);
	return err;
}

int stage_verify(struct stage *s, struct failure *f)
{
	int err = 0;

	for (int i = 0; i < s->lineup->n_trials && !err; i++) {
		struct trial *t = &s->lineup->trials[i];

		err = *interrupt_flag() ? fail(f, -EINTR, "interrupted") : verify_trial(s, t, f);
		if (t->check.ok)
			trial_price(s->lineup, t);
	}
	return err;
}
