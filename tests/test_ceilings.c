/* SPDX-License-Identifier: MIT */
/* The ceilings do the work that they claim: results against plain loops, for every instruction set and team size. */
#include "measure/traffic.h"

#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAX 2000

static void run_team(const struct kernel *kernel, const struct kernel_args *args, int size)
{
#pragma omp parallel num_threads(size)
	kernel->run(args, (struct team){omp_get_thread_num(), omp_get_num_threads()});
}

typedef void check_fn(const struct kernel_set *set);

static void every_set(check_fn *check)
{
	for (const struct kernel_set *s = kernel_sets; s->isa; s++)
		if (s->supported())
			check(s);
}

/* The fixed point of acc * m + a is a / (1 - m), whatever the start. */
static void check_fma(const struct kernel_set *set)
{
	const struct kernel *kernel = kernel_find(set, OP_FMA_PEAK, "fma_peak", NULL);
	float x[2] = {0.5f, 3}, y[9];
	struct kernel_args args = {.k = 100, .x = x, .y = y};
	double chains;

	assert_non_null(kernel);
	for (args.batch = 0; args.batch < 9; args.batch++)
		for (int size = 1; size <= 4; size++) {
			memset(y, 0, sizeof(y));
			run_team(kernel, &args, size);
			chains = args.batch ? kernel->cost(&args).flops / 2 / args.k / args.batch : 0;
			for (int i = 0; i < args.batch; i++)
				assert_true(fabs((double)y[i] - 6 * chains) < 1e-3);
			assert_true(y[args.batch < 9 ? args.batch : 8] == 0);
		}
	/* One step from the start a + i, to see that each step counts once. */
	args.k = args.batch = 1;
	run_team(kernel, &args, 1);
	chains = kernel->cost(&args).flops / 2;
	assert_true((double)y[0] > 4.5 * chains && (double)y[0] < 16.5 * chains);
}

struct buffers {
	float x[MAX], y[MAX + 1];
};

static void fill(struct buffers *b)
{
	for (int i = 0; i < MAX; i++)
		b->x[i] = (float)(i % 17 + 1);
	for (int i = 0; i <= MAX; i++)
		b->y[i] = -1;
}

static void check_traffic(const struct buffers *b, const char *method, int n, float fill_value)
{
	double sum = 0, got = 0;

	for (int i = 0; i < n; i++) {
		sum += (double)b->x[i];
		if (!strcmp(method, "copy"))
			assert_true(b->y[i] == b->x[i]);
		else if (!strcmp(method, "write"))
			assert_true(b->y[i] == fill_value);
		else if (!strcmp(method, "axpy"))
			assert_true(b->y[i] == fill_value * b->x[i] - 1);
		else if (b->y[i] >= 0)
			got += (double)b->y[i];
	}
	if (!strcmp(method, "read"))
		assert_true(got == sum);
	assert_true(b->y[n] == -1);
}

static void check_bandwidth(const struct kernel_set *set)
{
	static const char *const words[] = {"read", "write", "copy", "axpy"};
	static const int sizes[] = {0, 1, 15, 16, 17, 63, 64, 65, 255, 256, 257, 511, 1000, 1999, MAX};
	static const double bytes[] = {4, 4, 8, 12};
	static struct buffers b;
	struct kernel_cost cost;

	for (size_t m = 0; m < 4; m++) {
		const struct kernel *kernel = kernel_find(set, OP_BANDWIDTH, words[m], NULL);

		assert_non_null(kernel);
		for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
			for (int size = 1; size <= 5; size++) {
				struct kernel_args args = {
					.batch = 1, .n_in = sizes[s], .x = b.x, .y = b.y, .tau = 2.5f};

				fill(&b);
				run_team(kernel, &args, size);
				check_traffic(&b, words[m], sizes[s], args.tau);
				cost = kernel->cost(&args);
				assert_true(cost_bytes(&cost) == bytes[m] * sizes[s]);
			}
	}
}

static void fma_peak_counts_its_flops(void **state)
{
	(void)state;
	every_set(check_fma);
}

static void bandwidth_moves_its_bytes(void **state)
{
	(void)state;
	every_set(check_bandwidth);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fma_peak_counts_its_flops),
		cmocka_unit_test(bandwidth_moves_its_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
