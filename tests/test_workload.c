/* SPDX-License-Identifier: MIT */
/* Operands of a point: the same data for every team, aligned, fenced; and tau found from the data. */
#include "reference.h"
#include "tau.h"
#include "workload.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ALL_OPS (1u << OP_FORWARD | 1u << OP_BACKWARD | 1u << OP_TOPK_SELECT)

static struct binding binding;

static int open_machine(void **state)
{
	struct machine *m;
	struct failure f;

	if (machine_create(&m, NULL, &f) || binding_create(&binding, m, NULL, &f))
		return -1;
	*state = m;
	return 0;
}

static int close_machine(void **state)
{
	machine_destroy(*state);
	return 0;
}

static struct workload_params params_of(int batch, int n_in, int n_out, int threads, unsigned ops)
{
	return (struct workload_params){.binding = &binding,
					.shape = {batch, n_in, n_out},
					.threads = threads,
					.dist = dist_find("relu"),
					.copies = 3,
					.ops = ops,
					.seed = 5};
}

static void create(struct workload *w, struct workload_params p)
{
	struct failure f = {""};

	if (workload_create(w, &p, &f))
		fail_msg("%s", f.text);
}

static void assert_same(const float *a, const float *b, int n)
{
	assert_memory_equal(a, b, sizeof(*a) * (size_t)n);
}

static void test_data_do_not_depend_on_the_team(void **state)
{
	(void)state;
	for (int threads = 2; threads <= 3; threads++) {
		struct workload a, b;

		create(&a, params_of(13, 37, 29, 1, ALL_OPS));
		create(&b, params_of(13, 37, 29, threads, ALL_OPS));
		assert_same(a.args[0].x, b.args[0].x, 13 * 37);
		assert_same(a.args[0].w, b.args[0].w, 29 * 37);
		assert_same(a.args[0].bias, b.args[0].bias, 29);
		for (int c = 0; c < 3; c++)
			assert_same(a.args[c].dy, b.args[c].dy, 13 * 29);
		workload_destroy(&a);
		workload_destroy(&b);
	}
}

static void test_copies_differ_and_share_the_rest(void **state)
{
	struct workload w;

	(void)state;
	create(&w, params_of(8, 16, 32, 2, ALL_OPS));
	assert_memory_not_equal(w.args[0].dy, w.args[1].dy, sizeof(float) * 8 * 32);
	assert_ptr_equal(w.args[0].w, w.args[2].w);
	assert_ptr_equal(w.args[0].dw, w.args[2].dw);
	workload_destroy(&w);
}

static void assert_aligned(const void *p)
{
	assert_non_null(p);
	assert_int_equal((uintptr_t)p % KERNEL_ALIGN, 0);
}

static void test_operands_are_aligned(void **state)
{
	struct workload w;
	struct sparse_dy kept;
	struct failure f;

	(void)state;
	create(&w, params_of(3, 5, 7, 1, ALL_OPS));
	assert_int_equal(workload_kept(&w, &kept, &f), 0);
	assert_int_equal(workload_scratch(&w, 1000, &f), 0);
	assert_aligned(w.args[0].x);
	assert_aligned(w.args[0].w);
	assert_aligned(w.args[2].dy);
	assert_aligned(w.args[0].dx);
	assert_aligned(w.args[0].dw);
	assert_aligned(w.args[1].scratch);
	assert_aligned(kept.index);
	assert_aligned(kept.value);
	assert_true(kept.stride >= 7 + SPARSE_PAD);
	workload_destroy(&w);
}

static void test_only_what_is_needed(void **state)
{
	struct workload w;

	(void)state;
	create(&w, params_of(64, 0, 500, 2, 1u << OP_TOPK_SELECT));
	assert_non_null(w.args[0].dy);
	assert_null(w.args[0].x);
	assert_null(w.args[0].w);
	assert_null(w.args[0].dx);
	assert_null(w.args[0].dw);
	workload_destroy(&w);
}

