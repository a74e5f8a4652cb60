/* SPDX-License-Identifier: MIT */
/*
 * Writes records as CSV, see record.h. A row is put together in memory and written with one call, so that a process
 * that is killed loses at most the row in flight; one that finds the disk full cuts its torn row off again. Only fields
 * that need quotes get them.
 */
#include "report/record.h"

#include <csv.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_ROW 8192

struct record_writer {
	int fd;
	bool regular; /* a file that can be cut */
	bool shared;  /* standard output: others may write to it between the rows */
	off_t whole;  /* of a regular file: where its last whole row ends */
	const struct record_kind *kind;
	char path[512];
};

struct row {
	char text[MAX_ROW];
	size_t used;
};

static void put(struct row *row, const char *text, size_t n)
{
	if (n > MAX_ROW - row->used)
		n = MAX_ROW - row->used;
	memcpy(row->text + row->used, text, n);
	row->used += n;
}

static void put_text(struct row *row, const char *text)
{
	size_t n = strlen(text);
	bool plain = !strpbrk(text, ",\"") && (!n || (text[0] != ' ' && text[n - 1] != ' '));

	if (plain)
		put(row, text, n);
	else
		row->used += csv_write(row->text + row->used, MAX_ROW - row->used, text, n);
}

/* The fewest digits that give the same number back. */
static void put_real(struct row *row, double v)
{
	char text[40];
	int n = 0;

	if (isnan(v)) {
		put(row, "nan", 3);
		return;
	}
	for (int digits = 6; digits <= 17; digits++) {
		n = snprintf(text, sizeof(text), "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	put(row, text, (size_t)n);
}

static void put_field(struct row *row, const struct column *c, const void *record)
{
	const void *at = (const char *)record + c->offset;
	char text[32];

	if (c->type == COLUMN_TEXT) {
		put_text(row, at);
	} else if (c->type == COLUMN_REAL) {
		put_real(row, *(const double *)at);
	} else {
		int n = c->type == COLUMN_INT ? snprintf(text, sizeof(text), "%" PRId64, *(const int64_t *)at)
					      : snprintf(text, sizeof(text), "%" PRIu64, *(const uint64_t *)at);

		put(row, text, (size_t)n);
	}
}

static void make_header(struct row *row, const struct record_kind *kind)
{
	row->used = 0;
	for (int i = 0; i < kind->n_columns; i++) {
		put(row, ",", i > 0);
		put_text(row, kind->columns[i].name);
	}
	put(row, "\n", 1);
}

/* Back to the end of the last whole row: later rows may find room again. */
static void cut_torn_row(const struct record_writer *w)
{
	if (w->regular && (ftruncate(w->fd, w->whole) || lseek(w->fd, w->whole, SEEK_SET) < 0))
		fprintf(stderr, "warning: %s: its last line is torn; it is cut off when the run goes on\n", w->path);
}

static int write_row(struct record_writer *w, const struct row *row, struct failure *f)
{
	int code;

	if (w->shared && w->regular)
		w->whole = lseek(w->fd, 0, fcntl(w->fd, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
	for (size_t done = 0; done < row->used;) {
		ssize_t n = write(w->fd, row->text + done, row->used - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			code = errno;
			cut_torn_row(w);
			return fail(f, code == EPIPE ? -EPIPE : -EIO, "%s: cannot be written: %s", w->path,
				    strerror(code));
		}
		done += (size_t)n;
	}
	w->whole += (off_t)row->used;
	return 0;
}

/* Where the last whole line ends; a crash may have torn the one behind it. */
static int last_line_end(int fd, off_t size, off_t *end)
{
	char block[4096];

	while (size > 0) {
		off_t from = size > (off_t)sizeof(block) ? size - (off_t)sizeof(block) : 0;
		ssize_t n = pread(fd, block, (size_t)(size - from), from);

		if (n != size - from)
			return -EIO;
		for (ssize_t i = n; i > 0; i--)
			if (block[i - 1] == '\n') {
				*end = from + i;
				return 0;
			}
		size = from;
	}
	*end = 0;
	return 0;
}

/* Makes the end of the file a place where rows can follow: *end is 0 if the header is still to be written. */
static int prepare_end(const struct record_writer *w, int fd, const struct row *header, off_t *end, struct failure *f)
{
	char start[MAX_ROW];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) || last_line_end(fd, st.st_size, end))
		return fail(f, -EIO, "%s: cannot be read: %s", w->path, strerror(errno));
	n = pread(fd, start, header->used, 0);
	if (n < 0)
		return fail(f, -EIO, "%s: cannot be read: %s", w->path, strerror(errno));
	if (memcmp(start, header->text, (size_t)n) || (*end && (size_t)n < header->used))
		return fail(f, -EINVAL,
			    "%s: exists and does not start with the header of %s records; should be another file or a "
			    "file of the same kind",
			    w->path, w->kind->name);
	if (ftruncate(fd, *end) || lseek(fd, *end, SEEK_SET) < 0)
		return fail(f, -EIO, "%s: cannot cut off the torn last line: %s", w->path, strerror(errno));
	return 0;
}

/* Opens the file for appending; anything but a regular file (a pipe, a device) is just written to. */
static int open_file(struct record_writer *w, const struct row *header, struct failure *f)
{
	struct stat st;
	int rc = 0;

	w->regular = stat(w->path, &st) || S_ISREG(st.st_mode);
	w->fd = open(w->path, w->regular ? O_RDWR | O_CREAT | O_CLOEXEC : O_WRONLY | O_CLOEXEC, 0644);
	if (w->fd < 0)
		return fail(f, failure_code(errno), "%s: cannot be opened for writing: %s", w->path, strerror(errno));
	if (w->regular && flock(w->fd, LOCK_EX | LOCK_NB))
		rc = fail(f, -EINVAL, "%s: another process is writing to it", w->path);
	if (!rc && w->regular)
		rc = prepare_end(w, w->fd, header, &w->whole, f);
	if (rc)
		close(w->fd);
	return rc;
}

static void share_stdout(struct record_writer *w)
{
	struct stat st;

	fflush(stdout);
	w->shared = true;
	w->regular = !fstat(w->fd, &st) && S_ISREG(st.st_mode);
}

int record_writer_create(struct record_writer **writer, const char *path, const struct record_kind *kind,
			 struct failure *f)
{
	struct record_writer *w = calloc(1, sizeof(*w));
	bool standard = !strcmp(path, "-");
	struct row header;
	int rc = 0;

	if (!w)
		return fail(f, -ENOMEM, "out of memory");
	w->kind = kind;
	snprintf(w->path, sizeof(w->path), "%s", standard ? "standard output" : path);
	make_header(&header, kind);
	w->fd = STDOUT_FILENO;
	if (standard)
		share_stdout(w);
	else
		rc = open_file(w, &header, f);
	if (rc) {
		free(w);
		return rc;
	}
	rc = w->whole ? 0 : write_row(w, &header, f); /* standard output gets one of its own */
	if (rc)
		record_writer_destroy(w, &(struct failure){""});
	else
		*writer = w;
	return rc;
}

static const struct column *find_control(const struct record_kind *kind, const void *record)
{
	for (int i = 0; i < kind->n_columns; i++) {
		const struct column *c = &kind->columns[i];
		const char *text = (const char *)record + c->offset;

		for (; c->type == COLUMN_TEXT && *text; text++)
			if ((unsigned char)*text < ' ' || *text == 127)
				return c;
	}
	return NULL;
}

int record_write(struct record_writer *writer, const void *record, struct failure *f)
{
	const struct column *bad = find_control(writer->kind, record);
	struct row row;

	if (bad)
		return fail(f, -EINVAL, "%s: the text for column '%s' holds a control character; should be plain text",
			    writer->path, bad->name);
	row.used = 0;
	for (int i = 0; i < writer->kind->n_columns; i++) {
		put(&row, ",", i > 0);
		put_field(&row, &writer->kind->columns[i], record);
	}
	put(&row, "\n", 1);
	return write_row(writer, &row, f);
}

int record_writer_destroy(struct record_writer *writer, struct failure *f)
{
	int rc = 0;

	if (!writer)
		return 0;
	if (writer->fd != STDOUT_FILENO && close(writer->fd))
		rc = fail(f, -EIO, "%s: cannot be closed: %s", writer->path, strerror(errno));
	free(writer);
	return rc;
}

int record_cut_torn(const char *path, struct failure *f)
{
	int fd = open(path, O_RDWR | O_CLOEXEC), rc = 0;
	struct stat st;
	off_t end;

	if (fd < 0)
		return fail(f, failure_code(errno), "%s: cannot be opened for writing: %s", path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB))
		rc = fail(f, -EINVAL, "%s: another process is writing to it", path);
	else if (fstat(fd, &st) || last_line_end(fd, st.st_size, &end) || ftruncate(fd, end))
		rc = fail(f, -EIO, "%s: cannot cut off the torn last line: %s", path, strerror(errno));
	close(fd);
	return rc;
}
