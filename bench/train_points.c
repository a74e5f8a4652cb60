/* SPDX-License-Identifier: MIT */
/* See train_points.h. */
#include "train_points.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ENTRANTS 32
#define MAX_VARIANTS 16
#define NO_K (-1) /* of the output layer: none was given */

/* What is being put together: the list, and the point whose fields the loops fill one after another. */
struct product {
	const struct session *session;
	struct train_points *points;
	struct train_point point;
	bool many; /* more than one experiment: --experiment is a prefix */
};

static int hidden_layers(const struct options *o)
{
	return o->layers.n - 2;
}

static int add_point(struct product *p, struct failure *f)
{
	struct train_points *list = p->points;
	struct train_point *more = realloc(list->v, ((size_t)list->n + 1) * sizeof(*more));

	if (!more)
		return fail(f, -ENOMEM, "out of memory for %d trainings", list->n + 1);
	list->v = more;
	list->v[list->n++] = p->point;
	return 0;
}

/* Whether some hidden layer selects. */
static bool layers_select(const struct product *p)
{
	for (int i = 0; i < hidden_layers(p->session->options); i++)
		if (p->point.layer_method[i] && p->point.layer_method[i]->select)
			return true;
	return p->point.entrant.method->select != NULL;
}

/* --output and --bias; k of the output layer is that of the layer before it, or the same share, if none was given. */
static void settle_output(struct product *p, double ratio)
{
	const struct options *o = p->session->options;
	int hidden = hidden_layers(o), n_out = (int)o->layers.v[hidden + 1];
	struct train_point *t = &p->point;

	t->sparse_output = !strcmp(o->output, "sparse") && t->entrant.method->select;
	t->kept_bias = !strcmp(o->bias, "kept") && layers_select(p);
	if (ratio > 0)
		t->k[hidden] = (int)fmax(1, round(ratio * n_out));
	else if (t->k[hidden] == NO_K)
		t->k[hidden] = hidden ? t->k[hidden - 1] : 0;
	t->k[hidden] = t->k[hidden] < n_out ? t->k[hidden] : n_out;
}

/* One point per selection algorithm asked for; a method that is tuned picks its own. */
static int add_variants(struct product *p, double ratio, struct failure *f)
{
	const struct kernel *variants[MAX_VARIANTS];
	const struct method *m = p->point.entrant.method;
	const char *select = m->tuned ? NULL : m->select;
	int n = 1, rc = 0;

	settle_output(p, ratio);
	if (select)
		n = lineup_variants(p->session->kernels, select, &p->session->options->select, variants, MAX_VARIANTS);
	for (int i = 0; i < n && !rc; i++) {
		p->point.select = select ? variants[i]->variant : "";
		train_point_label(&p->point, p->session->options, p->many);
		rc = add_point(p, f);
	}
	return rc;
}

/* 20, or 20/40 where the layers differ. */
static void describe_k(struct train_point *t, int n)
{
	bool same = true;
	size_t used = 0;

	for (int i = 1; i < n; i++)
		same = same && t->k[i] == t->k[0];
	snprintf(t->k_text, sizeof(t->k_text), "%d", n ? t->k[0] : 0);
	for (int i = 1; i < n && !same; i++) {
		used = strlen(t->k_text);
		snprintf(t->k_text + used, sizeof(t->k_text) - used, "/%d", t->k[i]);
	}
}

/* How many numbers an item of --k may have: the output layer has a k where it is sparse. */
static int most_k(const struct options *o)
{
	return hidden_layers(o) + !strcmp(o->output, "sparse");
}

static int check_k(const struct train_point *t, const struct options *o, const char *word, struct failure *f)
{
	for (int i = 0; i <= hidden_layers(o); i++)
		if (t->k[i] > o->layers.v[i + 1])
			return fail(f, -EINVAL,
				    "invalid value '%s' for --k; %s layer %d has %d outputs, k should be at most that",
				    word, i < hidden_layers(o) ? "hidden" : "output", i + 1, (int)o->layers.v[i + 1]);
	return 0;
}

/* One item of --k: a number for all hidden layers, or one for each, and perhaps one for the output layer. */
static int parse_k(struct product *p, const char *word, struct failure *f)
{
	const struct options *o = p->session->options;
	const char *at = word;
	int n = 0;
	char *end;

	p->point.k[hidden_layers(o)] = NO_K;
	if (!hidden_layers(o))
		return 0;
	for (long k; n < most_k(o); n++, at = *end ? end + 1 : end) {
		k = strtol(at, &end, 10);
		if (end == at)
			break;
		p->point.k[n] = (int)k;
	}
	if (n == 1 && !*at)
		for (; n < hidden_layers(o); n++)
			p->point.k[n] = p->point.k[0];
	if (n < hidden_layers(o) || *at)
		return fail(f, -EINVAL,
			    "invalid value '%s' for --k; should be one number, or one for each of the %d hidden layers"
			    "%s",
			    word, hidden_layers(o),
			    most_k(o) > hidden_layers(o) ? ", and perhaps one for the output layer" : "");
	return check_k(&p->point, o, word, f);
}

