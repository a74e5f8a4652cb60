/* SPDX-License-Identifier: MIT */
/*
 * Recording while a net is trained: which minibatches make a moment, that the files hold what selection saw, and that
 * nobody's weights change by being looked at.
 */
#include "data/recording.h"
#include "learn/recorder.h"
#include "scratch.h"
#include "train_toy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUTS 12
#define N_IMAGES 110
#define N_DEV 20
#define BATCH 20 /* 90 images: four whole minibatches and one of ten */

struct fixture {
	char dir[SCRATCH_PATH], stem[SCRATCH_PATH + 8];
	struct train_toy toy;
};

static int setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	if (!x || train_toy_fill(&x->toy, INPUTS, N_IMAGES, N_DEV))
		return -1;
	scratch_create(x->dir);
	snprintf(x->stem, sizeof(x->stem), "%s/t", x->dir);
	*state = x;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *x = *state;

	scratch_destroy(x->dir);
	train_toy_clear(&x->toy);
	free(x);
	return 0;
}

static struct train_params toy(const struct fixture *x, const char *method, int threads)
{
	struct train_params p = train_toy_params(&x->toy, method);

	p.net.width[0] = INPUTS;
	p.net.width[1] = 33;
	p.net.width[2] = 18;
	p.net.batch = BATCH;
	p.net.threads = threads;
	p.k[0] = 5;
	p.k[1] = 4;
	p.epochs = 3;
	p.n_dev = N_DEV;
	return p;
}

/* Trains with a recorder; the digest of the weights at the end. */
static uint64_t record(const struct fixture *x, struct train_params p, const struct moment *moments, int n,
		       int minibatches)
{
	struct recorder_params rp = {
		.train = &p, .training = "a name", .stem = x->stem, .n_moments = n, .minibatches = minibatches};
	struct recorder *recorder = NULL;
	struct training *t = NULL;
	struct failure f = {""};
	struct train_epoch e = {0};

	memcpy(rp.moments, moments, (size_t)n * sizeof(*moments));
	if (recorder_create(&recorder, &rp, &f))
		fail_msg("%s", f.text);
	p.observe = recorder_observe;
	p.observer = recorder;
	assert_int_equal(training_create(&t, &p, &f), 0);
	for (int epoch = 1; epoch <= p.epochs; epoch++) {
		assert_int_equal(training_epoch(t, epoch, &e, &f), 0);
		if (recorder_write(recorder, &f))
			fail_msg("%s", f.text);
	}
	training_destroy(t);
	recorder_destroy(recorder);
	return e.weights_digest;
}

static struct recording read_back(const struct fixture *x, const char *name)
{
	char path[SCRATCH_PATH + 64];
	struct recording r = {0};
	struct failure f = {""};

	snprintf(path, sizeof(path), "%s-%s.grad.gz", x->stem, name);
	if (recording_read(&r, path, &f))
		fail_msg("%s", f.text);
	return r;
}

static void test_moments(void **state)
{
	static const struct moment moments[] = {{false, 1}, {false, 4}, {true, 2}, {false, 15}, {true, 4}};
	static const struct {
		const char *name;
		uint32_t rows, epoch;
		uint64_t step;
	} expected[] = {
		{"layer1-step1", 60, 1, 1},  {"layer2-step1", 60, 1, 1},  {"layer1-step4", 50, 1, 4},
		{"layer1-epoch2", 50, 2, 8}, {"layer2-epoch2", 50, 2, 8}, {"layer2-step15", 10, 3, 15},
	};
	struct train_params p = toy(*state, "topk", 2);
	const struct fixture *x = *state;
	char path[SCRATCH_PATH + 64];

	assert_int_equal(train_minibatches(&p), 5);
	assert_true(recorder_reaches(&p, &moments[3]) && !recorder_reaches(&p, &moments[4]));
	record(*state, p, moments, 5, 3);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		struct recording r = read_back(*state, expected[i].name);

		assert_int_equal(r.rows, expected[i].rows);
		assert_int_equal(r.epoch, expected[i].epoch);
		assert_int_equal(r.step, expected[i].step);
		assert_int_equal(r.n, expected[i].name[5] == '1' ? 33 : 18);
		assert_int_equal(r.layer, expected[i].name[5] - '0');
		assert_int_equal(r.batch, BATCH);
		assert_int_equal(r.seed, 9);
		assert_string_equal(r.training, "a name");
		assert_string_equal(r.dataset, "toy");
		assert_string_equal(r.dataset_digest, "0123");
		recording_release(&r);
	}
	snprintf(path, sizeof(path), "%s-layer1-epoch4.grad.gz", x->stem);
	assert_int_not_equal(access(path, F_OK), 0);
}

