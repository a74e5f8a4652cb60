/* SPDX-License-Identifier: MIT */
/*
 * One IDX file (Yann LeCun's format of MNIST: magic, dimensions, bytes), plain or gzip. Nothing in it is trusted:
 * memory grows with the bytes that arrive, never with what the header claims.
 */
#ifndef DATA_IDX_H
#define DATA_IDX_H

#include "base/failure.h"

#include <stddef.h>
#include <stdint.h>

#define IDX_MAX_COUNT (1 << 20) /* items in a file */
#define IDX_MAX_SIDE 256	/* rows or columns of an image */
#define IDX_MAX_BYTES ((size_t)1 << 30)

struct idx {
	int n_dims;    /* 1: labels; 3: images */
	int dims[3];   /* count, rows, columns; 1 where absent */
	uint8_t *data; /* dims[0] * dims[1] * dims[2] bytes */
	uint32_t crc;  /* CRC-32 of the whole uncompressed file, header included */
};

/* Reads a file of unsigned bytes with n_dims dimensions (1 or 3). 0, -EINVAL with file, offset, found, expected, or
 * -ENOMEM. */
int idx_read(struct idx *idx, const char *path, int n_dims, struct failure *f);
void idx_release(struct idx *idx);

#endif
