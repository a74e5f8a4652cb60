/* SPDX-License-Identifier: MIT */
/* What methods remember between minibatches: the memory of error_feedback, the largest norm of tinyprop. */
#include "learn/net_private.h"
#include "net_toy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <string.h>

#define MOST (8 * 37)

static int size_of(const struct layer *l)
{
	return 8 * l->n_out;
}

static bool about(float a, float b)
{
	return fabsf(a - b) <= 4e-7f * fabsf(b);
}

/* In rows 0 .. count - 1: memory + kept = dY + share * memory before, as each entry is in one of both; the memory in
 * units of a whole minibatch, in which dY is larger by `unit`. */
static void expect_balance(const struct layer *l, const float *before, float share, float unit, int count)
{
	for (int b = 0; b < count; b++)
		for (int o = 0, e = 0; o < l->n_out; o++) {
			int at = b * l->n_out + o;
			bool kept = e < l->kept.count[b] && l->kept.index[b * l->kept.stride + e] == o;
			float owed = l->dy[at] + share * unit * before[at];

			assert_true(kept ? l->memory[at] == 0 : about(l->memory[at], owed / unit));
			if (kept)
				assert_true(about(l->kept.value[b * l->kept.stride + e++], owed));
		}
	/* What a smaller minibatch lacks stays. */
	for (int at = count * l->n_out; at < size_of(l); at++)
		assert_true(l->memory[at] == before[at]);
}

static void expect_memory_to_balance(bool loss_sum)
{
	struct net_params p = toy_params("error_feedback");
	float before[3][MOST] = {{0}};
	struct net *net;

	p.sparse_output = true;
	p.loss_sum = loss_sum;
	net = toy_net(&p, 4);
	net->layer[2].k = 2;
	for (int s = 0; s < 12; s++) {
		struct minibatch m = toy_batch(s % 8 * 8, s == 5 ? 3 : 8, s + 1);

		net_step(net, &m, (struct team){0, 1});
		for (int i = 0; i < 3; i++) {
			expect_balance(&net->layer[i], before[i], 0.8f, loss_sum ? 1 : 8 / (float)m.count, m.count);
			memcpy(before[i], net->layer[i].memory, (size_t)size_of(&net->layer[i]) * sizeof(float));
		}
	}
	net_destroy(net);
}

static void memory_balances(void **state)
{
	(void)state;
	expect_memory_to_balance(false);
	expect_memory_to_balance(true);
}

/* What fades away is nothing, before it is denormal. */
static void memory_fades(void **state)
{
	struct net_params p = toy_params("error_feedback");
	struct net *net = toy_net(&p, 1);
	struct minibatch m = toy_batch(0, 8, 1);
	struct layer *l = &net->layer[0];
	int off = 0;

	(void)state;
	for (int at = 0; at < size_of(l); at++)
		l->memory[at] = at % 2 ? FLT_MIN : -FLT_MIN;
	gradients(net, &m);
	for (int at = 0; at < size_of(l); at++) {
		assert_true(fpclassify(l->memory[at]) != FP_SUBNORMAL);
		if (fabsf(l->dy[at]) > 0)
			continue;
		assert_true(l->memory[at] == 0);
		off++;
	}
	assert_true(off > 0);
	net_destroy(net);
}

static uint64_t digest_of(const struct net_params *p, int k)
{
	struct net *net = toy_net(p, k);
	uint64_t digest;

	for (int s = 0; s < 12; s++) {
		struct minibatch m = toy_batch(s % 8 * 8, 8, s + 1);

		net_step(net, &m, (struct team){0, 1});
	}
	digest = net_digest(net);
	net_destroy(net);
	return digest;
}

/* Without a memory, or with nothing to remember, it is top-k. */
static void feedback_of_nothing_is_topk(void **state)
{
	struct net_params p = toy_params("error_feedback"), topk = toy_params("topk");

	(void)state;
	assert_int_not_equal(digest_of(&p, 4), digest_of(&topk, 4));
	assert_int_equal(digest_of(&p, 64), digest_of(&topk, 64));
	p.memory = 0;
	assert_int_equal(digest_of(&p, 4), digest_of(&topk, 4));
}

/* Nothing is lost: at full memory and k = 1, sums over steps of dY and of what was kept differ by the memory alone; all
 * in units of the loss's sum, as some minibatches are smaller. */
