/* SPDX-License-Identifier: MIT */
/* Recordings of gradients: what is written reads back the same, plain and gzip; what is spoilt is refused by offset. */
#include "data/recording.h"
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

#define ROWS 5
#define N 7
#define HEADER 204
#define BYTES (HEADER + 4 * ROWS * N)

/* The values belong to the caller's array. */
static struct recording sample(float *dy)
{
	struct recording r = {.rows = ROWS, .n = N, .batch = 2, .layer = 1, .epoch = 3, .step = 7, .seed = UINT64_MAX};

	for (int i = 0; i < ROWS * N; i++)
		dy[i] = i % 3 ? (float)i * 1e-40f : 0.0f; /* denormal numbers too */
	strcpy(r.training, "topk k=20");
	strcpy(r.dataset, "mnist");
	strcpy(r.dataset_digest, "e9f4d8b3");
	r.dy = dy;
	return r;
}

static struct recording write_sample(const char *path)
{
	float dy[ROWS * N];
	struct recording r = sample(dy);
	struct failure f = {""};

	if (recording_write(&r, path, &f))
		fail_msg("%s", f.text);
	r.dy = NULL;
	return r;
}

/* The uncompressed bytes of a good file. */
static void good_bytes(const char *path, uint8_t bytes[BYTES])
{
	gzFile file;

	write_sample(path);
	file = gzopen(path, "rb");
	assert_int_equal(gzread(file, bytes, BYTES), BYTES);
	assert_int_equal(gzread(file, bytes, 1), 0);
	gzclose(file);
}

static void refuse(const char *path, const char *sentence)
{
	struct failure f = {""};
	struct recording r;

	if (!recording_read(&r, path, &f))
		fail_msg("accepted, should say '%s'", sentence);
	if (strncmp(f.text, path, strlen(path)) || !strstr(f.text, sentence) || strchr(f.text, '\n'))
		fail_msg("'%s' lacks '%s'", f.text, sentence);
}

static void test_round_trip(void **state)
{
	float dy[ROWS * N];
	struct recording wanted = sample(dy), r;
	struct failure f = {""};
	uint8_t bytes[BYTES];

	good_bytes(*state, bytes);
	for (int plain = 0; plain < 2; plain++) {
		if (recording_read(&r, *state, &f))
			fail_msg("%s", f.text);
		assert_memory_equal(r.dy, dy, sizeof(dy));
		assert_int_equal(r.rows, ROWS);
		assert_int_equal(r.epoch, 3);
		assert_true(r.step == 7 && r.seed == UINT64_MAX);
		assert_string_equal(r.training, wanted.training);
		assert_string_equal(r.dataset, "mnist");
		assert_string_equal(r.dataset_digest, "e9f4d8b3");
		recording_release(&r);
		scratch_put(*state, bytes, BYTES);
	}
}

/* Two files of the same content are the same, byte by byte; nothing temporary is left. */
static void test_repeatable(void **state)
{
	char other[SCRATCH_PATH + 8];
	size_t n, m;
	char *a, *b;
	struct recording first = write_sample(*state), second;

	snprintf(other, sizeof(other), "%s.too", (char *)*state);
	second = write_sample(other);
	assert_int_equal(first.digest, second.digest);
	a = scratch_get(*state, &n);
	b = scratch_get(other, &m);
	assert_int_equal(n, m);
	assert_memory_equal(a, b, n);
	free(a);
	free(b);
	unlink(other);
	unlink(*state);
	*strrchr(*state, '/') = 0;
	assert_int_equal(rmdir(*state), 0);
	strcat(*state, "/file");
}

static void test_cut_short(void **state)
{
	uint8_t bytes[BYTES];

	good_bytes(*state, bytes);
	scratch_put(*state, bytes, 0);
	refuse(*state, "empty; should be a recording of gradients");
	for (size_t n = 1; n < BYTES; n++) {
		char sentence[64];

		scratch_put(*state, bytes, n);
		snprintf(sentence, sizeof(sentence), "ends at offset %zu", n);
		refuse(*state, sentence);
	}
	scratch_put_gzip(*state, bytes, BYTES - 1);
	refuse(*state, "should hold 344 bytes");
}

static void test_gzip_damage(void **state)
{
	char *whole;
	size_t n;

	write_sample(*state);
	whole = scratch_get(*state, &n);
	for (size_t cut = 11; cut < n; cut++) {
		scratch_put(*state, whole, cut);
		refuse(*state, "gzip stream");
	}
	for (size_t i = 12; i < n; i++) {
		struct failure f = {""};
		struct recording r;

		whole[i] = (char)(whole[i] ^ 0x10);
		scratch_put(*state, whole, n);
		assert_int_not_equal(recording_read(&r, *state, &f), 0);
		whole[i] = (char)(whole[i] ^ 0x10);
	}
	free(whole);
}

