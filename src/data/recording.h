/* SPDX-License-Identifier: MIT */
/*
 * Recorded gradients: dY of a hidden layer as real training met it, behind the ReLU mask, which is what selection sees.
 * `mepbench train --record-gradients` writes them, `--dist=FILE` replays them: selection time depends on the data.
 *
 * The file: HEADER below, then the values; usually gzip, plain is read too. All numbers are little-endian.
 *
 *	offset	size
 *	0	8	"mepgrad\n"
 *	8	4	version, 1
 *	12	4	rows, 1..RECORDING_MAX_ROWS
 *	16	4	n: values in a row, 1..RECORDING_MAX_N; rows * n floats are at most RECORDING_MAX_BYTES
 *	20	4	batch: rows of a minibatch
 *	24	4	layer: hidden layer, from 1
 *	28	4	epoch of the first row, from 1
 *	32	8	step of the first row: minibatches from 1 over the whole training
 *	40	8	seed
 *	48	64	training: what was trained, such as "topk k=20 adam"; padded with zeros, as the next two
 *	112	48	dataset
 *	160	40	dataset's digest
 *	200	4	digest: CRC-32 of the 200 bytes before and of all values
 *	204		values, float32, row after row
 *
 * Values must be finite: a training that diverged is no data to time on.
 */
#ifndef DATA_RECORDING_H
#define DATA_RECORDING_H

#include "base/failure.h"

#include <stddef.h>
#include <stdint.h>

#define RECORDING_MAX_ROWS (1 << 20)
#define RECORDING_MAX_N 65536
#define RECORDING_MAX_BYTES ((size_t)1 << 28)
#define RECORDING_SUFFIX ".grad.gz"

struct recording {
	uint32_t rows, n, batch, layer, epoch;
	uint64_t step, seed;
	char training[64], dataset[48], dataset_digest[40];
	uint32_t digest; /* made by recording_write */
	float *dy;	 /* (rows, n), row-major, in the order in which training met them */
};

/* 0, -EINVAL with file, offset, found, expected, or -ENOMEM. */
int recording_read(struct recording *r, const char *path, struct failure *f);
void recording_release(struct recording *r);

/*
 * Fills r->digest and writes the file as a whole: to a temporary name beside it, then renamed. 0, -EINVAL where a value
 * is not finite or the shape is beyond the limits (nothing is written then), or -EIO.
 */
int recording_write(struct recording *r, const char *path, struct failure *f);

#endif
