/* SPDX-License-Identifier: MIT */
/* See trial_record.h: what each column of a kernel record means for each kind of contender is decided here alone. */
#include "trial_record.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void copy_text(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%.*s", (int)size - 1, from);
}

#define COPY(field, from) copy_text(field, sizeof(field), from)

/* The column dist: the data of the point, so that a bandwidth is found with its workload; or the level of memory. */
static const char *data_of(const struct lineup *l, const struct trial *t)
{
	if (t->op == OP_FMA_PEAK || t->op == OP_YARDSTICK)
		return "";
	return t->level ? t->level : l->point.dist->name;
}

static const char *dataset_of(const struct lineup *l, const struct trial *t)
{
	const struct recording *recorded = l->point.dist ? l->point.dist->recording : NULL;

	return !kernel_op_has_result(t->op) ? "" : recorded ? recorded->dataset : "synthetic";
}

static bool writes_dw(const struct trial *t)
{
	return t->op == OP_BACKWARD_WEIGHTS || t->op == OP_BACKWARD || t->op == OP_BACKWARD_UPDATE;
}

static const char *dw_of(const struct trial *t)
{
	if (!writes_dw(t))
		return "";
	return t->steps[0]->op == OP_BACKWARD_UPDATE ? "fused" : t->dw_rows ? "rows" : "full";
}

struct code_text {
	char s[20];
};

/* The hash of its kernel, or of those of its steps; "" where one is not known. */
static struct code_text code_of(const struct trial *t)
{
	uint64_t sum = 0xcbf29ce484222325u, one;
	struct code_text text = {""};

	for (int i = 0; i < t->n_steps; i++) {
		one = kernel_code(t->kernels, t->steps[i]);
		if (!one)
			return text;
		sum = t->n_steps == 1 ? one : (sum ^ one) * 0x100000001b3u;
	}
	snprintf(text.s, sizeof(text.s), "%016llx", (unsigned long long)sum);
	return text;
}

static void put_names(struct kernel_record *r, const struct lineup *l, const struct trial *t)
{
	COPY(r->isa, trial_isa(t));
	COPY(r->op, kernel_op_name(t->op));
	COPY(r->method, t->method);
	COPY(r->select, t->select);
	COPY(r->dataset, dataset_of(l, t));
	COPY(r->dist, data_of(l, t));
	COPY(r->dw, dw_of(t));
	COPY(r->library, t->peer ? t->peer->library : "");
	COPY(r->optimizer, l->point.optimizer && t->op != OP_YARDSTICK ? l->point.optimizer->name : "");
	COPY(r->cache, l->session->options->cold_cache ? "cold" : "warm");
	COPY(r->check, !t->check.ok ? "fail" : kernel_op_has_result(t->op) ? "ok" : "none");
	COPY(r->chosen, t->chosen.s);
}

static void put_build(struct kernel_record *r, const struct lineup *l, const struct trial *t)
{
	COPY(r->build, t->build->name);
	COPY(r->code, code_of(t).s);
	r->injected = t->extra.k ? l->session->options->inject / 100 : 0;
	if (!t->build->library.kernels)
		return;
	COPY(r->compiler, t->build->library.kernels->compiler);
	COPY(r->commit, t->build->library.kernels->commit);
}

/* The shape; what has none says 0. */
static void put_shape(struct kernel_record *r, const struct lineup *l, const struct trial *t)
{
	r->batch = l->point.shape.batch;
	r->n_in = l->point.shape.n_in;
	r->n_out = l->point.shape.n_out;
	if (t->op == OP_YARDSTICK)
		r->batch = r->n_in = r->n_out = 0;
	if (t->level) {
		r->batch = r->n_out = 0;
		r->n_in = t->args[0].n_in;
	}
}

static void put_kept(struct kernel_record *r, const struct lineup *l, const struct trial *t)
{
	const struct kept_set *set = t->set < 0 ? NULL : &l->sets[t->set];

	r->k = kernel_op_has_result(t->op) || t->like_update ? l->point.shape.n_out : 0;
	if (set && set->method->takes_tau)
		r->tau = isnan(set->tau) ? 0 : set->tau;
	if (t->tuned) {
		/* One contender whatever it chose: with dense, every row of dW is touched. */
		r->k = t->k;
		COPY(r->dw, "rows");
	} else if (set)
		r->k = set->method->takes_k ? set->k : llround(set->mean_k);
}

struct kernel_record trial_record(const struct lineup *l, const struct trial *t, const char *command)
{
	struct kernel_record r = {.threads = l->point.threads,
				  .flops = t->cost.flops,
				  .bytes = cost_bytes(&t->cost),
				  .max_err = t->check.max_err,
				  .seed = l->session->options->seed};

	session_fill(l->session, &kernel_records, &r);
	COPY(r.command, command);
	put_names(&r, l, t);
	put_build(&r, l, t);
	put_shape(&r, l, t);
	put_kept(&r, l, t);
	memcpy(r.read, t->traffic.read, sizeof(r.read));
	memcpy(r.written, t->traffic.written, sizeof(r.written));
	return r;
}

void trial_record_sample(struct kernel_record *r, const struct sample *s)
{
	const struct evidence *e = &s->evidence;

	r->round = s->round;
	r->position = s->position;
	r->calls = s->calls;
	r->elapsed_ns = (int64_t)s->elapsed_ns;
	r->migrations = e->migrations;
	r->switches = e->switches;
	r->steal_ticks = e->steal_ticks;
	r->throttled = e->throttled;
	r->rejected = s->reject;
	r->imbalance = e->slowest_ns ? (double)(e->slowest_ns - e->fastest_ns) / (double)e->slowest_ns : 0;
}