/* 64 MiB of zeros behind a header that promises 140 bytes. */
static void test_gzip_bomb(void **state)
{
	size_t n = (size_t)64 << 20;
	uint8_t *bomb = calloc(1, n);

	assert_non_null(bomb);
	good_bytes(*state, bomb);
	scratch_put_gzip(*state, bomb, n);
	refuse(*state, "more bytes follow at offset 344");
	free(bomb);
}

/* Every field, spoilt alone: the offset is named. */
static void test_header(void **state)
{
	static const struct {
		size_t at;
		uint32_t word;
		const char *says;
	} bad[] = {
		{0, 0x64636261, "bytes 61 62 63 64 ... at offset 0; should be \"mepgrad\""},
		{8, 2, "version 2 at offset 8; should be 1"},
		{12, 0, "rows 0 at offset 12; should be 1..1048576"},
		{12, 0xffffffff, "rows 4294967295 at offset 12"},
		{12, 1 << 20, "ends at offset 344; should hold 29360332 bytes"},
		{16, 0, "n 0 at offset 16"},
		{16, 65537, "n 65537 at offset 16; should be 1..65536"},
		{20, 0, "batch 0 at offset 20"},
		{24, 256, "layer 256 at offset 24; should be 1..255"},
		{28, 0x80000000, "epoch 2147483648 at offset 28"},
		{36, 0x80000000, "step 9223372036854775815 at offset 32"},
		{48, 0x41410a41, "byte 0x0a at offset 49; should be plain text"},
		{112, 0xff414141, "byte 0xff at offset 115"},
		{200, 0, "digest 00000000 at offset 200; should be"},
		{204, 0x3f800000, "by the content"},
	};
	uint8_t good[BYTES], bytes[BYTES];

	good_bytes(*state, good);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memcpy(bytes, good, BYTES);
		memcpy(bytes + bad[i].at, &bad[i].word, 4);
		scratch_put(*state, bytes, BYTES);
		refuse(*state, bad[i].says);
	}
	memcpy(bytes, good, BYTES);
	memset(bytes + 160, 'x', 40);
	scratch_put(*state, bytes, BYTES);
	refuse(*state, "unended text at offset 160");
}

/* Each number is within its limits, the product is not. */
static void test_oversized_product(void **state)
{
	const uint32_t rows = 1 << 20, n = 65536;
	uint8_t bytes[BYTES];

	good_bytes(*state, bytes);
	memcpy(bytes + 12, &rows, 4);
	memcpy(bytes + 16, &n, 4);
	scratch_put(*state, bytes, BYTES);
	refuse(*state, "1048576 rows of 65536 values at offset 12; should be at most 268435456 bytes");
}

static void test_not_finite(void **state)
{
	const float wrong[] = {NAN, INFINITY, -INFINITY};
	uint8_t bytes[BYTES];

	for (int i = 0; i < 3; i++) {
		float dy[ROWS * N];
		struct recording r = sample(dy);
		struct failure f = {""};
		uint32_t crc;

		dy[N + 2] = wrong[i];
		unlink(*state);
		assert_int_equal(recording_write(&r, *state, &f), -EINVAL);
		assert_non_null(strstr(f.text, "offset 240 (row 1, column 2); should be finite"));
		assert_int_not_equal(access(*state, F_OK), 0);
		good_bytes(*state, bytes);
		memcpy(bytes + HEADER, dy, sizeof(dy));
		crc = (uint32_t)crc32(crc32(0, bytes, 200), bytes + HEADER, BYTES - HEADER);
		memcpy(bytes + 200, &crc, 4);
		scratch_put(*state, bytes, BYTES);
		refuse(*state, "row 1, column 2");
	}
}

static void test_places(void **state)
{
	char path[SCRATCH_PATH + 16];
	struct failure f = {""};
	float dy[ROWS * N];
	struct recording r = sample(dy);

	refuse(*state, "No such file");
	refuse("/dev/zero", "not a regular file");
	snprintf(path, sizeof(path), "%s/none/x", (char *)*state);
	assert_int_equal(recording_write(&r, path, &f), -EINVAL);
	assert_non_null(strstr(f.text, "cannot be written"));
	r.rows = 0;
	assert_int_equal(recording_write(&r, *state, &f), -EINVAL);
	assert_int_not_equal(access(*state, F_OK), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_round_trip),	      TEST(test_repeatable), TEST(test_cut_short),
		TEST(test_gzip_damage),	      TEST(test_gzip_bomb),  TEST(test_header),
		TEST(test_oversized_product), TEST(test_not_finite), TEST(test_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