static int add_k_settings(struct product *p, struct failure *f)
{
	const struct options *o = p->session->options;
	int rc = 0;

	for (int i = 0; i < o->ratio.n && !rc; i++) {
		for (int l = 0; l < hidden_layers(o); l++)
			p->point.k[l] = (int)fmax(1, round(o->ratio.v[i] * (double)o->layers.v[l + 1]));
		describe_k(&p->point, hidden_layers(o));
		rc = add_variants(p, o->ratio.v[i], f);
	}
	for (int i = 0; i < o->k_layers.n && !o->ratio.n && !rc; i++) {
		rc = parse_k(p, o->k_layers.v[i], f);
		describe_k(&p->point, hidden_layers(o) + (p->point.k[hidden_layers(o)] != NO_K));
		rc = rc ? rc : add_variants(p, 0, f);
	}
	return rc;
}

static int add_tau_settings(struct product *p, struct failure *f)
{
	const struct real_list *tau = &p->session->options->tau;
	const char *name = p->point.entrant.name;
	int rc = 0;

	if (!tau->n)
		return fail(f, -EINVAL, "--method=%s needs --tau=LIST; should be %s", name,
			    strcmp(name, "norm") ? "magnitudes of 0 or more" : "numbers between 0 and 1");
	for (int i = 0; i < tau->n && !rc; i++) {
		if (!strcmp(name, "norm") && !(tau->v[i] > 0 && tau->v[i] < 1))
			return fail(f, -EINVAL, "invalid value '%g' for --tau; norm needs a number between 0 and 1",
				    tau->v[i]);
		p->point.tau = tau->v[i];
		rc = add_variants(p, 0, f);
	}
	return rc;
}

/* Whether some layer of topk/norm takes tau. */
static bool layers_take_tau(const struct product *p)
{
	for (int i = 0; i < hidden_layers(p->session->options); i++)
		if (p->point.layer_method[i] && train_method_asks_tau(p->point.layer_method[i]))
			return true;
	return false;
}

static int add_entrant(struct product *p, struct failure *f)
{
	const struct options *o = p->session->options;
	const struct method *m = p->point.entrant.method;

	memset(p->point.k, 0, sizeof(p->point.k));
	snprintf(p->point.k_text, sizeof(p->point.k_text), "0");
	p->point.tau = !train_method_asks_tau(m) && layers_take_tau(p) ? o->tau.v[0] : 0;
	if (m->takes_k)
		return add_k_settings(p, f);
	return train_method_asks_tau(m) ? add_tau_settings(p, f) : add_variants(p, 0, f);
}

/* The methods of topk/dense, one per hidden layer; the first that takes k or tau is the main one, which is swept. */
static int split_layers(struct product *p, const char *item, struct failure *f)
{
	int hidden = hidden_layers(p->session->options), n = 0;
	const struct method *main = NULL;
	char name[48];

	for (size_t length; n < hidden && *item; n++, item += length + (item[length] == '/')) {
		const struct method *m;

		length = strcspn(item, "/");
		snprintf(name, sizeof(name), "%.*s", (int)length, item);
		m = p->point.layer_method[n] = method_find(name);
		if (!strcmp(m->backward, "blas"))
			return fail(f, -EINVAL, "--method: %s cannot be one layer's method; should be dense there",
				    name);
		main = main && (main->takes_k || train_method_asks_tau(main)) ? main : m;
	}
	if (n < hidden || *item)
		return fail(f, -EINVAL, "--method=%s should name one method for each of the %d hidden layers",
			    p->point.entrant.name, hidden);
	p->point.entrant.method = main;
	if (!train_method_asks_tau(main) && layers_take_tau(p) && p->session->options->tau.n != 1)
		return fail(f, -EINVAL, "--method=%s needs --tau=X; should be one number beside k",
			    p->point.entrant.name);
	return 0;
}

static int add_mixed(struct product *p, const char *item, struct failure *f)
{
	int rc;

	p->point.entrant = (struct entrant){.name = item};
	rc = split_layers(p, item, f);
	rc = rc ? rc : add_entrant(p, f);
	memset(p->point.layer_method, 0, sizeof(p->point.layer_method));
	return rc;
}

/* The items of --method that are one method for all layers. */
static struct word_list plain_methods(const struct options *o)
{
	struct word_list plain = {.n = 0};

	for (int i = 0; i < o->method.n; i++)
		if (!strchr(o->method.v[i], '/'))
			memcpy(plain.v[plain.n++], o->method.v[i], sizeof(plain.v[0]));
	return plain;
}

