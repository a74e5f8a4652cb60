/* SPDX-License-Identifier: MIT */
/* The life of a net: which kernels serve it, its memory, its first weights, its digest. The arithmetic: net_step.c. */
#include "learn/net.h"

#include "base/memory.h"
#include "base/rng.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t net_stream(enum net_stream stream, int layer, int64_t step)
{
	return ((uint64_t)stream << 56) | ((uint64_t)layer << 48) | (uint64_t)step;
}

static void *net_memory(struct net *net, size_t rows, int columns, size_t size)
{
	void *p = memory_create(rows * (size_t)columns, size);

	if (p)
		net->block[net->n_blocks++] = p;
	return p;
}

const struct method *net_layer_method(const struct net_params *p, int i)
{
	return p->layer_method[i] ? p->layer_method[i] : p->method;
}

/* What goes with the kernel of dW that the layer has now. */
static void layer_find_fused(struct layer *l, const struct net_params *p)
{
	l->backward_update = NULL;
	if (p->fused)
		l->backward_update =
			kernel_find(p->kernels, OP_BACKWARD_UPDATE, l->backward_weights->method, p->optimizer->name);
}

/* Hidden layers use the method's kernels; an output layer that is not sparsified those that take all of dY. */
static int layer_find_kernels(struct layer *l, const struct net_params *p, int i)
{
	const struct method *m = net_layer_method(p, i);
	bool whole = i == p->n_layers - 1 && !p->sparse_output;
	const char *backward = whole && m->select ? "dense" : m->backward;

	if (m->select && !whole) {
		/* The variant named is the main method's; another method takes its best. */
		l->select = kernel_find(p->kernels, OP_TOPK_SELECT, m->select, m == p->method ? p->select : NULL);
		if (!l->select)
			return -ENOENT;
	}
	l->backward_data = kernel_find(p->kernels, OP_BACKWARD_DATA, backward, NULL);
	l->backward_weights = kernel_find(p->kernels, OP_BACKWARD_WEIGHTS, backward, NULL);
	if (!l->backward_data || !l->backward_weights)
		return -ENOENT;
	layer_find_fused(l, p);
	return 0;
}

static int layer_allocate(struct net *net, struct layer *l, const struct method *m, size_t rows)
{
	size_t batch = (size_t)net->p.batch, n_out = (size_t)l->n_out;
	bool ok = (l->w = net_memory(net, n_out, l->n_in, sizeof(float))) &&
		  (l->dw = net_memory(net, n_out, l->n_in, sizeof(float))) &&
		  (l->bias = net_memory(net, n_out, 1, sizeof(float))) &&
		  (l->db = net_memory(net, n_out, 1, sizeof(float))) &&
		  (l->y = net_memory(net, rows, l->n_out, sizeof(float))) &&
		  (l->dy = net_memory(net, batch, l->n_out, sizeof(float))) &&
		  (l->kept_counts = net_memory(net, n_out + 1, 1, sizeof(int64_t)));

	for (int i = 0; ok && i < net->p.optimizer->n_states; i++)
		ok = (l->w_state[i] = net_memory(net, n_out, l->n_in, sizeof(float))) &&
		     (l->bias_state[i] = net_memory(net, n_out, 1, sizeof(float)));
	if (ok && l->select && m->remembers)
		ok = (l->memory = net_memory(net, batch, l->n_out, sizeof(float)));
	if (ok && l->select && m->adaptive)
		ok = (l->l1 = net_memory(net, batch, 1, sizeof(float)));
	if (ok && l->select) {
		l->kept.stride = (l->n_out + 2 * SPARSE_PAD - 1) / SPARSE_PAD * SPARSE_PAD;
		ok = (l->kept.count = net_memory(net, batch, 1, sizeof(int32_t))) &&
		     (l->kept.index = net_memory(net, batch, l->kept.stride, sizeof(int32_t))) &&
		     (l->kept.value = net_memory(net, batch, l->kept.stride, sizeof(float))) &&
		     (l->rows.row = net_memory(net, n_out, 1, sizeof(int32_t)));
	}
	return ok ? 0 : -ENOMEM;
}

static void layer_init(struct layer *l, const struct init *init, uint64_t seed, int number)
{
	struct rng r = rng_create(seed, net_stream(STREAM_INIT, number, 0));

	init->fill(l->w, l->bias, l->n_out, l->n_in, &r);
}

static size_t kernel_scratch(const struct kernel *k, const struct kernel_args *args, int threads)
{
	return k && k->scratch_bytes ? k->scratch_bytes(args, threads) : 0;
}

