/* SPDX-License-Identifier: MIT */
/*
 * Whole trainings: what an epoch reports, policies at work, stopping, data that do not fit; and a part of an epoch on
 * real MNIST, which must learn (skipped where there is none).
 */
#include "base/rng.h"
#include "emulator.h"
#include "learn/train.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_IN 24

#define N_TRAIN 310

#define N_TEST 90

#define MAX_EPOCHS 16

struct fixture {
	struct machine *machine;
	struct binding binding;
	struct dataset data;
};

static int fill_part(struct dataset_part *part, int count, struct rng *r)
{
	*part = (struct dataset_part){.count = count, .n_in = N_IN};
	part->images = malloc((size_t)count * N_IN * sizeof(float));
	part->labels = malloc((size_t)count);
	for (int i = 0; part->images && part->labels && i < count; i++) {
		part->labels[i] = (uint8_t)rng_below(r, 3);
		for (int c = 0; c < N_IN; c++)
			part->images[i * N_IN + c] = (float)(0.5 * rng_gaussian(r) + (c % 3 == part->labels[i]));
	}
	return part->images && part->labels ? 0 : -ENOMEM;
}

static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));
	struct rng r = rng_create(3, 0);
	struct failure f;

	if (!x || machine_create(&x->machine, NULL, &f) || binding_create(&x->binding, x->machine, "none", &f))
		return -1;
	snprintf(x->data.name, sizeof(x->data.name), "toy");
	*state = x;
	return fill_part(&x->data.train, N_TRAIN, &r) || fill_part(&x->data.test, N_TEST, &r);
}

static int teardown(void **state)
{
	struct fixture *x = *state;

	free(x->data.train.images);
	free(x->data.train.labels);
	free(x->data.test.images);
	free(x->data.test.labels);
	machine_destroy(x->machine);
	free(x);
	return 0;
}

static struct train_params toy_params(const struct fixture *x, const char *method)
{
	const struct optimizer *adam = optimizer_find("adam");

	return (struct train_params){
		.net = {.n_layers = 3,
			.width = {N_IN, 40, 30, 3},
			.batch = 16,
			.threads = 2,
			.seed = 9,
			.kernels = kernel_set_find(NULL),
			.method = method_find(method),
			.optimizer = adam,
			.beta1 = adam->beta1,
			.beta2 = adam->beta2,
			.eps = adam->eps},
		.lr = 0.01,
		.k = {8, 4},
		.epochs = 5,
		.policy = policy_find("constant"),
		.policy_params = {.spike = 0.05, .factor = 0.5, .floor = 0.01},
		.data = &x->data,
		.n_dev = 60,
		.binding = &x->binding,
	};
}

struct history {
	struct train_epoch v[MAX_EPOCHS];
	int n;
	int *stop; /* set after the first epoch */
};

static int remember(void *arg, const struct train_epoch *e, struct failure *f)
{
	struct history *h = arg;

	(void)f;
	assert_true(h->n < MAX_EPOCHS);
	h->v[h->n++] = *e;
	if (h->stop)
		*h->stop = 1;
	return 0;
}

static struct history run(const struct train_params *p)
{
	struct history h = {.n = 0};
	struct failure f = {""};

	if (train_run(p, remember, &h, &f))
		fail_msg("%s", f.text);
	return h;
}

static void epochs_are_reported(void **state)
{
	struct train_params p = toy_params(*state, "topk");
	struct history h = run(&p);

	assert_int_equal(h.n, 5);
	for (int i = 0; i < h.n; i++) {
		const struct train_epoch *e = &h.v[i];
		double sum = 0;

		for (int phase = 0; phase < PHASE_COUNT; phase++) {
			assert_true(e->phase_s[phase] > 0);
			sum += e->phase_s[phase];
		}
		assert_true(sum <= e->epoch_s && e->eval_s > 0);
		assert_int_equal(e->epoch, i + 1);
		assert_true(e->mean_k == 6); /* of 8 and 4 */
		assert_true(e->n_kept == 2 && e->kept[0].mean == 8 && e->kept[1].mean == 4);
		assert_true(e->kept[0].p10 == 8 && e->kept[1].p90 == 4);
		assert_true(e->lr == 0.01);
		assert_string_equal(e->event, "");
	}
	assert_true(h.v[4].train_loss < h.v[0].train_loss);
	assert_true(h.v[4].dev_loss < h.v[0].dev_loss);
	assert_true(h.v[4].dev_acc > 0.9 && h.v[4].test_acc > 0.9 && h.v[4].test_acc <= 1);
}

static void teams_train_alike(void **state)
{
	struct train_params p = toy_params(*state, "topk");
	struct history two = run(&p), other;

	for (int threads = 1; threads <= 3; threads += 2) {
		p.net.threads = threads;
		other = run(&p);
		for (int i = 0; i < two.n; i++) {
			assert_int_equal(two.v[i].weights_digest, other.v[i].weights_digest);
			assert_true(two.v[i].train_loss == other.v[i].train_loss);
			assert_true(two.v[i].dev_loss == other.v[i].dev_loss);
			assert_true(two.v[i].test_acc == other.v[i].test_acc);
		}
	}
}

