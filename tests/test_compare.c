/* SPDX-License-Identifier: MIT */
/* Verdicts on pairs of runs whose difference is known, and the exit statuses of mepcompare. */
#include "compare.h"
#include "emulator.h"
#include "scratch.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ROUNDS 10
#define SET(field, text) snprintf(field, sizeof(field), "%s", text)

struct run {
	size_t n;
	struct kernel_record v[256];
	struct series_list series;
};

static void add(struct run *run, const char *method, double ns, double noise, int rounds)
{
	for (int round = 0; round < rounds; round++) {
		struct kernel_record *r = &run->v[run->n++];

		*r = (struct kernel_record){.batch = 8, .n_in = 4, .n_out = 2, .k = 1, .threads = 1, .round = round};
		SET(r->run_id, "run");
		SET(r->command, "backward");
		SET(r->op, "backward");
		SET(r->method, method);
		SET(r->isa, "avx2");
		SET(r->check, "ok");
		SET(r->cpu, "cpu one");
		SET(r->compiler, "gcc 12");
		r->calls = 1000;
		r->elapsed_ns = (int64_t)(1000 * ns * (1 + noise * (round - 4.5) / 4.5));
	}
}

static struct comparison compare(struct run *old, struct run *new)
{
	struct comparison c;

	assert_int_equal(series_list_create(&old->series, old->v, old->n), 0);
	assert_int_equal(series_list_create(&new->series, new->v, new->n), 0);
	assert_int_equal(comparison_create(&c, &old->series, &new->series, 0.05), 0);
	return c;
}

static void release(struct comparison *c, struct run *old, struct run *new)
{
	comparison_destroy(c);
	series_list_destroy(&old->series);
	series_list_destroy(&new->series);
}

/* One contender in both runs: what is the verdict? */
static void expect(double old_ns, double new_ns, double noise, int rounds, enum verdict verdict, int status)
{
	struct run old = {.n = 0}, new = {.n = 0};
	struct comparison c;

	add(&old, "topk", old_ns, noise, rounds);
	add(&new, "topk", new_ns, noise, rounds);
	c = compare(&old, &new);
	assert_int_equal(c.n, 1);
	assert_int_equal(c.cells[0].verdict, verdict);
	assert_int_equal(comparison_exit_status(&c), status);
	release(&c, &old, &new);
}

static void test_verdicts(void **state)
{
	(void)state;
	expect(100, 100, 0.001, ROUNDS, VERDICT_UNCHANGED, EXIT_OK);
	expect(100, 104, 0.001, ROUNDS, VERDICT_UNCHANGED, EXIT_OK);
	expect(100, 120, 0.001, ROUNDS, VERDICT_REGRESSED, EXIT_REGRESSION);
	expect(120, 100, 0.001, ROUNDS, VERDICT_IMPROVED, EXIT_OK);
	expect(100, 105, 0.02, ROUNDS, VERDICT_INCONCLUSIVE, EXIT_INCONCLUSIVE);
	expect(100, 120, 0.5, ROUNDS, VERDICT_INCONCLUSIVE, EXIT_INCONCLUSIVE);
	expect(100, 200, 0.001, 3, VERDICT_INCONCLUSIVE, EXIT_INCONCLUSIVE);
}

static void test_severity_orders_cells_and_decides(void **state)
{
	struct run old = {.n = 0}, new = {.n = 0};
	struct comparison c;
	static const enum verdict order[] = {VERDICT_WRONG,    VERDICT_REGRESSED, VERDICT_MISSING,
					     VERDICT_IMPROVED, VERDICT_ADDED,	  VERDICT_UNCHANGED};

	(void)state;
	for (int i = 0; i < 2; i++) {
		add(i ? &new : &old, "broken", 100, 0.001, ROUNDS);
		add(i ? &new : &old, "dense", 100, 0.001, ROUNDS);
		add(i ? &new : &old, "topk", i ? 150 : 100, 0.001, ROUNDS);
		add(i ? &new : &old, "norm", i ? 50 : 100, 0.001, ROUNDS);
		add(i ? &new : &old, i ? "new" : "old", 100, 0.001, ROUNDS);
	}
	for (size_t i = 0; i < ROUNDS; i++) {
		SET(new.v[i].check, "fail");
		new.v[i].elapsed_ns = new.v[i].calls = 0;
	}
	c = compare(&old, &new);
	assert_int_equal(c.n, 6);
	for (int i = 0; i < 6; i++)
		assert_int_equal(c.cells[i].verdict, order[i]);
	assert_int_equal(comparison_exit_status(&c), EXIT_WRONG_RESULT);
	release(&c, &old, &new);
}

