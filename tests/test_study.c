/* SPDX-License-Identifier: MIT */
/* Specs, comparisons in pairs, and the table of families: against records whose answers are known. */
#include "report/study.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SET(field, text) snprintf(field, sizeof(field), "%s", text)

struct trains {
	size_t n;
	struct train_record v[4096];
};

/* A training of two epochs in the base recipe; `tenths` of a promille are the test accuracy of its best epoch. */
static struct train_record *add(struct trains *t, const char *method, const char *k, uint64_t seed, int tenths)
{
	for (int64_t epoch = 1; epoch <= 2; epoch++) {
		struct train_record *r = &t->v[t->n++];

		assert_true(t->n <= sizeof(t->v) / sizeof(t->v[0]));
		*r = (struct train_record){.batch = 50, .seed = seed, .threads = 1, .epoch = epoch, .dropout = 0.1};
		snprintf(r->experiment, sizeof(r->experiment), "%s k=%s", method, k);
		SET(r->method, method);
		SET(r->k, k);
		SET(r->layers, "784-500-500-10");
		SET(r->policy, "constant");
		SET(r->optimizer, "adam");
		SET(r->dataset, "mnist");
		SET(r->loss, "mean");
		SET(r->init, "port");
		SET(r->lazy, "no");
		snprintf(r->weights_digest, sizeof(r->weights_digest), "%s-%s-%d", method, k, (int)seed);
		r->mean_k = strtod(k, NULL);
		r->dev_acc = epoch == 1 ? 0.98 : 0.97;
		r->test_acc = epoch == 1 ? tenths / 10000.0 : 0.5;
	}
	return &t->v[t->n - 2];
}

static struct trains *trains_create(void)
{
	struct trains *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	return t;
}

static struct experiment_list list_of(const struct trains *t)
{
	struct experiment_list list;

	assert_int_equal(experiment_list_create(&list, t->v, t->n), 0);
	return list;
}

static void bad_specs_are_told(void **state)
{
	static const char *const bad[] = {"colour=red", "k", "batch=ten", "batch=", "=3", "dropout=0.1,", "tau=1e-5x"};
	static const char *const good[] = {"",
					   "method=topk k=5/20",
					   "batch=*",
					   "time method=dense",
					   "layers=* batch=10,50",
					   "settings='spike=0.1 rescale' k=20",
					   "dropout=@"};
	struct study_spec spec;
	struct failure f;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_not_equal(study_parse(&spec, bad[i], &f), 0);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(study_parse(&spec, good[i], &f), 0);
}

static void lists_are_taken_apart(void **state)
{
	struct study_spec spec;
	struct failure f;

	(void)state;
	assert_int_equal(study_parse(&spec, "method=topk,norm k=1,5,20", &f), 0);
	assert_int_equal(study_count(&spec), 6);
	spec = study_item(&spec, 4);
	assert_string_equal(study_name(&spec).s, "norm k=5");
	assert_int_equal(study_count(&spec), 1);
	assert_int_equal(study_parse(&spec, "method=random_k settings='spike=0.1 rescale' batch=10", &f), 0);
	assert_string_equal(study_name(&spec).s, "random_k batch=10 spike=0.1 rescale");
	assert_int_equal(study_parse(&spec, "", &f), 0);
	assert_string_equal(study_name(&spec).s, "dense");
}

