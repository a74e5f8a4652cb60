/* SPDX-License-Identifier: MIT */
/*
 * Reads records back from CSV, plain or gzip, see record.h. The file is fed to libcsv one physical line at a time, so
 * that every complaint can name its line; lines and records are bounded, so that no file can ask for more memory.
 */
#include "report/record.h"

#include "base/stream.h"

#include <csv.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define MAX_LINE 65536
#define MAX_FIELDS 128
#define MAX_FIELD 1024
#define MAX_BYTES ((size_t)512 << 20) /* of all records: a bomb is no more than this, a plain file 16 times that */

struct parse {
	struct stream stream;
	const char *path;
	const struct record_kind *kind;
	char line[MAX_LINE];
	size_t length;
	long number;			/* of the line, from 1 */
	int n_fields, n_rows, n_header; /* of the line being parsed; of the header */
	char fields[MAX_FIELDS][MAX_FIELD];
	bool too_many, too_long;
	bool *torn; /* set where the last line has no end, and the line left out; NULL: an error */
	const struct column *map[MAX_FIELDS]; /* column of each field */
};

static int fail_line(const struct parse *p, struct failure *f, const char *what)
{
	return fail(f, -EINVAL, "%s:%ld: %s", p->path, p->number, what);
}

/* 1: a line was read; 0: end of the file; else a negative errno. */
static int read_line(struct parse *p, struct failure *f)
{
	int c = 0, error;

	p->length = 0;
	p->number++;
	while (c != '\n' && (c = gzgetc(p->stream.file)) != -1) {
		if (p->length == MAX_LINE)
			return fail_line(p, f, "line longer than 65536 bytes; should be a CSV file of records");
		if (c == 0)
			return fail_line(p, f, "zero byte; should be a CSV text file");
		p->line[p->length++] = (char)c;
	}
	p->stream.offset += p->length;
	gzerror(p->stream.file, &error);
	if (error != Z_OK && error != Z_STREAM_END)
		return stream_fail(&p->stream, f);
	return p->length > 0 ? 1 : stream_check_tail(&p->stream, f);
}

static void on_field(void *text, size_t n, void *data)
{
	struct parse *p = data;

	if (p->n_fields == MAX_FIELDS) {
		p->too_many = true;
		return;
	}
	if (n >= MAX_FIELD) {
		p->too_long = true;
		n = MAX_FIELD - 1;
	}
	if (n)
		memcpy(p->fields[p->n_fields], text, n);
	p->fields[p->n_fields++][n] = 0;
}

static void on_row(int c, void *data)
{
	struct parse *p = data;

	(void)c;
	p->n_rows++;
}

/* Splits p->line into p->fields: a row must be one line. */
static int split_line(struct parse *p, struct failure *f)
{
	struct csv_parser csv;
	size_t n;
	int rc;

	p->n_fields = p->n_rows = 0;
	p->too_many = p->too_long = false;
	if (csv_init(&csv, CSV_STRICT | CSV_STRICT_FINI))
		return fail(f, -ENOMEM, "out of memory");
	n = csv_parse(&csv, p->line, p->length, on_field, on_row, p);
	rc = csv_error(&csv);
	if (n == p->length)
		rc = csv_fini(&csv, on_field, on_row, p) ? csv_error(&csv) : 0;
	csv_free(&csv);
	if (n != p->length || rc)
		return fail_line(p, f, "misplaced or missing quote; should be CSV (RFC 4180), one row a line");
	if (p->n_rows != 1)
		return fail_line(p, f,
				 p->n_rows ? "stray carriage return; should be one row a line"
					   : "empty line; should be a row");
	if (p->too_many || p->too_long)
		return fail_line(p, f,
				 p->too_many ? "more than 128 fields; should be as many as columns"
					     : "field longer than 1023 bytes; should be shorter");
	return 0;
}

static const struct column *find_column(const struct record_kind *kind, const char *name)
{
	for (int i = 0; i < kind->n_columns; i++)
		if (!strcmp(kind->columns[i].name, name))
			return &kind->columns[i];
	return NULL;
}

static bool is_mapped(const struct parse *p, int n, const struct column *c)
{
	for (int i = 0; i < n; i++)
		if (p->map[i] == c)
			return true;
	return false;
}

