/* SPDX-License-Identifier: MIT */
/*
 * The optimisers against their double-precision reference: every instruction set this CPU runs, odd sizes, rows with
 * and without a gradient, dense and lazy, with weight decay and without; and that the size of the team changes no bit.
 */
#include "base/rng.h"
#include "measure/traffic.h"
#include "reference.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ROWS 17
#define MAX_COLS 131
#define MAX_ELEMENTS (MAX_ROWS * MAX_COLS)

static const char *const optimizers[] = {"sgd", "momentum", "adagrad", "adam"};

enum touch { TOUCH_NULL, TOUCH_NONE, TOUCH_SOME, TOUCH_ALL, N_TOUCH };

static const struct {
	float l1, l2;
} decays[] = {{0, 0}, {0, 0.1f}, {0.2f, 0}, {0.3f, 0.05f}};

struct problem {
	float param[MAX_ELEMENTS], grad[MAX_ELEMENTS], state1[MAX_ELEMENTS], state2[MAX_ELEMENTS];
	int32_t row[MAX_ROWS];
	struct row_list touched;
	struct update_args args;
};

static void problem_fill(struct problem *p, int rows, int cols, enum touch touch, uint64_t seed)
{
	struct rng r = rng_create(seed, 0);

	for (int i = 0; i < MAX_ELEMENTS; i++) {
		p->param[i] = (float)rng_gaussian(&r);
		p->grad[i] = (float)rng_gaussian(&r);
		p->state1[i] = (float)fabs(rng_gaussian(&r));
		p->state2[i] = (float)fabs(rng_gaussian(&r));
	}
	/* Weights whose sign is 0. */
	for (int i = 0; i < MAX_ELEMENTS; i += 13)
		p->param[i] = i % 2 ? -0.0f : i % 4 ? 0 : i % 8 ? 0x1p-130f : -0x1p-140f;
	p->touched = (struct row_list){.row = p->row};
	for (int i = 0; i < rows; i++)
		if (touch == TOUCH_ALL || (touch == TOUCH_SOME && i % 3 == 1))
			p->row[p->touched.count++] = i;
	p->args = (struct update_args){.param = p->param,
				       .grad = p->grad,
				       .state1 = p->state1,
				       .state2 = p->state2,
				       .touched = touch == TOUCH_NULL ? NULL : &p->touched,
				       .rows = rows,
				       .cols = cols,
				       .lr = 0.01f,
				       .beta1 = 0.9f,
				       .beta2 = 0.999f,
				       .eps = 1e-8f,
				       .step = 3};
	/* What is not touched must not be read. */
	for (int i = 0; touch != TOUCH_NULL && i < rows; i++)
		if (touch == TOUCH_NONE || (touch == TOUCH_SOME && i % 3 != 1))
			for (int c = 0; c < cols; c++)
				p->grad[i * cols + c] = NAN;
}

static void run_team(const struct kernel *k, struct problem *p, int size)
{
	struct kernel_args args = {.update = p->args};

	for (int rank = 0; rank < size; rank++)
		k->run(&args, (struct team){rank, size});
}

static void widen(double *to, const float *from, bool absolute)
{
	for (int i = 0; i < MAX_ELEMENTS; i++)
		to[i] = absolute ? fabs((double)from[i]) : (double)from[i];
}

/* Makes every term of the gradient positive, those of the decay included. */
static void make_positive(struct problem *p)
{
	for (int i = 0; i < MAX_ELEMENTS; i++)
		p->grad[i] = (isnan(p->grad[i]) ? 0 : fabsf(p->grad[i])) + p->args.l2 * fabsf(p->param[i]) + p->args.l1;
	p->args.grad = p->grad;
	p->args.touched = p->args.lazy ? p->args.touched : NULL;
	p->args.l1 = p->args.l2 = 0;
}

