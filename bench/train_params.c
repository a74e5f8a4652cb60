/* SPDX-License-Identifier: MIT */
/* What one training of the list is given, see train_points.h: its parameters, and the costs that method auto needs. */
#include "train_points.h"

#include <string.h>

int train_point_tune(struct train_point *t, const struct session *s, struct failure *f)
{
	const struct int_list *width = &s->options->layers;
	int rc = 0;

	for (int i = 0; i < s->options->layers.n - 2 && !rc; i++) {
		const struct method *m = t->layer_method[i] ? t->layer_method[i] : t->entrant.method;
		const struct tune_layer layer = {.kernels = s->kernels,
						 .caches = machine_caches(s->machine),
						 .batch = t->batch,
						 .n_in = (int)width->v[i],
						 .n_out = (int)width->v[i + 1],
						 .threads = t->threads,
						 .dx = i > 0};

		rc = m->tuned ? tuner_table(s->tuner, &layer, &t->tuning[i], f) : 0;
	}
	return rc;
}

/* What the optimiser and the loss are given. */
static void set_step(struct net_params *p, const struct options *o)
{
	const struct optimizer *optimizer = optimizer_find(o->optimizer);
	bool momentum = !strcmp(optimizer->name, "momentum");

	p->optimizer = optimizer;
	p->beta1 = momentum ? (float)o->momentum : optimizer->beta1;
	p->beta2 = optimizer->beta2;
	p->eps = optimizer->eps;
	p->l1 = (float)o->l1;
	p->l2 = (float)o->l2;
	p->lazy = o->lazy;
	p->fused = o->fused;
	p->loss_sum = !strcmp(o->loss, "sum");
}

/* What back-propagation leaves out. */
static void set_method(struct net_params *p, const struct train_point *t, const struct options *o)
{
	p->method = t->entrant.method;
	p->select = t->select[0] ? t->select : NULL;
	p->sgemm = t->entrant.peer ? t->entrant.peer->sgemm : NULL;
	p->tau = (float)t->tau;
	p->tinyprop = (struct net_tinyprop){o->tinyprop_min, o->tinyprop_max, o->tinyprop_damp};
	p->memory = (float)o->memory;
	p->rescale = o->rescale;
	p->sparse_output = t->sparse_output;
	p->kept_bias = t->kept_bias;
	memcpy(p->tuning, t->tuning, sizeof(p->tuning));
	memcpy(p->layer_method, t->layer_method, sizeof(p->layer_method));
}

static struct net_params net_params_of(const struct train_point *t, const struct session *s)
{
	const struct options *o = s->options;
	struct net_params p = {
		.n_layers = o->layers.n - 1,
		.batch = t->batch,
		.threads = t->threads,
		.seed = t->seed,
		.kernels = s->kernels,
		.caches = machine_caches(s->machine),
		.init = init_find(o->init),
		.dropout = (float)o->dropout,
	};

	for (int i = 0; i < o->layers.n; i++)
		p.width[i] = (int)o->layers.v[i];
	set_method(&p, t, o);
	set_step(&p, o);
	return p;
}

struct train_params train_point_params(const struct train_point *t, const struct session *s)
{
	const struct options *o = s->options;
	struct train_params p = {
		.net = net_params_of(t, s),
		.lr = o->lr > 0 ? o->lr : optimizer_find(o->optimizer)->lr,
		.epochs = o->epochs,
		.policy = policy_find(o->policy),
		.policy_params = {.spike = o->spike, .factor = o->anneal_factor, .floor = o->floor},
		.n_dev = TRAIN_DEV_IMAGES,
		.binding = &s->binding,
	};

	memcpy(p.k, t->k, sizeof(p.k));
	return p;
}