static void dense_counts_all_as_kept(void **state)
{
	struct train_params p = toy_params(*state, "dense");

	p.epochs = 1;
	assert_true(run(&p).v[0].mean_k == 35);
	p.net.n_layers = 1;
	p.net.width[1] = 3;
	assert_true(run(&p).v[0].mean_k == 3);
	assert_true(run(&p).v[0].n_kept == 1 && run(&p).v[0].kept[0].p50 == 3);
}

/* Where rows keep different numbers, the quantiles say so; counted alike by every team, and anew in each epoch. */
static void kept_is_counted(void **state)
{
	struct train_params p = toy_params(*state, "norm");
	struct history one, three;

	p.net.tau = 0.6f;
	p.net.threads = 1;
	one = run(&p);
	p.net.threads = 3;
	three = run(&p);
	for (int i = 0; i < one.n; i++)
		for (int l = 0; l < 2; l++) {
			const struct kept_stats *a = &one.v[i].kept[l], *b = &three.v[i].kept[l];

			assert_true(a->mean == b->mean && a->p10 == b->p10 && a->p50 == b->p50 && a->p90 == b->p90);
			assert_true(a->p10 <= a->p50 && a->p50 <= a->p90 && a->p10 < a->p90 && a->p90 <= 40);
			assert_true(a->mean >= 1 && a->mean <= 40);
		}
}

static void policies_move_k_and_lr(void **state)
{
	struct train_params p = toy_params(*state, "topk");
	struct history h;

	p.policy = policy_find("linear");
	h = run(&p);
	assert_true(h.v[0].mean_k == 35 && h.v[4].mean_k == 6);
	assert_true(h.v[2].mean_k == (24 + 17) / 2.0);
	p.policy = policy_find("linear-lr");
	h = run(&p);
	assert_true(h.v[0].lr == 0.01 && h.v[4].lr < 0.0021 && h.v[4].mean_k == 6);
}

static struct history run_with_whole_output(const struct train_params *p)
{
	struct train_params whole = *p;

	whole.net.sparse_output = false;
	return run(&whole);
}

/* The output layer has a k of its own that follows the policy; the columns go on telling of hidden layers. */
static void the_output_may_be_sparse(void **state)
{
	struct train_params p = toy_params(*state, "topk");
	uint64_t whole = run(&p).v[4].weights_digest, kept_bias;
	struct history h;

	p.net.kept_bias = true;
	kept_bias = run(&p).v[4].weights_digest;
	p.net.sparse_output = true;
	p.k[2] = 2;
	h = run(&p);
	assert_true(h.v[4].n_kept == 2 && h.v[4].mean_k == 6);
	assert_true(whole != kept_bias && kept_bias != h.v[4].weights_digest);
	assert_true(h.v[4].train_loss < h.v[0].train_loss);
	p.net.kept_bias = false;
	p.k[2] = 9; /* more than there are: all */
	assert_true(fabs(run(&p).v[0].dev_loss - run_with_whole_output(&p).v[0].dev_loss) < 1e-3);
}

/* k falls from n to the target: dense first, then top-k; the same tables, the same bits, whatever the team. */
static void auto_follows_k(void **state)
{
	const struct tune_table table = {.topk = {2, {{12, 0.5, "heap"}, {24, 2, "radix"}}}};
	struct train_params p = toy_params(*state, "auto");
	struct history h;
	uint64_t digest;

	p.policy = policy_find("linear");
	p.net.tuning[0] = p.net.tuning[1] = &table;
	h = run(&p);
	assert_string_equal(h.v[0].chosen, "dense/dense");
	assert_int_equal(h.v[0].mean_k, 35);
	assert_string_equal(h.v[4].chosen, "topk heap/topk heap");
	assert_int_equal(h.v[4].mean_k, 6);
	digest = h.v[4].weights_digest;
	for (p.net.threads = 1; p.net.threads <= 3; p.net.threads++)
		assert_int_equal(run(&p).v[4].weights_digest, digest);
	p = toy_params(*state, "auto"); /* without costs it is top-k */
	digest = run(&p).v[4].weights_digest;
	p.net.method = method_find("topk");
	assert_int_equal(run(&p).v[4].weights_digest, digest);
}

static void spikes_anneal(void **state)
{
	struct train_params p = toy_params(*state, "topk");
	struct history h;
	int events = 0;

	p.policy = policy_find("anneal-both");
	p.lr = 0.8; /* far too high: the loss jumps about */
	p.epochs = 8;
	h = run(&p);
	for (int i = 0; i + 1 < h.n; i++) {
		bool acted = !strcmp(h.v[i].event, "anneal_both");

		events += acted;
		assert_true(acted ? h.v[i + 1].lr < h.v[i].lr : h.v[i + 1].lr == h.v[i].lr);
		assert_true(acted ? h.v[i + 1].mean_k <= h.v[i].mean_k : h.v[i + 1].mean_k == h.v[i].mean_k);
	}
	assert_true(events > 0);
}

