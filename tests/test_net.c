/* SPDX-License-Identifier: MIT */
/*
 * The net against finite differences of its loss in double precision, and every method against a replay of the chain
 * rule in double over what it kept.
 */
#include "net_toy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The loss of the minibatch in double, with one parameter of layer `at` moved: w[index], or bias[index]. */
struct nudge {
	int layer, index;
	bool bias;
	double by;
};

static double nudged(const struct layer *l, int number, const struct nudge *n, bool bias, int index)
{
	double v = (double)(bias ? l->bias : l->w)[index];

	return n->layer == number && n->bias == bias && n->index == index ? v + n->by : v;
}

static double loss_of(const struct net *net, const float *image, int label, const struct nudge *n)
{
	double x[64], y[64], sum = 0;

	for (int i = 0; i < N_IN; i++)
		x[i] = (double)image[i];
	for (int i = 0; i < net->p.n_layers; i++) {
		const struct layer *l = &net->layer[i];

		for (int o = 0; o < l->n_out; o++) {
			y[o] = nudged(l, i, n, true, o);
			for (int c = 0; c < l->n_in; c++)
				y[o] += x[c] * nudged(l, i, n, false, o * l->n_in + c);
			if (i < net->p.n_layers - 1 && y[o] < 0)
				y[o] = 0;
		}
		memcpy(x, y, sizeof(x));
	}
	for (int c = 0; c < N_CLASSES; c++)
		sum += exp(x[c]);
	return log(sum) - x[label];
}

static double difference(const struct net *net, const struct minibatch *m, struct nudge n)
{
	double h = 1e-6, loss[2] = {0, 0};

	for (int side = 0; side < 2; side++)
		for (int b = 0; b < m->count; b++) {
			n.by = side ? h : -h;
			loss[side] += loss_of(net, m->images + m->order[b] * N_IN, m->labels[m->order[b]], &n);
		}
	return (loss[1] - loss[0]) / (2 * h) / (net->p.loss_sum ? 1 : m->count);
}

static bool row_valid(const struct layer *l, int row)
{
	for (int i = 0; i < l->rows.count; i++)
		if (l->rows.row[i] == row)
			return true;
	return !l->select;
}

/* The worst disagreement between the net's gradient and finite differences: below 1e-5 it is rounding. */
static double gradient_error(const struct net *net, const struct minibatch *m)
{
	double worst = 0;

	for (int i = 0; i < net->p.n_layers; i++) {
		const struct layer *l = &net->layer[i];

		for (int e = 0; e < l->n_out * l->n_in; e += i ? 1 : 7) {
			double got = row_valid(l, e / l->n_in) ? (double)l->dw[e] : 0;

			worst = fmax(worst, fabs(got - difference(net, m, (struct nudge){i, e, false, 0})));
		}
		for (int e = 0; e < l->n_out; e++)
			worst = fmax(worst, fabs((double)l->db[e] - difference(net, m, (struct nudge){i, e, true, 0})));
	}
	return worst;
}

static void gradients_match_differences(void **state)
{
	/* These keep everything that counts, so their gradient is the true one. */
	static const struct {
		const char *method;
		int k;
	} exact[] = {{"dense", 0}, {"relu_skip", 0}, {"topk", 64}, {"unified_topk", 64}, {"random_k", 64}};

	(void)state;
	for (size_t i = 0; i < sizeof(exact) / sizeof(exact[0]); i++)
		for (int sum = 0; sum < 2; sum++) {
			struct net_params p = toy_params(exact[i].method);
			struct minibatch m = toy_batch(3, 7, 1);
			struct net *net;

			p.loss_sum = sum;
			net = toy_net(&p, exact[i].k);
			gradients(net, &m);
			if (!(gradient_error(net, &m) < 1e-5))
				fail_msg("%s: gradient is off by %g", exact[i].method, gradient_error(net, &m));
			net_destroy(net);
		}
}

