/* SPDX-License-Identifier: MIT */
/* Records: what is written reads back the same; what is wrong is refused with a sentence that names file and line. */
/* Ours first: cmocka.h defines a macro fail(). */
#include "report/record.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static struct kernel_record sample_record(int i)
{
	struct kernel_record r = {.batch = 64, .n_in = 784, .n_out = 500, .k = i, .threads = 2, .calls = 3};

	strcpy(r.run_id, "20261122T120000Z-host-1");
	strcpy(r.cpu, "A \"fast\" CPU, 2 cores");
	strcpy(r.compiler, " padded ");
	strcpy(r.build, i % 3 ? "base" : "");
	strcpy(r.code, "0123456789abcdef");
	r.instructions = 1234567890123 * i;
	r.injected = 0.05;
	r.tau = 0.1 + 1e-17 * i;
	r.flops = 1.0 / 3 * i;
	r.max_err = i % 2 ? NAN : INFINITY;
	r.seed = UINT64_MAX;
	r.elapsed_ns = INT64_MAX;
	return r;
}

static void write_records(const char *path, int from, int to)
{
	struct record_writer *w;
	struct failure f;

	assert_int_equal(record_writer_create(&w, path, &kernel_records, &f), 0);
	for (int i = from; i < to; i++) {
		struct kernel_record r = sample_record(i);

		assert_int_equal(record_write(w, &r, &f), 0);
	}
	assert_int_equal(record_writer_destroy(w, &f), 0);
}

static void check_records(const char *path, size_t n)
{
	struct kernel_record *r;
	struct failure f = {""};
	size_t count;
	void *read;
	int rc = record_read(path, &kernel_records, &read, &count, &f);

	if (rc)
		fail_msg("%s", f.text);
	r = read;
	assert_int_equal(count, n);
	for (size_t i = 0; i < n; i++) {
		struct kernel_record want = sample_record((int)i);

		assert_true(isnan(r[i].max_err) == isnan(want.max_err));
		if (isnan(want.max_err))
			r[i].max_err = want.max_err = 0;
		assert_memory_equal(&r[i], &want, sizeof(want));
	}
	free(read);
}

static void test_round_trip(void **state)
{
	write_records(*state, 0, 50);
	check_records(*state, 50);
}

static void test_append(void **state)
{
	write_records(*state, 0, 3);
	write_records(*state, 3, 5);
	check_records(*state, 5);
}

static void test_torn_line(void **state)
{
	struct failure f;
	char *text;

	for (int cut = 1; cut < 400; cut += 7) {
		unlink(*state);
		write_records(*state, 0, 3);
		text = scratch_get(*state, NULL);
		assert_int_equal(truncate(*state, (off_t)strlen(text) - cut), 0);
		free(text);
		text = scratch_get(*state, NULL);
		int whole = -1;

		for (const char *p = text; (p = strchr(p, '\n')); p++)
			whole++;
		free(text);
		assert_int_equal(record_cut_torn(*state, &f), 0);
		check_records(*state, whole < 0 ? 0 : (size_t)whole);
		write_records(*state, whole < 0 ? 0 : whole, 3);
		check_records(*state, 3);
	}
}

static void test_foreign_file(void **state)
{
	struct record_writer *w;
	struct failure f;

	scratch_put_text(*state, "dear diary\n");
	assert_int_not_equal(record_writer_create(&w, *state, &kernel_records, &f), 0);
	assert_non_null(strstr(f.text, *state));
	write_records("/dev/null", 0, 1);
	unlink(*state);
	write_records(*state, 0, 1);
	assert_int_not_equal(record_writer_create(&w, *state, &train_records, &f), 0);
	assert_int_not_equal(record_writer_create(&w, "/nonexistent/x", &train_records, &f), 0);
	assert_int_not_equal(record_writer_create(&w, "/dev/full", &train_records, &f), 0);
}

static void test_one_writer(void **state)
{
	struct record_writer *w, *other;
	struct failure f;

	assert_int_equal(record_writer_create(&w, *state, &train_records, &f), 0);
	assert_int_not_equal(record_writer_create(&other, *state, &train_records, &f), 0);
	assert_non_null(strstr(f.text, "another process"));
	assert_int_equal(record_writer_destroy(w, &f), 0);
	assert_int_equal(record_writer_destroy(NULL, &f), 0);
}

static void test_control_character(void **state)
{
	struct kernel_record r = sample_record(1);
	struct record_writer *w;
	struct failure f;

	strcpy(r.dist, "a\nb");
	assert_int_equal(record_writer_create(&w, *state, &kernel_records, &f), 0);
	assert_int_not_equal(record_write(w, &r, &f), 0);
	assert_non_null(strstr(f.text, "'dist'"));
	assert_int_equal(record_writer_destroy(w, &f), 0);
}

#define HEADER                                                                                                         \
	"run_id,command,op,method,select,isa,dataset,dist,batch,n_in,n_out,k,tau,threads,round,calls,elapsed_ns,"      \
	"flops,bytes,check,max_err,seed"
