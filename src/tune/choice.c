/* SPDX-License-Identifier: MIT */
/* See choice.h: costs read off the curves, and the least of them within the tie. */
#include "tune/choice.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double cost_at(const struct tune_curve *c, double kept)
{
	int i = 0;

	if (c->n == 0)
		return INFINITY;
	while (i < c->n && c->v[i].kept < kept)
		i++;
	if (i == 0 || i == c->n)
		return c->v[i ? i - 1 : 0].cost;
	return c->v[i - 1].cost +
	       (kept - c->v[i - 1].kept) / (c->v[i].kept - c->v[i - 1].kept) * (c->v[i].cost - c->v[i - 1].cost);
}

/* The algorithm of the point that is nearest in proportion. */
static const char *select_at(const struct tune_curve *c, double kept)
{
	int best = 0;

	for (int i = 1; i < c->n; i++)
		if (fabs(log(c->v[i].kept / fmax(kept, 0.5))) < fabs(log(c->v[best].kept / fmax(kept, 0.5))))
			best = i;
	return c->v[best].select;
}

/* An algorithm that this program does not have gives way to the best that it has. */
static const struct kernel *find_selection(const struct kernel_set *kernels, const char *method, const char *variant)
{
	const struct kernel *k = kernel_find(kernels, OP_TOPK_SELECT, method, variant[0] ? variant : NULL);

	return k ? k : kernel_find(kernels, OP_TOPK_SELECT, method, NULL);
}

struct choice tune_choose(const struct tune_table *t, const struct kernel_set *kernels, int k, double nonzeros)
{
	const struct {
		const char *method, *variant;
		double cost;
	} ways[] = {
		{"dense", "", 1},
		{"relu_skip", "", cost_at(&t->relu_skip, nonzeros)},
		{"topk", t->topk.n ? select_at(&t->topk, k) : "", cost_at(&t->topk, k)},
	};
	double limit = (1 + TUNE_TIE) * fmin(ways[0].cost, fmin(ways[1].cost, ways[2].cost));
	int i = 0;
	struct choice c;

	while (i < 2 && ways[i].cost > limit)
		i++;
	c.method = method_find(ways[i].method);
	c.select = c.method->select ? find_selection(kernels, c.method->select, ways[i].variant) : NULL;
	c.weights = kernel_find(kernels, OP_BACKWARD_WEIGHTS, c.method->backward, NULL);
	c.data = kernel_find(kernels, OP_BACKWARD_DATA, c.method->backward, NULL);
	return c;
}

struct choice_text choice_describe(const struct choice *c)
{
	struct choice_text t;
	bool named = c->select && c->method->takes_k;

	snprintf(t.s, sizeof(t.s), "%.22s%s%.22s", c->method->name, named ? " " : "", named ? c->select->variant : "");
	return t;
}

static bool is_part(const struct kernel *k)
{
	static const struct {
		enum kernel_op op;
		const char *method;
	} parts[] = {
		{OP_TOPK_SELECT, "topk"},	 {OP_TOPK_SELECT, "relu_skip"}, {OP_BACKWARD_WEIGHTS, "dense"},
		{OP_BACKWARD_WEIGHTS, "sparse"}, {OP_BACKWARD_DATA, "dense"},	{OP_BACKWARD_DATA, "sparse"},
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (k->op == parts[i].op && !strcmp(k->method, parts[i].method))
			return true;
	return false;
}

size_t choice_scratch_bytes(const struct kernel_set *kernels, const struct kernel_args *args, int team_size)
{
	const int ks[] = {0, 1, args->n_out};
	struct kernel_args a = *args;
	size_t most = 0;

	for (const struct kernel *k = kernels->kernels; k->method; k++)
		for (int i = 0; i < 3 && k->scratch_bytes && is_part(k); i++) {
			size_t bytes;

			a.k = ks[i];
			bytes = k->scratch_bytes(&a, team_size);
			most = bytes > most ? bytes : most;
		}
	return most;
}