/* The result and its scale: the step with every term made positive, taken away from minus the magnitude. */
static void reference_run(const char *method, const struct problem *p, double ref[3][MAX_ELEMENTS],
			  double bound[3][MAX_ELEMENTS])
{
	struct problem *positive = malloc(sizeof(*positive));

	assert_non_null(positive);
	*positive = *p;
	make_positive(positive);
	for (int absolute = 0; absolute < 2; absolute++) {
		double(*to)[MAX_ELEMENTS] = absolute ? bound : ref;

		widen(to[0], p->param, absolute);
		widen(to[1], p->state1, absolute);
		widen(to[2], p->state2, absolute);
		for (int i = 0; absolute && i < MAX_ELEMENTS; i++)
			to[0][i] = -to[0][i];
		assert_true(reference_update(method, absolute ? &positive->args : &p->args, to[0], to[1], to[2]));
	}
	for (int i = 0; i < MAX_ELEMENTS; i++)
		bound[0][i] = fabs(bound[0][i]);
	free(positive);
}

static double worst_error(const char *method, const struct problem *before, const struct problem *after)
{
	static double ref[3][MAX_ELEMENTS], bound[3][MAX_ELEMENTS];
	const float *const got[3] = {after->param, after->state1, after->state2};
	double worst = 0;

	reference_run(method, before, ref, bound);
	for (int i = 0; i < 3; i++)
		worst = fmax(worst, reference_error(got[i], ref[i], bound[i], MAX_ELEMENTS, 1));
	return worst;
}

static void check_problem(const struct kernel *k, struct problem *before)
{
	static struct problem one, team;

	for (int size = 1; size <= 3; size++) {
		team = *before;
		team.args.param = team.param;
		team.args.state1 = team.state1;
		team.args.state2 = team.state2;
		run_team(k, &team, size);
		if (size == 1)
			one = team;
		assert_memory_equal(one.param, team.param, sizeof(one.param));
		assert_memory_equal(one.state1, team.state1, sizeof(one.state1));
		assert_memory_equal(one.state2, team.state2, sizeof(one.state2));
	}
	if (worst_error(k->method, before, &one) > 1)
		fail_msg("%s/%s rows %d cols %d: error %g times the tolerance", k->method, k->isa, before->args.rows,
			 before->args.cols, worst_error(k->method, before, &one));
}

static void check_kernel(const struct kernel *k)
{
	static const int rows[] = {0, 1, 2, 3, 16, 17}, cols[] = {0, 1, 7, 15, 16, 17, 64, 131};
	static struct problem p;

	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++)
		for (size_t c = 0; c < sizeof(cols) / sizeof(cols[0]); c++)
			for (int way = 0; way < 8 * N_TOUCH; way++) {
				problem_fill(&p, rows[r], cols[c], (enum touch)(way % N_TOUCH), 7 + r + c);
				p.args.lazy = way / N_TOUCH % 2;
				p.args.l1 = decays[way / N_TOUCH / 2].l1;
				p.args.l2 = decays[way / N_TOUCH / 2].l2;
				check_problem(k, &p);
			}
}

static void matches_reference(void **state)
{
	(void)state;
	for (const struct kernel_set *set = kernel_sets; set->isa; set++)
		for (size_t m = 0; set->supported() && m < sizeof(optimizers) / sizeof(optimizers[0]); m++) {
			const struct kernel *k = kernel_find(set, OP_UPDATE, optimizers[m], NULL);

			assert_non_null(k);
			check_kernel(k);
		}
}

/* The comparison above has power: a step with one wrong number is rejected. */
static void rejects_mutants(void **state)
{
	static struct problem before, after;
	const struct kernel *k = kernel_find(kernel_set_find(NULL), OP_UPDATE, "adam", NULL);

	(void)state;
	for (int mutant = 0; mutant < 8; mutant++) {
		problem_fill(&before, 5, 33, TOUCH_SOME, 3);
		before.args.l1 = before.args.l2 = 0.01f;
		after = before;
		after.args.param = after.param;
		after.args.state1 = after.state1;
		after.args.state2 = after.state2;
		after.args.step += mutant == 1;
		after.args.beta1 *= mutant == 2 ? 1.001f : 1;
		after.args.lazy = mutant == 3;
		after.args.touched = mutant == 4 ? NULL : &before.touched;
		after.args.rows -= mutant == 5;
		after.args.l1 *= mutant == 6 ? 0.99f : 1;
		after.args.l2 = mutant == 7 ? 0 : after.args.l2;
		run_team(k, &after, 2);
		assert_int_equal(mutant > 0, !(worst_error("adam", &before, &after) <= 1));
	}
}

