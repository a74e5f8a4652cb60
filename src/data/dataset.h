/* SPDX-License-Identifier: MIT */
/*
 * MNIST-like data: IDX files, plain or gzip, read with suspicion; and where to find them.
 */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include "base/failure.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Images scaled to [0, 1] (pixel / 255), row-major (count, n_in), and their labels 0..9. */
struct dataset_part {
	int count, n_in;
	float *images;
	uint8_t *labels;
};

struct dataset {
	char name[48]; /* "mnist", "fashion-mnist" or "custom", by content: stands in every record */
	char path[512];
	char digest[65]; /* CRC-32 of the uncompressed train images, train labels, test images, test labels, hex */
	bool stand_in;	 /* not MNIST: dataset_load has said so loudly on stderr */
	struct dataset_part train, test;
};

/*
 * Loads from dir if given, else $MNIST_DIR, else data/mnist under the source or working directory, else an installed
 * Fashion-MNIST. Without any, the failure names the ways out. A $MNIST_DIR that is set but unusable is an error.
 */
int dataset_load(struct dataset *d, const char *dir, struct failure *f);
void dataset_release(struct dataset *d);

/* Where dataset_load would find data, and its name judged by the labels alone, for `mepbench info`; 0 or as
 * dataset_load. */
int dataset_find(const char *dir, char *path, size_t size, char *name, size_t name_size, struct failure *f);

#endif