static size_t max_size(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* The most that any kernel asks for, over the sizes of minibatch and k that may occur. */
static size_t net_scratch_bytes(struct net *net, struct layer *l)
{
	const int batches[] = {1, net->p.batch, NET_EVAL_BATCH}, ks[] = {0, 1, l->n_out};
	struct kernel_args args = {
		.n_in = l->n_in, .n_out = l->n_out, .caches = net->p.caches, .kept = &l->kept, .dw_rows = &l->rows};
	/* The one there is: a tuned layer may come to it later. */
	const struct kernel *fused = kernel_find(net->p.kernels, OP_BACKWARD_UPDATE, "sparse", net->p.optimizer->name);
	size_t most = 0;

	for (int b = 0; b < 3; b++)
		for (int k = 0; k < 3; k++) {
			args.batch = batches[b];
			args.k = ks[k];
			most = max_size(most, kernel_scratch(net->forward, &args, net->p.threads));
			most = max_size(most, kernel_scratch(l->select, &args, net->p.threads));
			most = max_size(most, kernel_scratch(l->backward_data, &args, net->p.threads));
			most = max_size(most, kernel_scratch(l->backward_weights, &args, net->p.threads));
			most = max_size(most, kernel_scratch(fused, &args, net->p.threads));
			if (l->tuning)
				most = max_size(most, choice_scratch_bytes(net->p.kernels, &args, net->p.threads));
		}
	return most;
}

static int net_layer_create(struct net *net, int i, size_t rows, size_t *scratch)
{
	const struct method *m = net_layer_method(&net->p, i);
	struct layer *l = &net->layer[i];
	int rc;

	l->n_in = net->p.width[i];
	l->n_out = net->p.width[i + 1];
	l->k = l->n_out;
	l->tau = m->adaptive ? (float)pow(net->p.tinyprop.damping, net->p.n_layers - 1 - i) : net->p.tau;
	l->tuning = i < net->p.n_layers - 1 && m->tuned ? net->p.tuning[i] : NULL;
	rc = layer_find_kernels(l, &net->p, i);
	if (!rc)
		rc = layer_allocate(net, l, m, rows);
	if (rc)
		return rc;
	layer_init(l, net->p.init ? net->p.init : inits, net->p.seed, i);
	*scratch = max_size(*scratch, net_scratch_bytes(net, l));
	return 0;
}

static int net_setup(struct net *net)
{
	size_t rows = max_size((size_t)net->p.batch, NET_EVAL_BATCH), scratch = 0;

	net->forward = kernel_find(net->p.kernels, OP_FORWARD, "dense", NULL);
	net->update = kernel_find(net->p.kernels, OP_UPDATE, net->p.optimizer->name, NULL);
	net->dropout = kernel_find(net->p.kernels, OP_DROPOUT, "hash", NULL);
	if (!net->forward || !net->update || !net->dropout)
		return -ENOENT;
	for (int i = 0; i < net->p.n_layers; i++) {
		int rc = net_layer_create(net, i, rows, &scratch);

		if (rc)
			return rc;
	}
	net->scratch = net_memory(net, scratch, 1, 1);
	net->x = net_memory(net, rows, net->p.width[0], sizeof(float));
	net->label = net_memory(net, rows, 1, sizeof(uint8_t));
	net->loss = net_memory(net, rows, 1, sizeof(double));
	net->correct = net_memory(net, rows, 1, sizeof(uint8_t));
	return net->scratch && net->x && net->label && net->loss && net->correct ? 0 : -ENOMEM;
}

/* Non-zeros per row of a layer's dY. */
static double count_nonzeros(const struct layer *l, int rows)
{
	int n = rows * l->n_out, sum = 0;

	for (int e = 0; e < n; e++)
		sum += l->dy[e] < 0 || l->dy[e] > 0;
	return (double)sum / rows;
}

static void layer_choose(struct layer *l, const struct net_params *p, int rows)
{
	double nonzeros = rows ? count_nonzeros(l, rows) : l->n_out / 2.0;
	struct choice c = tune_choose(l->tuning, p->kernels, l->k, nonzeros);

	l->choice_changed = l->choice_changed ||
			    (l->choice.method && (l->choice.method != c.method || l->choice.select != c.select));
	l->choice = c;
	l->select = c.select;
	l->backward_weights = c.weights;
	l->backward_data = c.data;
	layer_find_fused(l, p);
}

void net_choose(struct net *net, int rows)
{
	for (int i = 0; i < net->p.n_layers; i++)
		if (net->layer[i].tuning)
			layer_choose(&net->layer[i], &net->p, rows);
}

void net_describe_choices(const struct net *net, char *text, size_t size)
{
	bool any = false;

	text[0] = '\0';
	for (int i = 0; i < net->p.n_layers; i++)
		any = any || net->layer[i].tuning;
	for (int i = 0; any && i < net->p.n_layers - 1; i++) {
		const struct layer *l = &net->layer[i];
		size_t used = strlen(text);

		snprintf(text + used, size - used, "%s%s%s", i ? "/" : "",
			 l->tuning ? choice_describe(&l->choice).s : net_layer_method(&net->p, i)->name,
			 l->choice_changed ? "~" : "");
	}
}

int net_create(struct net **out, const struct net_params *p)
{
	struct net *net = calloc(1, sizeof(*net));
	int rc;

	if (!net)
		return -ENOMEM;
	net->p = *p;
	rc = net_setup(net);
	if (rc) {
		net_destroy(net);
		return rc;
	}
	*out = net;
	return 0;
}

void net_destroy(struct net *net)
{
	for (int i = 0; net && i < net->n_blocks; i++)
		free(net->block[i]);
	free(net);
}

static uint64_t fnv1a(uint64_t hash, const float *v, size_t n)
{
	const uint8_t *bytes = (const uint8_t *)v;

	for (size_t i = 0; i < n * sizeof(*v); i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3u;
	return hash;
}

uint64_t net_digest(const struct net *net)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (int i = 0; i < net->p.n_layers; i++) {
		const struct layer *l = &net->layer[i];

		hash = fnv1a(hash, l->w, (size_t)l->n_out * (size_t)l->n_in);
		hash = fnv1a(hash, l->bias, (size_t)l->n_out);
	}
	return hash;
}
