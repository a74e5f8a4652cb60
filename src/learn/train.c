/* SPDX-License-Identifier: MIT */
/* See train.h. A whole epoch, evaluation included, is one call of the pinned team. */
#include "learn/train.h"

#include "base/rng.h"
#include "measure/measure.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct training {
	struct train_params params;
	const struct train_params *p; /* = &params */
	struct net *net;
	uint32_t *order; /* of the training images; then identity, for evaluation */
	int n_train, n_test;
	int64_t step; /* minibatches trained on before this epoch */
	struct policy_state policy;
	struct train_epoch epoch;
	bool leave[2]; /* see is_leaving */
};

static int min_int(int a, int b)
{
	return a < b ? a : b;
}

static int train_images(const struct train_params *p)
{
	int n = p->data->train.count - p->n_dev;

	return p->max_train > 0 ? min_int(n, p->max_train) : n;
}

int64_t train_minibatches(const struct train_params *p)
{
	return (train_images(p) + p->net.batch - 1) / p->net.batch;
}

/* The order of an epoch is a function of (seed, epoch) alone. */
static void shuffle(struct training *t)
{
	struct rng r = rng_create(t->p->net.seed, net_stream(STREAM_ORDER, 0, t->epoch.epoch));

	for (int i = 0; i < t->n_train; i++)
		t->order[i] = (uint32_t)(t->p->n_dev + i);
	rng_shuffle(&r, t->order, t->n_train);
}

static void clear_totals(struct net *net)
{
	memset(&net->ledger, 0, sizeof(net->ledger));
	net->ledger.last_ns = clock_ns();
	net->loss_total = 0;
	net->n_correct = 0;
	for (int i = 0; i < net->p.n_layers; i++)
		memset(net->layer[i].kept_counts, 0, ((size_t)net->layer[i].n_out + 1) * sizeof(int64_t));
}

#define CHOICE_MINIBATCHES 128 /* between two choices: counting zeros costs nothing then */

/* Before minibatch i of an epoch, of n: choices follow k and the zeros of the last dY, so no two runs differ. */
static void choose_kernels(struct training *t, int64_t i, int64_t n)
{
	int batch = t->p->net.batch, rest = t->n_train - (int)(n - 1) * batch;

	net_choose(t->net, i ? batch : t->step ? rest : 0);
	/* Only what changes within an epoch is told. */
	for (int l = 0; l < t->p->net.n_layers && i == 0; l++)
		t->net->layer[l].choice_changed = false;
}

/*
 * Whether the training was asked to stop. Rank 0 looks before minibatch i, the others read behind it, when they have
 * met in a barrier; two places, as rank 0 may be a minibatch ahead of a reader.
 */
static void look_for_stop(struct training *t, int64_t i, struct team team)
{
	if (team.rank == 0)
		t->leave[i & 1] = t->p->stop && *t->p->stop;
}

static bool is_leaving(const struct training *t, int64_t i)
{
	return t->leave[i & 1];
}

/* false: stopped. */
static bool run_minibatches(struct training *t, struct team team)
{
	const struct dataset_part *part = &t->p->data->train;
	int64_t n = train_minibatches(t->p);

	for (int64_t i = 0; i < n; i++) {
		int at = (int)i * t->p->net.batch;
		struct minibatch m = {
			.images = part->images,
			.labels = part->labels,
			.order = t->order + at,
			.count = min_int(t->p->net.batch, t->n_train - at),
			.step = t->step + i + 1,
			.lr = (float)t->epoch.lr,
		};

		if (i % CHOICE_MINIBATCHES == 0) {
			if (team.rank == 0)
				choose_kernels(t, i, n);
			team_barrier(team);
		}
		look_for_stop(t, i, team);
		net_step(t->net, &m, team);
		if (is_leaving(t, i))
			return false;
		/* The others are held back by the next step before they can change a dY. */
		if (t->p->observe && team.rank == 0)
			t->p->observe(t->p->observer, t->net, &m);
	}
	return true;
}

static void count_up_kept(const struct net *net, struct train_epoch *e)
{
	e->n_kept = net->p.n_layers > 1 ? net->p.n_layers - 1 : 1;
	e->mean_k = 0;
	for (int i = 0; i < e->n_kept; i++) {
		e->kept[i] = kept_stats_of(net->layer[i].kept_counts, net->layer[i].n_out);
		e->mean_k += e->kept[i].mean / e->n_kept;
	}
}

