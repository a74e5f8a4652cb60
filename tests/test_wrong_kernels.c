/* SPDX-License-Identifier: MIT */
/* What happens to a kernel that is wrong: a record without a time, a sentence, and the exit status. */
#include "command_run.h"
#include "kernel_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

/* A kernel that is wrong on purpose: it keeps the first k columns. */
static void select_first(const struct kernel_args *a, struct team team)
{
	for (int b = team.rank; b < a->batch; b += team.size) {
		a->kept->count[b] = a->k;
		for (int j = 0; j < a->k; j++) {
			a->kept->index[b * a->kept->stride + j] = j;
			a->kept->value[b * a->kept->stride + j] = a->dy[b * a->n_out + j];
		}
	}
}

/* Another: right, but writes behind the end of the kept values. */
static void select_and_overrun(const struct kernel_args *a, struct team team)
{
	kernel_find(kernel_set_find(NULL), OP_TOPK_SELECT, "topk", NULL)->run(a, team);
	a->kept->value[a->batch * a->kept->stride] = 0;
}

static struct kernel_cost no_cost(const struct kernel_args *a)
{
	return (struct kernel_cost){.flops = a->batch};
}

static size_t same_scratch(const struct kernel_args *a, int team_size)
{
	const struct kernel *k = kernel_find(kernel_set_find(NULL), OP_TOPK_SELECT, "topk", NULL);

	return k->scratch_bytes ? k->scratch_bytes(a, team_size) : 0;
}

static const struct kernel wrong_kernels[] = {
	{OP_TOPK_SELECT, "topk", "first", "portable", "wrong", select_first, no_cost, NULL},
	{OP_TOPK_SELECT, "topk", "overrun", "portable", "wrong", select_and_overrun, no_cost, same_scratch},
};

static int one_point(const struct session *s, struct point_list *list, struct failure *f)
{
	(void)s;
	return point_add(list,
			 &(struct point){.shape = {4, 0, 50}, .threads = 2, .copies = 2, .dist = dist_find("gaussian")},
			 f);
}

static int enter_wrong_and_right(struct lineup *l, struct failure *f)
{
	const struct kernel *right = kernel_find(l->kernels, OP_TOPK_SELECT, "topk", "heap");
	const struct kernel *const all[] = {&wrong_kernels[0], right, &wrong_kernels[1]};
	int set = lineup_set(l, method_find("topk"), 5, NAN), err = 0;

	for (int i = 0; i < 3 && !err; i++)
		err = lineup_add(l,
				 &(struct trial){.op = OP_TOPK_SELECT,
						 .method = "topk",
						 .select = all[i]->variant,
						 .steps = {all[i]},
						 .n_steps = 1,
						 .set = set},
				 f);
	return err;
}

static void test_wrong_kernels_get_no_time(void **state)
{
	static const struct kernel_plan plan = {"select", one_point, enter_wrong_and_right, false};
	struct options o;
	struct run r;
	int wrong = 0, right = 0;

	(void)state;
	run_start(&r);
	parse(&o, "select", &r, WORDS("--threads=2"));
	r.status = kernel_run(&o, &plan, &r.f);
	assert_int_equal(r.status, EXIT_WRONG_RESULT);
	run_read(&r);
	for (size_t i = 0; i < r.n; i++) {
		const struct kernel_record *k = &r.records[i];

		if (!strcmp(k->select, "heap")) {
			assert_string_equal(k->check, "ok");
			right++;
			continue;
		}
		assert_string_equal(k->check, "fail");
		assert_int_equal(k->calls, 0);
		assert_int_equal(k->elapsed_ns, 0);
		wrong++;
	}
	assert_int_equal(wrong, 2);
	assert_int_equal(right, 2);
	run_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong_kernels_get_no_time),
	};

	return cmocka_run_group_tests_name("wrong_kernels", tests, NULL, NULL);
}