/* A moment without gradient ends at nothing that counts, and is never denormal on the way, which would be slow. */
static void decays_without_denormals(void **state)
{
	(void)state;
	for (const struct kernel_set *set = kernel_sets; set->isa; set++) {
		float param = 1, grad = 0, m = 1, v = 1;
		struct kernel_args args = {
			.update = {&param, &grad, &m, &v, NULL, 1, 1, false, 0.01f, 0.9f, 0.9f, 1e-8f, 1, 0, 0}};
		const struct kernel *k = kernel_find(set, OP_UPDATE, "adam", NULL);

		for (int i = 0; set->supported() && i < 2000; i++) {
			k->run(&args, (struct team){0, 1});
			assert_true(m == 0 || fpclassify(m) == FP_NORMAL);
			assert_true(v == 0 || fpclassify(v) == FP_NORMAL);
		}
		/* Without a fused multiply-add they stop where a tenth of them would be denormal. */
		assert_true(!set->supported() || (m < 0x1p-120f && v < 0x1p-120f && isfinite(param)));
	}
}

static double bytes_of(const struct kernel *k, const struct kernel_args *args)
{
	const struct kernel_cost cost = k->cost(args);

	return cost_bytes(&cost);
}

/* An element gets the same bits alone, in its row, or in a stretch of rows: what fusing the step with dW relies on. */
static void bits_do_not_depend_on_the_cut(void **state)
{
	static struct problem whole, cut;
	static const int widths[] = {1, 7, 16, 37, MAX_COLS};
	enum { N_WIDTHS = sizeof(widths) / sizeof(widths[0]) };

	(void)state;
	for (const struct kernel_set *set = kernel_sets; set->isa; set++)
		for (size_t m = 0; set->supported() && m < 8 * N_WIDTHS; m++) {
			const struct kernel *k = kernel_find(set, OP_UPDATE, optimizers[m % 4], NULL);
			int cols = widths[m / 4 % N_WIDTHS], n = MAX_ROWS * cols;

			problem_fill(&whole, MAX_ROWS, cols, TOUCH_NULL, 3);
			whole.args.l1 = whole.args.l2 = m < 4 * N_WIDTHS ? 0 : 0.1f;
			cut = whole;
			run_team(k, &whole, 1);
			for (int at = 0, width = 1; at < n; at += width, width = at % 29 + 1) {
				struct kernel_args args = {.update = whole.args};

				args.update.param = cut.param + at;
				args.update.grad = cut.grad + at;
				args.update.state1 = cut.state1 + at;
				args.update.state2 = cut.state2 + at;
				args.update.rows = 1;
				args.update.cols = width < n - at ? width : n - at;
				k->run(&args, (struct team){0, 1});
			}
			assert_memory_equal(whole.param, cut.param, sizeof(cut.param));
			assert_memory_equal(whole.state1, cut.state1, sizeof(cut.state1));
			assert_memory_equal(whole.state2, cut.state2, sizeof(cut.state2));
		}
}

static void costs_count_traffic(void **state)
{
	int32_t row[2] = {1, 3};
	struct row_list touched = {2, row};
	struct kernel_args args = {.update = {.rows = 10, .cols = 4}};
	const struct kernel *adam = kernel_find(kernel_set_find(NULL), OP_UPDATE, "adam", NULL);
	const struct kernel *sgd = kernel_find(kernel_set_find(NULL), OP_UPDATE, "sgd", NULL);

	(void)state;
	assert_true(bytes_of(adam, &args) == 10 * 4 * 28);
	assert_true(bytes_of(sgd, &args) == 10 * 4 * 12);
	args.update.touched = &touched;
	assert_true(bytes_of(adam, &args) == 10 * 4 * 24 + 2 * 4 * 4);
	assert_true(bytes_of(sgd, &args) == 2 * 4 * 12);
	args.update.lazy = true;
	assert_true(bytes_of(adam, &args) == 2 * 4 * 28);
	args.update.l2 = 0.1f;
	assert_true(bytes_of(sgd, &args) == 2 * 4 * 12);
	args.update.lazy = false;
	assert_true(bytes_of(sgd, &args) == 10 * 4 * 8 + 2 * 4 * 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches_reference),	    cmocka_unit_test(rejects_mutants),
		cmocka_unit_test(decays_without_denormals), cmocka_unit_test(bits_do_not_depend_on_the_cut),
		cmocka_unit_test(costs_count_traffic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
