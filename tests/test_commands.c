/* SPDX-License-Identifier: MIT */
/* The kernel commands end to end, in small: from the words of the command line to the CSV file and the exit status. */
#include "command_run.h"
#include "data/recording.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void test_select(void **state)
{
	struct run r;
	int algorithms = 0;

	(void)state;
	for (const struct kernel *k = kernel_set_find(NULL)->kernels; k->method; k++)
		algorithms += k->op == OP_TOPK_SELECT && !strcmp(k->method, "topk");
	run_command(&r, "select", WORDS("--n=37", "--batch=3", "--k=0,1,37", "--dist=gaussian,ties", "--threads=1,2"));
	assert_int_equal(r.status, EXIT_OK);
	run_read(&r);
	assert_all_timed(&r);
	/* k x dist x threads x rounds */
	assert_int_equal(count_of(&r, "topk_select", "topk", -1), algorithms * 3 * 2 * 2 * 2);
	assert_int_equal(count_of(&r, "topk_select", "topk", 37), algorithms * 2 * 2 * 2);
	run_end(&r);
}

/* Recorded rows give n where --n does not; the records name file, digest and data set. */
static void test_select_replays(void **state)
{
	float dy[4 * 31];
	struct recording recorded = {
		.rows = 4, .n = 31, .batch = 2, .layer = 1, .epoch = 1, .step = 1, .dataset = "mnist", .dy = dy};
	char path[SCRATCH_PATH + 16], word[SCRATCH_PATH + 40], name[64];
	struct run r;

	(void)state;
	for (int i = 0; i < 4 * 31; i++)
		dy[i] = (float)(i % 5 - 2);
	run_start(&r);
	snprintf(path, sizeof(path), "%s/a b.grad.gz", r.folder);
	assert_int_equal(recording_write(&recorded, path, &r.f), 0);
	snprintf(word, sizeof(word), "--dist=gaussian,%s", path);
	snprintf(name, sizeof(name), "a_b@%08x", recorded.digest);
	run_more(&r, "select", WORDS("--batch=3", "--k=0,7,31", word, "--threads=1"));
	assert_int_equal(r.status, EXIT_OK);
	run_read(&r);
	assert_all_timed(&r);
	for (size_t i = 0; i < r.n; i++) {
		bool drawn = !strcmp(r.records[i].dist, "gaussian");

		assert_int_equal(r.records[i].n_out, 31);
		assert_string_equal(r.records[i].dist, drawn ? "gaussian" : name);
		if (r.records[i].check[0] == 'o')
			assert_string_equal(r.records[i].dataset, drawn ? "synthetic" : "mnist");
	}
	run_more(&r, "select", WORDS("--batch=3", "--k=7", "--n=30", word));
	assert_int_equal(r.status, -EINVAL);
	assert_non_null(strstr(r.f.text, "have 31 entries; should be a length that --n"));
	run_more(&r, "backward", WORDS("--shape=3x9x30", word));
	assert_int_equal(r.status, -EINVAL);
	assert_non_null(strstr(r.f.text, "that --shape"));
	run_end(&r);
}

static void test_k_beyond_the_row_is_left_out(void **state)
{
	struct run r;

	(void)state;
	run_command(&r, "select", WORDS("--n=10", "--batch=3", "--k=5,20", "--threads=1"));
	assert_int_equal(r.status, EXIT_OK);
	run_read(&r);
	assert_true(count_of(&r, "topk_select", NULL, 5) > 0);
	assert_int_equal(count_of(&r, "topk_select", NULL, 20), 0);
	run_end(&r);
}

/* Method auto says what it chose, and nobody else chooses. */
static void assert_choices_recorded(const struct run *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct kernel_record *k = &r->records[i];

		assert_int_equal(!strcmp(k->method, "auto"), k->chosen[0] != '\0');
		if (k->chosen[0])
			assert_true(!strcmp(k->chosen, "dense") || !strcmp(k->chosen, "relu_skip") ||
				    !strncmp(k->chosen, "topk ", 5));
	}
}

static void test_backward(void **state)
{
	struct run r;

	(void)state;
	run_command(&r, "backward", WORDS("--shape=5x19x23", "--k=1,7", "--threads=1,2"));
	assert_int_equal(r.status, EXIT_OK);
	run_read(&r);
	assert_all_timed(&r);
	for (const struct method *m = methods; m->name; m++)
		if (m->takes_k && !m->remembers) {
			assert_true(count_of(&r, "backward", m->name, 7) > 0);
			if (m->tuned)
				continue; /* the pass as a whole alone */
			assert_true(count_of(&r, "backward_weights", m->name, 1) > 0);
			assert_true(count_of(&r, "backward_data", m->name, 1) > 0);
		}
	assert_true(count_of(&r, "backward", "dense", 23) > 0);
	assert_true(count_of(&r, "backward", "norm", -1) > 0);
	assert_true(count_of(&r, "topk_select", "tinyprop", -1) > 0);
	assert_true(count_of(&r, "backward", "tinyprop", -1) > 0);
	assert_int_equal(count_of(&r, "backward", "error_feedback", -1), 0);
	assert_true(count_of(&r, "backward", "relu_skip", -1) > 0);
	assert_true(count_of(&r, "fma_peak", NULL, -1) > 0);
	assert_choices_recorded(&r);
	run_end(&r);
}

