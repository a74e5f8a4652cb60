/* SPDX-License-Identifier: MIT */
/*
 * The plan of the study and the families that compare its experiments: each training of the plan stands in a
 * comparison, and each comparison and each row of a figure asks for trainings of the plan only.
 */
#include "commands.h"
#include "plan.h"
#include "report/study.h"
#include "report/summary_study.h"
#include "report_study.h"
#include "study_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

struct planned {
	struct train_record *records;
	struct experiment_list list;
};

/* A record of the last epoch of each training of the plan. */
static struct train_record *records_of_plan(size_t *n)
{
	static struct options o; /* large */
	struct failure f = {""};
	struct plan *plan;
	struct session s;
	struct dataset data = {0};
	struct study_list list;
	struct train_record *records;

	assert_int_equal(options_parse(&o, command_find("study"), 0, NULL, &f), 0);
	o.threads = (struct int_list){.n = 1, .v = {1}};
	if (plan_create(&plan, SOURCE_ROOT "/bench/study.plan", &o, command_find("study"), &f))
		fail_msg("%s", f.text);
	assert_int_equal(session_create(&s, &o, &f), 0);
	if (study_list_create(&list, plan, &s, &data, &f))
		fail_msg("%s", f.text);
	records = calloc((size_t)list.n, sizeof(*records));
	assert_non_null(records);
	for (int i = 0; i < list.n; i++) {
		records[i] = study_record(&list.v[i], &s, &data);
		records[i].epoch = list.v[i].line->options.epochs;
		records[i].test_acc = 0.98;
		records[i].mean_k = 20;
	}
	*n = (size_t)list.n;
	study_list_destroy(&list);
	session_destroy(&s);
	plan_destroy(plan);
	return records;
}

static void every_training_of_the_plan_is_compared(void **state)
{
	const struct experiment_list *list = &((const struct planned *)*state)->list;
	struct table_list tables = {0};

	assert_int_equal(summary_study_rest(list, &tables), 0);
	for (int row = 1; tables.count && row < tables.tables[0].n_rows; row++)
		print_error("no comparison asks for %s (%s)\n", table_cell(&tables.tables[0], row, 0)->text,
			    table_cell(&tables.tables[0], row, 1)->text);
	assert_int_equal(tables.count, 0);
	table_list_destroy(&tables);
}

static void every_comparison_is_planned(void **state)
{
	const struct experiment_list *list = &((const struct planned *)*state)->list;
	int missing = 0;

	for (const struct study_family *family = study_families; family->id; family++)
		for (const struct study_curve *curve = family->curves; curve->words; curve++) {
			struct study_comparison *v;
			int n;

			assert_int_equal(study_curve_compare(list, curve, &v, &n), 0);
			for (int i = 0; i < n; i++) {
				if (v[i].verdict != STUDY_NOT_RUN)
					continue;
				print_error("%s: %s against %s is not in the plan\n", family->id, v[i].name, v[i].base);
				missing++;
			}
			free(v);
		}
	assert_int_equal(missing, 0);
}

/* Else it would say "not run yet" for ever. */
static void every_row_of_a_figure_is_planned(void **state)
{
	const struct experiment_list *list = &((const struct planned *)*state)->list;

	assert_int_equal(study_rows_missing(list, stderr), 0);
}

/* Ten pairs are enough for the smallest possible p to survive Holm's correction, whatever the curve. */
static void every_comparison_can_be_significant(void **state)
{
	const struct experiment_list *list = &((const struct planned *)*state)->list;

	for (const struct study_family *family = study_families; family->id; family++)
		for (const struct study_curve *curve = family->curves; curve->words; curve++) {
			struct study_comparison *v;
			int n;

			assert_int_equal(study_curve_compare(list, curve, &v, &n), 0);
			for (int i = 0; i < n; i++)
				assert_int_not_equal(v[i].verdict, STUDY_TOO_FEW);
			free(v);
		}
}

static int setup(void **state)
{
	struct planned *p = calloc(1, sizeof(*p));
	size_t n;

	assert_non_null(p);
	p->records = records_of_plan(&n);
	assert_int_equal(experiment_list_create(&p->list, p->records, n), 0);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct planned *p = *state;

	experiment_list_destroy(&p->list);
	free(p->records);
	free(p);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_training_of_the_plan_is_compared),
		cmocka_unit_test(every_comparison_is_planned),
		cmocka_unit_test(every_row_of_a_figure_is_planned),
		cmocka_unit_test(every_comparison_can_be_significant),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
