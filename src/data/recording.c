/* SPDX-License-Identifier: MIT */
/*
 * See recording.h. One table says where each field of the header lies and what it may be; reader and writer walk it.
 * Nothing in a file is trusted: the header bounds what is read, and the digest covers all of it.
 */
#include "data/recording.h"

#include "base/stream.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define MAGIC "mepgrad\n"
#define VERSION 1
#define VERSION_AT 8
#define DIGEST_AT 200
#define HEADER_BYTES 204

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "values are read and written as they lie in memory");

/* In the file a field has the bytes that it has in memory. */
struct field {
	const char *name;
	size_t at, offset, size;
	uint64_t min, max; /* of numbers; texts have max 0 */
};

#define FIELD(f) offsetof(struct recording, f), sizeof(((struct recording *)0)->f)

static const struct field fields[] = {
	{"rows", 12, FIELD(rows), 1, RECORDING_MAX_ROWS},
	{"n", 16, FIELD(n), 1, RECORDING_MAX_N},
	{"batch", 20, FIELD(batch), 1, RECORDING_MAX_ROWS},
	{"layer", 24, FIELD(layer), 1, 255},
	{"epoch", 28, FIELD(epoch), 1, INT32_MAX},
	{"step", 32, FIELD(step), 1, INT64_MAX},
	{"seed", 40, FIELD(seed), 0, UINT64_MAX},
	{"training", 48, FIELD(training), 0, 0},
	{"dataset", 112, FIELD(dataset), 0, 0},
	{"dataset's digest", 160, FIELD(dataset_digest), 0, 0},
};

#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

static uint64_t field_number(const struct field *field, const struct recording *r)
{
	uint64_t v = 0;

	memcpy(&v, (const char *)r + field->offset, field->size);
	return v;
}

static int check_text(const struct field *field, const struct recording *r, const char *path, struct failure *f)
{
	const char *text = (const char *)r + field->offset;

	if (!memchr(text, 0, field->size))
		return fail(f, -EINVAL, "%s: unended text at offset %zu; should be the %s, at most %zu bytes", path,
			    field->at, field->name, field->size - 1);
	for (size_t i = 0; text[i]; i++)
		if (text[i] < ' ' || text[i] > '~')
			return fail(f, -EINVAL, "%s: byte 0x%02x at offset %zu; should be plain text, the %s", path,
				    (unsigned char)text[i], field->at + i, field->name);
	return 0;
}

static int check_field(const struct field *field, const struct recording *r, const char *path, struct failure *f)
{
	uint64_t v;

	if (!field->max)
		return check_text(field, r, path, f);
	v = field_number(field, r);
	if (v < field->min || v > field->max)
		return fail(f, -EINVAL, "%s: %s %" PRIu64 " at offset %zu; should be %" PRIu64 "..%" PRIu64, path,
			    field->name, v, field->at, field->min, field->max);
	return 0;
}

static size_t value_count(const struct recording *r)
{
	return (size_t)r->rows * r->n;
}

static int check_fields(const struct recording *r, const char *path, struct failure *f)
{
	int rc = 0;

	for (size_t i = 0; i < N_FIELDS && !rc; i++)
		rc = check_field(&fields[i], r, path, f);
	if (!rc && value_count(r) * sizeof(float) > RECORDING_MAX_BYTES)
		rc = fail(f, -EINVAL, "%s: %u rows of %u values at offset 12; should be at most %zu bytes in all", path,
			  r->rows, r->n, RECORDING_MAX_BYTES);
	return rc;
}

static int check_values(const struct recording *r, const char *path, struct failure *f)
{
	for (size_t i = 0; i < value_count(r); i++)
		if (!isfinite(r->dy[i]))
			return fail(f, -EINVAL, "%s: value %g at offset %zu (row %zu, column %zu); should be finite",
				    path, (double)r->dy[i], HEADER_BYTES + i * sizeof(float), i / r->n, i % r->n);
	return 0;
}

static uint32_t digest_of(const uint8_t *header, const struct recording *r)
{
	uLong crc = crc32(0, header, DIGEST_AT);

	return (uint32_t)crc32_z(crc, (const uint8_t *)r->dy, value_count(r) * sizeof(float));
}

