/* SPDX-License-Identifier: MIT */
/* The data set: small files written here, each spoilt in one way; and the real MNIST where MNIST_DIR points to it. */
/* Ours first: cmocka.h defines a macro fail(). */
#include "data/dataset.h"
#include "data/idx.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define SIDE 4
#define N_TRAIN 30
#define N_TEST 20

struct folder {
	char path[SCRATCH_PATH];
	char *mnist_dir; /* of the environment, to be put back */
};

static void join(const struct folder *d, const char *name, char *path)
{
	snprintf(path, SCRATCH_PATH + 64, "%s/%s", d->path, name);
}

static void put_bytes(const struct folder *d, const char *name, const uint8_t *bytes, size_t n)
{
	char path[SCRATCH_PATH + 64];

	join(d, name, path);
	scratch_put(path, bytes, n);
}

static void put_gzip(const struct folder *d, const char *name, const uint8_t *bytes, size_t n)
{
	char path[SCRATCH_PATH + 64];

	join(d, name, path);
	scratch_put_gzip(path, bytes, n);
}

static size_t make_images(uint8_t *b, int count)
{
	const uint8_t header[16] = {0, 0, 8, 3, 0, 0, 0, (uint8_t)count, 0, 0, 0, SIDE, 0, 0, 0, SIDE};
	size_t n = 16 + (size_t)count * SIDE * SIDE;

	memcpy(b, header, 16);
	for (size_t i = 16; i < n; i++)
		b[i] = (uint8_t)(i * 37);
	return n;
}

static size_t make_labels(uint8_t *b, int count)
{
	const uint8_t header[8] = {0, 0, 8, 1, 0, 0, 0, (uint8_t)count};

	memcpy(b, header, 8);
	for (int i = 0; i < count; i++)
		b[8 + i] = (uint8_t)(i % 10);
	return 8 + (size_t)count;
}

static void put_all(const struct folder *d)
{
	uint8_t b[1024];

	put_bytes(d, "train-images-idx3-ubyte", b, make_images(b, N_TRAIN));
	put_bytes(d, "train-labels-idx1-ubyte", b, make_labels(b, N_TRAIN));
	put_bytes(d, "t10k-images-idx3-ubyte", b, make_images(b, N_TEST));
	put_bytes(d, "t10k-labels-idx1-ubyte", b, make_labels(b, N_TEST));
}

static int setup(void **state)
{
	struct folder *d = calloc(1, sizeof(*d));
	const char *dir = getenv("MNIST_DIR");

	d->mnist_dir = dir ? strdup(dir) : NULL;
	scratch_create(d->path);
	put_all(d);
	*state = d;
	return 0;
}

static int teardown(void **state)
{
	struct folder *d = *state;

	if (d->mnist_dir)
		setenv("MNIST_DIR", d->mnist_dir, 1);
	else
		unsetenv("MNIST_DIR");
	scratch_destroy(d->path);
	free(d->mnist_dir);
	free(d);
	return 0;
}

static void accept(const struct folder *d)
{
	struct failure f = {""};
	struct dataset data;

	if (dataset_load(&data, d->path, &f))
		fail_msg("%s", f.text);
	assert_string_equal(data.name, "custom");
	assert_true(data.stand_in);
	assert_int_equal(data.train.count, N_TRAIN);
	assert_int_equal(data.test.count, N_TEST);
	assert_int_equal(data.train.n_in, SIDE * SIDE);
	assert_int_equal(data.test.labels[13], 3);
	assert_true(data.train.images[1] == (float)(uint8_t)(17 * 37) / 255.0f);
	dataset_release(&data);
	assert_null(data.train.images);
}

static void refuse(const struct folder *d, const char *sentence)
{
	struct failure f = {""};
	struct dataset data;

	assert_int_not_equal(dataset_load(&data, d->path, &f), 0);
	if (!strstr(f.text, sentence) || !strstr(f.text, d->path))
		fail_msg("'%s' lacks '%s'", f.text, sentence);
}

