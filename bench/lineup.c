/* SPDX-License-Identifier: MIT */
/* See lineup.h. */
#include "lineup.h"

#include "report/cell_name.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void lineup_destroy(struct lineup *l)
{
	free(l->sets);
	free(l->trials);
	*l = (struct lineup){.session = NULL};
}

/* *items with room for one more. */
static int grow(void **items, int n, size_t size)
{
	void *more;

	if (n & (n - 1))
		return 0;
	more = realloc(*items, (n ? 2 * (size_t)n : 1) * size);
	if (!more)
		return -ENOMEM;
	*items = more;
	return 0;
}

static bool same_real(double a, double b)
{
	return (isnan(a) && isnan(b)) || !(a < b || a > b || isnan(a) || isnan(b));
}

int lineup_set(struct lineup *l, const struct method *method, int k, double tau)
{
	for (int i = 0; i < l->n_sets; i++)
		if (l->sets[i].method == method && l->sets[i].k == k && same_real(l->sets[i].tau, tau))
			return i;
	if (grow((void **)&l->sets, l->n_sets, sizeof(*l->sets)))
		return -ENOMEM;
	l->sets[l->n_sets] = (struct kept_set){.method = method, .k = k, .tau = tau};
	return l->n_sets++;
}

/* What --filter is matched against; ceilings have their level for k. */
static void name_trial(const struct lineup *l, struct trial *t)
{
	const struct kept_set *set = t->set < 0 ? NULL : &l->sets[t->set];
	const struct shape *s = &l->point.shape;
	const struct optimizer *optimizer = l->point.optimizer;
	struct cell_name name;
	char k[32] = "";

	if (t->level)
		snprintf(k, sizeof(k), "%s", t->level);
	else if (set && set->method->takes_tau && !isnan(set->tau))
		snprintf(k, sizeof(k), "tau%g", set->tau);
	else if (set && (set->method->takes_k || set->method->takes_tau))
		snprintf(k, sizeof(k), "%d", set->k);
	name = cell_name_make(&(struct cell_parts){.op = kernel_op_name(t->op),
						   .method = t->method,
						   .select = t->select,
						   .batch = s->batch,
						   .n_in = s->n_in,
						   .n_out = s->n_out,
						   .k = k,
						   .threads = l->point.threads,
						   .optimizer = optimizer ? optimizer->name : "",
						   .isa = l->session->n_isas > 1 ? trial_isa(t) : ""});
	memcpy(t->name, name.s, sizeof(t->name));
}

static bool passes(const struct lineup *l, const char *name)
{
	for (int i = 0; i < l->n_filters; i++)
		if (regexec(&l->filters[i], name, 0, NULL, 0))
			return false;
	return true;
}

int lineup_add(struct lineup *l, const struct trial *given, struct failure *f)
{
	struct trial t = *given;

	t.build = l->build;
	t.kernels = l->kernels;
	if (!kernel_op_has_result(t.op) &&
	    (l->session->options->check || l->session->options->count || (t.build->name[0] && !l->all_ceilings)))
		return 0;
	for (int i = 0; i < t.n_steps; i++)
		if (!t.steps[i])
			return 0;
	name_trial(l, &t);
	if (!passes(l, t.name))
		return 0;
	if (grow((void **)&l->trials, l->n_trials, sizeof(*l->trials)))
		return fail(f, -ENOMEM, "out of memory for the contenders");
	for (int i = 0; i < t.n_steps; i++)
		l->ops |= 1u << t.steps[i]->op;
	if (t.set >= 0)
		l->sets[t.set].used = true;
	l->trials[l->n_trials++] = t;
	return 0;
}

int lineup_add_yardsticks(struct lineup *l, struct failure *f)
{
	const struct options *o = l->session->options;
	int err = 0;

	if (!o->yardstick || o->check || !l->n_trials)
		return 0;
	l->n_filters = 0;
	l->build = &l->session->builds[BUILD_TESTED];
	l->kernels = &yardsticks;
	for (const struct kernel *k = yardsticks.kernels; k->method && !err; k++)
		err = lineup_add(
			l,
			&(struct trial){
				.op = k->op, .method = k->method, .select = "", .steps = {k}, .n_steps = 1, .set = -1},
			f);
	return err;
}

