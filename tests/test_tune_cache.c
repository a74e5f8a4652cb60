/* SPDX-License-Identifier: MIT */
/* The cache of tuned costs: kept, used only where it was measured, measured anew where it is damaged; and files of the
 * user. */
#include "base/failure.h"
#include "machine/machine.h"
#include "tune/tuner.h"
#include "tune_place.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void test_the_cache_keeps_what_was_measured(void **state)
{
	struct place p;
	struct tuner_params params;
	struct tune_layer layers[] = {layer_of(1, "relu"), layer_of(2, "relu"), layer_of(1, NULL), layer_of(1, "ties")};

	(void)state;
	place_create(&p);
	params = params_of(&p);
	layers[3].dx = false;
	for (int pass = 0; pass < 2; pass++)
		for (int i = 0; i < 4; i++) {
			struct tune_table t = ask(&params, &layers[i]);

			assert_int_equal(n_measured, pass ? 4 : i + 1);
			assert_true(same_curve(&t.relu_skip, &example.relu_skip));
			assert_true(same_curve(&t.topk, &example.topk));
			assert_int_equal(t.dense_ns, 1000 * layers[i].threads + 3);
			assert_int_equal(t.nonzeros, 50);
		}
	params.afresh = true;
	ask(&params, &layers[0]);
	assert_int_equal(n_measured, 5);
	place_destroy(&p);
}

static void test_a_busy_machine_leaves_nothing_in_the_cache(void **state)
{
	struct place p;
	struct tuner_params params;
	struct tune_layer l = layer_of(1, "relu");

	(void)state;
	place_create(&p);
	params = params_of(&p);
	conditions_degrade(&p.conditions, "loaded");
	ask(&params, &l);
	assert_int_not_equal(access(p.file, F_OK), 0);
	params.file = p.file; /* the user's word is */
	ask(&params, &l);
	assert_int_equal(n_measured, 2);
	ask(&params, &l);
	assert_int_equal(n_measured, 2);
	place_destroy(&p);
}

static void test_what_others_measured_is_not_used(void **state)
{
	struct place p;
	struct tuner_params params;
	struct tune_layer l = layer_of(1, "relu");

	(void)state;
	place_create(&p);
	params = params_of(&p);
	ask(&params, &l);
	snprintf(p.conditions.cpu, sizeof(p.conditions.cpu), "another");
	ask(&params, &l);
	assert_int_equal(n_measured, 2);
	snprintf(p.conditions.commit, sizeof(p.conditions.commit), "def");
	ask(&params, &l);
	assert_int_equal(n_measured, 3);
	snprintf(p.binding.policy, sizeof(p.binding.policy), "scatter");
	ask(&params, &l);
	assert_int_equal(n_measured, 4);
	l.kernels = &kernel_sets[0];
	ask(&params, &l);
	ask(&params, &l);
	assert_int_equal(n_measured, 5);
	place_destroy(&p);
}

