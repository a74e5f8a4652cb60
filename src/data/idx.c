/* SPDX-License-Identifier: MIT */
/* See idx.h: the header of an IDX file, word by word; the bytes come by way of stream.c. */
#include "data/idx.h"

#include "base/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint32_t big_endian(const uint8_t *b)
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static int read_word(struct stream *s, uint32_t *word, struct failure *f)
{
	uint8_t b[4];
	int rc = stream_read_header(s, b, sizeof(b), f);

	*word = rc ? 0 : big_endian(b);
	return rc;
}

static size_t idx_bytes(const struct idx *idx)
{
	return (size_t)idx->dims[0] * (size_t)idx->dims[1] * (size_t)idx->dims[2];
}

static int read_header(struct stream *s, struct idx *idx, struct failure *f)
{
	static const char *const names[3] = {"items", "rows", "columns"};
	static const uint32_t caps[3] = {IDX_MAX_COUNT, IDX_MAX_SIDE, IDX_MAX_SIDE};
	uint32_t magic = 0, expected = 0x800u + (uint32_t)idx->n_dims, word = 0;
	int rc = read_word(s, &magic, f);

	if (rc)
		return rc;
	if (magic != expected)
		return fail(f, -EINVAL, "%s: magic number 0x%08x at offset 0; should be 0x%08x (%s)", s->path, magic,
			    expected, idx->n_dims == 3 ? "images of unsigned bytes" : "labels of unsigned bytes");
	for (int i = 0; i < idx->n_dims; i++) {
		size_t at = s->offset;

		rc = read_word(s, &word, f);
		if (rc)
			return rc;
		if (word < 1 || word > caps[i])
			return fail(f, -EINVAL, "%s: %u %s at offset %zu; should be 1..%u", s->path, word, names[i], at,
				    caps[i]);
		idx->dims[i] = (int)word;
	}
	if (idx_bytes(idx) > IDX_MAX_BYTES)
		return fail(f, -EINVAL, "%s: %d items of %d x %d at offset 4; should be at most %zu bytes in all",
			    s->path, idx->dims[0], idx->dims[1], idx->dims[2], IDX_MAX_BYTES);
	return 0;
}

int idx_read(struct idx *idx, const char *path, int n_dims, struct failure *f)
{
	struct idx found = {.n_dims = n_dims, .dims = {1, 1, 1}};
	void *data = NULL;
	struct stream s;
	int rc = stream_open(&s, path, "an IDX file, plain or gzip", f);

	if (rc)
		return rc;
	rc = read_header(&s, &found, f);
	rc = rc ? rc : stream_read_rest(&s, idx_bytes(&found), &data, f);
	stream_close(&s);
	if (rc)
		return rc;
	found.data = data;
	found.crc = s.crc;
	*idx = found;
	return 0;
}

void idx_release(struct idx *idx)
{
	free(idx->data);
	memset(idx, 0, sizeof(*idx));
}