/* Every instruction set sends the same contenders, and its own ceilings. */
static void test_instruction_sets_compete(void **state)
{
	struct run r;
	int per_isa, sets = 0;

	(void)state;
	run_command(&r, "backward",
		    WORDS("--shape=5x19x23", "--k=7", "--threads=1", "--method=dense,topk", "--isa=all"));
	assert_int_equal(r.status, EXIT_OK);
	run_read(&r);
	assert_all_timed(&r);
	for (const struct kernel_set *set = kernel_sets; set->isa; set++)
		sets += set->supported();
	per_isa = (int)r.n / sets;
	for (const struct kernel_set *set = kernel_sets; set->isa; set++) {
		int n = 0;

		for (size_t i = 0; i < r.n; i++)
			n += !strcmp(r.records[i].isa, set->isa);
		assert_int_equal(n, set->supported() ? per_isa : 0);
	}
	assert_int_equal(count_of(&r, "fma_peak", NULL, -1), sets * 2);
	run_end(&r);
}

static void test_update(void **state)
{
	struct run r;

	(void)state;
	run_command(&r, "update",
		    WORDS("--shape=5x19x23", "--k=0,3", "--threads=1,2", "--method=dense,topk,norm,unified_topk"));
	assert_int_equal(r.status, EXIT_OK);
	run_read(&r);
	assert_all_timed(&r);
	/* optimiser x threads x rounds */
	assert_int_equal(count_of(&r, "update", "dense", 23), 4 * 2 * 2);
	assert_int_equal(count_of(&r, "update", "topk", 3), 4 * 2 * 2);
	assert_int_equal(count_of(&r, "update", "unified_topk", 3), 4 * 2 * 2);
	assert_int_equal(count_of(&r, "update", "norm", -1), 2 * 4 * 2 * 2);
	assert_int_equal(count_of(&r, "update", NULL, -1), count_of(&r, "bandwidth", "axpy", -1));
	for (size_t i = 0; i < r.n; i++)
		assert_true(r.records[i].optimizer[0]);
	run_end(&r);
}

static void test_ceilings(void **state)
{
	struct run r;

	(void)state;
	run_command(&r, "ceilings", WORDS("--threads=2", "--filter=fma_peak|L1|L2"));
	assert_int_equal(r.status, EXIT_OK);
	run_read(&r);
	assert_all_timed(&r);
	assert_true(count_of(&r, "bandwidth", "read", -1) > 0);
	run_end(&r);
}

static void test_filter(void **state)
{
	struct run r;

	(void)state;
	run_command(&r, "select", WORDS("--n=37", "--batch=3", "--k=1,3", "--threads=1", "--filter=/heap/.*/3/"));
	run_read(&r);
	assert_int_equal(count_of(&r, "topk_select", NULL, 1), 0);
	assert_true(count_of(&r, "topk_select", NULL, 3) > 0);
	for (size_t i = 0; i < r.n; i++)
		assert_true(strcmp(r.records[i].op, "topk_select") || !strcmp(r.records[i].select, "heap"));
	run_end(&r);
}

static void assert_refused(const char *command, const char *const *words, const char *names)
{
	struct run r;

	run_command(&r, command, words);
	assert_int_equal(command_status(r.status), EXIT_USAGE);
	assert_non_null(strstr(r.f.text, names));
	assert_int_not_equal(access(r.csv, F_OK), 0);
	run_end(&r);
}

static void test_bad_input(void **state)
{
	(void)state;
	assert_refused("select", WORDS("--filter=(", "--threads=1"), "--filter");
	assert_refused("select", WORDS("--filter=no such contender", "--threads=1"), "--filter");
	assert_refused("select", WORDS("--n=10", "--k=20", "--threads=1"), "--k");
	assert_refused("backward", WORDS("--method=norm", "--tau=2", "--threads=1"), "--tau");
}

static void test_dry_run_measures_nothing(void **state)
{
	struct run r;

	(void)state;
	run_command(&r, "backward", WORDS("--dry-run", "--shape=64x784x500", "--threads=1"));
	assert_int_equal(r.status, EXIT_OK);
	assert_int_not_equal(access(r.csv, F_OK), 0);
	run_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_select),
		cmocka_unit_test(test_select_replays),
		cmocka_unit_test(test_k_beyond_the_row_is_left_out),
		cmocka_unit_test(test_backward),
		cmocka_unit_test(test_instruction_sets_compete),
		cmocka_unit_test(test_update),
		cmocka_unit_test(test_ceilings),
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_bad_input),
		cmocka_unit_test(test_dry_run_measures_nothing),
	};

	return cmocka_run_group_tests_name("commands", tests, NULL, NULL);
}