/* The steps of what was chosen, and the kept set that goes with it. */
static int take_choice(struct lineup *l, struct trial *t, const struct choice *c, struct failure *f)
{
	const struct kernel *const steps[] = {c->select, c->weights, c->data};

	t->n_steps = 0;
	for (int i = 0; i < 3; i++)
		if (steps[i])
			t->steps[t->n_steps++] = steps[i];
	t->chosen = choice_describe(c);
	t->dw_rows = c->select != NULL;
	t->set = c->select ? lineup_set(l, c->method, c->method->takes_k ? t->k : 0, NAN) : -1;
	return t->set == -ENOMEM ? fail(f, -ENOMEM, "out of memory for the contenders") : 0;
}

static int tune_trial(struct lineup *l, struct trial *t, struct tuner *tuner, struct failure *f)
{
	const struct point *p = &l->point;
	const struct tune_layer layer = {.kernels = t->tuned,
					 .caches = machine_caches(l->session->machine),
					 .batch = p->shape.batch,
					 .n_in = p->shape.n_in,
					 .n_out = p->shape.n_out,
					 .threads = p->threads,
					 .dx = true,
					 .dist = p->dist};
	const struct tune_table *table;
	struct choice c;
	int err = tuner_table(tuner, &layer, &table, f);

	if (err)
		return err;
	c = tune_choose(table, t->tuned, t->k, table->nonzeros);
	return take_choice(l, t, &c, f);
}

int lineup_tune(struct lineup *l, struct tuner *tuner, struct failure *f)
{
	int err = 0;

	for (int i = 0; i < l->n_trials && !err; i++)
		err = l->trials[i].tuned ? tune_trial(l, &l->trials[i], tuner, f) : 0;
	for (int i = 0; i < l->n_sets; i++)
		l->sets[i].used = false;
	for (int i = 0; i < l->n_trials; i++)
		if (l->trials[i].set >= 0)
			l->sets[l->trials[i].set].used = true;
	return err;
}

static int add_ceiling(struct lineup *l, enum kernel_op op, const char *method, const struct trial *like,
		       struct failure *f)
{
	const struct kernel *k = kernel_find(l->kernels, op, method, NULL);

	return lineup_add(l,
			  &(struct trial){.op = op,
					  .method = method,
					  .select = "",
					  .steps = {k},
					  .n_steps = 1,
					  .set = -1,
					  .level = like->level,
					  .working_set = like->working_set},
			  f);
}

int lineup_add_roofline(struct lineup *l, double operand_bytes, const char *const *streams, struct failure *f)
{
	const struct session *s = l->session;
	int first = s->options->cold_cache ? MEMORY_MAIN : MEMORY_L1;
	int last = s->options->cold_cache ? MEMORY_MAIN
					  : (int)machine_level_of(s->machine, operand_bytes, l->point.threads);
	int err = add_ceiling(l, OP_FMA_PEAK, "fma_peak", &(struct trial){.level = "registers"}, f);

	for (int level = first; level <= last; level++) {
		double set = machine_stream_bytes(s->machine, (enum memory_level)level, l->point.threads);
		const struct trial like = {.level = memory_level_names[level], .working_set = set};

		for (int i = 0; streams[i] && set > 0 && !err; i++)
			err = add_ceiling(l, OP_BANDWIDTH, streams[i], &like, f);
	}
	return err;
}

int lineup_add_layer_roofline(struct lineup *l, struct failure *f)
{
	static const char *const streams[] = {"read", "write", NULL};
	const struct point *p = &l->point;
	double weights = 4.0 * p->shape.n_in * p->shape.n_out, x = 4.0 * p->shape.batch * p->shape.n_in;
	double kept = 8.0 * p->shape.batch * p->shape.n_out * p->copies;

	return l->n_trials ? lineup_add_roofline(l, fmax(fmax(weights, x), kept), streams, f) : 0;
}

