/* SPDX-License-Identifier: MIT */
/* What k is in a training: policies, the output layer, method auto, and what an epoch says was kept. */
#include "train_toy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

static void dense_counts_all_as_kept(void **state)
{
	struct train_params p = train_toy_params(*state, "dense");

	p.epochs = 1;
	assert_true(train_toy_run(&p).v[0].mean_k == 35);
	p.net.n_layers = 1;
	p.net.width[1] = 3;
	assert_true(train_toy_run(&p).v[0].mean_k == 3);
	assert_true(train_toy_run(&p).v[0].n_kept == 1 && train_toy_run(&p).v[0].kept[0].p50 == 3);
}

/* Where rows keep different numbers, the quantiles say so; counted alike by every team, and anew in each epoch. */
static void kept_is_counted(void **state)
{
	struct train_params p = train_toy_params(*state, "norm");
	struct history one, three;

	p.net.tau = 0.6f;
	p.net.threads = 1;
	one = train_toy_run(&p);
	p.net.threads = 3;
	three = train_toy_run(&p);
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
	struct train_params p = train_toy_params(*state, "topk");
	struct history h;

	p.policy = policy_find("linear");
	h = train_toy_run(&p);
	assert_true(h.v[0].mean_k == 35 && h.v[4].mean_k == 6);
	assert_true(h.v[2].mean_k == (24 + 17) / 2.0);
	p.policy = policy_find("linear-lr");
	h = train_toy_run(&p);
	assert_true(h.v[0].lr == 0.01 && h.v[4].lr < 0.0021 && h.v[4].mean_k == 6);
}

static struct history run_with_whole_output(const struct train_params *p)
{
	struct train_params whole = *p;

	whole.net.sparse_output = false;
	return train_toy_run(&whole);
}

/* The output layer has a k of its own that follows the policy; the columns go on telling of hidden layers. */
static void the_output_may_be_sparse(void **state)
{
	struct train_params p = train_toy_params(*state, "topk");
	uint64_t whole = train_toy_run(&p).v[4].weights_digest, kept_bias;
	struct history h;

	p.net.kept_bias = true;
	kept_bias = train_toy_run(&p).v[4].weights_digest;
	p.net.sparse_output = true;
	p.k[2] = 2;
	h = train_toy_run(&p);
	assert_true(h.v[4].n_kept == 2 && h.v[4].mean_k == 6);
	assert_true(whole != kept_bias && kept_bias != h.v[4].weights_digest);
	assert_true(h.v[4].train_loss < h.v[0].train_loss);
	p.net.kept_bias = false;
	p.k[2] = 9; /* more than there are: all */
	assert_true(fabs(train_toy_run(&p).v[0].dev_loss - run_with_whole_output(&p).v[0].dev_loss) < 1e-3);
}

static void watch_output_k(void *observer, const struct net *net, const struct minibatch *m)
{
	int *k = observer;

	k[(m->step - 1) / 16] = net->layer[2].k; /* 16 minibatches an epoch */
}

/* The policy moves the output layer's k from all of it to its own target; of a whole one nothing. */
static void policies_move_the_output_k(void **state)
{
	struct train_params p = train_toy_params(*state, "topk");
	int k[MAX_EPOCHS] = {0};

	p.policy = policy_find("linear");
	p.net.sparse_output = true;
	p.k[2] = 1;
	p.observe = watch_output_k;
	p.observer = k;
	assert_int_equal(train_minibatches(&p), 16);
	train_toy_run(&p);
	assert_true(k[0] == 3 && k[2] == 2 && k[4] == 1);
	p.net.sparse_output = false;
	train_toy_run(&p);
	assert_true(k[0] == 3 && k[2] == 3 && k[4] == 3);
}

/* k falls from n to the target: dense first, then top-k; the same tables, the same bits, whatever the team. */
static void auto_follows_k(void **state)
{
	const struct tune_table table = {.topk = {2, {{12, 0.5, "heap"}, {24, 2, "radix"}}}};
	struct train_params p = train_toy_params(*state, "auto");
	struct history h;
	uint64_t digest;

	p.policy = policy_find("linear");
	p.net.tuning[0] = p.net.tuning[1] = &table;
	h = train_toy_run(&p);
	assert_string_equal(h.v[0].chosen, "dense/dense");
	assert_int_equal(h.v[0].mean_k, 35);
	assert_string_equal(h.v[4].chosen, "topk heap/topk heap");
	assert_int_equal(h.v[4].mean_k, 6);
	digest = h.v[4].weights_digest;
	for (p.net.threads = 1; p.net.threads <= 3; p.net.threads++)
		assert_int_equal(train_toy_run(&p).v[4].weights_digest, digest);
	p = train_toy_params(*state, "auto"); /* without costs it is top-k */
	digest = train_toy_run(&p).v[4].weights_digest;
	p.net.method = method_find("topk");
	assert_int_equal(train_toy_run(&p).v[4].weights_digest, digest);
}

static void spikes_anneal(void **state)
{
	struct train_params p = train_toy_params(*state, "topk");
	struct history h;
	int events = 0;

	p.policy = policy_find("anneal-both");
	p.lr = 0.8; /* far too high: the loss jumps about */
	p.epochs = 8;
	h = train_toy_run(&p);
	for (int i = 0; i + 1 < h.n; i++) {
		bool acted = !strcmp(h.v[i].event, "anneal_both");

		events += acted;
		assert_true(acted ? h.v[i + 1].lr < h.v[i].lr : h.v[i + 1].lr == h.v[i].lr);
		assert_true(acted ? h.v[i + 1].mean_k <= h.v[i].mean_k : h.v[i + 1].mean_k == h.v[i].mean_k);
	}
	assert_true(events > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dense_counts_all_as_kept),
		cmocka_unit_test(kept_is_counted),
		cmocka_unit_test(policies_move_k_and_lr),
		cmocka_unit_test(the_output_may_be_sparse),
		cmocka_unit_test(policies_move_the_output_k),
		cmocka_unit_test(auto_follows_k),
		cmocka_unit_test(spikes_anneal),
	};

	return cmocka_run_group_tests(tests, train_toy_create, train_toy_destroy);
}
