/* SPDX-License-Identifier: MIT */
/* Steps of training: the same bits for every team, learning, what dropout, lazy steps, method auto and seeds promise.
 */
#include "net_toy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

/* A few minibatches, one of them smaller, by a team of this size. */
static uint64_t train_digest(struct net_params p, int k, int threads)
{
	struct net *net;
	uint64_t digest;

	p.threads = threads;
	net = toy_net(&p, k);
#pragma omp parallel num_threads(threads)
	{
		struct team team = {omp_get_thread_num(), threads};

		for (int i = 0; i < 6; i++) {
			struct minibatch m = toy_batch(i * 8, i == 3 ? 3 : 8, i + 1);

			net_step(net, &m, team);
		}
	}
	digest = net_digest(net);
	net_destroy(net);
	return digest;
}

static void team_changes_no_bit(void **state)
{
	(void)state;
	for (const struct kernel_set *set = kernel_sets; set->isa; set++)
		for (const struct method *method = methods; set->supported() && method->name; method++)
			for (int option = 0; own_kernels(method) && option < 2; option++) {
				struct net_params p = toy_params(method->name);
				uint64_t one;

				p.kernels = set;
				p.lazy = option;
				p.dropout = option ? 0.2f : 0;
				p.sparse_output = p.kept_bias = option;
				one = train_digest(p, 5, 1);
				assert_int_equal(one, train_digest(p, 5, 2));
				assert_int_equal(one, train_digest(p, 5, 3));
				p.seed++;
				assert_int_not_equal(one, train_digest(p, 5, 1));
			}
}

/* dW fused with the step gives the bits of the two, whatever the method, the optimiser and the team. */
static void fusing_changes_no_bit(void **state)
{
	(void)state;
	for (const struct kernel_set *set = kernel_sets; set->isa; set++)
		for (const struct method *method = methods; set->supported() && method->name; method++)
			for (const struct optimizer *o = optimizers; own_kernels(method) && o->name; o++)
				for (int way = 0; way < 4; way++) {
					struct net_params p = toy_params(method->name);
					uint64_t two;

					p.kernels = set;
					p.optimizer = o;
					p.lazy = p.sparse_output = way % 2;
					p.l1 = p.l2 = way < 2 ? 0 : 0.01f;
					two = train_digest(p, 5, 1);
					p.fused = true;
					assert_int_equal(two, train_digest(p, 5, 1));
					assert_int_equal(two, train_digest(p, 5, 3));
				}
}

/* A table that makes method auto choose this way. */
static struct tune_table table_for(const char *method)
{
	return (struct tune_table){
		.relu_skip = {1, {{1, !strcmp(method, "relu_skip") ? 0.5 : 2, ""}}},
		.topk = {1, {{1, !strcmp(method, "topk") ? 0.5 : 2, "heap"}}},
	};
}

static uint64_t tuned_digest(const char *method, int threads, bool lazy)
{
	struct tune_table tables[2] = {table_for(method), table_for(method)};
	struct net_params p = toy_params("auto");
	struct net *net;
	uint64_t digest;

	p.threads = threads;
	p.lazy = lazy;
	p.tuning[0] = &tables[0];
	p.tuning[1] = &tables[1];
	net = toy_net(&p, 5);
#pragma omp parallel num_threads(threads)
	{
		struct team team = {omp_get_thread_num(), threads};

		for (int i = 0; i < 6; i++) {
			struct minibatch m = toy_batch(i * 8, i == 3 ? 3 : 8, i + 1);

			if (team.rank == 0)
				net_choose(net, i == 4 ? 3 : i ? 8 : 0);
			team_barrier(team);
			net_step(net, &m, team);
		}
	}
	assert_string_equal(net->layer[1].choice.method->name, method);
	digest = net_digest(net);
	net_destroy(net);
	return digest;
}

/* Whatever auto chooses gives the bits of that method itself. */
static void auto_is_what_it_chooses(void **state)
{
	static const char *const ways[] = {"dense", "relu_skip", "topk"};

	(void)state;
	for (int i = 0; i < 3; i++)
		for (int lazy = 0; lazy < 2; lazy++)
			for (int threads = 1; threads <= 3; threads++) {
				struct net_params p = toy_params(ways[i]);

				p.lazy = lazy;
				assert_int_equal(tuned_digest(ways[i], threads, lazy), train_digest(p, 5, threads));
			}
}

