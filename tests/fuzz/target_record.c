/* SPDX-License-Identifier: MIT */
/*
 * CSV records of all kinds, plain and gzip. What is taken is written and read again: the second time the bytes must be
 * those of the first, or the writer or the reader has lost something.
 */
#define _GNU_SOURCE /* memfd_create */
#include "fuzz.h"
#include "report/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int write_all(const char *path, const struct record_kind *kind, const char *records, size_t n)
{
	struct record_writer *w;
	struct failure f = {""};

	if (record_writer_create(&w, path, kind, &f))
		return -1;
	for (size_t i = 0; i < n; i++)
		if (record_write(w, records + i * kind->size, &f))
			fuzz_broken(f.text);
	return record_writer_destroy(w, &f);
}

static void check_round_trip(const struct record_kind *kind, const void *records, size_t n)
{
	int fd = memfd_create("again", 0);
	struct failure f = {""};
	char path[32];
	void *again;
	size_t count;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (write_all(path, kind, records, n))
		fuzz_broken("what was read cannot be written");
	if (record_read(path, kind, &again, &count, &f))
		fuzz_broken(f.text);
	if (count != n || (n && memcmp(records, again, n * kind->size)))
		fuzz_broken("records changed on the way to a file and back");
	free(again);
	close(fd);
}

static void read_one(const char *path, int again)
{
	const struct record_kind *kind;
	struct failure f = {""};
	bool torn = false;
	void *records;
	size_t n;
	int rc = record_detect(path, &kind, &f);

	fuzz_expect_sentence(rc, &f);
	if (rc)
		return;
	rc = record_read(path, kind, &records, &n, &f);
	fuzz_expect_sentence(rc, &f);
	if (rc) {
		rc = record_read_whole(path, kind, &records, &n, &torn, &f);
		if (!rc && !torn)
			fuzz_broken("a whole file was refused");
	}
	if (rc)
		return;
	if (again)
		check_round_trip(kind, records, n);
	free(records);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_one(fuzz_file(data, size), fuzz_one_in(4, data, size));
	if (fuzz_one_in(8, data, size))
		read_one(fuzz_gzip(data, size), 0);
	return 0;
}