/* All methods with one batch, team and seed. */
static int add_methods(struct product *p, struct failure *f)
{
	struct entrant entrants[MAX_ENTRANTS];
	const struct options *o = p->session->options;
	const struct word_list plain = plain_methods(o);
	int n = 0, rc;

	if (plain.n || !o->method.n)
		n = lineup_entrants(p->session, &plain, entrants, MAX_ENTRANTS, f);
	rc = n < 0 ? n : 0;
	p->many = n > 1 || o->method.n > 1 || o->k_layers.n > 1 || o->ratio.n > 1 || o->tau.n > 1 || o->select.n > 1;
	for (int i = 0; i < n && !rc; i++) {
		p->point.entrant = entrants[i];
		rc = add_entrant(p, f);
	}
	for (int i = 0; i < o->method.n && !rc; i++)
		if (strchr(o->method.v[i], '/'))
			rc = add_mixed(p, o->method.v[i], f);
	return rc;
}

static int check_sizes(const struct options *o, struct failure *f)
{
	int64_t widest = 0, rows = NET_EVAL_BATCH;

	if (o->layers.n < 2 || o->layers.n > NET_MAX_LAYERS + 1)
		return fail(f, -EINVAL, "--layers has %d sizes; should be 2..%d, input to output", o->layers.n,
			    NET_MAX_LAYERS + 1);
	if (!strcmp(o->output, "sparse") && !hidden_layers(o))
		return fail(f, -EINVAL, "--output=sparse needs a hidden layer; should be --layers=IN,HIDDEN,OUT");
	for (int i = 0; i < o->layers.n; i++)
		widest = o->layers.v[i] > widest ? o->layers.v[i] : widest;
	for (int i = 0; i < o->batch.n; i++)
		rows = o->batch.v[i] > rows ? o->batch.v[i] : rows;
	if (rows * (widest + 64) > INT_MAX)
		return fail(f, -EINVAL, "--batch times the widest of --layers is %lld; should be below %d",
			    (long long)(rows * widest), INT_MAX);
	return 0;
}

/* Trainings are long: without --threads, the largest team alone, instead of the sweep of the kernels. */
static int first_team(const struct session *s)
{
	return s->options->threads.n ? 0 : s->threads.n - 1;
}

int train_points_create(struct train_points *points, const struct session *s, struct failure *f)
{
	const struct options *o = s->options;
	struct product p = {.session = s, .points = points};
	int n_seeds = o->seeds.n ? o->seeds.n : 1, rc = check_sizes(o, f);

	*points = (struct train_points){0};
	for (int seed = 0; seed < n_seeds; seed++)
		for (int b = 0; b < o->batch.n; b++)
			for (int t = first_team(s); t < s->threads.n && !rc; t++) {
				p.point.seed = o->seeds.n ? (uint64_t)o->seeds.v[seed] : o->seed;
				p.point.batch = (int)o->batch.v[b];
				p.point.threads = (int)s->threads.v[t];
				rc = add_methods(&p, f);
			}
	if (!rc)
		return 0;
	free(points->v);
	*points = (struct train_points){0};
	return rc;
}

int train_point_tune(struct train_point *t, const struct session *s, struct failure *f)
{
	const struct int_list *width = &s->options->layers;
	int rc = 0;

	for (int i = 0; i < hidden_layers(s->options) && !rc; i++) {
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

struct train_params train_point_params(const struct train_point *t, const struct session *s)
{
	const struct options *o = s->options;
	const struct optimizer *optimizer = optimizer_find(o->optimizer);
	bool momentum = !strcmp(optimizer->name, "momentum");
	struct train_params p = {
		.net = {.n_layers = o->layers.n - 1,
			.batch = t->batch,
			.threads = t->threads,
			.seed = t->seed,
			.kernels = s->kernels,
			.caches = machine_caches(s->machine),
			.method = t->entrant.method,
			.select = t->select[0] ? t->select : NULL,
			.sgemm = t->entrant.peer ? t->entrant.peer->sgemm : NULL,
			.optimizer = optimizer,
			.init = init_find(o->init),
			.beta1 = momentum ? (float)o->momentum : optimizer->beta1,
			.beta2 = optimizer->beta2,
			.eps = optimizer->eps,
			.tau = (float)t->tau,
			.l1 = (float)o->l1,
			.l2 = (float)o->l2,
			.tinyprop = {o->tinyprop_min, o->tinyprop_max, o->tinyprop_damp},
			.memory = (float)o->memory,
			.dropout = (float)o->dropout,
			.rescale = o->rescale,
			.lazy = o->lazy,
			.fused = o->fused,
			.loss_sum = !strcmp(o->loss, "sum"),
			.sparse_output = t->sparse_output,
			.kept_bias = t->kept_bias},
		.lr = o->lr > 0 ? o->lr : optimizer->lr,
		.epochs = o->epochs,
		.policy = policy_find(o->policy),
		.policy_params = {.spike = o->spike, .factor = o->anneal_factor, .floor = o->floor},
		.n_dev = TRAIN_DEV_IMAGES,
		.binding = &s->binding,
	};

	for (int i = 0; i < o->layers.n; i++)
		p.net.width[i] = (int)o->layers.v[i];
	memcpy(p.k, t->k, sizeof(p.k));
	memcpy(p.net.tuning, t->tuning, sizeof(p.net.tuning));
	memcpy(p.net.layer_method, t->layer_method, sizeof(p.net.layer_method));
	return p;
}
