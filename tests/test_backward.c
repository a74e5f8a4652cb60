/* SPDX-License-Identifier: MIT */
/*
 * The matrix kernels (forward, backward_data, backward_weights; dense, sparse, unified) of every instruction set
 * against the double references: odd sizes, empty sizes, every team size, non-finite values, canaries, and the promise
 * that the team's size does not change a bit.
 */
#include "base/memory.h"
#include "base/rng.h"
#include "kernel.h"
#include "reference.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <omp.h>

#define CANARY 16
#define CANARY_VALUE 12345.0f

struct problem {
	struct kernel_args args;
	struct sparse_dy kept;
	struct row_list rows;
	uint8_t *keep;
	float *x, *w, *bias, *dy, *out;
	size_t out_count;
};

static float *random_matrix(size_t n, struct rng *r, double zeros)
{
	float *m = malloc(n * sizeof(float) + 1);

	assert_non_null(m);
	for (size_t i = 0; i < n; i++)
		m[i] = rng_uniform(r) < zeros ? 0 : (float)rng_gaussian(r);
	return m;
}

/* keep, as lists; unified keeps the same columns in every row. */
static void fill_kept(struct problem *p, double density, bool unified, struct rng *r)
{
	int batch = p->args.batch, n = p->args.n_out;

	for (int b = 0; b < batch; b++) {
		int count = 0;

		for (int o = 0; o < n; o++) {
			size_t at = (size_t)b * (size_t)n + (size_t)o, to = (size_t)b * (size_t)p->kept.stride;

			p->keep[at] = unified && b > 0 ? p->keep[o] : rng_uniform(r) < density;
			if (!p->keep[at])
				continue;
			p->kept.index[to + (size_t)count] = o;
			p->kept.value[to + (size_t)count++] = p->dy[at];
		}
		p->kept.count[b] = count;
	}
}

static void problem_create(struct problem *p, int batch, int n_in, int n_out, double density, bool unified)
{
	struct rng r = rng_create(7, (uint64_t)(batch * 1000003 + n_in * 1009 + n_out));
	size_t b = (size_t)batch, i = (size_t)n_in, o = (size_t)n_out;

	memset(p, 0, sizeof(*p));
	p->x = random_matrix(b * i, &r, 0.3);
	p->w = random_matrix(o * i, &r, 0);
	p->bias = random_matrix(o, &r, 0);
	p->dy = random_matrix(b * o, &r, 0.5);
	p->kept.stride = n_out + SPARSE_PAD;
	p->kept.count = calloc(b + 1, sizeof(int32_t));
	p->kept.index = calloc(b * (size_t)p->kept.stride + 1, sizeof(int32_t));
	p->kept.value = calloc(b * (size_t)p->kept.stride + 1, sizeof(float));
	p->keep = calloc(b * o + 1, 1);
	p->rows.row = calloc(o + 1, sizeof(int32_t));
	p->args = (struct kernel_args){.batch = batch,
				       .n_in = n_in,
				       .n_out = n_out,
				       .x = p->x,
				       .w = p->w,
				       .bias = p->bias,
				       .relu = true,
				       .dy = p->dy,
				       .kept = &p->kept};
	fill_kept(p, density, unified, &r);
	p->out_count = b * i + b * o + o * i;
	p->out = memory_create(p->out_count + 2 * CANARY, sizeof(float));
	assert_non_null(p->out);
}

static void problem_destroy(struct problem *p)
{
	free(p->x);
	free(p->w);
	free(p->bias);
	free(p->dy);
	free(p->kept.count);
	free(p->kept.index);
	free(p->kept.value);
	free(p->keep);
	free(p->rows.row);
	free(p->out);
}

static size_t result_size(const struct problem *p, enum kernel_op op)
{
	size_t b = (size_t)p->args.batch, i = (size_t)p->args.n_in, o = (size_t)p->args.n_out;

	return op == OP_FORWARD ? b * o : op == OP_BACKWARD_DATA ? b * i : o * i;
}

/* Runs the kernel on poisoned output between canaries and returns the result. */
static const float *run_kernel(struct problem *p, const struct kernel *k, int team_size)
{
	size_t n = result_size(p, k->op), scratch = k->scratch_bytes ? k->scratch_bytes(&p->args, team_size) : 0;
	float *out = p->out + CANARY;
	void *memory = memory_create(scratch, 1);

	assert_non_null(memory);
	memset(memory, 0xff, scratch);
	for (size_t i = 0; i < n; i++)
		out[i] = NAN;
	for (size_t i = 0; i < CANARY; i++)
		p->out[i] = out[n + i] = CANARY_VALUE;
	p->args.scratch = memory;
	p->args.y = p->args.dx = p->args.dw = out;
#pragma omp parallel num_threads(team_size)
	k->run(&p->args, (struct team){omp_get_thread_num(), team_size});
	free(memory);
	for (size_t i = 0; i < CANARY; i++)
		assert_true(p->out[i] == CANARY_VALUE && out[n + i] == CANARY_VALUE);
	return out;
}

