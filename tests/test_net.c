/* SPDX-License-Identifier: MIT */
/*
 * The net against finite differences of its loss in double precision, and every method against a replay of the chain
 * rule in double over what it kept; the same bits for every team; what dropout, lazy steps and seeds promise.
 */
#include "base/rng.h"
#include "learn/net.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#define N_IN 21
#define N_CLASSES 5
#define N_IMAGES 64

struct toy {
	float images[N_IMAGES * N_IN];
	uint8_t labels[N_IMAGES];
	uint32_t order[N_IMAGES];
};

static struct toy toy;

static int toy_fill(void **state)
{
	struct rng r = rng_create(11, 0);

	(void)state;
	for (int i = 0; i < N_IMAGES; i++) {
		toy.labels[i] = (uint8_t)rng_below(&r, N_CLASSES);
		toy.order[i] = (uint32_t)i;
		for (int c = 0; c < N_IN; c++)
			toy.images[i * N_IN + c] = (float)(0.3 * rng_gaussian(&r) + (c % N_CLASSES == toy.labels[i]));
	}
	return 0;
}

static struct net_params toy_params(const char *method)
{
	const struct optimizer *adam = optimizer_find("adam");

	return (struct net_params){
		.n_layers = 3,
		.width = {N_IN, 37, 19, N_CLASSES},
		.batch = 8,
		.threads = 1,
		.seed = 5,
		.kernels = kernel_set_find(NULL),
		.method = method_find(method),
		.optimizer = adam,
		.beta1 = adam->beta1,
		.beta2 = adam->beta2,
		.eps = adam->eps,
		.tau = 0.7f,
	};
}

static struct minibatch toy_batch(int at, int count, int64_t step)
{
	return (struct minibatch){.images = toy.images,
				  .labels = toy.labels,
				  .order = toy.order + at,
				  .count = count,
				  .step = step,
				  .lr = 0.01f};
}

static struct net *toy_net(const struct net_params *p, int k)
{
	struct net *net = NULL;

	assert_int_equal(net_create(&net, p), 0);
	for (int i = 0; i < p->n_layers - 1; i++)
		net->layer[i].k = k < net->layer[i].n_out ? k : net->layer[i].n_out;
	return net;
}

static void gradients(struct net *net, const struct minibatch *m)
{
	const struct team alone = {0, 1};

	net_gather(net, m, alone);
	net_forward(net, m, true, alone);
	net_loss(net, m, alone);
	net_backward(net, m, alone);
}

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

static double replay_bias(const struct layer *l, int batch)
{
	double worst = 0;

	for (int o = 0; o < l->n_out; o++) {
		double sum = 0;

		for (int b = 0; b < batch; b++)
			sum += (double)l->dy[b * l->n_out + o];
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
		worst = fmax(worst, replay_bias(l, batch));
		if (i)
			worst = fmax(worst, replay_data(l, dy, &net->layer[i - 1], batch, scale));
	}
	return worst;
}

static bool own_kernels(const struct method *method)
{
	return strcmp(method->backward, "blas") != 0;
}

static void every_method_matches_replay(void **state)
{
	(void)state;
	for (const struct method *method = methods; method->name; method++)
		for (int dropout = 0; own_kernels(method) && dropout < 2; dropout++) {
			struct net_params p = toy_params(method->name);
			struct minibatch m = toy_batch(0, 7, 1);
			struct net *net;

			p.dropout = dropout ? 0.3f : 0;
			p.tau = method->takes_tau && !strcmp(method->name, "threshold") ? 0.01f : 0.7f;
			p.rescale = true;
			net = toy_net(&p, 4);
			gradients(net, &m);
			if (!(replay_error(net, m.count) < 1e-6))
				fail_msg("%s: off by %g", method->name, replay_error(net, m.count));
			assert_null(net->layer[2].select);
			if (method->takes_k)
				assert_int_equal(net->kept_total, 2 * 4 * 7);
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
				for (int lazy = 0; lazy < 2; lazy++) {
					struct net_params p = toy_params(method->name);
					uint64_t two;

					p.kernels = set;
					p.optimizer = o;
					p.lazy = lazy;
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
		cmocka_unit_test(gradients_match_differences), cmocka_unit_test(differences_have_power),
		cmocka_unit_test(every_method_matches_replay), cmocka_unit_test(layers_differ),
		cmocka_unit_test(random_k_rescales),	       cmocka_unit_test(team_changes_no_bit),
		cmocka_unit_test(keeping_all_is_dense),	       cmocka_unit_test(training_learns),
		cmocka_unit_test(dropout_drops_its_share),     cmocka_unit_test(lazy_leaves_rows_alone),
		cmocka_unit_test(fusing_changes_no_bit),       cmocka_unit_test(auto_is_what_it_chooses),
		cmocka_unit_test(choices_follow_the_zeros),    cmocka_unit_test(seeds_pair_across_methods),
		cmocka_unit_test(unknown_variant_is_refused),
	};

	return cmocka_run_group_tests(tests, toy_fill, NULL);
}
