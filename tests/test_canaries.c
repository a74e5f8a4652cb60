/* SPDX-License-Identifier: MIT */
/*
 * Every kernel of the registry in hostile memory (kernel_stage.h): odd and empty sizes, operands against forbidden
 * pages on either side, aligned and not, teams of 1 to 8. It must touch nothing but its operands, change no input,
 * write each entry of its results, and give the same bits whatever its outputs and scratch held before and whatever the
 * team is. What the right bits are is for the tests of the single operations.
 */
#include "kernel_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))
#define MAX_TEAM 8

/* Two patterns of what was there before; as floats a NaN and a large number, as counts impossible. */
static const int poisons[] = {0xff, 0x5a};

struct trial {
	enum fenced_place place;
	int team_size, poison;
};

/* Fails the test unless the kernel behaves; copy: of the results, to be made (first) or to be met. */
static void check_call(const struct stage *plan, const struct trial *t, char **copy)
{
	struct stage s = *plan;
	const char *wrong;
	char what[200];
	bool first = !*copy;

	s.place = t->place;
	stage_create(&s);
	if (first)
		*copy = malloc(stage_result_bytes(&s));
	assert_non_null(*copy);
	snprintf(what, sizeof(what), "%s/%s/%s/%s: %dx%dx%d, way %d, place %d, team of %d",
		 kernel_op_name(s.kernel->op), s.kernel->method, s.kernel->variant, s.kernel->isa, s.batch, s.n_in,
		 s.n_out, s.way, s.place, t->team_size);
	fenced_subject(what);
	wrong = stage_call(&s, t->team_size, t->poison);
	if (!wrong && !stage_results(&s, *copy, !first))
		wrong = "other bits: it left results unwritten, or read what was there, or goes by the team or the "
			"base";
	if (wrong)
		fail_msg("%s: %s", what, wrong);
	stage_destroy(&s);
}

/* Case n: by one thread, in another place with other bytes before, and there by a team. */
static void check_case(const struct stage *plan, int n)
{
	enum fenced_place place = (n + n / STAGE_WAYS) % 2 ? FENCED_END : FENCED_FLUSH;
	const struct trial trials[] = {
		{FENCED_START, 1, poisons[0]}, {place, 1, poisons[1]}, {place, 2 + n % (MAX_TEAM - 1), poisons[0]}};
	char *copy = NULL;

	for (int i = 0; i < COUNT(trials); i++)
		check_call(plan, &trials[i], &copy);
	free(copy);
}

static const int shapes[][3] = {
	{0, 5, 5},    {5, 0, 5},    {5, 5, 0},	   {0, 0, 0},	 {1, 1, 1},	{3, 7, 5},     {7, 33, 9},
	{16, 37, 29}, {16, 33, 65}, {13, 100, 48}, {5, 64, 300}, {64, 48, 100}, {2, 1045, 20}, {33, 515, 17},
};

static void test_every_kernel(void **state)
{
	int n = 0;

	(void)state;
	for (const struct kernel_set *set = kernel_sets; set->isa; set++)
		for (const struct kernel *k = set->kernels; set->supported() && k->method; k++)
			for (int i = 0; i < COUNT(shapes) * STAGE_WAYS; i++, n++) {
				const int *shape = shapes[i / STAGE_WAYS];
				const struct stage plan = {.kernel = k,
							   .batch = shape[0],
							   .n_in = shape[1],
							   .n_out = shape[2],
							   .way = i % STAGE_WAYS};

				check_case(&plan, i);
			}
	assert_true(n > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_kernel),
	};

	return cmocka_run_group_tests_name("canaries", tests, NULL, NULL);
}