/* The dX of layer 1 goes into the dY of layer 0 without the ReLU mask, and on into its dW. */
static void forget_mask(struct net *net, const struct minibatch *m)
{
	struct layer *l = net->layer;
	struct kernel_args dx = {.batch = m->count, .n_in = l[1].n_in, .n_out = l[1].n_out};
	struct kernel_args dw = {.batch = m->count, .n_in = l[0].n_in, .n_out = l[0].n_out};

	dx.dy = l[1].dy;
	dx.w = l[1].w;
	dx.dx = l[0].dy;
	dw.dy = l[0].dy;
	dw.x = net->x;
	dw.dw = l[0].dw;
	dx.scratch = dw.scratch = net->scratch;
	l[1].backward_data->run(&dx, (struct team){0, 1});
	l[0].backward_weights->run(&dw, (struct team){0, 1});
}

/* What finite differences must catch. */
static void differences_have_power(void **state)
{
	struct net_params p = toy_params("dense");
	struct minibatch m = toy_batch(0, 8, 1);

	(void)state;
	for (int mutant = 0; mutant < 6; mutant++) {
		struct net *net;

		p.loss_sum = false;
		net = toy_net(&p, 0);
		gradients(net, &m);
		if (mutant == 1)
			memset(net->layer[1].db, 0, (size_t)net->layer[1].n_out * sizeof(float));
		if (mutant == 2)
			memset(net->layer[2].dw, 0, (size_t)net->layer[2].n_in * sizeof(float));
		if (mutant == 3)
			net->p.loss_sum = true;
		if (mutant == 4)
			forget_mask(net, &m);
		if (mutant == 5)
			net->layer[0].dw[7 * 3] *= 1.01f;
		assert_int_equal(mutant > 0, !(gradient_error(net, &m) < 1e-5));
		net_destroy(net);
	}
}

/* Dense dY of layer l as its kernels see it: what was kept, zeros elsewhere. */
static void kept_dy(const struct layer *l, int batch, double *dy)
{
	for (int b = 0; b < batch; b++)
		for (int o = 0; o < l->n_out; o++)
			dy[b * l->n_out + o] = l->select ? 0 : (double)l->dy[b * l->n_out + o];
	for (int b = 0; l->select && b < batch; b++)
		for (int e = 0; e < l->kept.count[b]; e++)
			dy[b * l->n_out + l->kept.index[b * l->kept.stride + e]] =
				(double)l->kept.value[b * l->kept.stride + e];
}

static double replay_weights(const struct layer *l, const double *dy, const float *x, int batch)
{
	double worst = 0;

	for (int o = 0; o < l->n_out; o++)
		for (int c = 0; c < l->n_in; c++) {
			double sum = 0, got = row_valid(l, o) ? (double)l->dw[o * l->n_in + c] : 0;

			for (int b = 0; b < batch; b++)
				sum += dy[b * l->n_out + o] * (double)x[b * l->n_in + c];
			worst = fmax(worst, fabs(sum - got));
		}
	return worst;
}

/* dy: what the layer's kernels saw. */
static double replay_bias(const struct layer *l, const double *dy, bool kept, int batch)
{
	double worst = 0;

	for (int o = 0; o < l->n_out; o++) {
		double sum = 0;

		for (int b = 0; b < batch; b++)
			sum += kept ? dy[b * l->n_out + o] : (double)l->dy[b * l->n_out + o];
		worst = fmax(worst, fabs(sum - (double)l->db[o]));
	}
	return worst;
}

static double replay_data(const struct layer *l, const double *dy, const struct layer *below, int batch, double scale)
{
	double worst = 0;

	for (int b = 0; b < batch; b++)
		for (int c = 0; c < l->n_in; c++) {
			double sum = 0;

			for (int o = 0; o < l->n_out; o++)
				sum += dy[b * l->n_out + o] * (double)l->w[o * l->n_in + c];
			sum *= below->y[b * l->n_in + c] > 0 ? scale : 0;
			worst = fmax(worst, fabs(sum - (double)below->dy[b * l->n_in + c]));
		}
	return worst;
}

