/* SPDX-License-Identifier: MIT */
/*
 * dW fused with the optimiser's step, against the two kernels one after the other: the same bits, for every instruction
 * set, optimiser and team, with and without rows that no example kept; and against the reference.
 */
#include "base/memory.h"
#include "base/rng.h"
#include "kernel.h"
#include "measure/check.h"

#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const optimizers[] = {"sgd", "momentum", "adagrad", "adam"};

struct shape {
	int batch, n_in, n_out;
	double kept; /* share of the entries */
	struct caches caches;
};

struct problem {
	struct kernel_args args;
	struct sparse_dy kept;
	struct row_list rows;
	size_t n;
	float *x, *dw, *array[3], *start[3];
};

static void *room(size_t n, size_t size)
{
	void *p = memory_create(n + 1, size);

	assert_non_null(p);
	return p;
}

static void keep_some(struct problem *p, const struct shape *s, struct rng *r)
{
	p->kept.stride = s->n_out + SPARSE_PAD;
	p->kept.count = room((size_t)s->batch, sizeof(int32_t));
	p->kept.index = room((size_t)s->batch * (size_t)p->kept.stride, sizeof(int32_t));
	p->kept.value = room((size_t)s->batch * (size_t)p->kept.stride, sizeof(float));
	for (int b = 0; b < s->batch; b++)
		for (int o = 0; o < s->n_out; o++)
			if (rng_uniform(r) < s->kept) {
				int at = b * p->kept.stride + p->kept.count[b]++;

				p->kept.index[at] = o;
				p->kept.value[at] = (float)rng_gaussian(r);
			}
}

static void problem_create(struct problem *p, const struct shape *s)
{
	struct rng r = rng_create(5, (uint64_t)(s->n_in + s->n_out));

	memset(p, 0, sizeof(*p));
	p->n = (size_t)s->n_in * (size_t)s->n_out;
	keep_some(p, s, &r);
	p->x = room((size_t)s->batch * (size_t)s->n_in, sizeof(float));
	p->dw = room(p->n, sizeof(float));
	p->rows.row = room((size_t)s->n_out, sizeof(int32_t));
	for (int i = 0; i < s->batch * s->n_in; i++)
		p->x[i] = (float)rng_gaussian(&r);
	for (int a = 0; a < 3; a++) {
		p->array[a] = room(p->n, sizeof(float));
		p->start[a] = room(p->n, sizeof(float));
		for (size_t i = 0; i < p->n; i++)
			p->start[a][i] = a ? (float)rng_uniform(&r) : i % 17 ? (float)rng_gaussian(&r) : 0;
	}
	p->args = (struct kernel_args){.batch = s->batch,
				       .n_in = s->n_in,
				       .n_out = s->n_out,
				       .rescale = 1,
				       .x = p->x,
				       .kept = &p->kept,
				       .dw = p->dw,
				       .update = {.rows = s->n_out,
						  .cols = s->n_in,
						  .lr = 0.01f,
						  .beta1 = 0.9f,
						  .beta2 = 0.999f,
						  .eps = 1e-8f,
						  .step = 3}};
}

static void problem_destroy(struct problem *p)
{
	free(p->kept.count);
	free(p->kept.index);
	free(p->kept.value);
	free(p->x);
	free(p->dw);
	free(p->rows.row);
	for (int a = 0; a < 3; a++) {
		free(p->array[a]);
		free(p->start[a]);
	}
}

static void run_team(const struct kernel *k, struct kernel_args args, int size)
{
	void *scratch = room(k->scratch_bytes ? k->scratch_bytes(&args, size) : 0, 1);

	args.scratch = scratch;
#pragma omp parallel num_threads(size)
	k->run(&args, (struct team){omp_get_thread_num(), omp_get_num_threads()});
	free(scratch);
}

/* Steps a copy of the start: fused, or (NULL) by the two kernels. */
static void run_steps(struct problem *p, const struct kernel_set *set, const char *optimizer, bool fused, int size,
		      float *to[3])
{
	struct kernel_args args = p->args;

	for (int a = 0; a < 3; a++)
		memcpy(to[a], p->start[a], p->n * sizeof(float));
	args.update.param = to[0];
	args.update.state1 = to[1];
	args.update.state2 = to[2];
	if (fused) {
		run_team(kernel_find(set, OP_BACKWARD_UPDATE, "sparse", optimizer), args, size);
		return;
	}
	args.dw_rows = args.update.lazy ? &p->rows : NULL;
	run_team(kernel_find(set, OP_BACKWARD_WEIGHTS, "sparse", NULL), args, size);
	args.update.grad = p->dw;
	args.update.touched = args.dw_rows;
	run_team(kernel_find(set, OP_UPDATE, optimizer, NULL), args, size);
}

