/* SPDX-License-Identifier: MIT */
/* The tables of the study, from records whose truth is known: verdicts, what is missing, what stands nowhere. */
#include "report/summary_study.h"

#include "report/study.h"
#include "summary_tables.h"
#include "toy_study.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static void add_toy(struct toy_study *s, const char *method, const char *k, int seeds, double accuracy)
{
	toy_study_add(s, &(struct toy){.method = method,
				       .k = k,
				       .dropout = 0.1,
				       .accuracy = accuracy,
				       .noise = 0.0002,
				       .climb = 0.001,
				       .seeds = seeds,
				       .epochs = 3,
				       .epoch_s = 1,
				       .parallel = true});
}

static struct table_list tables_of_study(const struct toy_study *s)
{
	struct table_list list;

	assert_int_equal(summary_study(s->v, s->n, &list), 0);
	free(render(&list));
	return list;
}

static void verdicts_stand_in_the_tables(void **state)
{
	struct toy_study s = {0};
	struct table_list list;
	const struct table *t;

	(void)state;
	add_toy(&s, "dense", "0", 10, 0.98);
	add_toy(&s, "topk", "1", 10, 0.95);
	add_toy(&s, "topk", "5", 10, 0.99);
	add_toy(&s, "topk", "20", 10, 0.98);
	add_toy(&s, "random_k", "5", 10, 0.9);
	list = tables_of_study(&s);
	t = find_table(&list, "top-k against dense · dense: 98.");
	expect(t, "topk k=1", "verdict", "worse", CELL_LOSS);
	expect(t, "topk k=1", "p (Holm)", "0.0059", CELL_PLAIN); /* 3 tests of 2/1024 each */
	expect(t, "topk k=5", "verdict", "better", CELL_BEST);
	expect(t, "topk k=5", "seeds", "10", CELL_PLAIN);
	expect(t, "topk k=20", "verdict", "no difference seen", CELL_UNSURE);
	expect(t, "topk k=20", "best epoch", "3.0", CELL_PLAIN);
	assert_non_null(strstr(t->note, "Not run yet: topk k=2, topk k=10"));
	t = find_table(&list, "top-k against random-k at equal k");
	expect(t, "topk k=5", "verdict", "better", CELL_BEST);
	t = find_table(&list, "Verdicts of the study");
	expect(t, "k: top-k against dense", "run", "3 of 9", CELL_PLAIN);
	expect(t, "k: top-k against dense", "better", "1", CELL_BEST);
	assert_non_null(strstr(t->note, "Not run yet: tau, anneal,"));
	assert_false(has_table(&list, "Experiments that no comparison asks for"));
	assert_non_null(
		strstr(list.verdicts.v[0], "Small k, top-k against dense (10 seeds); better: k=5; worse: k=1;"));
	table_list_destroy(&list);
	toy_study_free(&s);
}

static void few_seeds_prove_nothing(void **state)
{
	struct toy_study s = {0};
	struct table_list list;
	const struct table *t;

	(void)state;
	add_toy(&s, "dense", "0", 5, 0.98);
	add_toy(&s, "topk", "1", 1, 0.5);
	add_toy(&s, "topk", "20", 3, 0.5);
	add_toy(&s, "topk", "40", 5, 0.5);
	list = tables_of_study(&s);
	t = find_table(&list, "top-k against dense");
	expect(t, "topk k=1", "verdict", "too few seeds", CELL_PLAIN);
	expect(t, "topk k=1", "could have shown", "–", CELL_PLAIN);
	expect(t, "topk k=20", "verdict", "too few seeds", CELL_PLAIN);
	expect(t, "topk k=40", "verdict", "too few seeds", CELL_PLAIN);
	table_list_destroy(&list);
	toy_study_free(&s);
}

static void nothing_vanishes(void **state)
{
	struct toy_study s = {0};
	struct table_list list;
	const struct table *t;

	(void)state;
	add_toy(&s, "dense", "0", 10, 0.98);
	add_toy(&s, "topk", "5", 10, 0.97);
	add_toy(&s, "topk", "333", 10, 0.97);
	for (size_t i = 0; i < s.n; i++)
		if (!strcmp(s.v[i].k, "5") && s.v[i].seed == 4) {
			s.v[i].test_acc = NAN;
			s.v[i].train_loss = NAN;
		}
	assert_int_equal(summary_study(s.v, s.n, &list), 0);
	t = find_table(&list, "top-k against dense");
	expect(t, "topk k=5", "verdict", "accuracy not a number", CELL_LOSS);
	expect(t, "topk k=5", "test accuracy %", "–", CELL_PLAIN);
	assert_non_null(strstr(t->note, "Diverged: topk k=5 (1 of 10 seeds)."));
	t = find_table(&list, "Experiments that no comparison asks for");
	assert_int_equal(t->n_rows, 2);
	assert_non_null(strstr(table_cell(t, 1, 0)->text, "k=333"));
	free(render(&list));
	table_list_destroy(&list);
	toy_study_free(&s);
}