static int map_header(struct parse *p, struct failure *f)
{
	for (int i = 0; i < p->n_fields; i++) {
		p->map[i] = find_column(p->kind, p->fields[i]);
		if (!p->map[i])
			return fail(f, -EINVAL, "%s:1: unknown column '%.64s'; should be a column of %s records",
				    p->path, p->fields[i], p->kind->name);
		if (is_mapped(p, i, p->map[i]))
			return fail(f, -EINVAL, "%s:1: column '%s' appears twice; should be there once", p->path,
				    p->fields[i]);
	}
	for (int i = 0; i < p->kind->n_contract; i++)
		if (!is_mapped(p, p->n_fields, &p->kind->columns[i]))
			return fail(f, -EINVAL, "%s:1: column '%s' is missing; should be a header of %s records",
				    p->path, p->kind->columns[i].name, p->kind->name);
	p->n_header = p->n_fields;
	return 0;
}

static int fail_torn(const struct parse *p, struct failure *f)
{
	return fail_line(p, f, "the last line is torn (no newline); should be cut off or written again");
}

static bool is_torn(const struct parse *p)
{
	return p->line[p->length - 1] != '\n';
}

static int read_header(struct parse *p, struct failure *f)
{
	int rc = read_line(p, f);

	if (rc < 0)
		return rc;
	if (!rc)
		return fail(f, -EINVAL, "%s: empty; should start with the header of records", p->path);
	if (is_torn(p) && !p->torn)
		return fail_torn(p, f);
	if (is_torn(p))
		*p->torn = true;
	if (p->length >= 3 && !memcmp(p->line, "\xef\xbb\xbf", 3)) {
		p->length -= 3;
		memmove(p->line, p->line + 3, p->length);
	}
	return split_line(p, f);
}

static bool parse_real(const char *text, const struct column *c, double *v)
{
	char *end;

	if (!strcmp(text, "nan")) {
		*v = NAN;
		return true;
	}
	if (strcmp(text, "inf") && (!*text || strspn(text, "0123456789+-.eE") != strlen(text)))
		return false;
	*v = strtod(text, &end);
	return !*end && *v >= c->min && *v <= c->max && (isfinite(*v) || text[0] == 'i');
}

static bool parse_integer(const char *text, const struct column *c, void *at)
{
	bool negative = text[0] == '-';
	unsigned long long v;
	char *end;

	if (!text[negative] || strspn(text + negative, "0123456789") != strlen(text + negative))
		return false;
	errno = 0;
	v = strtoull(text + negative, &end, 10);
	if (errno || *end || (c->type == COLUMN_INT && v > INT64_MAX) || (negative && (c->min >= 0 || v == 0)))
		return false;
	if (c->type == COLUMN_UINT)
		*(uint64_t *)at = v;
	else
		*(int64_t *)at = negative ? -(int64_t)v : (int64_t)v;
	return negative || (double)v >= c->min;
}

static bool parse_text(const char *text, const struct column *c, char *at)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 127)
			return false;
	if (n >= c->size)
		return false;
	memcpy(at, text, n + 1);
	return true;
}

static const char *wanted(const struct column *c, char *text, size_t size)
{
	if (c->type == COLUMN_TEXT)
		snprintf(text, size, "plain text of at most %zu bytes", c->size - 1);
	else if (isinf(c->max))
		snprintf(text, size, "%s >= %g", c->type == COLUMN_REAL ? "a number" : "an integer", c->min);
	else
		snprintf(text, size, "a number %g..%g", c->min, c->max);
	return text;
}

static int parse_field(struct parse *p, const struct column *c, const char *text, void *record, struct failure *f)
{
	void *at = (char *)record + c->offset;
	char should[64];
	bool ok;

	if (c->type == COLUMN_TEXT)
		ok = parse_text(text, c, at);
	else if (c->type == COLUMN_REAL)
		ok = parse_real(text, c, at);
	else
		ok = parse_integer(text, c, at);
	if (ok)
		return 0;
	return fail(f, -EINVAL, "%s:%ld: invalid value '%.64s' in column '%s'; should be %s", p->path, p->number, text,
		    c->name, wanted(c, should, sizeof(should)));
}

