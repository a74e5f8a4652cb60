/* SPDX-License-Identifier: MIT */
/* Training records to exact cells: accuracy against dense, time, and what may be compared with what. */
#include "summary_tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

struct trains {
	size_t n;
	struct train_record v[512];
};

/* Two epochs, the first the better by dev accuracy; test accuracy is that plus 0.001. */
static void add_training(struct trains *t, const char *method, const char *k, uint64_t seed, double dev, double epoch_s)
{
	for (int64_t epoch = 1; epoch <= 2; epoch++) {
		struct train_record *r = &t->v[t->n++];

		*r = (struct train_record){.batch = 50, .seed = seed, .threads = 1, .epoch = epoch, .mean_k = 20};
		SET(r->run_id, "run");
		SET(r->experiment, method);
		SET(r->method, method);
		SET(r->k, k);
		SET(r->layers, "784-500-500-10");
		SET(r->policy, "constant");
		SET(r->optimizer, "adam");
		SET(r->dataset, "mnist");
		SET(r->isa, "avx2");
		r->dev_acc = epoch == 1 ? dev : dev - 0.01;
		r->test_acc = r->dev_acc + 0.001;
		r->forward_s = epoch_s / 4;
		r->dx_s = epoch_s / 8;
		r->dw_s = epoch_s / 8;
		r->update_s = epoch_s / 2;
		r->epoch_s = epoch_s;
	}
}

static void test_training_of_one_seed(void **state)
{
	struct trains t = {.n = 0};
	struct table_list list;
	const struct table *a, *s;

	(void)state;
	add_training(&t, "dense", "0", 1, 0.98, 4);
	add_training(&t, "topk", "20", 1, 0.97, 2);
	assert_int_equal(summary_train(t.v, t.n, &list), 0);
	free(render(&list));
	a = find_table(&list, "Training · mnist, 784-500-500-10, batch 50, adam, 1 thread");
	expect(a, "topk", "test accuracy %", "97.10 (n=1)", CELL_PLAIN);
	expect(a, "topk", "difference to dense", "-1.00 (n=1)", CELL_PLAIN);
	expect(a, "dense", "difference to dense", "base", CELL_PLAIN);
	s = find_table(&list, "Seconds per epoch");
	expect(s, "topk", "epoch", "2.00", CELL_PLAIN);
	expect(s, "topk", "update", "1.00", CELL_PLAIN);
	expect(s, "topk", "best epoch", "1.00", CELL_PLAIN);
	expect(a, "topk", "s/epoch", "2.00", CELL_PLAIN);
	expect(a, "topk", "end to end", "2.00x n=2", CELL_PLAIN);
	table_list_destroy(&list);
}

static void test_training_of_many_seeds(void **state)
{
	struct trains t = {.n = 0};
	struct table_list list;
	const struct table *a;

	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		double luck = 0.001 * (double)(seed % 3);

		add_training(&t, "dense", "0", seed, 0.97 + luck, 4);
		add_training(&t, "topk", "20", seed, 0.96 + luck + 0.0002 * (double)(seed % 2), 2);
		add_training(&t, "random_k", "20", seed, seed % 2 ? 0.972 : 0.969, 8);
	}
	assert_int_equal(summary_train(t.v, t.n, &list), 0);
	free(render(&list));
	a = find_table(&list, "Training");
	assert_int_equal(find_cell(a, "topk", "difference to dense")->mark, CELL_LOSS);
	assert_int_equal(strncmp(find_cell(a, "topk", "difference to dense")->text, "-0.99 ±0.0", 11), 0);
	assert_int_equal(find_cell(a, "random_k", "difference to dense")->mark, CELL_UNSURE);
	expect(a, "topk", "seeds", "10", CELL_PLAIN);
	expect(a, "topk", "end to end", "2.00x ±0%", CELL_BEST);
	expect(a, "topk", "backward only", "2.00x ±0%", CELL_BEST);
	expect(a, "random_k", "end to end", "0.50x ±0%", CELL_LOSS);
	table_list_destroy(&list);
}

static void test_training_without_dense_on_a_stand_in(void **state)
{
	struct trains t = {.n = 0};
	struct table_list list;
	const struct table *a;

	(void)state;
	add_training(&t, "topk", "20", 1, 0.9, 2);
	for (size_t i = 0; i < t.n; i++)
		SET(t.v[i].dataset, "fashion-mnist");
	assert_int_equal(summary_train(t.v, t.n, &list), 0);
	free(render(&list));
	a = find_table(&list, "Training · NOT MNIST: fashion-mnist");
	expect(a, "topk", "difference to dense", "–", CELL_PLAIN);
	assert_non_null(strstr(a->note, "No dense training"));
	expect(a, "topk", "end to end", "–", CELL_PLAIN);
	table_list_destroy(&list);
}

