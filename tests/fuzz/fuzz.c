/* SPDX-License-Identifier: MIT */
/* See fuzz.h. Files are memfds, opened anew by way of /proc, so that no disk is touched. */
#define _GNU_SOURCE /* memfd_create */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#define MAX_STORED 65535

void fuzz_broken(const char *words)
{
	fprintf(stderr, "fuzz: %s\n", words);
	abort();
}

static void put(int fd, const void *bytes, size_t n)
{
	if (write(fd, bytes, n) != (ssize_t)n)
		fuzz_broken("cannot write the input");
}

/* Empties the file, one for the whole process. */
static int restart(const char **path)
{
	static char name[32];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("input", 0);
		snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	}
	if (fd < 0 || ftruncate(fd, 0) || lseek(fd, 0, SEEK_SET))
		fuzz_broken("cannot make the input");
	*path = name;
	return fd;
}

const char *fuzz_file(const void *bytes, size_t n)
{
	const char *path;

	put(restart(&path), bytes, n);
	return path;
}

static void put_word(int fd, size_t v, int bytes)
{
	uint8_t b[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};

	put(fd, b, (size_t)bytes);
}

/* One stored block: to compress would cost more than what is tested. */
const char *fuzz_gzip(const void *bytes, size_t n)
{
	static const uint8_t start[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1};
	const char *path;
	int fd = restart(&path);

	n = n < MAX_STORED ? n : MAX_STORED;
	put(fd, start, sizeof(start));
	put_word(fd, n, 2);
	put_word(fd, ~n, 2);
	put(fd, bytes, n);
	put_word(fd, crc32(0, bytes, (unsigned)n), 4);
	put_word(fd, n, 4);
	return path;
}

int fuzz_one_in(unsigned n, const void *bytes, size_t size)
{
	return crc32(0, bytes, (unsigned)size) % n == 0;
}

void fuzz_expect_sentence(int rc, const struct failure *f)
{
	if (rc > 0)
		fuzz_broken("a reader returned neither 0 nor an errno");
	if (rc && (!f->text[0] || strlen(f->text) >= sizeof(f->text)))
		fuzz_broken("a reader refused without a sentence");
	for (const char *c = f->text; rc && *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			fuzz_broken("a sentence holds a control character");
}
