/* SPDX-License-Identifier: MIT */
/* What methods remember between minibatches: the memory of error_feedback, the largest norm of tinyprop. */
#include "net_toy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#define MOST (8 * 37)

static int size_of(const struct layer *l)
{
	return 8 * l->n_out;
}

/* In rows 0 .. count - 1: memory + kept = dY + share * memory before, to the bit, as each entry is in one of both. */
static void expect_balance(const struct layer *l, const float *before, float share, int count)
{
	for (int b = 0; b < count; b++)
		for (int o = 0, e = 0; o < l->n_out; o++) {
			int at = b * l->n_out + o;
			bool kept = e < l->kept.count[b] && l->kept.index[b * l->kept.stride + e] == o;
			float owed = l->dy[at] + share * before[at];

			assert_true(kept ? l->memory[at] == 0 : fabsf(l->memory[at] - owed) <= 1e-7f * fabsf(owed));
			if (kept)
				assert_true(fabsf(l->kept.value[b * l->kept.stride + e++] - owed) <=
					    1e-7f * fabsf(owed));
		}
	/* What a smaller minibatch lacks stays. */
	for (int at = count * l->n_out; at < size_of(l); at++)
		assert_true(l->memory[at] == before[at]);
}

static void memory_balances(void **state)
{
	struct net_params p = toy_params("error_feedback");
	float before[3][MOST] = {{0}};
	struct net *net;

	(void)state;
	p.sparse_output = true;
	net = toy_net(&p, 4);
	net->layer[2].k = 2;
	for (int s = 0; s < 12; s++) {
		struct minibatch m = toy_batch(s % 8 * 8, s == 5 ? 3 : 8, s + 1);

		net_step(net, &m, (struct team){0, 1});
		for (int i = 0; i < 3; i++) {
			expect_balance(&net->layer[i], before[i], 0.8f, m.count);
			memcpy(before[i], net->layer[i].memory, (size_t)size_of(&net->layer[i]) * sizeof(float));
		}
	}
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

/* Nothing is lost: at full memory and k = 1, sums over steps of dY and of what was kept differ by the memory alone. */
static void full_memory_loses_nothing(void **state)
{
	struct net_params p = toy_params("error_feedback");
	double dy[MOST] = {0}, kept[MOST] = {0};
	const struct layer *l;
	struct net *net;

	(void)state;
	p.memory = 1;
	net = toy_net(&p, 1);
	l = &net->layer[0];
	for (int s = 0; s < 30; s++) {
		struct minibatch m = toy_batch(s % 8 * 8, 8, s + 1);

		net_step(net, &m, (struct team){0, 1});
		for (int at = 0; at < size_of(l); at++)
			dy[at] += (double)l->dy[at];
		for (int b = 0; b < 8; b++)
			kept[b * l->n_out + l->kept.index[b * l->kept.stride]] +=
				(double)l->kept.value[b * l->kept.stride];
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
				double l1 = norm_of(l, b), share = 0.1 + 0.8 * (l1 < seen[i] ? l1 / seen[i] : 1);

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
		cmocka_unit_test(feedback_of_nothing_is_topk),
		cmocka_unit_test(full_memory_loses_nothing),
		cmocka_unit_test(tinyprop_follows_the_norms),
		cmocka_unit_test(tinyprop_of_one_share_is_topk),
	};

	return cmocka_run_group_tests(tests, toy_fill, NULL);
}
