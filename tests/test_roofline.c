/* SPDX-License-Identifier: MIT */
/* Shares of the bound: against ceilings of the same round, at the level of each operand, and unknown where one lacks.
 */
#include "report/roofline.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROUNDS 12
#define MAX 200
#define SET(field, text) snprintf(field, sizeof(field), "%s", text)
#define NEAR(a, b) assert_true(fabs((a) - (b)) < 1e-6 * fabs(b))

struct bench {
	struct kernel_record v[MAX];
	size_t n;
	struct series_list list;
};

/* A contender of `ns` per call, in every round, on a machine whose speed changes by up to 2x from round to round. */
static struct kernel_record *add(struct bench *b, const char *run, const char *op, const char *method, double ns)
{
	struct kernel_record *first = &b->v[b->n];

	for (int round = 0; round < ROUNDS; round++) {
		struct kernel_record *r = &b->v[b->n++];

		*r = (struct kernel_record){.threads = 1, .round = round, .calls = 12000};
		SET(r->run_id, run);
		SET(r->op, op);
		SET(r->method, method);
		SET(r->isa, "avx2");
		SET(r->check, strcmp(op, "backward") ? "none" : "ok");
		r->elapsed_ns = (int64_t)(ns * 1000) * (12 + round * 7 % 12); /* whole numbers: nothing is cut off */
		r->flops = r->bytes = 1000;
	}
	return first;
}

static void at_level(struct kernel_record *first, const char *level)
{
	for (int i = 0; i < ROUNDS; i++)
		SET(first[i].dist, level);
}

static void with_traffic(struct kernel_record *first, double l2_read, double l3_written)
{
	for (int i = 0; i < ROUNDS; i++) {
		first[i].read[MEMORY_L2] = l2_read;
		first[i].written[MEMORY_L3] = l3_written;
	}
}

static struct interval share_of_pass(struct bench *b)
{
	struct interval share = {.mid = NAN};
	const struct series *pass = NULL;
	struct roofline roof;

	assert_int_equal(series_list_create(&b->list, b->v, b->n), 0);
	for (int i = 0; i < b->list.n; i++)
		if (strcmp(b->list.v[i].key->op, "backward") == 0)
			pass = &b->list.v[i];
	assert_non_null(pass);
	roof = series_roofline(&b->list, pass->key);
	share = series_bound_share(pass, &roof);
	series_list_destroy(&b->list);
	return share;
}

/* 1000 flops take 10 ns at the peak; 1000 bytes read from L2 and written to L3 take 20 and 40 ns. */
static struct bench *with_ceilings(const char *run)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	add(b, run, "fma_peak", "fma_peak", 10);
	at_level(add(b, run, "bandwidth", "read", 20), "L2");
	at_level(add(b, run, "bandwidth", "write", 40), "L3");
	return b;
}

static void test_the_sum_over_operands_bounds(void **state)
{
	struct bench *b = with_ceilings("run");
	struct interval share;

	(void)state;
	with_traffic(add(b, "run", "backward", "topk", 240), 3000, 1500);
	share = share_of_pass(b);
	/* Drift cancels: every round gives the same share. */
	NEAR(share.mid, (60 + 60) / 240.0);
	NEAR(share.low, share.mid);
	NEAR(share.high, share.mid);
	free(b);
}

static void test_flops_bound_where_they_take_longer(void **state)
{
	struct bench *b = with_ceilings("run");
	struct kernel_record *pass = add(b, "run", "backward", "dense", 400);

	(void)state;
	with_traffic(pass, 1000, 0);
	for (int i = 0; i < ROUNDS; i++)
		pass[i].flops = 30000;
	NEAR(share_of_pass(b).mid, 0.75);
	free(b);
}

static void test_ceilings_of_another_run_give_their_median(void **state)
{
	struct bench *b = with_ceilings("before");
	struct interval share;

	(void)state;
	with_traffic(add(b, "run", "backward", "topk", 240), 3000, 1500);
	share = share_of_pass(b);
	assert_true(share.mid > 0.4 && share.mid < 0.6 && share.low < share.mid && share.high > share.mid);
	free(b);
}

static void test_no_share_without_a_ceiling(void **state)
{
	struct bench *b = with_ceilings("run");
	struct kernel_record *pass = add(b, "run", "backward", "topk", 240);

	(void)state;
	assert_true(isnan(share_of_pass(b).mid)); /* the record does not say where its bytes live */
	with_traffic(pass, 1000, 1000);
	NEAR(share_of_pass(b).mid, 0.25);
	pass[0].read[MEMORY_MAIN] = 1;
	for (int i = 1; i < ROUNDS; i++)
		pass[i].read[MEMORY_MAIN] = 1;
	assert_true(isnan(share_of_pass(b).mid)); /* memory was not measured */
	free(b);
}

static void test_streams_of_a_workload_are_no_ceiling(void **state)
{
	struct bench *b = with_ceilings("run");
	struct kernel_record *own = add(b, "run", "bandwidth", "read", 1);
	struct kernel_record *other = add(b, "run", "bandwidth", "read", 1);

	(void)state;
	at_level(own, "L2");
	at_level(other, "L2");
	for (int i = 0; i < ROUNDS; i++) {
		own[i].batch = 64;
		other[i].threads = 2;
	}
	with_traffic(add(b, "run", "backward", "topk", 240), 3000, 1500);
	NEAR(share_of_pass(b).mid, 0.5);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_sum_over_operands_bounds),
		cmocka_unit_test(test_flops_bound_where_they_take_longer),
		cmocka_unit_test(test_ceilings_of_another_run_give_their_median),
		cmocka_unit_test(test_no_share_without_a_ceiling),
		cmocka_unit_test(test_streams_of_a_workload_are_no_ceiling),
	};

	return cmocka_run_group_tests_name("roofline", tests, NULL, NULL);
}