static bool epoch_train(struct training *t, struct team team)
{
	uint64_t start = 0;

	if (team.rank == 0) {
		start = clock_ns();
		clear_totals(t->net);
		shuffle(t);
	}
	net_end_phase(t->net, PHASE_OTHER, team);
	if (!run_minibatches(t, team))
		return false;
	if (team.rank)
		return true;
	t->epoch.epoch_s = (double)(clock_ns() - start) * 1e-9;
	for (int i = 0; i < PHASE_COUNT; i++)
		t->epoch.phase_s[i] = (double)t->net->ledger.ns[i] * 1e-9;
	t->epoch.train_loss = t->net->loss_total / t->n_train;
	count_up_kept(t->net, &t->epoch);
	return true;
}

/* Loss and accuracy on the first n images of a part; false: stopped. */
static bool evaluate(struct training *t, const struct dataset_part *part, int n, double *loss, double *accuracy,
		     struct team team)
{
	const uint32_t *identity = t->order + t->n_train;

	if (team.rank == 0)
		clear_totals(t->net);
	team_barrier(team);
	for (int at = 0; at < n; at += NET_EVAL_BATCH) {
		struct minibatch m = {
			.images = part->images,
			.labels = part->labels,
			.order = identity + at,
			.count = min_int(NET_EVAL_BATCH, n - at),
		};

		look_for_stop(t, at / NET_EVAL_BATCH, team);
		net_evaluate(t->net, &m, team);
		if (is_leaving(t, at / NET_EVAL_BATCH))
			return false;
	}
	if (team.rank == 0) {
		*loss = t->net->loss_total / n;
		*accuracy = (double)t->net->n_correct / n;
	}
	team_barrier(team);
	return true;
}

static void epoch_body(struct team team, void *arg)
{
	struct training *t = arg;
	double test_loss;
	uint64_t start = 0;

	if (!epoch_train(t, team))
		return;
	if (team.rank == 0)
		start = clock_ns();
	if (!evaluate(t, &t->p->data->train, t->p->n_dev, &t->epoch.dev_loss, &t->epoch.dev_acc, team) ||
	    !evaluate(t, &t->p->data->test, t->n_test, &test_loss, &t->epoch.test_acc, team))
		return;
	if (team.rank == 0)
		t->epoch.eval_s = (double)(clock_ns() - start) * 1e-9;
}

/* Whether there is a k that a policy can move. */
static bool takes_k(const struct net_params *p)
{
	for (int i = 0; i < p->n_layers - 1; i++)
		if (net_layer_method(p, i)->takes_k)
			return true;
	return false;
}

static void set_k(struct training *t, int i)
{
	const struct net_params *p = &t->p->net;
	struct layer *l = &t->net->layer[i];
	bool whole = i == p->n_layers - 1 && !p->sparse_output;

	l->k = l->n_out;
	if (!whole && net_layer_method(p, i)->takes_k)
		l->k = policy_k(&t->policy, min_int(t->p->k[i], l->n_out), l->n_out);
}

static int run_epoch(struct training *t, int epoch, struct failure *f)
{
	const struct train_params *p = t->p;
	struct policy_params policy = p->policy_params;
	int rc, unbound = 0;

	policy.epochs = p->epochs;
	policy_before(p->policy, &policy, &t->policy, epoch);
	t->epoch = (struct train_epoch){.epoch = epoch, .lr = p->lr * t->policy.lr_scale};
	for (int i = 0; i < p->net.n_layers; i++)
		set_k(t, i);
	rc = team_run(p->binding, p->net.threads, epoch_body, t, &unbound, f);
	if (rc)
		return rc;
	if (t->leave[0] || t->leave[1])
		return fail(f, -EINTR, "stopped in epoch %d of %d", epoch, p->epochs);
	t->step += train_minibatches(t->p);
	t->epoch.weights_digest = net_digest(t->net);
	net_describe_choices(t->net, t->epoch.chosen, sizeof(t->epoch.chosen));
	t->epoch.event = policy_after(p->policy, &policy, &t->policy, t->epoch.dev_loss);
	if (p->policy->changes == POLICY_K && !takes_k(&p->net))
		t->epoch.event = "";
	return 0;
}

