/* SPDX-License-Identifier: MIT */
/*
 * Method auto: what it chooses from invented costs, what the tuning file survives, and that a real measurement yields
 * a table of every way. No time is judged here.
 */
#include "base/failure.h"
#include "machine/machine.h"
#include "tune/tuner.h"

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

/* Costs of a layer of 100 outputs: top-k wins below 50, relu_skip where fewer than 40 are left. */
static const struct tune_table example = {
	.relu_skip = {2, {{20, 0.25, ""}, {60, 1.25, ""}}},
	.topk = {3, {{10, 0.2, "bracket"}, {40, 0.8, "bracket"}, {80, 1.6, "radix"}}},
	.dense_ns = 1e6,
	.nonzeros = 50,
};

static const char *chosen(const struct tune_table *t, int k, double nonzeros)
{
	static struct choice_text text;
	struct choice c = tune_choose(t, kernel_set_find(NULL), k, nonzeros);

	assert_non_null(c.weights);
	assert_non_null(c.data);
	assert_int_equal(c.select != NULL, c.method->select != NULL);
	text = choice_describe(&c);
	return text.s;
}

static void test_the_fastest_way_is_chosen(void **state)
{
	(void)state;
	assert_string_equal(chosen(&example, 10, 100), "topk bracket");
	assert_string_equal(chosen(&example, 1, 100), "topk bracket"); /* beyond the curve */
	assert_string_equal(chosen(&example, 0, 100), "topk bracket");
	assert_string_equal(chosen(&example, 45, 100), "topk bracket"); /* 0.9 */
	assert_string_equal(chosen(&example, 55, 100), "dense");
	assert_string_equal(chosen(&example, 100, 100), "dense");
	assert_string_equal(chosen(&example, 100, 30), "relu_skip"); /* 0.5 */
	assert_string_equal(chosen(&example, 30, 20), "relu_skip");
	assert_string_equal(chosen(&example, 10, 30), "topk bracket");
}

static void test_equals_go_to_what_keeps_more(void **state)
{
	struct tune_table t = {.relu_skip = {1, {{50, 0.5, ""}}}, .topk = {1, {{50, 0.495, "heap"}}}};

	(void)state;
	assert_string_equal(chosen(&t, 50, 50), "relu_skip");
	t.topk.v[0].cost = 0.48;
	assert_string_equal(chosen(&t, 50, 50), "topk heap");
	t.relu_skip.v[0].cost = t.topk.v[0].cost = 0.99;
	assert_string_equal(chosen(&t, 50, 50), "dense");
	t.relu_skip.n = t.topk.n = 0;
	assert_string_equal(chosen(&t, 50, 50), "dense");
}

static void test_algorithms_follow_k(void **state)
{
	struct tune_table t = {.topk = {2, {{4, 0.1, "heap"}, {64, 0.2, "radix"}}}};

	(void)state;
	assert_string_equal(chosen(&t, 4, 100), "topk heap");
	assert_string_equal(chosen(&t, 15, 100), "topk heap");
	assert_string_equal(chosen(&t, 17, 100), "topk radix");
	/* A file may know algorithms that this program does not. */
	memcpy(t.topk.v[0].select, "marvel", 7);
	assert_string_equal(chosen(&t, 4, 100), "topk bracket");
}

/* A tuner in a folder of its own, whose measurements are invented and counted. */
static int n_measured;

struct place {
	char folder[64], file[96];
	struct machine *machine;
	struct binding binding;
	struct conditions conditions;
};

static int invent(const struct tuner_params *p, const struct tune_layer *l, struct tune_table *out, struct failure *f)
{
	(void)p;
	(void)f;
	n_measured++;
	*out = example;
	out->dense_ns = 1000 * l->threads + l->batch;
	return 0;
}

static void place_create(struct place *p)
{
	struct failure f;

	memset(p, 0, sizeof(*p));
	snprintf(p->folder, sizeof(p->folder), "/tmp/test_tune_XXXXXX");
	assert_non_null(mkdtemp(p->folder));
	snprintf(p->file, sizeof(p->file), "%s/tuning.json", p->folder);
	assert_int_equal(setenv("MEPBENCH_CACHE", p->folder, 1), 0);
	assert_int_equal(machine_create(&p->machine, NULL, &f), 0);
	assert_int_equal(binding_create(&p->binding, p->machine, NULL, &f), 0);
	snprintf(p->conditions.cpu, sizeof(p->conditions.cpu), "a \"processor\"");
	snprintf(p->conditions.compiler, sizeof(p->conditions.compiler), "cc 1");
	snprintf(p->conditions.commit, sizeof(p->conditions.commit), "abc");
	n_measured = 0;
}

