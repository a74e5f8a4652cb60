/* SPDX-License-Identifier: MIT */
/*
 * Whole trainings: what an epoch reports, stopping, taking turns, data that do not fit; and a part of an epoch on
 * real MNIST, which must learn (skipped where there is none).
 */
#include "emulator.h"
#include "train_toy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <string.h>

static void epochs_are_reported(void **state)
{
	struct train_params p = train_toy_params(*state, "topk");
	struct history h = train_toy_run(&p);

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
	struct train_params p = train_toy_params(*state, "topk");
	struct history two = train_toy_run(&p), other;

	for (int threads = 1; threads <= 3; threads += 2) {
		p.net.threads = threads;
		other = train_toy_run(&p);
		for (int i = 0; i < two.n; i++) {
			assert_int_equal(two.v[i].weights_digest, other.v[i].weights_digest);
			assert_true(two.v[i].train_loss == other.v[i].train_loss);
			assert_true(two.v[i].dev_loss == other.v[i].dev_loss);
			assert_true(two.v[i].test_acc == other.v[i].test_acc);
		}
	}
}

static void stops_between_epochs(void **state)
{
	struct train_params p = train_toy_params(*state, "dense");
	struct failure f = {""};
	int stop = 0;
	struct history h = {.stop = &stop};

	p.stop = &stop;
	assert_int_equal(train_run(&p, train_toy_remember, &h, &f), -EINTR);
	assert_int_equal(h.n, 1);
	assert_non_null(strstr(f.text, "epoch 1 of 5"));
}

/* Taking turns changes nothing: each training comes to the weights it comes to alone. */
static void turns_change_nothing(void **state)
{
	const struct train_params p[2] = {train_toy_params(*state, "topk"), train_toy_params(*state, "random_k")};
	const struct history alone[2] = {train_toy_run(&p[0]), train_toy_run(&p[1])};
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
	struct train_params p = train_toy_params(*state, "dense");
	struct history h = {.n = 0};
	struct failure f = {""};

	p.net.width[0] = N_IN + 1;
	assert_int_equal(train_run(&p, train_toy_remember, &h, &f), -EINVAL);
	assert_non_null(strstr(f.text, "25 inputs"));
	p = train_toy_params(*state, "dense");
	p.net.width[3] = 2;
	assert_int_equal(train_run(&p, train_toy_remember, &h, &f), -EINVAL);
	assert_non_null(strstr(f.text, "label 2"));
	p = train_toy_params(*state, "dense");
	p.n_dev = N_TRAIN;
	assert_int_equal(train_run(&p, train_toy_remember, &h, &f), -EINVAL);
	p = train_toy_params(*state, "topk");
	p.net.select = "nonsense";
	assert_int_equal(train_run(&p, train_toy_remember, &h, &f), -ENOENT);
	assert_non_null(strstr(f.text, "nonsense"));
	assert_int_equal(h.n, 0);
}

static void estimates(void **state)
{
	struct train_params p = train_toy_params(*state, "topk");
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
	const struct train_toy *x = *state;
	struct dataset mnist;
	struct failure f;

	if (*emulator())
		print_message("minutes of training: too slow on an emulator\n");
	if (*emulator() || dataset_load(&mnist, NULL, &f))
		skip();
	for (size_t i = 0; i < sizeof(learns) / sizeof(learns[0]); i++) {
		struct train_params p = train_toy_params(x, learns[i]);
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
		h = train_toy_run(&p);
		if (!(h.v[0].test_acc > need))
			fail_msg("%s: test accuracy %g on %s", learns[i], h.v[0].test_acc, mnist.name);
	}
	dataset_release(&mnist);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(epochs_are_reported),	cmocka_unit_test(teams_train_alike),
		cmocka_unit_test(stops_between_epochs), cmocka_unit_test(turns_change_nothing),
		cmocka_unit_test(misfits_are_refused),	cmocka_unit_test(estimates),
		cmocka_unit_test(learns_mnist),
	};

	return cmocka_run_group_tests(tests, train_toy_create, train_toy_destroy);
}
