/* SPDX-License-Identifier: MIT */
/*
 * One seed gives the same bits whatever the team: trainings of every method and policy by 1 to 8 threads, more than the
 * machine may have. Held together are the digest of all weights, the losses, and what was kept.
 */
#include "train_toy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define MAX_TEAM 8

static struct train_params small(const struct train_toy *toy, const char *method)
{
	struct train_params p = train_toy_params(toy, method);

	p.epochs = 2;
	p.n_dev = 250; /* 60 images to train on */
	p.net.tau = !strcmp(method, "threshold") ? 0.001f : 0.7f;
	p.net.tinyprop = (struct net_tinyprop){0.1, 0.6, 0.9};
	p.net.memory = 0.8f;
	return p;
}

static bool same_bits(const struct history *a, const struct history *b)
{
	bool same = a->n == b->n;

	for (int i = 0; same && i < a->n; i++) {
		const struct train_epoch *x = &a->v[i], *y = &b->v[i];

		same = x->weights_digest == y->weights_digest && x->mean_k == y->mean_k && x->lr == y->lr &&
		       !memcmp(&x->train_loss, &y->train_loss, sizeof(double)) &&
		       !memcmp(&x->dev_loss, &y->dev_loss, sizeof(double)) && x->test_acc == y->test_acc;
	}
	return same;
}

static void check_teams(struct train_params p, int step)
{
	struct history one;

	p.net.threads = 1;
	one = train_toy_run(&p);
	for (int threads = 2; threads <= MAX_TEAM; threads += step) {
		struct history team;

		p.net.threads = threads;
		team = train_toy_run(&p);
		if (!same_bits(&one, &team))
			fail_msg("%s, policy %s, optimizer %s, fused %d, lazy %d: other bits by %d threads",
				 p.net.method->name, p.policy->name, p.net.optimizer->name, p.net.fused, p.net.lazy,
				 threads);
	}
}

static void methods_do_not_depend_on_the_team(void **state)
{
	int n = 0;

	for (const struct method *m = methods; m->name; m++) {
		if (!strcmp(m->backward, "blas")) /* the bits of a library are its own */
			continue;
		check_teams(small(*state, m->name), 1);
		n++;
	}
	assert_true(n > 0);
}

static void policies_do_not_depend_on_the_team(void **state)
{
	for (const struct policy *policy = policies; policy->name; policy++) {
		struct train_params p = small(*state, "topk");

		p.policy = policy;
		p.epochs = 4;
		p.lr = 0.3; /* spikes, for those that wait for them */
		check_teams(p, 3);
	}
}

/* What else sums up or steps: optimisers, weight decay, dropout, the fused step, a sparse output layer. */
static void variants_do_not_depend_on_the_team(void **state)
{
	for (const struct optimizer *o = optimizers; o->name; o++)
		for (int way = 0; way < 4; way++) {
			struct train_params p = small(*state, "topk");

			p.net.optimizer = o;
			p.net.lazy = way & 1;
			p.net.fused = way & 2;
			p.net.l1 = way == 3 ? 1e-4f : 0;
			p.net.l2 = way ? 1e-3f : 0;
			p.net.dropout = way == 2 ? 0.2f : 0;
			p.net.sparse_output = way == 1;
			p.net.kept_bias = way == 1;
			p.k[2] = 2;
			check_teams(p, 3);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(methods_do_not_depend_on_the_team),
		cmocka_unit_test(policies_do_not_depend_on_the_team),
		cmocka_unit_test(variants_do_not_depend_on_the_team),
	};

	return cmocka_run_group_tests(tests, train_toy_create, train_toy_destroy);
}
