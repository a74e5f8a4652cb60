/* SPDX-License-Identifier: MIT */
/*
 * See stream.h. zlib's gz* functions read plain files as they are, so one path serves both. The content is read in
 * steps of at most CHUNK bytes up to the size asked for, plus one byte to see whether more follows.
 */
#include "base/stream.h"

#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define CHUNK ((size_t)1 << 20)

int stream_open(struct stream *s, const char *path, const char *what, struct failure *f)
{
	struct stat st;
	int fd;

	*s = (struct stream){.path = path, .what = what};
	fd = file_open(path, what, f);
	if (fd < 0)
		return fd;
	if (!fstat(fd, &st) && st.st_size == 0) {
		close(fd);
		return fail(f, -EINVAL, "%s: empty; should be %s", path, what);
	}
	s->file = gzdopen(fd, "rb");
	if (s->file)
		return 0;
	close(fd);
	return fail(f, -ENOMEM, "%s: out of memory", path);
}

void stream_close(struct stream *s)
{
	if (s->file)
		gzclose_r(s->file);
	s->file = NULL;
}

int stream_fail(const struct stream *s, struct failure *f)
{
	int code;
	const char *text = gzerror(s->file, &code), *why = strstr(text, ": "); /* behind zlib's name of the file */

	if (code == Z_BUF_ERROR || (code == Z_OK && !gzdirect(s->file)))
		return fail(f, -EINVAL, "%s: the gzip stream ends early, after %zu uncompressed bytes; should be whole",
			    s->path, s->offset);
	if (code == Z_ERRNO)
		return fail(f, -EINVAL, "%s: cannot be read at offset %zu: %s; should be %s", s->path, s->offset,
			    strerror(errno), s->what);
	return fail(f, -EINVAL, "%s: damaged gzip stream after %zu uncompressed bytes: %s; should be whole", s->path,
		    s->offset, why ? why + 2 : text);
}

int stream_read(struct stream *s, void *to, size_t n, size_t *got, struct failure *f)
{
	*got = 0;
	while (*got < n) {
		size_t want = n - *got < CHUNK ? n - *got : CHUNK;
		uint8_t *at = (uint8_t *)to + *got;
		int now = gzread(s->file, at, (unsigned)want), code = Z_OK;

		if (now == 0)
			gzerror(s->file, &code);
		if (now < 0 || code != Z_OK)
			return stream_fail(s, f);
		if (now == 0)
			return 0;
		s->crc = (uint32_t)crc32(s->crc, at, (unsigned)now);
		*got += (size_t)now;
		s->offset += (size_t)now;
	}
	return 0;
}

int stream_read_header(struct stream *s, void *to, size_t n, struct failure *f)
{
	size_t got;
	int rc = stream_read(s, to, n, &got, f);

	if (!rc && got < n)
		rc = fail(f, -EINVAL, "%s: ends at offset %zu within the header; should be %s", s->path, s->offset,
			  s->what);
	return rc;
}

/* zlib ignores bytes behind a gzip stream; its last word, the length of the content, shows them. */
int stream_check_tail(const struct stream *s, struct failure *f)
{
	uint8_t b[4];
	FILE *file;
	size_t n;
	uint32_t length;

	if (gzdirect(s->file))
		return 0;
	file = fopen(s->path, "rbe");
	if (!file)
		return fail(f, -EINVAL, "%s: %s", s->path, strerror(errno));
	n = fseek(file, -4, SEEK_END) ? 0 : fread(b, 1, 4, file);
	fclose(file);
	length = (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
	if (n != 4 || length != (uint32_t)s->offset)
		return fail(
			f, -EINVAL,
			"%s: bytes follow the gzip stream of %zu uncompressed bytes; should be one gzip member alone",
			s->path, s->offset);
	return 0;
}

static int check_end(struct stream *s, struct failure *f)
{
	size_t end = s->offset, got;
	uint8_t more;
	int rc = stream_read(s, &more, 1, &got, f);

	if (!rc && got)
		rc = fail(f, -EINVAL, "%s: more bytes follow at offset %zu; should end there by its header", s->path,
			  end);
	return rc ? rc : stream_check_tail(s, f);
}

/* Grows the buffer as bytes arrive, doubling. */
int stream_read_rest(struct stream *s, size_t n, void **data, struct failure *f)
{
	size_t header = s->offset, have = 0, room = 0, got;
	uint8_t *v = NULL, *bigger;
	int rc = 0;

	while (have < n && !rc) {
		room = room ? 2 * room : CHUNK;
		room = room < n ? room : n;
		bigger = realloc(v, room);
		if (!bigger) {
			rc = fail(f, -ENOMEM, "%s: out of memory at %zu bytes", s->path, room);
			break;
		}
		v = bigger;
		rc = stream_read(s, v + have, room - have, &got, f);
		if (!rc && got < room - have)
			rc = fail(f, -EINVAL, "%s: ends at offset %zu; should hold %zu bytes by its header", s->path,
				  s->offset, header + n);
		have = room;
	}
	rc = rc ? rc : check_end(s, f);
	if (rc)
		free(v);
	else
		*data = v;
	return rc;
}
