/* SPDX-License-Identifier: MIT */
/* The command line: what is accepted means what it says; everything else is refused with a sentence that names the
 * flag. */
/* Ours first: cmocka.h defines a macro fail(). */
#include "commands.h"
#include "options_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct command select_command = {.name = "select", .bit = COMMAND_SELECT};
static const struct command backward_command = {.name = "backward", .bit = COMMAND_BACKWARD};
static const struct command train_command = {.name = "train", .bit = COMMAND_TRAIN};
static const struct command plan_command = {.name = "plan", .files = "FILE", .max_files = 1, .bit = COMMAND_PLAN};

static struct options *parse(const struct command *command, const char *word)
{
	struct options *o = calloc(1, sizeof(*o));
	char *argv[] = {(char *)(uintptr_t)word};
	struct failure f = {""};

	if (options_parse(o, command, word ? 1 : 0, argv, &f))
		fail_msg("%s", f.text);
	return o;
}

static void refuse(const struct command *command, const char *word, const char *sentence)
{
	struct options *o = calloc(1, sizeof(*o));
	char *argv[] = {(char *)(uintptr_t)word};
	struct failure f = {""};

	if (!options_parse(o, command, 1, argv, &f))
		fail_msg("'%s' was accepted", word);
	if (!strstr(f.text, sentence))
		fail_msg("'%s' lacks '%s'", f.text, sentence);
	free(o);
}

static void check_ints(const char *word, int n, const int64_t *v)
{
	struct options *o = parse(&select_command, word);

	assert_int_equal(o->threads.n, n);
	for (int i = 0; i < n; i++)
		assert_int_equal(o->threads.v[i], v[i]);
	free(o);
}

static void test_lists(void **state)
{
	(void)state;
	check_ints("--threads=3", 1, (int64_t[]){3});
	check_ints("--threads=4,1,2", 3, (int64_t[]){4, 1, 2});
	check_ints("--threads=1-4", 4, (int64_t[]){1, 2, 3, 4});
	check_ints("--threads=8-256*2", 6, (int64_t[]){8, 16, 32, 64, 128, 256});
	check_ints("--threads=10-35+10,5", 4, (int64_t[]){10, 20, 30, 5});
	check_ints("--threads=1-9*3", 3, (int64_t[]){1, 3, 9});
	check_ints("--threads=7-7", 1, (int64_t[]){7});
}

static void test_bad_lists(void **state)
{
	static const char *const words[] = {
		"--threads=x",
		"--threads=1,",
		"--threads=,1",
		"--threads=1,,2",
		"--threads=0",
		"--threads=-1",
		"--threads=1025",
		"--threads=4-2",
		"--threads=1-",
		"--threads=1-4+0",
		"--threads=1-4*1",
		"--threads=1-4x2",
		"--threads=1-4*2*",
		"--threads= 1",
		"--threads=1 ",
		"--threads=1.5",
		"--threads=0x2",
		"--threads=nan",
		"--threads=+1",
		"--threads=1;2",
		"--threads=99999999999999999999999999",
		"--threads=1-99999999999999999999",
		"--threads=1e1",
	};
	char wanted[128];

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		snprintf(wanted, sizeof(wanted),
			 "invalid value '%s' for --threads; should be a number 1..1024 or a list",
			 strchr(words[i], '=') + 1);
		refuse(&select_command, words[i], wanted);
	}
	refuse(&select_command, "--threads=1,2,1", "twice the item '1'");
	refuse(&select_command, "--threads=1-4,3", "twice the item '3'");
	refuse(&select_command, "--threads=1-1000", "too many items");
	refuse(&select_command, "--n=1-16777216*1", "for --n");
	refuse(&select_command, "--k=0-4*2", "for --k");
}