/* Choices follow the zeros of dY, are told, and may differ between layers. */
static void choices_follow_the_zeros(void **state)
{
	const struct tune_table zeros = {.relu_skip = {2, {{18, 0.1, ""}, {19, 3, ""}}}};
	struct net_params p = toy_params("auto");
	struct minibatch m = toy_batch(0, 8, 1);
	char text[64];
	struct net *net;

	(void)state;
	p.layer_method[1] = method_find("norm");
	p.tuning[0] = &zeros;
	net = toy_net(&p, 5);
	net_choose(net, 0); /* half of 37: between the points */
	net_describe_choices(net, text, sizeof(text));
	assert_string_equal(text, "dense/norm");
	gradients(net, &m);
	memset(net->layer[0].dy, 0, 8 * 37 * sizeof(float));
	net_choose(net, 8);
	net_describe_choices(net, text, sizeof(text));
	assert_string_equal(text, "relu_skip~/norm");
	net_destroy(net);
}

/*
 * Keeping everything is dense training up to rounding: the sparse kernels add the same products in another order than
 * the blocked GEMM, so bits differ. SGD, since Adam would blow up the rounding of gradients near zero to whole steps.
 */
static void keeping_all_is_dense(void **state)
{
	struct net *net[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct net_params p = toy_params(i ? "topk" : "dense");

		p.optimizer = optimizer_find("sgd");
		net[i] = toy_net(&p, 64);
		for (int s = 0; s < 40; s++) {
			struct minibatch m = toy_batch(s % 8 * 8, 8, s + 1);

			net_step(net[i], &m, (struct team){0, 1});
		}
	}
	for (int l = 0; l < 3; l++)
		for (int e = 0; e < net[0]->layer[l].n_in * net[0]->layer[l].n_out; e++)
			assert_float_equal(net[0]->layer[l].w[e], net[1]->layer[l].w[e], 1e-5);
	assert_true(fabs(net[0]->loss_total - net[1]->loss_total) < 1e-3);
	net_destroy(net[0]);
	net_destroy(net[1]);
}

static void training_learns(void **state)
{
	struct net_params p = toy_params("topk");
	struct net *net = toy_net(&p, 4);
	struct minibatch all = toy_batch(0, N_IMAGES, 0);

	(void)state;
	for (int s = 0; s < 200; s++) {
		struct minibatch m = toy_batch(s % 8 * 8, 8, s + 1);

		net_step(net, &m, (struct team){0, 1});
	}
	net->n_correct = 0;
	net_evaluate(net, &all, (struct team){0, 1});
	assert_true(net->n_correct > N_IMAGES * 9 / 10);
	net_destroy(net);
}

static int count_zeros(const float *v, int n)
{
	int zeros = 0;

	for (int i = 0; i < n; i++)
		zeros += v[i] == 0;
	return zeros;
}

static void dropout_drops_its_share(void **state)
{
	const struct team alone = {0, 1};
	struct net_params p = toy_params("dense");
	struct minibatch m = toy_batch(0, 8, 1);
	float kept[8 * 37];
	struct net *net;
	int dropped = 0;

	(void)state;
	p.dropout = 0.25f;
	net = toy_net(&p, 0);
	for (int i = 0; i < 37; i++)
		net->layer[0].bias[i] = 100; /* no unit is zero by itself */
	for (m.step = 1; m.step <= 50; m.step++) {
		net_gather(net, &m, alone);
		net_forward(net, &m, true, alone);
		dropped += count_zeros(net->layer[0].y, 8 * 37);
	}
	assert_true(abs(dropped - 50 * 8 * 37 / 4) < 300); /* 5 standard deviations */
	memcpy(kept, net->layer[0].y, sizeof(kept));
	net_forward(net, &m, false, alone);
	assert_int_equal(count_zeros(net->layer[0].y, 8 * 37), 0);
	for (int i = 0; i < 8 * 37; i++)
		assert_true(kept[i] == 0 || fabsf(kept[i] / net->layer[0].y[i] - 1 / 0.75f) < 1e-5f);
	net_destroy(net);
}

