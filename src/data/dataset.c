/* SPDX-License-Identifier: MIT */
/*
 * Finds and loads the data set, see dataset.h. idx.c checks each file by itself; here the four are checked against
 * each other. The content decides the name, not the folder: the CRC-32 of the uncompressed files are compared with
 * known ones (tools/get-mnist verifies SHA-256 when it downloads).
 */
#include "data/dataset.h"
#include "base/memory.h"
#include "data/idx.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef SOURCE_DIR
#define SOURCE_DIR "."
#endif

#define FASHION_DIR "/usr/share/datasets/fashion-mnist"
#define N_CLASSES 10

enum { TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS, N_FILES };

static const struct {
	const char *stem, *suffix;
	int n_dims;
} files[N_FILES] = {
	{"train-images", "idx3-ubyte", 3},
	{"train-labels", "idx1-ubyte", 1},
	{"t10k-images", "idx3-ubyte", 3},
	{"t10k-labels", "idx1-ubyte", 1},
};

static const struct {
	const char *name;
	uint32_t crc[N_FILES];
} known[] = {
	{"mnist", {0xe9f4d8b3, 0xe0cb4ad2, 0x91373bdf, 0x4ab9eff9}},
	{"fashion-mnist", {0xb4f29f28, 0x741a4657, 0x678fe0b1, 0x80142c1f}},
};

/* The spelling under which file i exists in dir: with - or . before the suffix, plain or .gz. */
static bool find_file(const char *dir, int i, char *path, size_t size)
{
	static const char *const separators[] = {"-", "."}, *const ends[] = {"", ".gz"};

	for (int s = 0; s < 2; s++)
		for (int e = 0; e < 2; e++) {
			int n = snprintf(path, size, "%s/%s%s%s%s", dir, files[i].stem, separators[s], files[i].suffix,
					 ends[e]);

			if (n > 0 && (size_t)n < size && !access(path, F_OK))
				return true;
		}
	return false;
}

static bool holds_data(const char *dir)
{
	char path[1024];

	for (int i = 0; i < N_FILES; i++)
		if (!find_file(dir, i, path, sizeof(path)))
			return false;
	return true;
}

static int fail_missing(const char *dir, const char *origin, struct failure *f)
{
	char path[1024];

	for (int i = 0; i < N_FILES; i++)
		if (!find_file(dir, i, path, sizeof(path)))
			return fail(f, -EINVAL,
				    "%s '%s' lacks %s-%s (plain or .gz); should hold the four files of MNIST; "
				    "tools/get-mnist fetches them",
				    origin, dir, files[i].stem, files[i].suffix);
	return fail(f, -EINVAL, "%s '%s' cannot be used", origin, dir);
}

/* The folder to load from. One that the user named must do; the others are tried in turn. */
static int find_dir(const char *dir, char *path, size_t size, struct failure *f)
{
	static const char *const places[] = {"data/mnist", SOURCE_DIR "/data/mnist", FASHION_DIR};
	const char *origin = "--data", *named = dir && *dir ? dir : NULL;
	const char *variable = getenv("MNIST_DIR");

	if (!named && variable && *variable) {
		named = variable;
		origin = "MNIST_DIR";
	}
	if (named && strlen(named) >= size)
		return fail(f, -EINVAL, "%s is %zu characters long; should be less than %zu", origin, strlen(named),
			    size);
	if (named && !holds_data(named))
		return fail_missing(named, origin, f);
	for (size_t i = 0; !named && i < sizeof(places) / sizeof(places[0]); i++)
		if (holds_data(places[i]))
			named = places[i];
	if (!named)
		return fail(f, -ENOENT,
			    "no data set found; run tools/get-mnist, or set MNIST_DIR to a folder with the four files "
			    "of MNIST, or install Debian's package dataset-fashion-mnist");
	snprintf(path, size, "%s", named);
	return 0;
}

static const char *identify(const uint32_t *crc, const int *which, int n)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		int same = 0;

		while (same < n && crc[same] == known[i].crc[which[same]])
			same++;
		if (same == n)
			return known[i].name;
	}
	return "custom";
}

/* Images and labels of one part must agree; labels must be digits. */
static int check_part(const struct idx *images, const struct idx *labels, const char *path, struct failure *f)
{
	if (images->dims[0] != labels->dims[0])
		return fail(f, -EINVAL, "%s: %d labels for %d images; should be one each", path, labels->dims[0],
			    images->dims[0]);
	for (int i = 0; i < labels->dims[0]; i++)
		if (labels->data[i] >= N_CLASSES)
			return fail(f, -EINVAL, "%s: label %d at offset %d; should be 0..%d", path, labels->data[i],
				    8 + i, N_CLASSES - 1);
	return 0;
}