static void experiments_are_found_by_their_columns(void **state)
{
	struct trains *t = trains_create();
	struct experiment_list list;
	const struct experiment *found[8];

	(void)state;
	add(t, "topk", "320", 1, 9810);
	add(t, "topk", "20", 1, 9800);
	add(t, "topk", "5", 1, 9700);
	add(t, "dense", "0", 1, 9800);
	for (int i = 0; i < 2; i++) { /* timed alone, and another recipe */
		struct train_record *r = add(t, "topk", "20", 1, 9000);

		for (int epoch = 0; epoch < 2; epoch++, r++) {
			SET(r->experiment, i ? "topk k=20 init=glorot" : "time: topk k=20");
			SET(r->init, i ? "glorot" : "port");
			SET(r->degraded, i ? "loaded parallel" : "");
		}
	}
	list = list_of(t);
	assert_int_equal(study_find_all(&list, "method=topk", "k", found, 8), 3);
	assert_string_equal(found[0]->key->k, "5");
	assert_string_equal(found[2]->key->k, "320");
	assert_int_equal(study_find_all(&list, "method=topk", "k", found, 2), 2);
	assert_string_equal(found[1]->key->k, "20");
	assert_int_equal(study_find_all(&list, "method=topk init=*", "mean_k", found, 8), 4);
	assert_null(study_find(&list, "method=norm"));
	assert_string_equal(study_find(&list, "")->key->method, "dense");
	assert_string_equal(study_find(&list, "time method=topk k=20")->key->experiment, "time: topk k=20");
	assert_true(study_has_times(study_find(&list, "time method=topk k=20")));
	assert_false(study_has_times(study_find(&list, "method=topk k=20 init=glorot")));
	assert_true(study_value(found[0], "width") == 500 && study_value(found[0], "depth") == 2);
	assert_true(isnan(study_value(found[0], "method")) && isnan(study_value(found[0], "nonsense")));
	experiment_list_destroy(&list);
	free(t);
}

static void assert_near(double got, double want, double tolerance)
{
	if (!(fabs(got - want) <= tolerance))
		fail_msg("got %.10g, should be %.10g", got, want);
}

/* Differences of 1..10 images, one of them the other way; p by counting all 1024 patterns. */
static void comparisons_are_paired_by_seed(void **state)
{
	static const int plus[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, -10};
	struct trains *t = trains_create();
	struct experiment_list list;
	struct study_comparison c;

	(void)state;
	for (int i = 9; i >= 0; i--) {
		add(t, "topk", "20", (uint64_t)i + 1, 9800 + 10 * i + plus[i]);
		add(t, "dense", "0", (uint64_t)i + 1, 9800 + 10 * i);
	}
	add(t, "dense", "0", 11, 5000); /* has no partner */
	list = list_of(t);
	c = study_compare(study_find(&list, "method=topk k=20"), study_find(&list, ""));
	assert_int_equal(c.pairs, 10);
	assert_near(c.difference.mid, 3.5e-4, 1e-15);
	assert_near(c.mean_a.mid - c.mean_b.mid, 3.5e-4, 1e-12);
	assert_near(c.p, 86.0 / 1024, 1e-15);
	assert_int_equal(c.verdict, STUDY_NO_DIFFERENCE);
	assert_int_equal(c.tests, 1);
	c = study_compare(study_find(&list, "method=topk k=20"), NULL);
	assert_int_equal(c.verdict, STUDY_NOT_RUN);
	assert_near(c.accuracy.mid, 0.98485, 1e-12);
	experiment_list_destroy(&list);
	free(t);
}

static void every_family_parses(void **state)
{
	(void)state;
	for (const struct study_family *f = study_families; f->id; f++) {
		assert_ptr_equal(study_family_find(f->id), f);
		for (const struct study_curve *c = f->curves; c->words; c++) {
			struct study_spec members, bases;
			struct failure why;

			assert_int_equal(study_parse(&members, c->members, &why), 0);
			assert_int_equal(study_parse(&bases, c->base, &why), 0);
			assert_in_range(study_count(&members), 1, 25);
			assert_true(c->nearest || study_count(&bases) == 1 ||
				    study_count(&bases) == study_count(&members));
		}
	}
	assert_null(study_family_find("nonsense"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_specs_are_told),
		cmocka_unit_test(lists_are_taken_apart),
		cmocka_unit_test(experiments_are_found_by_their_columns),
		cmocka_unit_test(comparisons_are_paired_by_seed),
		cmocka_unit_test(every_family_parses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