/* Counts rows of W in layer 1 that two steps with k = 1 and two examples left as they were. */
static int rows_unmoved(bool lazy)
{
	struct net_params p = toy_params("topk");
	struct minibatch m = toy_batch(0, 2, 1);
	int unmoved = 0, n_in, n_out;
	struct net *net;
	float w[19 * 37];

	p.lazy = lazy;
	net = toy_net(&p, 1);
	n_in = net->layer[1].n_in;
	n_out = net->layer[1].n_out;
	net_step(net, &m, (struct team){0, 1});
	memcpy(w, net->layer[1].w, sizeof(w));
	m = toy_batch(40, 2, 2);
	net_step(net, &m, (struct team){0, 1});
	for (int o = 0; o < n_out; o++)
		unmoved += !memcmp(w + o * n_in, net->layer[1].w + o * n_in, (size_t)n_in * sizeof(float));
	net_destroy(net);
	return unmoved;
}

static void lazy_leaves_rows_alone(void **state)
{
	(void)state;
	assert_true(rows_unmoved(true) >= 17);
	assert_true(rows_unmoved(false) <= rows_unmoved(true));
	assert_true(rows_unmoved(false) >= 15); /* never touched at all */
}

/* Steps a net once by sgd. */
static struct net *stepped_net(const char *method, float l1, float l2, bool lazy)
{
	struct net_params p = toy_params(method);
	struct minibatch m = toy_batch(0, 8, 1);
	struct net *net;

	p.optimizer = optimizer_find("sgd");
	p.l1 = l1;
	p.l2 = l2;
	p.lazy = lazy;
	net = toy_net(&p, 1);
	m.lr = 0.5f;
	net_step(net, &m, (struct team){0, 1});
	return net;
}

/* The weights of a layer, stepped without decay and with it, differ by the decay, or (may) both stayed. Did some stay?
 */
static bool rows_left(const struct layer *start, const struct layer *plain, const struct layer *decayed, bool may)
{
	bool left = false;

	for (int i = 0; i < plain->n_out * plain->n_in; i++) {
		float w = start->w[i], more = plain->w[i] - decayed->w[i];
		float wanted = 0.5f * (0.2f * w + (w > 0 ? 0.1f : -0.1f));

		if (fabsf(more - wanted) > 1e-5f) {
			assert_true(may && more == 0 && decayed->w[i] == w);
			left = true;
		}
	}
	return left;
}

/* l1 and l2 are gradients of the weights, in every row unless lazy; biases do not decay. */
static void weights_decay(void **state)
{
	struct net_params p = toy_params("dense");

	(void)state;
	for (int way = 0; way < 4; way++) {
		const char *method = way < 2 ? "dense" : "topk";
		struct net *start = toy_net(&p, 0), *plain = stepped_net(method, 0, 0, way % 2),
			   *decayed = stepped_net(method, 0.1f, 0.2f, way % 2);

		for (int i = 0; i < p.n_layers; i++) {
			const struct layer *a = &start->layer[i], *b = &plain->layer[i], *c = &decayed->layer[i];

			assert_memory_equal(b->bias, c->bias, (size_t)b->n_out * sizeof(float));
			assert_int_equal(rows_left(a, b, c, way == 3), way == 3 && i < p.n_layers - 1);
		}
		net_destroy(start);
		net_destroy(plain);
		net_destroy(decayed);
	}
}

static void seeds_pair_across_methods(void **state)
{
	struct net_params p = toy_params("dense"), q = toy_params("topk");
	struct net *a = toy_net(&p, 0), *b = toy_net(&q, 4), *c;

	(void)state;
	p.seed++;
	c = toy_net(&p, 0);
	assert_int_equal(net_digest(a), net_digest(b));
	assert_int_not_equal(net_digest(a), net_digest(c));
	net_destroy(a);
	net_destroy(b);
	net_destroy(c);
}

static void unknown_variant_is_refused(void **state)
{
	struct net_params p = toy_params("topk");
	struct net *net = NULL;

	(void)state;
	p.select = "no-such-algorithm";
	assert_true(net_create(&net, &p) < 0);
	assert_null(net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(team_changes_no_bit),
		cmocka_unit_test(keeping_all_is_dense),
		cmocka_unit_test(training_learns),
		cmocka_unit_test(dropout_drops_its_share),
		cmocka_unit_test(lazy_leaves_rows_alone),
		cmocka_unit_test(fusing_changes_no_bit),
		cmocka_unit_test(auto_is_what_it_chooses),
		cmocka_unit_test(choices_follow_the_zeros),
		cmocka_unit_test(seeds_pair_across_methods),
		cmocka_unit_test(unknown_variant_is_refused),
		cmocka_unit_test(weights_decay),
	};

	return cmocka_run_group_tests(tests, toy_fill, NULL);
}
