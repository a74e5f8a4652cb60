/* SPDX-License-Identifier: MIT */
/* Which level of memory an operand lives in, what composed calls count, and what the kernels themselves say. */
#include "measure/traffic.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KIB 1024.0

static struct machine *machine_of(const char *synthetic)
{
	struct machine *m;
	struct failure f;

	if (machine_create(&m, synthetic, &f))
		fail_msg("%s", f.text);
	return m;
}

/* Two cores with caches of their own that share an L3. */
static struct machine *two_cores(void)
{
	return machine_of("l3:1(size=32MB) l2:2(size=1MB) l1:1(size=32KB) core:1 pu:1");
}

static void test_levels_by_size(void **state)
{
	struct machine *m = two_cores();
	double l1 = (double)machine_cache_bytes(m, 1), l3 = (double)machine_cache_bytes(m, 3);

	(void)state;
	assert_true(l1 >= 32e3 && l3 >= 32e6);
	assert_int_equal(machine_level_of(m, 0, 1), MEMORY_L1);
	assert_int_equal(machine_level_of(m, l1, 1), MEMORY_L1);
	assert_int_equal(machine_level_of(m, l1 + 1, 1), MEMORY_L2);
	assert_int_equal(machine_level_of(m, l3, 1), MEMORY_L3);
	assert_int_equal(machine_level_of(m, l3 + 1, 1), MEMORY_MAIN);
	assert_int_equal(machine_level_of(m, INFINITY, 1), MEMORY_MAIN);
	machine_destroy(m);
}

/* Halves of an operand lie in the caches of two cores; the L3 is one for both. */
static void test_a_team_has_all_its_caches(void **state)
{
	struct machine *m = two_cores();
	double l2 = (double)machine_cache_bytes(m, 2), l3 = (double)machine_cache_bytes(m, 3);
	const struct kernel_cost cost = {.bytes = {[OPERAND_W] = {2 * l2, 0}}};

	(void)state;
	assert_int_equal(machine_level_of(m, 2 * l2, 1), MEMORY_L3);
	assert_int_equal(machine_level_of(m, 2 * l2, 2), MEMORY_L2);
	assert_int_equal(machine_level_of(m, 2 * l2 + 1, 2), MEMORY_L3);
	assert_int_equal(machine_level_of(m, l3 + 1, 2), MEMORY_MAIN);
	assert_true(traffic_by_level(&cost, m, 1, 1, false).read[MEMORY_L3] == 2 * l2);
	assert_true(traffic_by_level(&cost, m, 2, 1, false).read[MEMORY_L2] == 2 * l2);
	machine_destroy(m);
}

static void test_streams_lie_between_the_caches(void **state)
{
	struct machine *m = two_cores();
	double l1 = (double)machine_cache_bytes(m, 1), l2 = (double)machine_cache_bytes(m, 2);
	double l3 = (double)machine_cache_bytes(m, 3);

	(void)state;
	assert_true(machine_stream_bytes(m, MEMORY_L1, 1) == l1 / 2);
	assert_true(machine_stream_bytes(m, MEMORY_L1, 2) == l1);
	assert_true(machine_stream_bytes(m, MEMORY_L2, 1) == fmin(4 * l1, l2 / 2));
	assert_true(machine_stream_bytes(m, MEMORY_L3, 1) == fmin(4 * l2, l3 / 2));
	assert_true(machine_stream_bytes(m, MEMORY_L3, 2) == fmin(8 * l2, l3 / 2));
	assert_true(machine_stream_bytes(m, MEMORY_MAIN, 2) >= 4 * l3);
	machine_destroy(m);
}

static void test_unknown_caches_count_as_memory(void **state)
{
	struct machine *m = machine_of("core:2 pu:1");

	(void)state;
	assert_int_equal(machine_level_of(m, 1, 1), MEMORY_MAIN);
	assert_true(machine_stream_bytes(m, MEMORY_L1, 1) == 0);
	machine_destroy(m);
}

