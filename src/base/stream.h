/* SPDX-License-Identifier: MIT */
/*
 * A file of the user's, plain or gzip, read with suspicion: memory grows with the bytes that arrive, never with what a
 * header claims, and a gzip bomb costs no more than an honest file. Offsets are those of the uncompressed bytes.
 */
#ifndef BASE_STREAM_H
#define BASE_STREAM_H

#include "base/failure.h"

#include <stddef.h>
#include <stdint.h>

struct gzFile_s;

struct stream {
	struct gzFile_s *file;
	const char *path;
	const char *what; /* the file should be, for the sentences: "an IDX file" */
	size_t offset;	  /* bytes read */
	uint32_t crc;	  /* CRC-32 of them */
};

/*
 * All functions return 0, -EINVAL with a sentence that names file, offset, found and expected, or -ENOMEM; stream_open
 * also -ENOENT.
 */
int stream_open(struct stream *s, const char *path, const char *what, struct failure *f);
void stream_close(struct stream *s);

/* Reads up to n bytes; fewer only at the end of the file. */
int stream_read(struct stream *s, void *to, size_t n, size_t *got, struct failure *f);
/* Reads n bytes, of a header. */
int stream_read_header(struct stream *s, void *to, size_t n, struct failure *f);
/* Reads the n bytes that must be all that is left; free(*data). */
int stream_read_rest(struct stream *s, size_t n, void **data, struct failure *f);

/* For those who read s->file by themselves and count s->offset: the sentence about a read that failed, -EINVAL; and at
 * the end whether nothing lies behind a gzip stream. */
int stream_fail(const struct stream *s, struct failure *f);
int stream_check_tail(const struct stream *s, struct failure *f);

#endif
