/* SPDX-License-Identifier: MIT */
/* Verdicts on layers: dense against the best library, and what a second thread brings. */
#include "target_bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct kernel_record layer = {
	.batch = 64, .n_in = 784, .n_out = 500, .threads = 1, .flops = 1e6, .dist = "relu"};

static void library(struct kernel_record *first, const char *name)
{
	for (int i = 0; i < ROUNDS; i++)
		SET(first[i].library, name);
}

static void test_dense_against_the_best_library(void **state)
{
	struct bench *b = bench_create();
	struct kernel_record peak = {.threads = 1, .flops = 1e6};
	const struct target_record *r;

	(void)state;
	add(b, "run", "forward", "dense", &layer, 100);
	library(add(b, "run", "forward", "dense_slow", &layer, 130), "Slow");
	judge(b, false);
	assert_string_equal(verdict_on(b, "1a")->verdict, "not judged");
	assert_string_equal(verdict_on(b, "1a")->why, "only Slow was measured");
	target_list_destroy(&b->list);
	library(add(b, "run", "forward", "dense_fast", &layer, 95), "Fast");
	add(b, "run", "fma_peak", "fma_peak", &peak, 90);
	judge(b, false);
	r = verdict_on(b, "1a");
	NEAR(r->measured, 0.95);
	assert_string_equal(r->verdict, "missed");
	assert_string_equal(r->cell, "forward 64x784x500 relu dense, 1 thread, over Fast");
	/* Another line, without libraries, asks nothing that is not answered. */
	add(b, "other", "forward", "dense", &layer, 100);
	target_list_destroy(&b->list);
	judge(b, false);
	NEAR(verdict_on(b, "1a")->measured, 0.95);
	target_list_destroy(&b->list);
	b->n -= ROUNDS;
	judge(b, false);
	r = verdict_on(b, "1b");
	NEAR(r->measured, 0.9);
	assert_string_equal(r->verdict, "met");
	bench_destroy(b);
}

/* 300 us on one thread, 160 on two, where the peak doubles: 0.94 of the ideal. */
static void test_threads_by_the_ceilings_of_both_teams(void **state)
{
	struct bench *b = bench_create();

	(void)state;
	for (int threads = 1; threads <= 2; threads++) {
		struct kernel_record peak = {.threads = threads, .flops = 1e6 * threads}, mine = layer;

		add(b, "run", "fma_peak", "fma_peak", &peak, 200e3);
		mine.threads = threads;
		mine.read[MEMORY_L1] = 1;
		add(b, "run", "forward", "dense", &mine, threads == 1 ? 300e3 : 160e3);
		peak.bytes = 1;
		SET(peak.dist, "L1");
		add(b, "run", "bandwidth", "read", &peak, 1);
		add(b, "run", "backward_data", "topk", &mine, 40e3); /* too short to count */
	}
	judge(b, false);
	NEAR(verdict_on(b, "6")->measured, 300.0 / 160 / 2);
	assert_string_equal(verdict_on(b, "6")->verdict, "met");
	bench_destroy(b);
}

/* Far below the bound the ideal is linear, whatever the ceilings do: 0.95 of two threads. */
static void test_threads_far_from_the_bound(void **state)
{
	struct bench *b = bench_create();

	(void)state;
	for (int threads = 1; threads <= 2; threads++) {
		struct kernel_record peak = {.threads = threads, .flops = 1e6, .bytes = 1}, mine = layer;

		mine.read[MEMORY_L1] = 1;
		add(b, "run", "fma_peak", "fma_peak", &peak, 90);
		mine.threads = threads;
		add(b, "run", "update", "dense", &mine, threads == 1 ? 380e3 : 200e3);
		SET(peak.dist, "L1");
		add(b, "run", "bandwidth", "read", &peak, 1);
	}
	judge(b, false);
	NEAR(verdict_on(b, "6")->measured, 0.95);
	bench_destroy(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dense_against_the_best_library),
		cmocka_unit_test(test_threads_by_the_ceilings_of_both_teams),
		cmocka_unit_test(test_threads_far_from_the_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