/* Rows of dw that the kernel did not list were not written; as zeros they complete the result. */
static void complete_rows(struct problem *p, float *out)
{
	int next = 0;

	for (int o = 0; o < p->args.n_out; o++) {
		float *row = out + (size_t)o * (size_t)p->args.n_in;

		if (next < p->rows.count && p->rows.row[next] == o) {
			next++;
			continue;
		}
		for (int i = 0; i < p->args.n_in; i++) {
			assert_true(isnan(row[i]));
			row[i] = 0;
		}
	}
	assert_int_equal(next, p->rows.count);
}

static void check_kernel(struct problem *p, const struct kernel *k, int team_size, bool rows)
{
	size_t n = result_size(p, k->op);
	double *ref = calloc(n + 1, sizeof(double)), *bound = calloc(n + 1, sizeof(double)), error;
	const uint8_t *keep = strcmp(k->method, "dense") ? p->keep : NULL;
	int terms = k->op == OP_FORWARD ? p->args.n_in : k->op == OP_BACKWARD_DATA ? p->args.n_out : p->args.batch;

	p->args.dw_rows = rows ? &p->rows : NULL;
	run_kernel(p, k, team_size);
	if (rows)
		complete_rows(p, p->out + CANARY);
	if (k->op == OP_FORWARD)
		reference_forward(&p->args, ref, bound);
	else if (k->op == OP_BACKWARD_DATA)
		reference_backward_data(&p->args, keep, 1, ref, bound);
	else
		reference_backward_weights(&p->args, keep, 1, ref, bound);
	error = reference_error(p->out + CANARY, ref, bound, n, terms);
	if (!(error <= 1))
		print_error("%s/%s/%s %dx%dx%d team %d: error %g\n", kernel_op_name(k->op), k->method, k->isa,
			    p->args.batch, p->args.n_in, p->args.n_out, team_size, error);
	assert_true(error <= 1);
	free(ref);
	free(bound);
}

typedef void visit_fn(struct problem *p, const struct kernel *k);

/* Visits every matrix kernel of every set this CPU runs. The "blas" kernels are tested with their libraries. */
static void each_kernel(struct problem *p, const char *method, visit_fn *visit)
{
	for (const struct kernel_set *s = kernel_sets; s->isa; s++)
		for (const struct kernel *k = s->kernels; s->supported() && k->method; k++)
			if ((k->op == OP_FORWARD || k->op == OP_BACKWARD_DATA || k->op == OP_BACKWARD_WEIGHTS) &&
			    !strcmp(k->method, method))
				visit(p, k);
}

static void visit_check(struct problem *p, const struct kernel *k)
{
	for (int size = 1; size <= 5; size += 2) {
		check_kernel(p, k, size, false);
		if (k->op == OP_BACKWARD_WEIGHTS && strcmp(k->method, "dense"))
			check_kernel(p, k, size, true);
	}
}

static void visit_same_bits(struct problem *p, const struct kernel *k)
{
	size_t n = result_size(p, k->op);
	float *first = malloc(n * sizeof(float) + 1);

	p->args.dw_rows = NULL;
	memcpy(first, run_kernel(p, k, 1), n * sizeof(float));
	for (int size = 2; size <= 8; size++)
		assert_memory_equal(first, run_kernel(p, k, size), n * sizeof(float));
	free(first);
}

static const int shapes[][3] = {
	{1, 1, 1},
	{1, 2, 3},
	{2, 17, 5},
	{3, 31, 9},
	{5, 33, 16},
	{7, 64, 65},
	{10, 100, 33},
	{13, 7, 40},
	{16, 16, 16},
	{50, 97, 101},
	{53, 130, 67},
	{64, 48, 500},
	{65, 300, 12},
	{3, 1030, 21},
	{6, 1045, 10},
	{49, 1031, 35},
	{300, 40, 20},
	{9, 3, 300},
	{2, 784, 10},
	{70, 5, 259},
	/* several blocks of the inner dimension, strips, rows that crowd the cache */
	{1700, 20, 13},
	{20, 150, 1650},
	{21, 1612, 81},
	{14, 512, 70},
	{26, 1024, 512},
	{30, 300, 64},
	/* one input, one output */
	{15, 40, 1},
	{7, 40, 1},
	{3, 40, 1},
	{17, 1, 64},
	{33, 1, 300},
	{33, 1, 5},
};