static int parse_header(struct recording *r, const uint8_t *header, const char *path, struct failure *f)
{
	uint32_t version;

	if (memcmp(header, MAGIC, VERSION_AT))
		return fail(f, -EINVAL,
			    "%s: bytes %02x %02x %02x %02x ... at offset 0; should be \"mepgrad\" (a recording of "
			    "mepbench train --record-gradients)",
			    path, header[0], header[1], header[2], header[3]);
	memcpy(&version, header + VERSION_AT, sizeof(version));
	if (version != VERSION)
		return fail(f, -EINVAL, "%s: version %u at offset %d; should be %d", path, version, VERSION_AT,
			    VERSION);
	for (size_t i = 0; i < N_FIELDS; i++)
		memcpy((char *)r + fields[i].offset, header + fields[i].at, fields[i].size);
	memcpy(&r->digest, header + DIGEST_AT, sizeof(r->digest));
	return check_fields(r, path, f);
}

static int read_stream(struct recording *r, struct stream *s, struct failure *f)
{
	uint8_t header[HEADER_BYTES];
	void *values;
	int rc = stream_read_header(s, header, sizeof(header), f);

	rc = rc ? rc : parse_header(r, header, s->path, f);
	rc = rc ? rc : stream_read_rest(s, value_count(r) * sizeof(float), &values, f);
	if (rc)
		return rc;
	r->dy = values;
	if (digest_of(header, r) != r->digest)
		return fail(f, -EINVAL, "%s: digest %08x at offset %d; should be %08x by the content", s->path,
			    r->digest, DIGEST_AT, digest_of(header, r));
	return check_values(r, s->path, f);
}

int recording_read(struct recording *r, const char *path, struct failure *f)
{
	struct recording found = {.dy = NULL};
	struct stream s;
	int rc = stream_open(&s, path, "a recording of gradients, plain or gzip", f);

	if (rc)
		return rc;
	rc = read_stream(&found, &s, f);
	stream_close(&s);
	if (rc)
		recording_release(&found);
	else
		*r = found;
	return rc;
}

void recording_release(struct recording *r)
{
	free(r->dy);
	r->dy = NULL;
}

static void make_header(struct recording *r, uint8_t *header)
{
	uint32_t version = VERSION;

	memcpy(header, MAGIC, VERSION_AT);
	memcpy(header + VERSION_AT, &version, sizeof(version));
	for (size_t i = 0; i < N_FIELDS; i++) {
		const char *from = (const char *)r + fields[i].offset;

		if (fields[i].max)
			memcpy(header + fields[i].at, from, fields[i].size);
		else /* zeros behind the text, whatever lies there in memory */
			strncpy((char *)header + fields[i].at, from, fields[i].size);
	}
	r->digest = digest_of(header, r);
	memcpy(header + DIGEST_AT, &r->digest, sizeof(r->digest));
}

static int write_file(const struct recording *r, const uint8_t *header, const char *path, struct failure *f)
{
	size_t bytes = value_count(r) * sizeof(float);
	gzFile file = gzopen(path, "wbe");
	bool whole;

	if (!file)
		return fail(f, -EINVAL, "%s: cannot be written: %s", path, strerror(errno));
	whole = gzwrite(file, header, HEADER_BYTES) == HEADER_BYTES &&
		gzwrite(file, r->dy, (unsigned)bytes) == (int)bytes;
	if (gzclose_w(file) != Z_OK || !whole)
		return fail(f, -EIO, "%s: could not be written whole", path);
	return 0;
}

int recording_write(struct recording *r, const char *path, struct failure *f)
{
	uint8_t header[HEADER_BYTES];
	char temporary[1024];
	int n = snprintf(temporary, sizeof(temporary), "%s.%d.tmp", path, (int)getpid());
	int rc = check_fields(r, path, f);

	if (n < 0 || (size_t)n >= sizeof(temporary))
		return fail(f, -EINVAL, "'%.80s...' is too long for the name of a file", path);
	rc = rc ? rc : check_values(r, path, f);
	if (rc)
		return rc;
	make_header(r, header);
	rc = write_file(r, header, temporary, f);
	if (!rc && rename(temporary, path))
		rc = fail(f, -EIO, "%s: cannot be renamed from %s: %s", path, temporary, strerror(errno));
	if (rc)
		unlink(temporary);
	return rc;
}