static void test_numbers(void **state)
{
	struct options *o = parse(&train_command, "--seed=18446744073709551615");

	(void)state;
	assert_true(o->seed == UINT64_MAX);
	free(o);
	o = parse(&train_command, "--dropout=.25");
	assert_true(o->dropout == 0.25);
	free(o);
	o = parse(&train_command, "--l2=1e-4");
	assert_true(o->l1 == 0 && o->l2 == 1e-4);
	free(o);
	refuse(&train_command, "--l1=-1", "for --l1; should be a number 0..");
	refuse(&train_command, "--seed=18446744073709551616", "for --seed");
	refuse(&train_command, "--seed=-1", "for --seed");
	refuse(&train_command, "--dropout=nan", "for --dropout; should be a number 0..0.99");
	refuse(&train_command, "--dropout=1", "for --dropout");
	refuse(&train_command, "--dropout=0x0.1", "for --dropout");
	refuse(&train_command, "--lr=inf", "for --lr");
	refuse(&train_command, "--lr=1e999", "for --lr");
	refuse(&train_command, "--lr=1e-3x", "for --lr");
	refuse(&train_command, "--tau=0.1,0.1", "twice the item '0.1'");
	refuse(&train_command, "--tau=0.1,", "for --tau");
	refuse(&train_command, "--epochs=0", "for --epochs; should be a number 1..100000");
}

static void check_time(const char *word, double seconds, int64_t calls)
{
	struct options *o = parse(&backward_command, word);

	assert_true(o->fixed_calls == calls);
	assert_true(calls || o->min_time_s == seconds);
	free(o);
}

static void test_times(void **state)
{
	static const char *const words[] = {"1",  "0s",	  "s",	  "1h",	   "-1s",  "1.2.3s",
					    "0x", "1.5x", "1e3s", "4000s", "nans", "1 s"};
	char word[64];

	(void)state;
	check_time("--min-time=0.5s", 0.5, 0);
	check_time("--min-time=20ms", 20 * 1e-3, 0);
	check_time("--min-time=200x", 0, 200);
	check_time(NULL, 2 * 1e-3, 0);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		snprintf(word, sizeof(word), "--min-time=%s", words[i]);
		refuse(&backward_command, word, "for --min-time; should be a time such as 0.5s");
	}
}

static void test_words(void **state)
{
	struct options *o = parse(&backward_command, "--method=topk,dense");

	(void)state;
	assert_int_equal(o->method.n, 2);
	assert_string_equal(o->method.v[1], "dense");
	free(o);
	refuse(&backward_command, "--method=tpok", "for --method; should be all, or a list of dense, ");
	refuse(&backward_command, "--method=topkk", "did you mean 'topk'?");
	refuse(&backward_command, "--method=topk,all", "for --method");
	refuse(&backward_command, "--method=topk,topk", "twice the item 'topk'");
	refuse(&backward_command, "--isa=avx1024", "should be all, or a list of auto, portable");
	refuse(&train_command, "--policy=anneal", "for --policy; should be one of constant");
	refuse(&train_command, "--experiment=a\nb", "control character");
	refuse(&select_command, "--dist=,", "for --dist");
}

static void test_dists(void **state)
{
	struct options *o = parse(&select_command, "--dist=relu,a/b,./gaussian,x.grad.gz");
	char word[600] = "--dist=./";

	(void)state;
	assert_int_equal(o->dist.n, 4);
	assert_string_equal(o->dist.v[0], "relu");
	assert_string_equal(o->dist.v[3], "x.grad.gz");
	free(o);
	o = parse(&backward_command, "--dist=all");
	assert_string_equal(o->dist.v[0], "all");
	free(o);
	refuse(&select_command, "--dist=gausian", "did you mean 'gaussian'?");
	refuse(&select_command, "--dist=all,relu", "for --dist");
	refuse(&select_command, "--dist=a/b,a/b", "twice the item 'a/b'");
	refuse(&select_command, "--dist=a/b\n", "for --dist");
	memset(word + 9, 'a', 550);
	refuse(&select_command, word, "for --dist");
}