static void test_plain(void **state)
{
	accept(*state);
}

static void test_spellings(void **state)
{
	struct folder *d = *state;
	char from[128], to[128];
	uint8_t b[1024];

	join(d, "train-images-idx3-ubyte", from);
	join(d, "train-images.idx3-ubyte", to);
	assert_int_equal(rename(from, to), 0);
	accept(d);
	join(d, "t10k-images-idx3-ubyte", from);
	assert_int_equal(unlink(from), 0);
	put_gzip(d, "t10k-images.idx3-ubyte.gz", b, make_images(b, N_TEST));
	accept(d);
	join(d, "t10k-labels-idx1-ubyte", from);
	assert_int_equal(unlink(from), 0);
	refuse(d, "lacks t10k-labels-idx1-ubyte");
	put_gzip(d, "t10k-labels-idx1-ubyte.gz", b, make_labels(b, N_TEST));
	accept(d);
}

/* Writes the training images with one byte changed and expects the sentence. */
static void spoil_images(const struct folder *d, size_t at, uint8_t value, const char *sentence)
{
	uint8_t b[1024];
	size_t n = make_images(b, N_TRAIN);

	b[at] = value;
	put_bytes(d, "train-images-idx3-ubyte", b, n);
	refuse(d, sentence);
}

static void test_header(void **state)
{
	spoil_images(*state, 3, 1, "magic number 0x00000801 at offset 0; should be 0x00000803");
	spoil_images(*state, 4, 0xff, "4278190110 items at offset 4; should be 1..1048576");
	spoil_images(*state, 7, 0, "0 items at offset 4");
	spoil_images(*state, 7, 31, "ends at offset 496; should hold 512 bytes");
	spoil_images(*state, 7, 29, "more bytes follow at offset 480");
	spoil_images(*state, 10, 1, "260 rows at offset 8; should be 1..256");
	spoil_images(*state, 15, 0, "0 columns at offset 12");
	spoil_images(*state, 5, 1, "ends at offset 496");
}

static void test_every_truncation(void **state)
{
	uint8_t b[1024];
	size_t n = make_images(b, N_TRAIN);

	for (size_t i = 0; i < n; i++) {
		put_bytes(*state, "train-images-idx3-ubyte", b, i);
		refuse(*state, i ? "ends at offset" : "empty");
	}
}

static void test_labels(void **state)
{
	uint8_t b[1024];
	size_t n = make_labels(b, N_TEST);

	b[8 + 5] = 10;
	put_bytes(*state, "t10k-labels-idx1-ubyte", b, n);
	refuse(*state, "label 10 at offset 13; should be 0..9");
	put_bytes(*state, "t10k-labels-idx1-ubyte", b, make_labels(b, N_TEST - 1));
	refuse(*state, "19 labels for 20 images");
}

static void test_image_size(void **state)
{
	uint8_t b[1024];
	size_t n = make_images(b, N_TEST);

	b[11] = 2;
	b[15] = 8;
	put_bytes(*state, "t10k-images-idx3-ubyte", b, n);
	refuse(*state, "images of 2 x 8; should be 4 x 4");
}

/* Gives the training images as a gzip file whose bytes `spoil` may change. */
static void put_spoilt_gzip(const struct folder *d, size_t cut, size_t more, size_t flip)
{
	char path[SCRATCH_PATH + 64];
	uint8_t b[2048], z[2048] = {0};
	FILE *file;
	size_t n;

	put_gzip(d, "train-images-idx3-ubyte.gz", b, make_images(b, N_TRAIN));
	join(d, "train-images-idx3-ubyte.gz", path);
	file = fopen(path, "rb");
	n = fread(z, 1, sizeof(z), file);
	fclose(file);
	if (flip)
		z[flip] ^= 0x55;
	put_bytes(d, "train-images-idx3-ubyte.gz", z, n - cut + more);
}