#define ROW "r,backward,backward,topk,heap,avx2,,gaussian,64,784,500,20,0,1,0,3,1000,1e6,1e5,ok,0.01,1"

static void refuse(const char *path, const char *text, const char *sentence)
{
	struct failure f = {""};
	size_t count;
	void *records;

	scratch_put_text(path, text);
	assert_int_not_equal(record_read(path, &kernel_records, &records, &count, &f), 0);
	if (!strstr(f.text, sentence) || !strstr(f.text, path))
		fail_msg("'%s' lacks '%s'", f.text, sentence);
}

static void accept(const char *path, const char *text, size_t n)
{
	struct failure f = {""};
	size_t count;
	void *records;

	scratch_put_text(path, text);
	if (record_read(path, &kernel_records, &records, &count, &f))
		fail_msg("%s", f.text);
	assert_int_equal(count, n);
	free(records);
}

static void test_reader_accepts(void **state)
{
	accept(*state, HEADER "\n", 0);
	accept(*state, HEADER "\n" ROW "\n" ROW "\n", 2);
	accept(*state, HEADER "\r\n" ROW "\r\n", 1);
	accept(*state, "\xef\xbb\xbf" HEADER "\n" ROW "\n", 1);
	accept(*state, "dw," HEADER ",cpu\nrows," ROW ",\"a, \"\"b\"\"\"\n", 1);
	accept(*state, HEADER "\nr,b,b,topk,heap,avx2,,g,64,784,500,20,nan,1,0,3,1000,nan,inf,ok,inf,1\n", 1);
}

static size_t read_whole(const char *path, const char *text, bool *torn)
{
	struct failure f = {""};
	void *records;
	size_t count;

	*torn = false;
	scratch_put_text(path, text);
	if (record_read_whole(path, &kernel_records, &records, &count, torn, &f))
		fail_msg("%s", f.text);
	free(records);
	return count;
}

/* The last line of a file may be torn anywhere; others may not. */
static void test_reader_leaves_out_a_torn_line(void **state)
{
	static const char text[] = HEADER "\n" ROW "\n" ROW "\n";
	struct failure f = {""};
	bool torn = false;
	char *cut = strdup(text);
	void *records;
	size_t count;

	for (size_t n = sizeof(text) - 1; n >= sizeof(HEADER) + sizeof(ROW); n--) {
		cut[n] = '\0';
		assert_int_equal(read_whole(*state, cut, &torn), n == sizeof(text) - 1 ? 2 : 1);
		assert_int_equal(torn, n < sizeof(text) - 1 && n > sizeof(HEADER) + sizeof(ROW));
	}
	free(cut);
	assert_int_equal(read_whole(*state, HEADER "\nr,\"b", &torn), 0);
	assert_true(torn);
	scratch_put_text(*state, HEADER "\nr,b\n" ROW);
	assert_int_equal(record_read_whole(*state, &kernel_records, &records, &count, &torn, &f), -EINVAL);
	assert_non_null(strstr(f.text, ":2: 2 fields"));
	assert_int_equal(read_whole(*state, "run_id,comm", &torn), 0);
	assert_true(torn);
}

static void test_reader_refuses(void **state)
{
	refuse(*state, "", ": empty");
	refuse(*state, "\n", ":1: empty line");
	refuse(*state, "run_id\n", ":1: column 'command' is missing");
	refuse(*state, HEADER, ":1: the last line is torn");
	refuse(*state, HEADER ",bogus\n", ":1: unknown column 'bogus'");
	refuse(*state, HEADER ",seed\n", ":1: column 'seed' appears twice");
	refuse(*state, HEADER "\n" ROW "\n" ROW, ":3: the last line is torn");
	refuse(*state, HEADER "\n" ROW ",1\n", ":2: 23 fields; should be 22");
	refuse(*state, HEADER "\n\n" ROW "\n", ":2: empty line");
	refuse(*state, HEADER "\n\"" ROW "\n", ":2: misplaced or missing quote");
	refuse(*state, HEADER "\nr\"x" ROW "\n", ":2: misplaced or missing quote");
	refuse(*state, HEADER "\nr\r" ROW "\n", ":2: stray carriage return");
	refuse(*state, HEADER "\nr,b,b,topk,heap,avx2,,g,64,784,500,x,0,1,0,3,9,1,1,ok,0,1\n",
	       ":2: invalid value 'x' in column 'k'; should be an integer >= 0");
	refuse(*state, HEADER "\nr,b,b,topk,heap,avx2,,g,64,784,500,-1,0,1,0,3,9,1,1,ok,0,1\n", "'-1' in column 'k'");
	refuse(*state, HEADER "\nr,b,b,topk,heap,avx2,,g,64,784,500,1,0x1p3,1,0,3,9,1,1,ok,0,1\n", "column 'tau'");
	refuse(*state, HEADER "\nr,b,b,topk,heap,avx2,,g,64,784,500,1,1e999,1,0,3,9,1,1,ok,0,1\n", "'1e999' in column 'tau'");
	refuse(*state, HEADER "\nr,b,b,topk,heap,avx2,,g,64,784,500,1,,1,0,3,9,1,1,ok,0,1\n", "'' in column 'tau'");
	refuse(*state, HEADER "\nr,b,b,topk,heap,avx2,,g,64,784,500,1,0,0,0,3,9,1,1,ok,0,1\n", "column 'threads'");
	refuse(*state, HEADER "\nr,b,b,topk,heap,avx2,,g,64,784,500,1,0,1,0,3,99999999999999999999,1,1,ok,0,1\n",
	       "column 'elapsed_ns'");
	refuse(*state, HEADER "\nr,b,b,a-method-with-a-very-long-name,h,a,,g,64,784,500,1,0,1,0,3,9,1,1,ok,0,1\n",
	       "column 'method'; should be plain text of at most 23 bytes");
}

