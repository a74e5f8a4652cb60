/* SPDX-License-Identifier: MIT */
/*
 * The data set of four files: counts that disagree, labels beyond 9. The input is the images, from its first byte on as
 * many times 16 bytes as that says, then the labels; training and test have the same.
 */
#define _GNU_SOURCE /* memfd_create */
#include "data/dataset.h"
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define N_PARTS 2

static char folder[] = "/dev/shm/fuzz-dataset-XXXXXX";
static const char *const names[N_PARTS][2] = {{"train-images-idx3-ubyte", "t10k-images-idx3-ubyte"},
					      {"train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"}};

static void name_link(char *path, size_t size, int part, int which)
{
	snprintf(path, size, "%s/%s", folder, names[part][which]);
}

static void remove_folder(void)
{
	char path[128];

	for (int i = 0; i < 2 * N_PARTS; i++) {
		name_link(path, sizeof(path), i / 2, i % 2);
		unlink(path);
	}
	rmdir(folder);
}

static void create_folder(const int fd[N_PARTS])
{
	char path[128], target[32];

	if (!mkdtemp(folder))
		fuzz_broken("cannot make a folder in /dev/shm");
	atexit(remove_folder);
	for (int i = 0; i < 2 * N_PARTS; i++) {
		name_link(path, sizeof(path), i / 2, i % 2);
		snprintf(target, sizeof(target), "/proc/self/fd/%d", fd[i / 2]);
		if (symlink(target, path))
			fuzz_broken("cannot make a link");
	}
}

static void fill(int fd, const uint8_t *bytes, size_t n)
{
	if (ftruncate(fd, 0) || pwrite(fd, bytes, n, 0) != (ssize_t)n)
		fuzz_broken("cannot write the input");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd[N_PARTS] = {-1, -1};
	struct failure f = {""};
	struct dataset set;
	size_t n;
	int rc;

	if (fd[0] < 0) {
		for (int i = 0; i < N_PARTS; i++)
			fd[i] = memfd_create("part", 0);
		create_folder(fd);
	}
	if (!size)
		return 0;
	n = (size_t)data[0] * 16 < size - 1 ? (size_t)data[0] * 16 : size - 1;
	fill(fd[0], data + 1, n);
	fill(fd[1], data + 1 + n, size - 1 - n);
	rc = dataset_load(&set, folder, &f);
	fuzz_expect_sentence(rc, &f);
	for (int i = 0; !rc && i < set.train.count; i++)
		if (set.train.labels[i] > 9)
			fuzz_broken("a label beyond 9 was taken");
	if (!rc)
		dataset_release(&set);
	return 0;
}