static void test_gzip_damage(void **state)
{
	char path[SCRATCH_PATH + 64];

	join(*state, "train-images-idx3-ubyte", path);
	assert_int_equal(unlink(path), 0);
	put_spoilt_gzip(*state, 0, 0, 0);
	accept(*state);
	put_spoilt_gzip(*state, 20, 0, 0);
	refuse(*state, "gzip stream ends early");
	put_spoilt_gzip(*state, 4, 0, 0);
	refuse(*state, "gzip stream");
	put_spoilt_gzip(*state, 0, 9, 0);
	refuse(*state, "bytes follow the gzip stream");
	for (size_t i = 10; i < 60; i += 3) {
		put_spoilt_gzip(*state, 0, 0, i);
		refuse(*state, "train-images");
	}
}

/* 64 MiB of zeros behind an honest header: only one byte more than the header allows is ever unpacked. */
static void test_gzip_bomb(void **state)
{
	uint8_t *b = calloc(1, 64 << 20);
	char path[SCRATCH_PATH + 64];

	join(*state, "train-images-idx3-ubyte", path);
	assert_int_equal(unlink(path), 0);
	make_images(b, N_TRAIN);
	put_gzip(*state, "train-images-idx3-ubyte.gz", b, 64 << 20);
	free(b);
	refuse(*state, "more bytes follow at offset 496");
}

static void test_not_a_file(void **state)
{
	char path[SCRATCH_PATH + 64];

	join(*state, "train-images-idx3-ubyte", path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0755), 0);
	refuse(*state, ": a folder; should be an IDX file");
}

static void test_search(void **state)
{
	struct folder *d = *state;
	char path[512], name[48], empty[80];
	struct failure f = {""};
	struct dataset data;

	setenv("MNIST_DIR", d->path, 1);
	assert_int_equal(dataset_find(NULL, path, sizeof(path), name, sizeof(name), &f), 0);
	assert_string_equal(path, d->path);
	assert_string_equal(name, "custom");
	assert_int_equal(dataset_load(&data, NULL, &f), 0);
	dataset_release(&data);
	snprintf(empty, sizeof(empty), "%s/none", d->path);
	setenv("MNIST_DIR", empty, 1);
	assert_int_not_equal(dataset_load(&data, NULL, &f), 0);
	assert_non_null(strstr(f.text, "MNIST_DIR"));
	assert_int_not_equal(dataset_find(NULL, path, sizeof(path), name, sizeof(name), &f), 0);
	assert_int_equal(dataset_load(&data, d->path, &f), 0);
	dataset_release(&data);
}

static void test_real_mnist(void **state)
{
	struct folder *d = *state;
	struct failure f = {""};
	struct dataset data;
	long sum = 0;

	if (!d->mnist_dir)
		skip();
	if (dataset_load(&data, d->mnist_dir, &f))
		fail_msg("%s", f.text);
	if (strcmp(data.name, "mnist")) {
		dataset_release(&data);
		skip();
	}
	assert_false(data.stand_in);
	assert_int_equal(data.train.count, 60000);
	assert_int_equal(data.test.count, 10000);
	assert_int_equal(data.test.n_in, 784);
	assert_int_equal(data.train.labels[0], 5);
	assert_int_equal(data.test.labels[0], 7);
	for (int i = 0; i < 10000; i++)
		sum += data.test.labels[i];
	assert_int_equal(sum, 44434);
	for (int i = 0; i < 784; i++)
		assert_true(data.train.images[i] >= 0 && data.train.images[i] <= 1);
	assert_string_equal(data.digest, "e9f4d8b3-e0cb4ad2-91373bdf-4ab9eff9");
	dataset_release(&data);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_plain),      TEST(test_spellings),  TEST(test_header),      TEST(test_every_truncation),
		TEST(test_labels),     TEST(test_image_size), TEST(test_gzip_damage), TEST(test_gzip_bomb),
		TEST(test_not_a_file), TEST(test_search),     TEST(test_real_mnist),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