static void test_recording(void **state)
{
	struct options *o = parse(&train_command, "--record-gradients");

	(void)state;
	assert_string_equal(o->record_gradients, "gradients");
	assert_int_equal(o->record_at.n, 3);
	free(o);
	o = parse(&train_command, "--record-gradients=x/y");
	assert_string_equal(o->record_gradients, "x/y");
	free(o);
	refuse(&train_command, "--record-gradients=", "missing value");
	refuse(&train_command, "--record-at=step0", "for --record-at; should be a list of step or epoch");
	refuse(&train_command, "--record-at=epoch", "for --record-at");
	refuse(&train_command, "--record-at=10", "for --record-at");
	refuse(&train_command, "--record-at=epochs1", "for --record-at");
	refuse(&train_command, "--record-at=step1,step1", "twice");
	refuse(&select_command, "--record-gradients", "not an option of 'select'");
}

static void test_builds(void **state)
{
	struct options *o = parse(&backward_command, "--inject=7.5");

	(void)state;
	assert_true(o->inject == 7.5);
	free(o);
	o = parse(&select_command, "--against=a/b.so");
	assert_string_equal(o->against, "a/b.so");
	assert_false(o->twin || o->check || o->yardstick);
	free(o);
	o = parse(&select_command, "--check");
	assert_true(o->check);
	free(o);
	refuse(&backward_command, "--inject=0", "for --inject; should be a number 0.1..1000");
	refuse(&backward_command, "--inject=nan", "for --inject");
	refuse(&backward_command, "--kernels=", "missing value for --kernels; should be --kernels=FILE");
	refuse(&backward_command, "--twin=2", "should be given without a value");
	refuse(&train_command, "--kernels=x.so", "--kernels is not an option of 'train'");
	refuse(&train_command, "--check", "--check is not an option of 'train'");
}

static void test_shapes(void **state)
{
	struct options *o = parse(&backward_command, "--shape=1x2x3,64x784x500");

	(void)state;
	assert_int_equal(o->shape.n, 2);
	assert_int_equal(o->shape.v[1].n_in, 784);
	assert_int_equal(o->shape.v[0].n_out, 3);
	free(o);
	refuse(&backward_command, "--shape=1x2", "for --shape; should be BATCHxN_INxN_OUT");
	refuse(&backward_command, "--shape=1x2x3x4", "for --shape");
	refuse(&backward_command, "--shape=0x2x3", "for --shape");
	refuse(&backward_command, "--shape=1x2x99999999", "for --shape");
	refuse(&backward_command, "--shape=1x2x3,1x2x3", "twice the item");
}

static void test_train(void **state)
{
	struct options *o = parse(&train_command, "--k=20,20/40");

	(void)state;
	assert_int_equal(o->k_layers.n, 2);
	assert_string_equal(o->k_layers.v[1], "20/40");
	assert_int_equal(o->layers.n, 4);
	assert_int_equal(o->layers.v[2], 500);
	free(o);
	o = parse(&train_command, "--method=dense,topk/dense");
	assert_string_equal(o->method.v[1], "topk/dense");
	free(o);
	refuse(&train_command, "--method=topk/", "for --method");
	refuse(&train_command, "--method=/topk", "for --method");
	refuse(&train_command, "--method=topk/none", "for --method");
	refuse(&backward_command, "--method=topk/dense", "for --method");
	refuse(&train_command, "--k=20/", "for --k");
	refuse(&train_command, "--k=20//3", "for --k");
	refuse(&train_command, "--k=5-7", "for --k");
	refuse(&train_command, "--layers=784,,10", "for --layers");
	refuse(&train_command, "--layers=0,10", "for --layers");
}