/* One row into a zeroed record: 1, 0 at the end of the file, or a negative errno. */
static int read_row(struct parse *p, void *record, struct failure *f)
{
	int rc = read_line(p, f);

	if (rc <= 0)
		return rc;
	if (is_torn(p) && p->torn) {
		*p->torn = true;
		return stream_check_tail(&p->stream, f);
	}
	if (is_torn(p))
		return fail_torn(p, f);
	rc = split_line(p, f);
	if (rc)
		return rc;
	if (p->n_fields != p->n_header)
		return fail(f, -EINVAL, "%s:%ld: %d fields; should be %d as in the header", p->path, p->number,
			    p->n_fields, p->n_header);
	memset(record, 0, p->kind->size);
	for (int i = 0; i < p->n_fields; i++) {
		rc = parse_field(p, p->map[i], p->fields[i], record, f);
		if (rc)
			return rc;
	}
	return 1;
}

static int read_rows(struct parse *p, void **records, size_t *count, struct failure *f)
{
	const size_t size = p->kind->size, most = MAX_BYTES * (gzdirect(p->stream.file) ? 16 : 1) / size;
	size_t n = 0, room = 0;
	char *rows = NULL;
	int rc = 1;

	while (rc > 0) {
		if (n >= most) {
			rc = fail(f, -EINVAL, "%s:%ld: more than %zu records; should be split into several files",
				  p->path, p->number, n);
			break;
		}
		if (n == room) {
			char *more = reallocarray(rows, room ? 2 * room : 64, size);

			if (!more) {
				rc = fail(f, -ENOMEM, "%s: out of memory for %zu records", p->path, n);
				break;
			}
			rows = more;
			room = room ? 2 * room : 64;
		}
		rc = read_row(p, rows + n * size, f);
		n += rc > 0;
	}
	if (rc < 0) {
		free(rows);
		return rc;
	}
	*records = rows;
	*count = n;
	return 0;
}

static int parse_open(struct parse **parse, const char *path, struct failure *f)
{
	struct parse *p = calloc(1, sizeof(*p));
	int rc;

	if (!p)
		return fail(f, -ENOMEM, "out of memory");
	p->path = path;
	rc = stream_open(&p->stream, path, "a CSV file of records, plain or gzip", f);
	if (rc) {
		free(p);
		return rc;
	}
	*parse = p;
	return 0;
}

static void parse_close(struct parse *p)
{
	stream_close(&p->stream);
	free(p);
}

int record_read_whole(const char *path, const struct record_kind *kind, void **records, size_t *count, bool *torn,
		      struct failure *f)
{
	struct parse *p = NULL;
	int rc = parse_open(&p, path, f);

	if (rc)
		return rc;
	p->kind = kind;
	p->torn = torn;
	if (torn)
		*torn = false;
	rc = read_header(p, f);
	if (!rc && !(torn && *torn)) /* behind a torn header nothing is */
		rc = map_header(p, f);
	rc = rc ? rc : read_rows(p, records, count, f);
	parse_close(p);
	return rc;
}

int record_read(const char *path, const struct record_kind *kind, void **records, size_t *count, struct failure *f)
{
	return record_read_whole(path, kind, records, count, NULL, f);
}

/* The kind that alone has this column, NULL if none or several have. */
static const struct record_kind *only_kind_with(const char *column)
{
	const struct record_kind *found = NULL;
	int n = 0;

	for (int i = 0; record_kinds[i]; i++)
		if (find_column(record_kinds[i], column)) {
			found = record_kinds[i];
			n++;
		}
	return n == 1 ? found : NULL;
}

int record_detect(const char *path, const struct record_kind **kind, struct failure *f)
{
	bool torn = false;
	struct parse *p = NULL;
	int rc = parse_open(&p, path, f);

	if (rc)
		return rc;
	*kind = NULL;
	p->torn = &torn;
	rc = read_header(p, f);
	for (int i = 0; !rc && i < p->n_fields && !*kind; i++)
		*kind = only_kind_with(p->fields[i]);
	if (!rc && !*kind)
		rc = fail(f, -ENOMSG,
			  "%s:1: no column that one kind of record alone has; should be a CSV file of mepbench", path);
	parse_close(p);
	return rc;
}