/* Zeros where the ReLU was off, gradient elsewhere; not all rows alike. */
static void test_masked(void **state)
{
	const struct moment first = {false, 1};
	struct recording r;
	int zeros = 0;

	record(*state, toy(*state, "dense", 1), &first, 1, 1);
	r = read_back(*state, "layer1-step1");
	for (uint32_t i = 0; i < r.rows * r.n; i++)
		zeros += r.dy[i] == 0;
	assert_in_range(zeros, r.rows * r.n / 10, r.rows * r.n * 9 / 10);
	assert_memory_not_equal(r.dy, r.dy + r.n, r.n * sizeof(float));
	recording_release(&r);
}

static void test_same_for_every_team(void **state)
{
	const struct moment last = {true, 3};
	struct recording one, other;

	record(*state, toy(*state, "topk", 1), &last, 1, 4);
	one = read_back(*state, "layer1-epoch3");
	for (int threads = 2; threads <= 4; threads++) {
		record(*state, toy(*state, "topk", threads), &last, 1, 4);
		other = read_back(*state, "layer1-epoch3");
		assert_int_equal(one.digest, other.digest);
		recording_release(&other);
	}
	recording_release(&one);
}

static int keep_digest(void *arg, const struct train_epoch *e, struct failure *f)
{
	(void)f;
	*(uint64_t *)arg = e->weights_digest;
	return 0;
}

static void test_weights_do_not_notice(void **state)
{
	const struct moment moments[] = {{false, 1}, {true, 3}};
	const struct train_params p = toy(*state, "topk", 2);
	struct failure f = {""};
	uint64_t alone = 0;

	assert_int_equal(train_run(&p, keep_digest, &alone, &f), 0);
	assert_true(record(*state, p, moments, 2, 2) == alone);
}

/* An estimate is no part of the training: its minibatches are not recorded. */
static void test_estimate_is_not_observed(void **state)
{
	struct train_params p = toy(*state, "dense", 1);
	struct failure f = {""};
	double s;

	p.observer = NULL; /* recorder_observe would crash */
	p.observe = recorder_observe;
	assert_int_equal(train_estimate(&p, &s, &f), 0);
}

static void test_divergence_is_left_out(void **state)
{
	const struct moment first = {false, 1};
	const struct fixture *x = *state;
	struct train_params p = toy(*state, "dense", 1);
	char path[SCRATCH_PATH + 64];
	float *images = calloc(N_IMAGES * INPUTS, sizeof(*images));
	struct dataset broken = x->toy.data;

	for (int i = 0; i < N_IMAGES * INPUTS; i++)
		images[i] = NAN;
	broken.train.images = images;
	p.data = &broken;
	record(*state, p, &first, 1, 2);
	snprintf(path, sizeof(path), "%s-layer1-step1.grad.gz", x->stem);
	assert_int_not_equal(access(path, F_OK), 0);
	free(images);
}

static void test_limits(void **state)
{
	const struct fixture *x = *state;
	struct train_params p = toy(*state, "dense", 1);
	struct recorder_params rp = {.train = &p,
				     .training = "",
				     .stem = x->stem,
				     .n_moments = 1,
				     .minibatches = 100000,
				     .moments = {{false, 1}}};
	struct recorder *recorder = NULL;
	struct failure f = {""};

	p.epochs = 100000;
	assert_int_equal(recorder_create(&recorder, &rp, &f), -EINVAL);
	assert_non_null(strstr(f.text, "fewer minibatches"));
	recorder_destroy(NULL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_moments),
		TEST(test_masked),
		TEST(test_same_for_every_team),
		TEST(test_weights_do_not_notice),
		TEST(test_estimate_is_not_observed),
		TEST(test_divergence_is_left_out),
		TEST(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