static void place_destroy(struct place *p)
{
	machine_destroy(p->machine);
	unlink(p->file);
	assert_int_equal(rmdir(p->folder), 0); /* nothing else was left behind */
}

static struct tuner_params params_of(const struct place *p)
{
	return (struct tuner_params){.binding = &p->binding, .conditions = &p->conditions, .measure = invent};
}

static struct tune_layer layer_of(int threads, const char *dist)
{
	return (struct tune_layer){.kernels = kernel_set_find(NULL),
				   .batch = 3,
				   .n_in = 50,
				   .n_out = 100,
				   .threads = threads,
				   .dx = true,
				   .dist = dist ? dist_find(dist) : NULL};
}

/* What a new tuner says of a layer. */
static struct tune_table ask(const struct tuner_params *p, const struct tune_layer *l)
{
	const struct tune_table *table = NULL, *again;
	struct tune_table copy;
	struct tuner *t;
	struct failure f;

	if (tuner_create(&t, p, &f) || tuner_table(t, l, &table, &f))
		fail_msg("%s", f.text);
	assert_int_equal(tuner_table(t, l, &again, &f), 0);
	assert_ptr_equal(table, again);
	copy = *table;
	tuner_destroy(t);
	return copy;
}

static bool same_curve(const struct tune_curve *a, const struct tune_curve *b)
{
	bool same = a->n == b->n;

	for (int i = 0; same && i < a->n; i++)
		same = !memcmp(&a->v[i].kept, &b->v[i].kept, sizeof(double)) &&
		       !memcmp(&a->v[i].cost, &b->v[i].cost, sizeof(double)) && !strcmp(a->v[i].select, b->v[i].select);
	return same;
}

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

static void assert_measured(const struct tune_curve *c, int most)
{
	assert_in_range(c->n, 1, TUNE_MAX_POINTS);
	for (int i = 0; i < c->n; i++) {
		assert_true(c->v[i].cost > 0 && c->v[i].kept <= most);
		assert_true(i == 0 || c->v[i].kept > c->v[i - 1].kept);
	}
}

/* Tiny and odd layers, larger teams than the machine: every way is measured, every algorithm exists. */
static void test_measurement(void **state)
{
	static const int shapes[][3] = {{1, 1, 1}, {3, 17, 2}, {5, 40, 67}, {16, 96, 130}};
	struct place p;
	struct tuner_params params;
	struct failure f;

	(void)state;
	place_create(&p);
	params = params_of(&p);
	for (int i = 0; i < 16; i++) {
		struct tune_layer l = layer_of(1 + i % 3, i & 4 ? "gaussian" : NULL);
		struct tune_table t;

		l.batch = shapes[i / 4][0];
		l.n_in = shapes[i / 4][1];
		l.n_out = shapes[i / 4][2];
		l.dx = i & 1;
		if (tune_measure(&params, &l, &t, &f))
			fail_msg("%s", f.text);
		assert_true(t.dense_ns > 0);
		assert_measured(&t.relu_skip, l.n_out);
		assert_measured(&t.topk, l.n_out);
		for (int k = 0; k < t.topk.n; k++)
			assert_non_null(kernel_find(l.kernels, OP_TOPK_SELECT, "topk", t.topk.v[k].select));
	}
	place_destroy(&p);
}

static void test_too_large_for_the_machine(void **state)
{
	struct tune_layer l = layer_of(1, NULL);
	struct tune_table t;
	struct tuner_params params;
	struct failure f;
	struct place p;

	(void)state;
	place_create(&p);
	params = params_of(&p);
	p.conditions.memory_bytes = 1000;
	assert_int_equal(tune_measure(&params, &l, &t, &f), -EINVAL);
	assert_non_null(strstr(f.text, "3x50x100"));
	place_destroy(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_fastest_way_is_chosen),
		cmocka_unit_test(test_equals_go_to_what_keeps_more),
		cmocka_unit_test(test_algorithms_follow_k),
		cmocka_unit_test(test_the_cache_keeps_what_was_measured),
		cmocka_unit_test(test_a_busy_machine_leaves_nothing_in_the_cache),
		cmocka_unit_test(test_what_others_measured_is_not_used),
		cmocka_unit_test(test_a_corrupt_cache_is_measured_anew),
		cmocka_unit_test(test_a_corrupt_file_of_the_users_is_refused),
		cmocka_unit_test(test_a_file_of_the_users_fixes_choices),
		cmocka_unit_test(test_an_unwritable_place),
		cmocka_unit_test(test_measurement),
		cmocka_unit_test(test_too_large_for_the_machine),
	};

	return cmocka_run_group_tests_name("tune", tests, NULL, NULL);
}