#define N_SHAPES (sizeof(shapes) / sizeof(shapes[0]))

static void visit_shapes(const char *method, double density, bool unified, visit_fn *visit)
{
	for (size_t s = 0; s < N_SHAPES; s++) {
		struct problem p;

		problem_create(&p, shapes[s][0], shapes[s][1], shapes[s][2], density, unified);
		each_kernel(&p, method, visit);
		problem_destroy(&p);
	}
}

static void test_dense(void **state)
{
	(void)state;
	visit_shapes("dense", 1, false, visit_check);
}

static void test_sparse(void **state)
{
	static const double densities[] = {0, 0.04, 0.5, 1};

	(void)state;
	for (size_t d = 0; d < sizeof(densities) / sizeof(densities[0]); d++)
		visit_shapes("sparse", densities[d], false, visit_check);
}

static void test_unified(void **state)
{
	static const double densities[] = {0, 0.04, 0.5, 1};

	(void)state;
	for (size_t d = 0; d < sizeof(densities) / sizeof(densities[0]); d++)
		visit_shapes("unified", densities[d], true, visit_check);
}

static void test_same_bits_for_every_team(void **state)
{
	(void)state;
	visit_shapes("dense", 1, false, visit_same_bits);
	visit_shapes("sparse", 0.2, false, visit_same_bits);
	visit_shapes("unified", 0.2, true, visit_same_bits);
}

static void visit_any_caches(struct problem *p, const struct kernel *k)
{
	static const struct caches caches[] = {{1, 1, 1}, {1 << 12, 1 << 14, 1 << 16}, {SIZE_MAX, SIZE_MAX, SIZE_MAX}};
	size_t n = result_size(p, k->op);
	float *usual = malloc(n * sizeof(float) + 1);

	p->args.dw_rows = NULL;
	p->args.caches = (struct caches){0};
	memcpy(usual, run_kernel(p, k, 1), n * sizeof(float));
	for (size_t i = 0; i < sizeof(caches) / sizeof(caches[0]); i++) {
		p->args.caches = caches[i];
		for (int size = 1; size <= 3; size++)
			assert_memory_equal(usual, run_kernel(p, k, size), n * sizeof(float));
	}
	free(usual);
}

/* Operands that fit no cache are walked through in another order, and results written past them: to the same bits. */
static void test_same_bits_for_any_caches(void **state)
{
	(void)state;
	visit_shapes("sparse", 0.04, false, visit_any_caches);
	visit_shapes("sparse", 0.4, false, visit_any_caches);
}

/* A size of 0 is valid: nothing is read; an empty sum is 0 (or the bias). */
static void test_empty_sizes(void **state)
{
	static const int empty[][3] = {{0, 5, 5}, {5, 0, 5}, {5, 5, 0}, {0, 0, 0}, {60, 0, 5}};

	(void)state;
	for (size_t s = 0; s < sizeof(empty) / sizeof(empty[0]); s++) {
		struct problem p;

		problem_create(&p, empty[s][0], empty[s][1], empty[s][2], 0.5, true);
		each_kernel(&p, "dense", visit_check);
		each_kernel(&p, "sparse", visit_check);
		each_kernel(&p, "unified", visit_check);
		problem_destroy(&p);
	}
}

/* NaN and infinity reach the results they should, and no others. */
static void test_non_finite(void **state)
{
	static const float specials[] = {NAN, INFINITY, -INFINITY, 1e-42f, -0.0f, 1e38f};
	struct problem p;

	(void)state;
	problem_create(&p, 11, 37, 29, 0.3, false);
	p.args.relu = false;
	for (size_t i = 0; i < sizeof(specials) / sizeof(specials[0]); i++) {
		p.x[i * 40] = specials[i];
		p.w[i * 50 + 3] = specials[i];
	}
	each_kernel(&p, "dense", visit_check);
	each_kernel(&p, "sparse", visit_check);
	problem_destroy(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dense),
		cmocka_unit_test(test_sparse),
		cmocka_unit_test(test_unified),
		cmocka_unit_test(test_same_bits_for_every_team),
		cmocka_unit_test(test_same_bits_for_any_caches),
		cmocka_unit_test(test_empty_sizes),
		cmocka_unit_test(test_non_finite),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