bool lineup_named(const struct word_list *names, const char *word)
{
	for (int i = 0; i < names->n; i++)
		if (!strcmp(names->v[i], word) || !strcmp(names->v[i], "all"))
			return true;
	return false;
}

int lineup_variants(const struct kernel_set *set, const char *select, const struct word_list *names,
		    const struct kernel **out, int max)
{
	int n = 0;

	for (const struct kernel *k = set->kernels; k->method && n < max; k++)
		if (k->op == OP_TOPK_SELECT && !strcmp(k->method, select) && lineup_named(names, k->variant))
			out[n++] = k;
	if (n || max < 1)
		return n;
	out[0] = kernel_find(set, OP_TOPK_SELECT, select, NULL);
	return out[0] != NULL;
}

static const struct blas_peer *peer_find(const struct session *s, const char *name)
{
	if (!strcmp(name, "dense_blas"))
		return s->n_peers ? &s->peers[0] : NULL;
	for (int i = 0; i < s->n_peers; i++)
		if (!strcmp(s->peers[i].method, name))
			return &s->peers[i];
	return NULL;
}

static bool needs_peer(const struct method *m)
{
	return !strcmp(m->backward, "blas");
}

/* Every method; the CBLAS libraries once each, by their own names. */
static int all_entrants(const struct session *s, struct entrant *out, int max)
{
	int n = 0;

	for (const struct method *m = methods; m->name && n < max; m++)
		if (!needs_peer(m) && !(m->tuned && session_compares_builds(s)))
			out[n++] = (struct entrant){m, m->name, NULL};
	for (int i = 0; i < s->n_peers && n < max; i++)
		out[n++] = (struct entrant){method_find("dense_blas"), s->peers[i].method, &s->peers[i]};
	return n;
}

static int one_entrant(const struct session *s, const char *name, struct entrant *out, struct failure *f)
{
	const struct blas_peer *peer = peer_find(s, name);
	const struct method *m = method_find(peer ? "dense_blas" : name);

	if (!m)
		return fail(f, -EINVAL, "unknown method '%s' for --method; `mepbench list` names them all", name);
	if (needs_peer(m) && !peer)
		return fail(f, -EINVAL,
			    "--method=%s: no such CBLAS library is installed; install one (libopenblas-dev, "
			    "libblis-dev) or leave the method out",
			    name);
	if (m->tuned && session_compares_builds(s))
		return fail(f, -EINVAL,
			    "--method=%s chooses its kernels by measuring, so that builds would not run the same; "
			    "should be "
			    "a method of fixed kernels, or without --kernels and --against",
			    name);
	*out = (struct entrant){m, !peer || !strcmp(name, m->name) ? m->name : peer->method, peer};
	return 1;
}

int lineup_leave_out(const struct word_list *names, struct entrant *v, int n, const char *name, const char *why,
		     struct failure *f)
{
	bool all = !names->n || !strcmp(names->v[0], "all");
	int kept = 0;

	for (int i = 0; i < n; i++) {
		if (strcmp(v[i].method->name, name))
			v[kept++] = v[i];
		else if (!all)
			return fail(f, -EINVAL, "invalid value '%s' for --method; %s", name, why);
	}
	return kept;
}

int lineup_leave_out_feedback(const struct word_list *names, struct entrant *v, int n, struct failure *f)
{
	return lineup_leave_out(names, v, n, "error_feedback",
				"what it drops comes back in training only; should be topk, whose kernels it runs", f);
}

int lineup_entrants(const struct session *s, const struct word_list *names, struct entrant *out, int max,
		    struct failure *f)
{
	int n = 0;

	if (!names->n || !strcmp(names->v[0], "all"))
		return all_entrants(s, out, max);
	for (int i = 0; i < names->n && n < max; i++, n++) {
		int found = one_entrant(s, names->v[i], &out[n], f);

		if (found < 0)
			return found;
	}
	return n;
}