static int check_all(const struct idx *idx, char paths[][1024], struct failure *f)
{
	int rc = check_part(&idx[TRAIN_IMAGES], &idx[TRAIN_LABELS], paths[TRAIN_LABELS], f);

	if (!rc)
		rc = check_part(&idx[TEST_IMAGES], &idx[TEST_LABELS], paths[TEST_LABELS], f);
	if (rc)
		return rc;
	for (int i = 1; i < 3; i++)
		if (idx[TRAIN_IMAGES].dims[i] != idx[TEST_IMAGES].dims[i])
			return fail(f, -EINVAL, "%s: images of %d x %d; should be %d x %d as in training",
				    paths[TEST_IMAGES], idx[TEST_IMAGES].dims[1], idx[TEST_IMAGES].dims[2],
				    idx[TRAIN_IMAGES].dims[1], idx[TRAIN_IMAGES].dims[2]);
	return 0;
}

/* Takes the labels over from the file. */
static int make_part(struct dataset_part *part, const struct idx *images, struct idx *labels)
{
	int n_in = images->dims[1] * images->dims[2];
	size_t n = (size_t)images->dims[0] * (size_t)n_in;
	float *v = memory_create(n, sizeof(*v));

	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		v[i] = (float)images->data[i] / 255.0f;
	*part = (struct dataset_part){.count = images->dims[0], .n_in = n_in, .images = v, .labels = labels->data};
	labels->data = NULL;
	return 0;
}

static int read_files(struct idx *idx, const char *dir, char paths[][1024], struct failure *f)
{
	int rc = 0;

	for (int i = 0; i < N_FILES && !rc; i++) {
		if (!find_file(dir, i, paths[i], sizeof(paths[i])))
			return fail_missing(dir, "folder", f);
		rc = idx_read(&idx[i], paths[i], files[i].n_dims, f);
	}
	return rc;
}

static void name_dataset(struct dataset *d, const struct idx *idx)
{
	static const int all[N_FILES] = {TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS};
	uint32_t crc[N_FILES];

	for (int i = 0; i < N_FILES; i++)
		crc[i] = idx[i].crc;
	snprintf(d->name, sizeof(d->name), "%s", identify(crc, all, N_FILES));
	snprintf(d->digest, sizeof(d->digest), "%08x-%08x-%08x-%08x", crc[0], crc[1], crc[2], crc[3]);
	d->stand_in = strcmp(d->name, "mnist") != 0;
}

static void announce(const struct dataset *d)
{
	if (d->stand_in)
		fprintf(stderr,
			"mepbench: WARNING: this is NOT MNIST: data set '%s' from %s stands in; "
			"accuracies do not compare with MNIST's\n",
			d->name, d->path);
}

int dataset_load(struct dataset *d, const char *dir, struct failure *f)
{
	struct dataset found = {0};
	struct idx idx[N_FILES] = {0};
	char paths[N_FILES][1024] = {{0}};
	int rc = find_dir(dir, found.path, sizeof(found.path), f);

	if (!rc)
		rc = read_files(idx, found.path, paths, f);
	if (!rc)
		rc = check_all(idx, paths, f);
	if (!rc && (make_part(&found.train, &idx[TRAIN_IMAGES], &idx[TRAIN_LABELS]) ||
		    make_part(&found.test, &idx[TEST_IMAGES], &idx[TEST_LABELS])))
		rc = fail(f, -ENOMEM, "out of memory for the images of %s", found.path);
	if (!rc) {
		name_dataset(&found, idx);
		announce(&found);
		*d = found;
	} else {
		dataset_release(&found);
	}
	for (int i = 0; i < N_FILES; i++)
		idx_release(&idx[i]);
	return rc;
}

void dataset_release(struct dataset *d)
{
	free(d->train.images);
	free(d->train.labels);
	free(d->test.images);
	free(d->test.labels);
	memset(d, 0, sizeof(*d));
}

int dataset_find(const char *dir, char *path, size_t size, char *name, size_t name_size, struct failure *f)
{
	static const int labels[] = {TRAIN_LABELS, TEST_LABELS};
	uint32_t crc[2];
	char found[512];
	int rc = find_dir(dir, found, sizeof(found), f);

	for (int i = 0; i < 2 && !rc; i++) {
		char file[1024];
		struct idx idx;

		if (!find_file(found, labels[i], file, sizeof(file)))
			return fail_missing(found, "folder", f);
		rc = idx_read(&idx, file, 1, f);
		if (rc)
			return rc;
		crc[i] = idx.crc;
		idx_release(&idx);
	}
	if (rc)
		return rc;
	snprintf(path, size, "%s", found);
	snprintf(name, name_size, "%s", identify(crc, labels, 2));
	return 0;
}