static double replay_error(const struct net *net, int batch)
{
	static double dy[8 * 64];
	double worst = 0, scale = 1 / (1 - (double)net->p.dropout);

	for (int i = 0; i < net->p.n_layers; i++) {
		const struct layer *l = &net->layer[i];

		kept_dy(l, batch, dy);
		worst = fmax(worst, replay_weights(l, dy, i ? net->layer[i - 1].y : net->x, batch));
		worst = fmax(worst, replay_bias(l, dy, net->p.kept_bias, batch));
		if (i)
			worst = fmax(worst, replay_data(l, dy, &net->layer[i - 1], batch, scale));
	}
	return worst;
}

static void every_method_matches_replay(void **state)
{
	(void)state;
	for (const struct method *method = methods; method->name; method++)
		for (int way = 0; own_kernels(method) && way < 8; way++) {
			struct net_params p = toy_params(method->name);
			struct minibatch m = toy_batch(0, 7, 1);
			struct net *net;

			p.dropout = way % 2 ? 0.3f : 0;
			p.sparse_output = way & 2;
			p.kept_bias = way & 4;
			p.tau = method->takes_tau && !strcmp(method->name, "threshold") ? 0.01f : 0.7f;
			p.rescale = true;
			net = toy_net(&p, 4);
			net->layer[2].k = 2;
			gradients(net, &m);
			if (!(replay_error(net, m.count) < 1e-6))
				fail_msg("%s: off by %g", method->name, replay_error(net, m.count));
			assert_true((net->layer[2].select != NULL) == (p.sparse_output && method->select));
			if (p.sparse_output && method->takes_k)
				assert_int_equal(net->layer[2].kept.count[3], 2);
			for (int i = 0; method->takes_k && i < 2; i++)
				assert_int_equal(net->layer[i].kept_counts[4], 7);
			net_destroy(net);
		}
}

/* Each hidden layer by a method of its own: what it selects, and the replay of both orders. */
static void layers_differ(void **state)
{
	static const char *const pairs[][2] = {{"topk", "dense"}, {"dense", "unified_topk"}, {"norm", "topk"}};

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct net_params p = toy_params("topk");
		struct minibatch m = toy_batch(0, 7, 1);
		struct net *net;

		for (int l = 0; l < 2; l++)
			p.layer_method[l] = method_find(pairs[i][l]);
		net = toy_net(&p, 4);
		gradients(net, &m);
		for (int l = 0; l < 2; l++) {
			const struct method *method = p.layer_method[l];

			assert_int_equal(net->layer[l].select != NULL, method->select != NULL);
			assert_string_equal(net->layer[l].backward_weights->method, method->backward);
			if (method->takes_k)
				assert_int_equal(net->layer[l].kept.count[3], 4);
		}
		assert_true(replay_error(net, m.count) < 1e-6);
		net_destroy(net);
	}
}

static void random_k_rescales(void **state)
{
	struct net_params p = toy_params("random_k");
	struct minibatch m = toy_batch(0, 7, 1);
	const struct layer *l;
	struct net *net;

	(void)state;
	p.rescale = true;
	net = toy_net(&p, 4);
	l = &net->layer[1];
	gradients(net, &m);
	for (int e = 0; e < 4; e++)
		assert_true(l->kept.value[e] == l->dy[l->kept.index[e]] * ((float)l->n_out / 4));
	net_destroy(net);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gradients_match_differences), cmocka_unit_test(differences_have_power),
		cmocka_unit_test(every_method_matches_replay), cmocka_unit_test(layers_differ),
		cmocka_unit_test(random_k_rescales),
	};

	return cmocka_run_group_tests(tests, toy_fill, NULL);
}