static void test_flags(void **state)
{
	struct options *o = calloc(1, sizeof(*o));
	char *twice[] = {"--dry-run", "--dry-run"}, *apart[] = {"--threads", "2", "--csv", "-"},
	     *none[] = {"--threads"}, *next[] = {"--threads", "--dry-run"};
	struct failure f;

	(void)state;
	assert_int_equal(options_parse(o, &select_command, 4, apart, &f), 0);
	assert_string_equal(o->csv, "-");
	assert_int_equal(o->threads.v[0], 2);
	assert_int_not_equal(options_parse(o, &select_command, 2, twice, &f), 0);
	assert_non_null(strstr(f.text, "--dry-run is given twice"));
	assert_int_not_equal(options_parse(o, &select_command, 1, none, &f), 0);
	assert_non_null(strstr(f.text, "missing value for --threads"));
	assert_int_not_equal(options_parse(o, &select_command, 2, next, &f), 0);
	free(o);
	refuse(&select_command, "--threads=", "missing value for --threads; should be --threads=LIST");
	refuse(&select_command, "--dry-run=yes", "should be given without a value");
	refuse(&select_command, "--thread=1", "unknown option '--thread'; did you mean '--threads'?");
	refuse(&select_command, "--epochs=3", "--epochs is not an option of 'select'");
	refuse(&select_command, "-t", "unexpected word '-t'");
	refuse(&select_command, "--", "unexpected word '--'");
	refuse(&select_command, "", "unexpected word ''");
	refuse(&plan_command, "--csv=x", "--csv is not an option of 'plan'");
	refuse(&plan_command, "--dry-run", "'plan' needs a file");
}

static void test_long_values(void **state)
{
	char *word = malloc(100000);

	(void)state;
	for (size_t i = 0; option_table[i].name; i++) {
		int n = snprintf(word, 100, "--%s=", option_table[i].name);
		const struct command any = {.name = "any", .bit = option_table[i].commands & -option_table[i].commands};

		for (size_t c = 0; c < 4; c++) {
			memset(word + n, "1,/x"[c], 99998 - (size_t)n);
			word[99998] = 0;
			refuse(&any, word, option_table[i].name);
		}
	}
	free(word);
}

/* Every default of the table is a value that the table itself accepts, for every command; and every row has a help. */
static void test_defaults(void **state)
{
	(void)state;
	for (uint32_t bit = COMMAND_INFO; bit <= COMMAND_CHECK; bit <<= 1) {
		const struct command any = {.name = "any", .bit = bit};

		free(parse(&any, NULL));
	}
	for (const struct option *row = option_table; row->name; row++) {
		assert_true(row->help && *row->help && row->commands);
		assert_true((row->type == OPTION_FLAG) == !row->meta);
	}
}

static void test_override(void **state)
{
	struct options *given = calloc(1, sizeof(*given)), *o = parse(&select_command, "--threads=1");
	char *words[] = {"p", "--threads", "2", "--data=x", "--min-time=3x", "--resume"};
	struct failure f;

	(void)state;
	assert_int_equal(options_parse(given, &plan_command, 6, words, &f), 0);
	assert_int_equal(options_override(o, &select_command, given, &plan_command, &f), 0);
	assert_int_equal(o->threads.v[0], 2);
	assert_int_equal(o->fixed_calls, 3);
	assert_false(o->resume);
	assert_int_equal(o->n_files, 0);
	free(given);
	free(o);
}

static void test_nearest(void **state)
{
	char long_name[200];

	(void)state;
	assert_string_equal(options_nearest("selct", command_name), "select");
	assert_null(options_nearest("entirely-else", command_name));
	memset(long_name, 'a', 199);
	long_name[199] = 0;
	assert_null(options_nearest(long_name, command_name));
	assert_null(options_nearest("", command_name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),	 cmocka_unit_test(test_bad_lists), cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_times),	 cmocka_unit_test(test_words),	   cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_builds),	 cmocka_unit_test(test_dists),	   cmocka_unit_test(test_recording),
		cmocka_unit_test(test_train),	 cmocka_unit_test(test_flags),	   cmocka_unit_test(test_long_values),
		cmocka_unit_test(test_defaults), cmocka_unit_test(test_override),  cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