static void test_equal_names_of_other_recipes_stay_apart(void **state)
{
	struct trains t = {.n = 0};
	struct table_list list;
	const struct table *a;

	(void)state;
	for (int i = 0; i < 4; i++)
		add_training(&t, i % 2 ? "topk" : "dense", i % 2 ? "20" : "0", 1, 0.9 + 0.01 * i,
			     i % 2 ? 2 : 4 + 4 * i);
	for (size_t i = 0; i < t.n; i++)
		t.v[i].lr = i < 4 ? 0.1 : 0.001;
	assert_int_equal(summary_train(t.v, t.n, &list), 0);
	a = find_table(&list, "Training");
	assert_int_equal(a->n_rows, 5);
	assert_string_equal(table_cell(a, 3, 5)->text, "2.00x n=2");
	assert_string_equal(table_cell(a, 4, 5)->text, "6.00x n=2");
	assert_int_equal(list.verdicts.count, 2);
	table_list_destroy(&list);
	for (size_t i = 0; i < t.n; i++)
		SET(t.v[i].init, i < 4 ? "glorot" : "he");
	assert_int_equal(summary_train(t.v, t.n, &list), 0);
	assert_int_equal(list.count, 4);
	table_list_destroy(&list);
}

/* Experiments are told apart by settings, output and bias alone; a base has the momentum of what it is the base of. */
static void test_settings_tell_experiments_apart(void **state)
{
	static const struct {
		const char *settings, *output, *bias;
	} variants[] = {{"", "", ""},
			{"rescale", "", ""},
			{"spike=0.1", "", ""},
			{"", "sparse", ""},
			{"", "", "kept"},
			{"lr=0.01 momentum=0.5", "", ""},
			{"momentum=0.5 rescale", "", ""}};
	struct trains t = {.n = 0};
	struct table_list list;

	(void)state;
	add_training(&t, "dense", "0", 1, 0.98, 4);
	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
		add_training(&t, "topk", "20", 1, 0.97, 2);
		for (size_t j = t.n - 2; j < t.n; j++) {
			SET(t.v[j].settings, variants[i].settings);
			SET(t.v[j].output, variants[i].output);
			SET(t.v[j].bias, variants[i].bias);
		}
	}
	assert_int_equal(summary_train(t.v, t.n, &list), 0);
	assert_int_equal(list.count, 4); /* two recipes, two tables each */
	assert_int_equal(list.tables[0].n_rows, 1 + 1 + 5);
	assert_int_equal(list.tables[2].n_rows, 1 + 2);
	assert_string_equal(table_cell(&list.tables[0], 6, 5)->text, "2.00x n=2");
	assert_string_equal(table_cell(&list.tables[2], 1, 5)->text, "–");
	table_list_destroy(&list);
}

static void test_mixed_net_is_no_base(void **state)
{
	struct trains t = {.n = 0};
	struct table_list list;

	(void)state;
	add_training(&t, "dense", "0", 1, 0.98, 4);
	add_training(&t, "dense/topk", "20", 1, 0.98, 2);
	assert_int_equal(summary_train(t.v, t.n, &list), 0);
	assert_string_equal(table_cell(find_table(&list, "Training"), 1, 5)->text, "base");
	assert_non_null(strstr(table_cell(find_table(&list, "Training"), 2, 5)->text, "2.00x"));
	table_list_destroy(&list);
}

static void test_epoch_recorded_twice_counts_once(void **state)
{
	struct trains t = {.n = 0};
	struct table_list list;

	(void)state;
	add_training(&t, "dense", "0", 1, 0.98, 4);
	add_training(&t, "dense", "0", 1, 0.96, 2);
	assert_int_equal(summary_train(t.v, t.n, &list), 0);
	expect(find_table(&list, "Training"), "dense", "test accuracy %", "96.10 (n=1)", CELL_PLAIN);
	expect(find_table(&list, "Seconds"), "dense", "epoch", "2.00", CELL_PLAIN);
	table_list_destroy(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_training_of_one_seed),
		cmocka_unit_test(test_training_of_many_seeds),
		cmocka_unit_test(test_training_without_dense_on_a_stand_in),
		cmocka_unit_test(test_equal_names_of_other_recipes_stay_apart),
		cmocka_unit_test(test_settings_tell_experiments_apart),
		cmocka_unit_test(test_mixed_net_is_no_base),
		cmocka_unit_test(test_epoch_recorded_twice_counts_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