static void stops_between_epochs(void **state)
{
	struct train_params p = toy_params(*state, "dense");
	struct failure f = {""};
	int stop = 0;
	struct history h = {.stop = &stop};

	p.stop = &stop;
	assert_int_equal(train_run(&p, remember, &h, &f), -EINTR);
	assert_int_equal(h.n, 1);
	assert_non_null(strstr(f.text, "epoch 1 of 5"));
}

/* Taking turns changes nothing: each training comes to the weights it comes to alone. */
static void turns_change_nothing(void **state)
{
	const struct train_params p[2] = {toy_params(*state, "topk"), toy_params(*state, "random_k")};
	const struct history alone[2] = {run(&p[0]), run(&p[1])};
	struct training *t[2] = {NULL, NULL};
	struct failure f = {""};
	struct train_epoch e;

	for (int i = 0; i < 2; i++)
		assert_int_equal(training_create(&t[i], &p[i], &f), 0);
	for (int epoch = 1; epoch <= 5; epoch++)
		for (int i = 0; i < 2; i++) {
			assert_int_equal(training_epoch(t[(i + epoch) % 2], epoch, &e, &f), 0);
			assert_true(e.weights_digest == alone[(i + epoch) % 2].v[epoch - 1].weights_digest);
		}
	for (int i = 0; i < 2; i++)
		training_destroy(t[i]);
	training_destroy(NULL);
}

static void misfits_are_refused(void **state)
{
	struct train_params p = toy_params(*state, "dense");
	struct history h = {.n = 0};
	struct failure f = {""};

	p.net.width[0] = N_IN + 1;
	assert_int_equal(train_run(&p, remember, &h, &f), -EINVAL);
	assert_non_null(strstr(f.text, "25 inputs"));
	p = toy_params(*state, "dense");
	p.net.width[3] = 2;
	assert_int_equal(train_run(&p, remember, &h, &f), -EINVAL);
	assert_non_null(strstr(f.text, "label 2"));
	p = toy_params(*state, "dense");
	p.n_dev = N_TRAIN;
	assert_int_equal(train_run(&p, remember, &h, &f), -EINVAL);
	p = toy_params(*state, "topk");
	p.net.select = "nonsense";
	assert_int_equal(train_run(&p, remember, &h, &f), -ENOENT);
	assert_non_null(strstr(f.text, "nonsense"));
	assert_int_equal(h.n, 0);
}

static void estimates(void **state)
{
	struct train_params p = toy_params(*state, "topk");
	struct failure f = {""};
	double s = 0;

	assert_int_equal(train_estimate(&p, &s, &f), 0);
	assert_true(s > 0 && isfinite(s));
}

/*
 * 200 minibatches of real images, with the paper's net. Small k learns slowly at first, and unsteadily: k is large
 * here.
 */
static void learns_mnist(void **state)
{
	static const char *const learns[] = {"dense", "topk", "norm"};
	const struct fixture *x = *state;
	struct dataset mnist;
	struct failure f;

	if (*emulator())
		print_message("minutes of training: too slow on an emulator\n");
	if (*emulator() || dataset_load(&mnist, NULL, &f))
		skip();
	for (size_t i = 0; i < sizeof(learns) / sizeof(learns[0]); i++) {
		struct train_params p = toy_params(x, learns[i]);
		const int width[] = {784, 500, 500, 10};
		double need = mnist.stand_in ? 0.7 : 0.85;
		struct history h;

		memcpy(p.net.width, width, sizeof(width));
		p.net.batch = 50;
		p.net.threads = 1;
		p.net.tau = 0.9f;
		p.k[0] = p.k[1] = 160;
		p.lr = 1e-3;
		p.epochs = 1;
		p.max_train = 10000;
		p.max_test = 1000;
		p.n_dev = 1000;
		p.data = &mnist;
		h = run(&p);
		if (!(h.v[0].test_acc > need))
			fail_msg("%s: test accuracy %g on %s", learns[i], h.v[0].test_acc, mnist.name);
	}
	dataset_release(&mnist);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(epochs_are_reported),
		cmocka_unit_test(teams_train_alike),
		cmocka_unit_test(dense_counts_all_as_kept),
		cmocka_unit_test(kept_is_counted),
		cmocka_unit_test(policies_move_k_and_lr),
		cmocka_unit_test(the_output_may_be_sparse),
		cmocka_unit_test(auto_follows_k),
		cmocka_unit_test(spikes_anneal),
		cmocka_unit_test(stops_between_epochs),
		cmocka_unit_test(turns_change_nothing),
		cmocka_unit_test(misfits_are_refused),
		cmocka_unit_test(estimates),
		cmocka_unit_test(learns_mnist),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