static void full_memory_loses_nothing(void **state)
{
	struct net_params p = toy_params("error_feedback");
	double dy[MOST] = {0}, kept[MOST] = {0}, share;
	const struct layer *l;
	struct net *net;

	(void)state;
	p.memory = 1;
	net = toy_net(&p, 1);
	l = &net->layer[0];
	for (int s = 0; s < 30; s++) {
		struct minibatch m = toy_batch(s % 8 * 8, s % 9 ? 8 : 5, s + 1);

		net_step(net, &m, (struct team){0, 1});
		share = m.count / 8.0;
		for (int at = 0; at < m.count * l->n_out; at++)
			dy[at] += share * (double)l->dy[at];
		for (int b = 0; b < m.count; b++)
			kept[b * l->n_out + l->kept.index[b * l->kept.stride]] +=
				share * (double)l->kept.value[b * l->kept.stride];
	}
	for (int at = 0; at < size_of(l); at++)
		assert_true(fabs(dy[at] - kept[at] - (double)l->memory[at]) < 1e-5);
	net_destroy(net);
}

static double norm_of(const struct layer *l, int b)
{
	double sum = 0;

	for (int o = 0; o < l->n_out; o++)
		sum += fabs((double)l->dy[b * l->n_out + o]);
	return sum;
}

/* Depth counts from the output layer, which has 0 even where it is whole; rows keep what their norms say. */
static void tinyprop_follows_the_norms(void **state)
{
	struct net_params p = toy_params("tinyprop");
	double seen[2] = {0};
	struct net *net = toy_net(&p, 0);

	(void)state;
	assert_true(net->layer[1].tau == 0.5f && net->layer[0].tau == 0.25f);
	for (int s = 0; s < 12; s++) {
		struct minibatch m = toy_batch(s % 8 * 8, s == 5 ? 3 : 8, s + 1);

		net_step(net, &m, (struct team){0, 1});
		for (int i = 0; i < 2; i++) {
			const struct layer *l = &net->layer[i];
			double most = seen[i];

			for (int b = 0; b < m.count; b++) {
				/* As if the minibatch was a whole one. */
				double l1 = norm_of(l, b) * m.count / 8;
				double share = 0.1 + 0.8 * (l1 < seen[i] ? l1 / seen[i] : 1);

				assert_true(fabs(fmax(1, share * l->n_out * (double)l->tau) - l->kept.count[b]) <
					    0.501);
				most = fmax(most, l1);
			}
			seen[i] = most;
			assert_true(fabs((double)l->l1_seen - seen[i]) < 1e-6 * seen[i]);
		}
	}
	net_destroy(net);
}

/* A smaller minibatch, whose dY the mean loss makes larger, counts as a whole one would; a sum counts as it is. */
static void norms_are_those_of_whole_minibatches(void **state)
{
	struct net_params p = toy_params("tinyprop");
	float l1[8] = {1, INFINITY, NAN, 3, 2};

	(void)state;
	for (int sum = 0; sum < 2; sum++) {
		struct net *net;
		struct layer *l;

		p.loss_sum = sum;
		net = toy_net(&p, 0);
		l = &net->layer[0];
		memcpy(l->l1, l1, sizeof(l1));
		net_end_selections(net, 4);
		assert_true(l->l1_seen == (sum ? 3 : 1.5f)); /* the largest that is finite */
		net_end_selections(net, 8);
		assert_true(l->l1_seen == 3);
		net_end_selections(net, 1);
		assert_true(l->l1_seen == 3);
		net_destroy(net);
	}
}

/* With one share for all rows it is top-k. */
static void tinyprop_of_one_share_is_topk(void **state)
{
	struct net_params p = toy_params("tinyprop"), topk = toy_params("topk");

	(void)state;
	p.tinyprop.least = p.tinyprop.most = 4 / 37.0;
	p.tinyprop.damping = 1;
	p.n_layers = topk.n_layers = 2;
	p.width[2] = topk.width[2] = N_CLASSES;
	assert_int_equal(digest_of(&p, 0), digest_of(&topk, 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_balances),
		cmocka_unit_test(memory_fades),
		cmocka_unit_test(feedback_of_nothing_is_topk),
		cmocka_unit_test(full_memory_loses_nothing),
		cmocka_unit_test(tinyprop_follows_the_norms),
		cmocka_unit_test(norms_are_those_of_whole_minibatches),
		cmocka_unit_test(tinyprop_of_one_share_is_topk),
	};

	return cmocka_run_group_tests(tests, toy_fill, NULL);
}
