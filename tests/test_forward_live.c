/* SPDX-License-Identifier: MIT */
/*
 * forward where columns of x are zero in all examples, which it leaves out: against the reference, and to the bit what
 * it is with those columns at work on weights of zero, for every instruction set and team.
 */
#include "base/memory.h"
#include "base/rng.h"
#include "kernel.h"
#include "reference.h"

#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum pattern { NONE, ALL, THIRDS, BORDERS, BUT_ONE, BUT_LAST_EXAMPLE, N_PATTERNS };

struct problem {
	struct kernel_args args;
	float *x, *w, *bias, *y, *y_full;
};

static float *room(int n)
{
	float *p = memory_create((size_t)n + 1, sizeof(float));

	assert_non_null(p);
	return p;
}

/* Whether an entry of x is zero. */
static bool is_zero(enum pattern pattern, int b, int c, const struct kernel_args *a)
{
	switch (pattern) {
	case ALL:
		return true;
	case THIRDS:
		return c % 3 == 1;
	case BORDERS:
		return c < a->n_in / 5 || c > a->n_in - a->n_in / 7;
	case BUT_ONE:
		return c != a->n_in / 2;
	case BUT_LAST_EXAMPLE:
		return c % 2 && b < a->batch - 1;
	default:
		return false;
	}
}

static void fill(struct problem *p, enum pattern pattern)
{
	struct kernel_args *a = &p->args;
	struct rng r = rng_create(3, (uint64_t)(a->batch * a->n_in + a->n_out));

	for (int b = 0; b < a->batch; b++)
		for (int c = 0; c < a->n_in; c++) {
			float v = (float)rng_gaussian(&r);

			p->x[b * a->n_in + c] = !is_zero(pattern, b, c, a) ? v : c % 5 ? 0 : -0.0f;
		}
	for (int i = 0; i < a->n_out * a->n_in; i++)
		p->w[i] = (float)rng_gaussian(&r);
	for (int i = 0; i < a->n_out; i++)
		p->bias[i] = (float)rng_gaussian(&r);
}

/* The columns of zeros become ones, and their weights zero. */
static void fill_up(struct problem *p)
{
	const struct kernel_args *a = &p->args;

	for (int c = 0; c < a->n_in; c++) {
		bool zero = true;

		for (int b = 0; b < a->batch; b++)
			zero = zero && p->x[b * a->n_in + c] == 0;
		for (int b = 0; zero && b < a->batch; b++)
			p->x[b * a->n_in + c] = 1;
		for (int o = 0; zero && o < a->n_out; o++)
			p->w[o * a->n_in + c] = 0;
	}
}

static void run_team(const struct kernel *k, struct kernel_args args, int size, float *y)
{
	void *scratch = memory_create(k->scratch_bytes(&args, size) + 1, 1);

	args.scratch = scratch;
	args.y = y;
#pragma omp parallel num_threads(size)
	k->run(&args, (struct team){omp_get_thread_num(), omp_get_num_threads()});
	free(scratch);
}

static void check_reference(const struct problem *p, const char *isa, enum pattern pattern)
{
	size_t n = (size_t)p->args.batch * (size_t)p->args.n_out;
	double *ref = calloc(2 * n + 1, sizeof(*ref)), error;

	assert_non_null(ref);
	reference_forward(&p->args, ref, ref + n);
	error = reference_error(p->y, ref, ref + n, n, p->args.n_in);
	if (!(error <= 1))
		fail_msg("%s, %dx%dx%d, pattern %d: error %g of the tolerance", isa, p->args.batch, p->args.n_in,
			 p->args.n_out, (int)pattern, error);
	free(ref);
}

static void try_kernel(struct problem *p, const struct kernel *k, enum pattern pattern)
{
	int n = p->args.batch * p->args.n_out;

	fill(p, pattern);
	run_team(k, p->args, 1, p->y);
	check_reference(p, k->isa, pattern);
	for (int size = 2; size <= 3; size++) {
		run_team(k, p->args, size, p->y_full);
		assert_memory_equal(p->y, p->y_full, (size_t)n * sizeof(float));
	}
	fill_up(p);
	run_team(k, p->args, 1, p->y_full);
	for (int i = 0; i < n; i++)
		if (p->y[i] < p->y_full[i] || p->y[i] > p->y_full[i])
			fail_msg("%s, %dx%dx%d, pattern %d: entry %d has other bits", k->isa, p->args.batch,
				 p->args.n_in, p->args.n_out, (int)pattern, i);
}

static void try_shape(int batch, int n_in, int n_out)
{
	struct problem p = {.args = {.batch = batch, .n_in = n_in, .n_out = n_out, .relu = n_out % 2}};

	p.args.x = p.x = room(batch * n_in);
	p.args.w = p.w = room(n_out * n_in);
	p.args.bias = p.bias = room(n_out);
	p.y = room(batch * n_out);
	p.y_full = room(batch * n_out);
	for (const struct kernel_set *set = kernel_sets; set->isa; set++)
		for (int pattern = 0; set->supported() && pattern < N_PATTERNS; pattern++)
			try_kernel(&p, kernel_find(set, OP_FORWARD, "dense", NULL), (enum pattern)pattern);
	free(p.x);
	free(p.w);
	free(p.bias);
	free(p.y);
	free(p.y_full);
}

static void zero_columns_add_nothing(void **state)
{
	static const int batches[] = {1, 16, 18, 48, 50}, widths[] = {1, 15, 16, 33, 130, 512, 784, 800, 801};

	(void)state;
	for (size_t b = 0; b < sizeof(batches) / sizeof(batches[0]); b++)
		for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
			try_shape(batches[b], widths[i], 64);
			try_shape(batches[b], widths[i], 71);
		}
	try_shape(256, 784, 67);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(zero_columns_add_nothing)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