/* Narrow nets that learn nothing, trainings that were cut off, and one that came out otherwise when done again. */
static void what_is_wrong_with_trainings_is_told(void **state)
{
	struct toy_study s = {0};
	struct table_list list;
	const struct table *t;
	size_t again;

	(void)state;
	add_toy(&s, "dense", "0", 10, 0.98);
	add_toy(&s, "topk", "1", 10, 0.11);
	add_toy(&s, "topk", "5", 10, 0.97);
	add_toy(&s, "topk", "333", 2, 0.11);
	for (size_t i = 0; i < s.n; i++) {
		SET(s.v[i].weights_digest, "first");
		if (!strcmp(s.v[i].k, "5") && s.v[i].seed == 4 && s.v[i].epoch == 3)
			s.v[i].epoch = 2; /* recorded twice instead, in one command */
	}
	again = s.n;
	add_toy(&s, "dense", "0", 1, 0.98);
	for (size_t i = again; i < s.n; i++) {
		SET(s.v[i].run_id, "run2");
		SET(s.v[i].weights_digest, "second");
	}
	list = tables_of_study(&s);
	t = find_table(&list, "top-k against dense · dense: 98.");
	assert_non_null(strstr(t->title, "10 seeds"));
	assert_non_null(strstr(t->note, " NOT REPRODUCIBLE, other weights when trained again: dense (1 of 10 seeds)."));
	assert_non_null(strstr(t->note, " Collapsed, below 50 % at the end: topk k=1 (10 of 10 seeds)."));
	assert_non_null(strstr(t->note, " shorter than the others of the experiment: topk k=5 (1 of 10 seeds)."));
	assert_null(strstr(t->note, "Diverged"));
	expect(t, "topk k=5", "seeds", "9", CELL_PLAIN);
	assert_non_null(strstr(list.verdicts.v[0], "NOT REPRODUCIBLE: 1 training was recorded twice"));
	t = find_table(&list, "Experiments that no comparison asks for");
	assert_non_null(strstr(t->note, "Collapsed"));
	table_list_destroy(&list);
	toy_study_free(&s);
}

/* An epoch of a training that anneals. */
static void anneal(struct train_record *r, const char *event, double lr, double k)
{
	SET(r->policy, "anneal-k");
	SET(r->event, event);
	r->lr = lr;
	r->mean_k = k;
}

/*
 * Of four epochs: seed 1 is struck after the first (k) and the third (rate), seed 2 after the third, seed 3 never. All
 * say so after the second and the last too, where nothing came of it.
 */
static void strikes_are_counted(void **state)
{
	static const double k[3][4] = {{20, 10, 10, 10}, {20, 20, 20, 10}, {20, 20, 20, 20}};
	static const double lr[3][4] = {{1, 1, 1, 0.5}, {1, 1, 1, 1}, {1, 1, 1, 1}};
	struct toy_study s = {0};
	struct table_list list;
	const struct table *t;

	(void)state;
	toy_study_add(&s, &(struct toy){.method = "topk", .k = "20", .dropout = 0.1, .seeds = 3, .epochs = 4});
	for (size_t i = 0; i < s.n; i++)
		anneal(&s.v[i], s.v[i].seed == 2 && s.v[i].epoch == 1 ? "" : "anneal_k",
		       lr[s.v[i].seed - 1][s.v[i].epoch - 1], k[s.v[i].seed - 1][s.v[i].epoch - 1]);
	/* Without annealing: the base. */
	toy_study_add(&s, &(struct toy){.method = "topk", .k = "20", .dropout = 0.1, .seeds = 3, .epochs = 4});
	list = tables_of_study(&s);
	t = find_table(&list, "Epochs at which annealing struck");
	expect(t, "topk k=20 anneal-k", "seeds that it struck", "2 of 3", CELL_PLAIN);
	expect(t, "topk k=20 anneal-k", "strikes a training", "1.0", CELL_PLAIN);
	expect(t, "topk k=20 anneal-k", "first epoch", "2.0", CELL_PLAIN);
	expect(t, "topk k=20 anneal-k", "epochs between strikes", "2.0", CELL_PLAIN);
	expect(t, "topk k=20 anneal-k", "epoch: strikes", "1: 1, 3: 2", CELL_PLAIN);
	assert_int_equal(t->n_rows, 2);
	table_list_destroy(&list);
	toy_study_free(&s);
}

static void kept_entries_are_told_by_layer(void **state)
{
	struct toy_study s = {0};
	struct table_list list;
	const struct table *t;

	(void)state;
	add_toy(&s, "dense", "0", 2, 0.98);
	add_toy(&s, "relu_skip", "0", 2, 0.98);
	for (size_t i = 0; i < s.n; i++) {
		snprintf(s.v[i].kept_mean, sizeof(s.v[i].kept_mean), "%d/20.5", 10 * (int)s.v[i].seed);
		SET(s.v[i].kept_p10, "1/2");
		SET(s.v[i].kept_p90, "30/40");
		if (s.v[i].epoch == 3)
			SET(s.v[i].kept_p90, "30"); /* a layer less than it says */
	}
	list = tables_of_study(&s);
	t = find_table(&list, "Entries kept per row");
	assert_int_equal(t->n_rows, 3);
	expect(t, "relu_skip", "epoch 1", "15 (1–30)", CELL_PLAIN);
	assert_string_equal(table_cell(t, 2, 2)->text, "20 (2–40)");
	assert_string_equal(table_cell(t, 2, 4)->text, "–");
	table_list_destroy(&list);
	toy_study_free(&s);
}

static void other_trainings_get_the_usual_tables(void **state)
{
	struct toy_study s = {0};
	struct table_list list;

	(void)state;
	assert_int_equal(summary_study(NULL, 0, &list), 0);
	assert_int_equal(list.count, 0);
	toy_study_add(
		&s, &(struct toy){.method = "dense", .layers = "784-16-10", .seeds = 2, .epochs = 2, .accuracy = 0.9});
	list = tables_of_study(&s);
	assert_true(has_table(&list, "Training"));
	table_list_destroy(&list);
	toy_study_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts_stand_in_the_tables),
		cmocka_unit_test(few_seeds_prove_nothing),
		cmocka_unit_test(nothing_vanishes),
		cmocka_unit_test(what_is_wrong_with_trainings_is_told),
		cmocka_unit_test(strikes_are_counted),
		cmocka_unit_test(kept_entries_are_told_by_layer),
		cmocka_unit_test(other_trainings_get_the_usual_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