static void test_scratch_grows_only(void **state)
{
	struct workload w;
	struct failure f;
	void *first;

	(void)state;
	create(&w, params_of(1, 1, 1, 1, ALL_OPS));
	assert_int_equal(workload_scratch(&w, 100, &f), 0);
	first = w.args[0].scratch;
	assert_int_equal(workload_scratch(&w, 50, &f), 0);
	assert_ptr_equal(w.args[0].scratch, first);
	assert_int_equal(workload_scratch(&w, 1 << 20, &f), 0);
	memset(w.args[2].scratch, 1, 1 << 20);
	workload_destroy(&w);
}

static void test_guards(void **state)
{
	struct workload w;
	const char *what = "";
	char before;

	(void)state;
	create(&w, params_of(4, 6, 10, 2, ALL_OPS));
	assert_true(workload_intact(&w, &what));
	w.args[0].dx[4 * 6] = 0;
	assert_false(workload_intact(&w, &what));
	assert_string_equal(what, "dx");
	assert_true(workload_intact(&w, &what));
	before = ((char *)w.args[0].dw)[-1];
	((char *)w.args[0].dw)[-1] = (char)~before;
	assert_false(workload_intact(&w, &what));
	assert_string_equal(what, "dw");
	memset(w.args[0].dw, 0, sizeof(float) * 6 * 10);
	assert_true(workload_intact(&w, &what));
	workload_destroy(&w);
}

/* largest: the largest norm of a row of all copies. */
static double mean_kept(const char *method, const struct workload *w, double tau, float largest)
{
	int batch = w->p.shape.batch, n = w->p.shape.n_out, sum = 0;
	uint8_t *keep = calloc((size_t)(batch * n), 1);

	for (int c = 0; c < w->p.copies; c++) {
		struct kernel_args a = w->args[c];

		a.tau = (float)tau;
		a.tinyprop = (struct tinyprop){0.1, 0.9, largest, NULL};
		assert_true(reference_keep(method, &a, keep));
		for (int i = 0; i < batch * n; i++)
			sum += keep[i];
	}
	free(keep);
	return (double)sum / (batch * w->p.copies);
}

/* Of every method that takes one: the next must be found in the table too. */
static void test_tau_gives_the_mean_k(void **state)
{
	const double ks[] = {1, 5, 20, 50};
	struct workload w;
	const float *dy[3];

	(void)state;
	create(&w, params_of(32, 1, 120, 1, ALL_OPS));
	for (int c = 0; c < 3; c++)
		dy[c] = w.args[c].dy;
	for (const struct method *m = methods; m->name; m++)
		for (int i = 0; m->takes_tau && i < 4; i++) {
			struct tau_data d = {dy, 3, 32, 120, {0.1, 0.9, 0, NULL}};
			double tau = tau_for_mean_k(m->select, &d, ks[i]);

			assert_true(fabs(mean_kept(m->select, &w, tau, tau_largest_norm(&d)) - ks[i]) <= 0.5);
		}
	workload_destroy(&w);
}

/* More than there are non-zeros: all of those, never the zeros. */
static void test_threshold_never_keeps_zeros(void **state)
{
	struct workload w;
	const float *dy[1];
	struct tau_data d = {.dy = dy, .copies = 1, .batch = 32, .n_out = 120};

	(void)state;
	create(&w, params_of(32, 1, 120, 1, ALL_OPS));
	dy[0] = w.args[0].dy;
	assert_true(tau_for_mean_k("threshold", &d, 119) > 0);
	assert_true(tau_for_mean_k("threshold", &d, 0) > 0);
	workload_destroy(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_data_do_not_depend_on_the_team),
		cmocka_unit_test(test_copies_differ_and_share_the_rest),
		cmocka_unit_test(test_operands_are_aligned),
		cmocka_unit_test(test_only_what_is_needed),
		cmocka_unit_test(test_scratch_grows_only),
		cmocka_unit_test(test_guards),
		cmocka_unit_test(test_tau_gives_the_mean_k),
		cmocka_unit_test(test_threshold_never_keeps_zeros),
	};

	return cmocka_run_group_tests_name("workload", tests, open_machine, close_machine);
}