/* The kind; NULL where there is none. */
static const struct record_kind *detect(const char *path)
{
	const struct record_kind *kind = NULL;
	struct failure f = {""};
	int rc = record_detect(path, &kind, &f);

	assert_true(rc ? !kind && f.text[0] : kind != NULL);
	return kind;
}

static void test_long_line(void **state)
{
	char *text = malloc(100001);

	memset(text, 'a', 100000);
	text[100000] = 0;
	refuse(*state, text, ":1: line longer");
	memset(text, ',', 500);
	text[500] = 0;
	text[500] = '\n';
	text[501] = 0;
	refuse(*state, text, ":1: more than 128 fields");
	free(text);
	assert_null(detect("/nonexistent"));
	assert_null(detect("/dev/zero"));
}

static void test_detect(void **state)
{
	scratch_put_text(*state, HEADER "\n");
	assert_ptr_equal(detect(*state), &kernel_records);
	scratch_put_text(*state, "run_id,epoch\n");
	assert_ptr_equal(detect(*state), &train_records);
	scratch_put_text(*state, "run_id,seed,zeros\n");
	assert_ptr_equal(detect(*state), &dist_records);
	scratch_put_text(*state, "run_id,seed\n");
	assert_null(detect(*state));
	scratch_put_text(*state, "a,b\n");
	assert_null(detect(*state));
}

/* The names are a contract with scripts outside: rename none. */
static void test_contract(void **state)
{
	static const char train[] = "run_id,experiment,method,layers,k,tau,policy,optimizer,batch,seed,threads,dataset,"
				    "epoch,mean_k,lr,train_loss,dev_loss,dev_acc,test_acc,forward_s,select_s,dx_s,dw_s,"
				    "update_s,other_s,epoch_s";
	static const char target[] = "target,words,cell,rule,wanted,measured,low,high,unit,runs,verdict,why,run_id,cpu,"
				     "compiler,commit";
	static const char dist[] = "run_id,dist,dataset,training,rows,n,batch,layer,step,seed,zeros,tiny,k50,k90,k99";
	static const char history[] =
		"date,run_id,commit,cpu,compiler,flags,isa,op,method,select,dw,library,dataset,dist,"
		"batch,n_in,n_out,k,tau,threads,optimizer,cache,bind,against,ratio,low,high,"
		"rounds,degraded";
	const char *want[] = {HEADER, train, target, dist, history};

	(void)state;
	for (int kind = 0; record_kinds[kind]; kind++) {
		char names[1024] = "";

		for (int i = 0; i < record_kinds[kind]->n_contract; i++) {
			strcat(names, i ? "," : "");
			strcat(names, record_kinds[kind]->columns[i].name);
		}
		assert_string_equal(names, want[kind]);
	}
}

/* Runs are committed compressed: gzip reads like plain, and a file that was cut is refused, not read in part. */
static void test_gzip(void **state)
{
	const char *text = HEADER "\n" ROW "\n" ROW "\n";
	gzFile file = gzopen(*state, "wb");
	void *records = NULL;
	struct failure f;
	FILE *out;
	size_t n = 0;

	assert_true(gzputs(file, text) > 0 && gzclose(file) == Z_OK);
	assert_ptr_equal(detect(*state), &kernel_records);
	assert_int_equal(record_read(*state, &kernel_records, &records, &n, &f), 0);
	assert_int_equal(n, 2);
	free(records);
	/* zlib by itself would not see these. */
	assert_non_null(out = fopen(*state, "ab"));
	assert_true(fputs("more", out) > 0 && fclose(out) == 0);
	assert_int_equal(record_read(*state, &kernel_records, &records, &n, &f), -EINVAL);
	assert_non_null(strstr(f.text, "bytes follow the gzip stream"));
	assert_int_equal(truncate(*state, 90), 0);
	assert_int_equal(record_read(*state, &kernel_records, &records, &n, &f), -EINVAL);
	assert_non_null(strstr(f.text, *state));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_round_trip),	   TEST(test_append),
		TEST(test_torn_line),	   TEST(test_foreign_file),
		TEST(test_one_writer),	   TEST(test_control_character),
		TEST(test_reader_accepts), TEST(test_reader_refuses),
		TEST(test_long_line),	   TEST(test_reader_leaves_out_a_torn_line),
		TEST(test_detect),	   TEST(test_contract),
		TEST(test_gzip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