static int check_data(const struct train_params *p, struct failure *f)
{
	const struct dataset_part *train = &p->data->train, *test = &p->data->test;

	if (train->n_in != p->net.width[0] || test->n_in != p->net.width[0])
		return fail(f, -EINVAL,
			    "the net has %d inputs, but the images of '%s' have %d pixels; should be the same",
			    p->net.width[0], p->data->name, train->n_in);
	if (train->count <= p->n_dev)
		return fail(f, -EINVAL,
			    "'%s' has %d training images; should be more than the %d of the development set",
			    p->data->name, train->count, p->n_dev);
	for (int i = 0; i < train->count + test->count; i++) {
		int label = i < train->count ? train->labels[i] : test->labels[i - train->count];

		if (label >= p->net.width[p->net.n_layers])
			return fail(f, -EINVAL,
				    "'%s' has label %d, but the net has %d outputs; should be one per class",
				    p->data->name, label, p->net.width[p->net.n_layers]);
	}
	return 0;
}

static int training_setup(struct training *t, const struct train_params *p, struct failure *f)
{
	int n_identity, rc;

	t->params = *p;
	t->p = &t->params;
	t->n_train = train_images(p);
	t->n_test = p->data->test.count;
	if (p->max_test > 0)
		t->n_test = min_int(t->n_test, p->max_test);
	policy_start(&t->policy);
	n_identity = t->n_test > p->n_dev ? t->n_test : p->n_dev;
	t->order = malloc(((size_t)t->n_train + (size_t)n_identity) * sizeof(*t->order));
	if (!t->order)
		return fail(f, -ENOMEM, "out of memory for the order of %d examples", t->n_train);
	for (int i = 0; i < n_identity; i++)
		t->order[t->n_train + i] = (uint32_t)i;
	rc = net_create(&t->net, &p->net);
	if (rc == -ENOENT)
		return fail(f, rc, "no kernel for method '%s'%s%s with optimizer '%s' on %s; see `mepbench list`",
			    p->net.method->name, p->net.select ? " and selection " : "",
			    p->net.select ? p->net.select : "", p->net.optimizer->name, p->net.kernels->isa);
	return rc ? fail(f, rc, "out of memory for the net") : 0;
}

int training_create(struct training **training, const struct train_params *p, struct failure *f)
{
	struct training *t;
	int rc = check_data(p, f);

	if (rc)
		return rc;
	t = calloc(1, sizeof(*t));
	if (!t)
		return fail(f, -ENOMEM, "out of memory for a training");
	rc = training_setup(t, p, f);
	if (rc) {
		training_destroy(t);
		return rc;
	}
	*training = t;
	return 0;
}

void training_destroy(struct training *t)
{
	if (!t)
		return;
	net_destroy(t->net);
	free(t->order);
	free(t);
}

int training_epoch(struct training *t, int epoch, struct train_epoch *out, struct failure *f)
{
	int rc = run_epoch(t, epoch, f);

	if (!rc)
		*out = t->epoch;
	return rc;
}

int train_run(const struct train_params *p, train_report *report, void *arg, struct failure *f)
{
	struct training *t = NULL;
	struct train_epoch e;
	int rc = training_create(&t, p, f);

	for (int epoch = 1; !rc && epoch <= p->epochs; epoch++) {
		rc = training_epoch(t, epoch, &e, f);
		if (!rc)
			rc = report(arg, &e, f);
		if (!rc && p->stop && *p->stop && epoch < p->epochs)
			rc = fail(f, -EINTR, "stopped after epoch %d of %d", epoch, p->epochs);
	}
	training_destroy(t);
	return rc;
}

static int keep_epoch(void *arg, const struct train_epoch *epoch, struct failure *f)
{
	(void)f;
	*(struct train_epoch *)arg = *epoch;
	return 0;
}

#define ESTIMATE_MINIBATCHES 40
#define ESTIMATE_IMAGES 1024

int train_estimate(const struct train_params *p, double *epoch_s, struct failure *f)
{
	struct train_params few = *p;
	struct train_epoch e = {0};
	int n_train = train_images(p), n_eval = p->data->test.count + p->n_dev, rc;

	few.epochs = 1;
	few.observe = NULL;
	few.max_train = min_int(n_train, ESTIMATE_MINIBATCHES * p->net.batch);
	few.max_test = ESTIMATE_IMAGES;
	few.n_dev = min_int(p->n_dev, ESTIMATE_IMAGES);
	rc = train_run(&few, keep_epoch, &e, f);
	if (rc)
		return rc;
	*epoch_s = e.epoch_s * n_train / few.max_train +
		   e.eval_s * n_eval / (few.n_dev + min_int(few.max_test, p->data->test.count));
	return 0;
}