static void assert_reference(const struct problem *p, const char *optimizer, float *got[3], const char *isa)
{
	struct kernel_args args = p->args;
	struct update_before *before;
	struct check c;

	args.update.param = p->start[0];
	args.update.state1 = p->start[1];
	args.update.state2 = p->start[2];
	before = check_update_begin(&args.update);
	args.update.param = got[0];
	args.update.state1 = strcmp(optimizer, "sgd") ? got[1] : NULL;
	args.update.state2 = strcmp(optimizer, "adam") ? NULL : got[2];
	c = check_update(optimizer, &args, before, 1);
	if (!c.ok)
		fail_msg("%s, %s, %dx%dx%d: %s", optimizer, isa, args.batch, args.n_in, args.n_out, c.why);
	args.update.param = p->start[0];
	args.update.state1 = p->start[1];
	args.update.state2 = p->start[2];
	check_update_end(before, &args.update);
}

static void compare(struct problem *p, const struct kernel_set *set, const char *optimizer, int sizes)
{
	float *two[3];

	for (int a = 0; a < 3; a++)
		two[a] = room(p->n, sizeof(float));
	run_steps(p, set, optimizer, false, 1, two);
	for (int size = 1; size <= sizes; size++) {
		run_steps(p, set, optimizer, true, size, p->array);
		for (int a = 0; a < 3; a++)
			if (memcmp(p->array[a], two[a], p->n * sizeof(float)))
				fail_msg("%s, %s, %s, l1 %g, l2 %g, %dx%dx%d, %d threads: other bits in array %d",
					 optimizer, set->isa, p->args.update.lazy ? "lazy" : "dense",
					 (double)p->args.update.l1, (double)p->args.update.l2, p->args.batch,
					 p->args.n_in, p->args.n_out, size, a);
	}
	assert_reference(p, optimizer, p->array, set->isa);
	for (int a = 0; a < 3; a++)
		free(two[a]);
}

static void try_shape(const struct shape *s, int sizes)
{
	struct problem p;

	problem_create(&p, s);
	for (const struct kernel_set *set = kernel_sets; set->isa; set++)
		for (int o = 0; set->supported() && o < 16; o++) {
			p.args.caches = s->caches;
			p.args.update.lazy = o / 4 % 2;
			p.args.update.l1 = o < 8 ? 0 : 0.2f;
			p.args.update.l2 = o < 8 ? 0 : 0.1f;
			compare(&p, set, optimizers[o % 4], sizes);
		}
	problem_destroy(&p);
}

static void same_bits_as_two_kernels(void **state)
{
	static const int widths[] = {1, 3, 4, 7, 8, 15, 16, 17, 31, 33, 64, 65, 127, 129, 200, 257};

	(void)state;
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		try_shape(&(struct shape){13, widths[i], 29, 0.1, {0}}, 5);
		try_shape(&(struct shape){70, widths[i], 11, 0.5, {0}}, 2);
	}
}

static void takes_nothing_at_all(void **state)
{
	(void)state;
	try_shape(&(struct shape){0, 33, 7, 1, {0}}, 2);
	try_shape(&(struct shape){5, 0, 7, 1, {0}}, 2);
	try_shape(&(struct shape){5, 33, 0, 1, {0}}, 2);
	try_shape(&(struct shape){5, 33, 7, 0, {0}}, 2);
	try_shape(&(struct shape){1, 1, 1, 1, {0}}, 3);
}

/* So large that the weights are streamed, row after row, or caches so small that they seem so. */
static void same_bits_from_memory(void **state)
{
	(void)state;
	try_shape(&(struct shape){9, 2003, 2011, 0.004, {0}}, 2);
	/* a tail of one vector and a bit, for every vector's width */
	try_shape(&(struct shape){9, 2051, 7, 0.2, {1, 1, 1}}, 2);
	try_shape(&(struct shape){9, 1025, 7, 0.2, {1, 1, 1}}, 2);
	try_shape(&(struct shape){9, 515, 7, 0.2, {1, 1, 1}}, 2);
	for (int width = 1; width < 2100; width += width < 300 ? 41 : 127)
		try_shape(&(struct shape){13, width, 29, 0.1, {1, 1, 1}}, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_bits_as_two_kernels),
		cmocka_unit_test(takes_nothing_at_all),
		cmocka_unit_test(same_bits_from_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