static void write_text(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

#define KEY                                                                                                            \
	"\"cpu\":\"\",\"isa\":\"\",\"compiler\":\"\",\"program\":\"\",\"bind\":\"\",\"dist\":\"relu\",\"threads\":1,"  \
	"\"batch\":3,\"n_in\":50,\"n_out\":100,\"dx\":1,"
#define FILE_OF(cell) "{\"format\":\"mepbench tuning 1\",\"cells\":[" cell "]}"

static const char *const corrupt[] = {
	"",
	"\0",
	"{",
	"[]",
	"{}",
	"{\"format\":\"mepbench tuning 0\",\"cells\":[]}",
	"{\"format\":\"mepbench tuning 1\",\"cells\":{}}",
	FILE_OF("7"),
	FILE_OF("{" KEY "\"dense_ns\":1,\"nonzeros\":1,\"relu_skip\":[]}"),
	FILE_OF("{" KEY "\"dense_ns\":1,\"nonzeros\":1,\"relu_skip\":[],\"topk\":[[1,1]]}"),
	FILE_OF("{" KEY "\"dense_ns\":1,\"nonzeros\":1,\"relu_skip\":[],\"topk\":[[1,-1,\"heap\"]]}"),
	FILE_OF("{" KEY "\"dense_ns\":1,\"nonzeros\":1,\"relu_skip\":[],\"topk\":[[2,1,\"heap\"],[1,1,\"heap\"]]}"),
	FILE_OF("{" KEY "\"dense_ns\":1,\"nonzeros\":1,\"relu_skip\":[[1,1],[2,1],[3,1],[4,1],[5,1],[6,1],[7,1],[8,1],"
		"[9,1],[10,1],[11,1],[12,1],[13,1]],\"topk\":[]}"),
	FILE_OF("{" KEY "\"dense_ns\":\"1\",\"nonzeros\":1,\"relu_skip\":[],\"topk\":[]}"),
};

static void test_a_corrupt_cache_is_measured_anew(void **state)
{
	struct place p;
	struct tuner_params params;
	struct tune_layer l = layer_of(1, "relu");

	(void)state;
	place_create(&p);
	params = params_of(&p);
	for (size_t i = 0; i < sizeof(corrupt) / sizeof(corrupt[0]); i++) {
		n_measured = 0;
		write_text(p.file, corrupt[i]);
		ask(&params, &l);
		ask(&params, &l); /* now it is whole */
		assert_int_equal(n_measured, 1);
	}
	place_destroy(&p);
}

static void test_a_corrupt_file_of_the_users_is_refused(void **state)
{
	struct place p;
	struct tuner_params params;
	struct tuner *t;
	struct failure f;

	(void)state;
	place_create(&p);
	params = params_of(&p);
	params.file = p.file;
	for (size_t i = 0; i < sizeof(corrupt) / sizeof(corrupt[0]); i++) {
		write_text(p.file, corrupt[i]);
		assert_int_equal(tuner_create(&t, &params, &f), -EINVAL);
		assert_non_null(strstr(f.text, p.file));
	}
	place_destroy(&p);
}

static void test_a_file_of_the_users_fixes_choices(void **state)
{
	struct place p;
	struct tuner_params params;
	struct tune_layer l = layer_of(1, "relu"), other = layer_of(2, "relu");
	struct tune_table t;

	(void)state;
	place_create(&p);
	params = params_of(&p);
	params.file = p.file;
	write_text(
		p.file,
		FILE_OF("{" KEY "\"dense_ns\":7,\"nonzeros\":1,\"relu_skip\":[[1,0.5]],\"topk\":[[2,0.75,\"heap\"]]}"));
	t = ask(&params, &l); /* foreign in everything, yet his word */
	assert_int_equal(n_measured, 0);
	assert_int_equal(t.dense_ns, 7);
	assert_string_equal(t.topk.v[0].select, "heap");
	ask(&params, &other); /* missing: measured and added */
	assert_int_equal(n_measured, 1);
	ask(&params, &other);
	t = ask(&params, &l);
	assert_int_equal(n_measured, 1);
	assert_int_equal(t.dense_ns, 7);
	params.afresh = true;
	ask(&params, &l);
	assert_int_equal(n_measured, 2);
	place_destroy(&p);
}

/* A folder that cannot be made: a file stands in its way. The tests may run as root, whom no mode stops. */
static void test_an_unwritable_place(void **state)
{
	struct place p;
	struct tuner_params params;
	struct tune_layer l = layer_of(1, "relu");
	char below[128];
	struct failure f;
	struct tuner *t;

	(void)state;
	place_create(&p);
	params = params_of(&p);
	write_text(p.file, "");
	snprintf(below, sizeof(below), "%s/cache", p.file);
	setenv("MEPBENCH_CACHE", below, 1);
	ask(&params, &l);
	ask(&params, &l);
	assert_int_equal(n_measured, 2);
	params.file = below;
	assert_int_equal(tuner_create(&t, &params, &f), -EINVAL);
	assert_non_null(strstr(f.text, below));
	assert_int_equal(n_measured, 2);
	place_destroy(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_cache_keeps_what_was_measured),
		cmocka_unit_test(test_a_busy_machine_leaves_nothing_in_the_cache),
		cmocka_unit_test(test_what_others_measured_is_not_used),
		cmocka_unit_test(test_a_corrupt_cache_is_measured_anew),
		cmocka_unit_test(test_a_corrupt_file_of_the_users_is_refused),
		cmocka_unit_test(test_a_file_of_the_users_fixes_choices),
		cmocka_unit_test(test_an_unwritable_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
