/* SPDX-License-Identifier: MIT */
/* See scratch.h. */
#define _GNU_SOURCE /* nftw */
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

void scratch_create(char dir[SCRATCH_PATH])
{
	snprintf(dir, SCRATCH_PATH, "/tmp/mepbench_test_XXXXXX");
	assert_non_null(mkdtemp(dir));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

void scratch_destroy(const char *dir)
{
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int scratch_setup(void **state)
{
	char *path = malloc(SCRATCH_PATH);

	assert_non_null(path);
	scratch_create(path);
	strcat(path, "/file");
	*state = path;
	return 0;
}

int scratch_teardown(void **state)
{
	char *path = *state;

	*strrchr(path, '/') = 0;
	scratch_destroy(path);
	free(path);
	return 0;
}

void scratch_put(const char *path, const void *bytes, size_t n)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, n, file), n);
	assert_int_equal(fclose(file), 0);
}

void scratch_put_text(const char *path, const char *text)
{
	scratch_put(path, text, strlen(text));
}

void scratch_put_gzip(const char *path, const void *bytes, size_t n)
{
	gzFile file = gzopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(gzwrite(file, bytes, (unsigned)n), (int)n);
	assert_int_equal(gzclose(file), Z_OK);
}

char *scratch_get(const char *path, size_t *n)
{
	FILE *file = fopen(path, "rb");
	char *bytes;
	long size;

	assert_non_null(file);
	assert_int_equal(fseek(file, 0, SEEK_END), 0);
	size = ftell(file);
	rewind(file);
	bytes = calloc(1, (size_t)size + 1);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, (size_t)size, file), size);
	fclose(file);
	if (n)
		*n = (size_t)size;
	return bytes;
}
