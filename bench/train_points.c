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

/* --output and --bias. Where no k of the output layer was given, it has the share of its width that the hidden layer
 * before it has, or `ratio`; 1 or more. */
static void settle_output(struct product *p, double ratio)
{
	const struct options *o = p->session->options;
	int hidden = hidden_layers(o), n_out = (int)o->layers.v[hidden + 1];
	struct train_point *t = &p->point;

	t->sparse_output = !strcmp(o->output, "sparse") && t->entrant.method->select;
	t->kept_bias = !strcmp(o->bias, "kept") && layers_select(p);
	if (t->k[hidden] != NO_K)
		return;
	if (!(ratio > 0))
		ratio = hidden ? t->k[hidden - 1] / (double)o->layers.v[hidden] : 0;
	t->k[hidden] = (int)fmin(fmax(1, round(ratio * n_out)), n_out);
}

/* 20, or 20/40 where the layers differ; 20/40/5 where the output layer has one too. */
static int describe_k(struct train_point *t, int hidden, struct failure *f)
{
	int n = hidden + t->sparse_output;
	bool same = !t->sparse_output;
	size_t used = 0;

	for (int i = 1; i < n; i++)
		same = same && t->k[i] == t->k[0];
	for (int i = 0; i < (same ? 1 : n) && used < sizeof(t->k_text); i++)
		used += (size_t)snprintf(t->k_text + used, sizeof(t->k_text) - used, "%s%d", i ? "/" : "",
					 n ? t->k[i] : 0);
	if (used < sizeof(t->k_text))
		return 0;
	return fail(f, -EINVAL, "--k: '%.40s...' is longer than %zu bytes, one k per layer; should be smaller numbers",
		    t->k_text, sizeof(t->k_text) - 1);
}

/* One point per selection algorithm asked for; a method that is tuned picks its own. */
static int add_variants(struct product *p, double ratio, struct failure *f)
{
	const struct kernel *variants[MAX_VARIANTS];
	const struct method *m = p->point.entrant.method;
	const char *select = m->tuned ? NULL : m->select;
	int n = 1, rc = 0;

	settle_output(p, ratio);
	if (m->takes_k)
		rc = describe_k(&p->point, hidden_layers(p->session->options), f);
	if (select)
		n = lineup_variants(p->session->kernels, select, &p->session->options->select, variants, MAX_VARIANTS);
	for (int i = 0; i < n && !rc; i++) {
		p->point.select = select ? variants[i]->variant : "";
		rc = train_point_label(&p->point, p->session->options, p->many, f);
		rc = rc ? rc : add_point(p, f);
	}
	return rc;
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
		p->point.k[hidden_layers(o)] = NO_K;
		rc = add_variants(p, o->ratio.v[i], f);
	}
	for (int i = 0; i < o->k_layers.n && !o->ratio.n && !rc; i++) {
		rc = parse_k(p, o->k_layers.v[i], f);
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

static bool uses_method(const struct product *p, const char *name)
{
	for (int i = 0; i < hidden_layers(p->session->options); i++)
		if (p->point.layer_method[i] && !strcmp(p->point.layer_method[i]->name, name))
			return true;
	return !strcmp(p->point.entrant.method->name, name);
}

static int check_tau(const struct product *p, struct failure *f)
{
	const struct real_list *tau = &p->session->options->tau;

	for (int i = 0; i < tau->n && uses_method(p, "norm"); i++)
		if (!(tau->v[i] > 0 && tau->v[i] < 1))
			return fail(f, -EINVAL, "invalid value '%g' for --tau; norm needs a number between 0 and 1",
				    tau->v[i]);
	return 0;
}

static int add_entrant(struct product *p, struct failure *f)
{
	const struct options *o = p->session->options;
	const struct method *m = p->point.entrant.method;
	int rc = check_tau(p, f);

	if (rc)
		return rc;
	memset(p->point.k, 0, sizeof(p->point.k));
	snprintf(p->point.k_text, sizeof(p->point.k_text), "0");
	p->point.tau = !train_method_asks_tau(m) && layers_take_tau(p) ? o->tau.v[0] : 0;
	if (m->takes_k)
		return add_k_settings(p, f);
	return train_method_asks_tau(m) ? add_tau_settings(p, f) : add_variants(p, 0, f);
}

/* The main one of several methods is the first that takes k, or else tau: that is what is swept. */
static int rank_of(const struct method *m)
{
	return m->takes_k ? 2 : train_method_asks_tau(m);
}

/* The methods of topk/dense, one per hidden layer. */
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
		main = main && rank_of(main) && rank_of(main) >= rank_of(m) ? main : m;
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
