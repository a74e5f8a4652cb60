/* SPDX-License-Identifier: MIT */
/*
 * See idx.h. zlib's gz* functions read plain files as they are, so one path serves both. The content is read in steps
 * of at most CHUNK bytes up to the size the header allows, plus one byte to see whether more follows: a gzip bomb
 * costs no more than an honest file.
 */
#include "data/idx.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#define CHUNK ((size_t)1 << 20)

struct reader {
	gzFile file;
	const char *path;
	size_t offset; /* uncompressed bytes read */
	uint32_t crc;
};

static int fail_read(const struct reader *r, struct failure *f)
{
	int code;
	const char *text = gzerror(r->file, &code);

	if (code == Z_BUF_ERROR || (code == Z_OK && !gzdirect(r->file)))
		return fail(f, -EINVAL, "%s: the gzip stream ends early, after %zu uncompressed bytes; should be whole",
			    r->path, r->offset);
	if (code == Z_ERRNO)
		return fail(f, -EINVAL, "%s: cannot be read at offset %zu: %s", r->path, r->offset, strerror(errno));
	return fail(f, -EINVAL, "%s: damaged gzip stream after %zu uncompressed bytes: %s", r->path, r->offset, text);
}

/* Reads up to n bytes; fewer only at the end of the file. */
static int read_some(struct reader *r, uint8_t *to, size_t n, size_t *got, struct failure *f)
{
	*got = 0;
	while (*got < n) {
		size_t want = n - *got < CHUNK ? n - *got : CHUNK;
		int now = gzread(r->file, to + *got, (unsigned)want);
		int code = Z_OK;

		if (now == 0)
			gzerror(r->file, &code);
		if (now < 0 || code != Z_OK)
			return fail_read(r, f);
		if (now == 0)
			return 0;
		r->crc = (uint32_t)crc32(r->crc, to + *got, (unsigned)now);
		*got += (size_t)now;
		r->offset += (size_t)now;
	}
	return 0;
}

static uint32_t big_endian(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static int read_word(struct reader *r, uint32_t *word, struct failure *f)
{
	uint8_t b[4];
	size_t at = r->offset, got;
	int rc = read_some(r, b, 4, &got, f);

	if (rc)
		return rc;
	if (got < 4)
		return fail(f, -EINVAL, "%s: ends at offset %zu within the header; should be an IDX file", r->path,
			    at + got);
	*word = big_endian(b);
	return 0;
}

static int read_header(struct reader *r, struct idx *idx, struct failure *f)
{
	static const char *const names[3] = {"items", "rows", "columns"};
	static const uint32_t caps[3] = {IDX_MAX_COUNT, IDX_MAX_SIDE, IDX_MAX_SIDE};
	uint32_t magic = 0, expected = 0x800u + (uint32_t)idx->n_dims, word = 0;
	int rc = read_word(r, &magic, f);

	if (rc)
		return rc;
	if (magic != expected)
		return fail(f, -EINVAL, "%s: magic number 0x%08x at offset 0; should be 0x%08x (%s)", r->path, magic,
			    expected, idx->n_dims == 3 ? "images of unsigned bytes" : "labels of unsigned bytes");
	for (int i = 0; i < idx->n_dims; i++) {
		size_t at = r->offset;

		rc = read_word(r, &word, f);
		if (rc)
			return rc;
		if (word < 1 || word > caps[i])
			return fail(f, -EINVAL, "%s: %u %s at offset %zu; should be 1..%u", r->path, word, names[i], at,
				    caps[i]);
		idx->dims[i] = (int)word;
	}
	return 0;
}

static size_t idx_bytes(const struct idx *idx)
{
	return (size_t)idx->dims[0] * (size_t)idx->dims[1] * (size_t)idx->dims[2];
}

static int fail_short(const struct reader *r, size_t header, size_t want, size_t have, struct failure *f)
{
	return fail(f, -EINVAL, "%s: ends at offset %zu; should hold %zu bytes by its header", r->path, header + have,
		    header + want);
}

/* Grows the buffer as bytes arrive, doubling. */
static int read_data(struct reader *r, struct idx *idx, struct failure *f)
{
	size_t want = idx_bytes(idx), have = 0, room = 0, header = r->offset, got;
	uint8_t *data = NULL, more;
	int rc;

	while (have < want) {
		if (have == room) {
			uint8_t *bigger;

			room = room ? 2 * room : CHUNK;
			room = room < want ? room : want;
			bigger = realloc(data, room);
			if (!bigger) {
				free(data);
				return fail(f, -ENOMEM, "%s: out of memory at %zu bytes", r->path, room);
			}
			data = bigger;
		}
		rc = read_some(r, data + have, room - have, &got, f);
		if (!rc && got < room - have)
			rc = fail_short(r, header, want, have + got, f);
		if (rc) {
			free(data);
			return rc;
		}
		have = room;
	}
	idx->data = data;
	idx->crc = r->crc;
	rc = read_some(r, &more, 1, &got, f);
	if (!rc && got)
		rc = fail(f, -EINVAL, "%s: more bytes follow at offset %zu; should end there by its header", r->path,
			  header + want);
	return rc;
}

/* zlib ignores bytes behind a gzip stream; its last word, the length of the content, shows them. */
static int check_tail(const struct reader *r, struct failure *f)
{
	uint8_t b[4];
	FILE *file;
	size_t n;
	uint32_t length;

	if (gzdirect(r->file))
		return 0;
	file = fopen(r->path, "rb");
	if (!file)
		return fail(f, -EINVAL, "%s: %s", r->path, strerror(errno));
	n = fseek(file, -4, SEEK_END) ? 0 : fread(b, 1, 4, file);
	fclose(file);
	length = (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
	if (n != 4 || length != (uint32_t)r->offset)
		return fail(f, -EINVAL, "%s: bytes follow the gzip stream; should be one gzip member alone", r->path);
	return 0;
}

static int check_regular(const char *path, struct failure *f)
{
	struct stat st;

	if (stat(path, &st))
		return fail(f, -EINVAL, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(f, -EINVAL, "%s: not a regular file; should be an IDX file, plain or gzip", path);
	if (st.st_size == 0)
		return fail(f, -EINVAL, "%s: empty; should be an IDX file, plain or gzip", path);
	return 0;
}

int idx_read(struct idx *idx, const char *path, int n_dims, struct failure *f)
{
	struct reader r = {.path = path};
	struct idx found = {.n_dims = n_dims, .dims = {1, 1, 1}};
	int rc = check_regular(path, f);

	if (rc)
		return rc;
	r.file = gzopen(path, "rb");
	if (!r.file)
		return fail(f, -EINVAL, "%s: %s", path, strerror(errno ? errno : ENOMEM));
	rc = read_header(&r, &found, f);
	if (!rc)
		rc = read_data(&r, &found, f);
	if (!rc)
		rc = check_tail(&r, f);
	gzclose_r(r.file);
	if (rc)
		free(found.data);
	else
		*idx = found;
	return rc;
}

void idx_release(struct idx *idx)
{
	free(idx->data);
	memset(idx, 0, sizeof(*idx));
}