static void test_each_operand_at_its_own_level(void **state)
{
	struct machine *m = two_cores();
	const struct kernel_cost cost = {
		.bytes = {[OPERAND_DY] = {.read = 20 * KIB},
			  [OPERAND_X] = {.read = 20 * KIB},
			  [OPERAND_W] = {600 * KIB, 600 * KIB}},
	};
	struct level_traffic t = traffic_by_level(&cost, m, 1, 1, false);

	(void)state;
	assert_true(t.read[MEMORY_L1] == 40 * KIB && t.written[MEMORY_L1] == 0);
	assert_true(t.read[MEMORY_L2] == 600 * KIB && t.written[MEMORY_L2] == 600 * KIB);
	/* Eight copies of dY in turn fit L2 only; x does not rotate. */
	t = traffic_by_level(&cost, m, 1, 8, false);
	assert_true(t.read[MEMORY_L1] == 20 * KIB && t.read[MEMORY_L2] == 620 * KIB);
	t = traffic_by_level(&cost, m, 1, 8, true);
	assert_true(t.read[MEMORY_MAIN] == 640 * KIB && t.written[MEMORY_MAIN] == 600 * KIB);
	assert_true(cost_bytes(&cost) == 1240 * KIB);
	machine_destroy(m);
}

static struct kernel_cost cost_of(enum kernel_op op, const char *method, const struct kernel_args *args)
{
	return kernel_find(kernel_set_find(NULL), op, method, NULL)->cost(args);
}

/* dY, which both steps of a dense backward pass read, counts once. */
static void test_a_composed_call_counts_operands_once(void **state)
{
	const struct kernel_args args = {.batch = 3, .n_in = 5, .n_out = 7};
	const struct kernel_cost dw = cost_of(OP_BACKWARD_WEIGHTS, "dense", &args);
	const struct kernel_cost dx = cost_of(OP_BACKWARD_DATA, "dense", &args);
	const struct kernel_cost both = cost_join(&dw, &dx);

	(void)state;
	assert_true(both.flops == 2 * 2 * 3 * 5 * 7);
	assert_true(cost_bytes(&dw) == 4 * (3 * 7 + 3 * 5 + 7 * 5));
	assert_true(cost_bytes(&both) == 4 * (3 * 7 + 2 * 3 * 5 + 2 * 7 * 5));
}

/* Two rows of three keep columns 1 and 4, the third keeps nothing: two rows of w are read, two of dw are written. */
static void test_sparse_counts_the_touched_rows(void **state)
{
	int32_t count[] = {2, 1, 0}, index[3 * 24] = {1, 4, [24] = 4};
	float value[3 * 24] = {0};
	struct sparse_dy kept = {24, count, index, value};
	struct row_list rows = {0};
	struct kernel_args args = {.batch = 3, .n_in = 5, .n_out = 7, .kept = &kept, .dw_rows = &rows};
	struct kernel_cost c = cost_of(OP_BACKWARD_DATA, "sparse", &args);

	(void)state;
	assert_true(c.flops == 2 * 3 * 5);
	assert_true(c.bytes[OPERAND_W].read == 4 * 2 * 5 && c.bytes[OPERAND_DX].written == 4 * 3 * 5);
	c = cost_of(OP_BACKWARD_WEIGHTS, "sparse", &args);
	assert_true(c.bytes[OPERAND_KEPT].read == 8 * 3 && c.bytes[OPERAND_DW].written == 4 * 2 * 5);
	args.dw_rows = NULL;
	c = cost_of(OP_BACKWARD_WEIGHTS, "sparse", &args);
	assert_true(c.bytes[OPERAND_DW].written == 4 * 7 * 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels_by_size),
		cmocka_unit_test(test_a_team_has_all_its_caches),
		cmocka_unit_test(test_streams_lie_between_the_caches),
		cmocka_unit_test(test_unknown_caches_count_as_memory),
		cmocka_unit_test(test_each_operand_at_its_own_level),
		cmocka_unit_test(test_a_composed_call_counts_operands_once),
		cmocka_unit_test(test_sparse_counts_the_touched_rows),
	};

	return cmocka_run_group_tests_name("traffic", tests, NULL, NULL);
}