static void test_other_machine_is_not_comparable(void **state)
{
	struct run old = {.n = 0}, new = {.n = 0};
	struct comparison c;

	(void)state;
	add(&old, "topk", 100, 0.001, ROUNDS);
	add(&new, "topk", 500, 0.001, ROUNDS);
	for (size_t i = 0; i < new.n; i++)
		SET(new.v[i].cpu, "cpu two");
	c = compare(&old, &new);
	assert_int_equal(c.cells[0].verdict, VERDICT_NOT_COMPARABLE);
	assert_int_equal(comparison_exit_status(&c), EXIT_INCONCLUSIVE);
	release(&c, &old, &new);
}

static void test_table_has_no_nan(void **state)
{
	struct run old = {.n = 0}, new = {.n = 0};
	struct comparison c;
	struct table t;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	add(&old, "gone", 100, 0.001, ROUNDS);
	add(&new, "topk", 100, 0.001, 2);
	add(&old, "topk", 100, 0.001, 2);
	c = compare(&old, &new);
	assert_int_equal(comparison_table(&c, &t), 0);
	assert_int_equal(table_print(&t, TABLE_TEXT, out), 0);
	comparison_print_summary(&c, 0.05, out);
	assert_int_equal(fclose(out), 0);
	assert_null(strstr(text, "nan"));
	assert_non_null(strstr(text, "1.000 ±?"));
	assert_non_null(strstr(text, "inconclusive: 2 cells at a threshold of 5%, 1 missing, 1 inconclusive\n"));
	free(text);
	table_destroy(&t);
	release(&c, &old, &new);
}

/* Writes the run to dir/name. */
static void store(const struct run *run, const char *dir, const char *name)
{
	struct record_writer *writer;
	struct failure f = {""};
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
	assert_int_equal(record_writer_create(&writer, path, &kernel_records, &f), 0);
	for (size_t i = 0; i < run->n; i++)
		assert_int_equal(record_write(writer, &run->v[i], &f), 0);
	assert_int_equal(record_writer_destroy(writer, &f), 0);
}

static int mepcompare(const char *dir, const char *arguments)
{
	char command[1024];
	int status;

	snprintf(command, sizeof(command), "cd '%s' && %s '%s' %s >out 2>&1", dir, emulator(), MEPCOMPARE, arguments);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_exit_statuses(void **state)
{
	char dir[SCRATCH_PATH], foreign[SCRATCH_PATH + 16];
	struct run a = {.n = 0}, b = {.n = 0};

	(void)state;
	scratch_create(dir);
	add(&a, "topk", 100, 0.001, ROUNDS);
	add(&b, "topk", 120, 0.001, ROUNDS);
	store(&a, dir, "a.csv");
	store(&b, dir, "b.csv");
	assert_int_equal(mepcompare(dir, "a.csv a.csv"), EXIT_OK);
	assert_int_equal(mepcompare(dir, "a.csv b.csv"), EXIT_REGRESSION);
	assert_int_equal(mepcompare(dir, "b.csv a.csv"), EXIT_OK);
	assert_int_equal(mepcompare(dir, "--threshold=50 a.csv b.csv"), EXIT_OK);
	assert_int_equal(mepcompare(dir, "--threshold=x a.csv b.csv"), EXIT_USAGE);
	assert_int_equal(mepcompare(dir, "--threshold=nan a.csv b.csv"), EXIT_USAGE);
	assert_int_equal(mepcompare(dir, "--what a.csv b.csv"), EXIT_USAGE);
	assert_int_equal(mepcompare(dir, "a.csv"), EXIT_USAGE);
	assert_int_equal(mepcompare(dir, "a.csv b.csv a.csv"), EXIT_USAGE);
	assert_int_equal(mepcompare(dir, "a.csv nothing.csv"), EXIT_USAGE);
	snprintf(foreign, sizeof(foreign), "%s/foreign.csv", dir);
	scratch_put_text(foreign, "name,time\nx,1\n");
	assert_int_equal(mepcompare(dir, "a.csv foreign.csv"), EXIT_USAGE);
	scratch_destroy(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_severity_orders_cells_and_decides),
		cmocka_unit_test(test_other_machine_is_not_comparable),
		cmocka_unit_test(test_table_has_no_nan),
		cmocka_unit_test(test_exit_statuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
