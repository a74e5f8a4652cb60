/* SPDX-License-Identifier: MIT */
/* See history.h: the files of the history. What makes a machine and a cell are stretches of the table of columns. */
#include "report/history.h"

#include "base/folder.h"
#include "report/format.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct column *find(const char *name)
{
	const struct column *c = history_records.columns;

	while (strcmp(c->name, name) != 0)
		c++;
	return c;
}

static int compare_field(const struct column *c, const void *a, const void *b)
{
	const char *at = (const char *)a + c->offset, *bt = (const char *)b + c->offset;
	double x, y;
	int64_t i, j;

	if (c->type == COLUMN_TEXT)
		return strcmp(at, bt);
	if (c->type == COLUMN_REAL) {
		memcpy(&x, at, sizeof(x));
		memcpy(&y, bt, sizeof(y));
		return (x > y) - (x < y);
	}
	memcpy(&i, at, sizeof(i));
	memcpy(&j, bt, sizeof(j));
	return (i > j) - (i < j);
}

static int compare_columns(const char *first, const char *last, const void *a, const void *b)
{
	const struct column *end = find(last);

	for (const struct column *c = find(first); c <= end; c++) {
		const int d = compare_field(c, a, b);

		if (d)
			return d;
	}
	return 0;
}

int history_compare_machine(const struct history_record *a, const struct history_record *b)
{
	return compare_columns("cpu", "isa", a, b);
}

int history_compare_cell(const struct history_record *a, const struct history_record *b)
{
	const int d = compare_columns("op", "against", a, b);

	return d ? d : compare_columns("base", "base", a, b);
}

/* By machine, cell and time, with which a run_id begins. */
static int compare_rows(const void *pa, const void *pb)
{
	const struct history_record *a = pa, *b = pb;
	int d = history_compare_machine(a, b);

	d = d ? d : history_compare_cell(a, b);
	return d ? d : strcmp(a->run_id, b->run_id);
}

struct history_name history_machine_name(const struct history_record *r)
{
	char text[400];
	struct history_name name;

	snprintf(text, sizeof(text), "%s %s %s %s", r->cpu, r->compiler, r->isa, r->flags);
	format_slug(name.s, sizeof(name.s), text);
	return name;
}

static int append_file(struct history_list *list, const char *path, struct failure *f)
{
	struct history_record *v;
	void *rows = NULL;
	size_t n = 0;
	bool torn;
	int rc = record_read_whole(path, &history_records, &rows, &n, &torn, f);

	if (rc)
		return rc;
	v = reallocarray(list->v, list->n + n + 1, sizeof(*v));
	if (v) {
		memcpy(v + list->n, rows, n * sizeof(*v));
		list->v = v;
		list->n += n;
	}
	free(rows);
	return v ? 0 : fail(f, -ENOMEM, "%s: out of memory", path);
}

/* Sorts, and keeps one of equal rows. */
static void sort_once(struct history_list *list)
{
	size_t kept = 0;

	if (list->n)
		qsort(list->v, list->n, sizeof(*list->v), compare_rows);
	for (size_t i = 0; i < list->n; i++)
		if (!kept || compare_rows(&list->v[kept - 1], &list->v[i]) != 0)
			list->v[kept++] = list->v[i];
	list->n = kept;
}

/* The rows of one machine into its file, behind what is there. The file is ours from the opening on. */
static int append_machine(const char *folder, const struct history_record *v, size_t n, size_t *added,
			  struct failure *f)
{
	struct history_list there = {0};
	struct record_writer *writer;
	struct failure closing;
	char path[1024];
	int rc;

	snprintf(path, sizeof(path), "%s/%s.csv", folder, history_machine_name(v).s);
	rc = record_writer_create(&writer, path, &history_records, f);
	if (rc)
		return rc;
	rc = append_file(&there, path, f);
	sort_once(&there);
	for (size_t i = 0; i < n && rc == 0; i++) {
		if (there.n && bsearch(&v[i], there.v, there.n, sizeof(*v), compare_rows))
			continue;
		rc = record_write(writer, &v[i], f);
		*added += rc == 0;
	}
	history_list_destroy(&there);
	if (record_writer_destroy(writer, rc ? &closing : f) && !rc)
		rc = -EIO;
	return rc;
}

int history_append(const char *folder, const struct history_list *rows, size_t *added, struct failure *f)
{
	struct history_list sorted = {.n = rows->n, .v = calloc(rows->n + 1, sizeof(*rows->v))};
	int rc = sorted.v ? folder_create(folder, f) : fail(f, -ENOMEM, "out of memory");

	*added = 0;
	if (rc == 0 && rows->n) {
		memcpy(sorted.v, rows->v, rows->n * sizeof(*rows->v));
		sort_once(&sorted);
	}
	for (size_t i = 0, end; i < sorted.n && rc == 0; i = end) {
		for (end = i + 1; end < sorted.n && !history_compare_machine(&sorted.v[i], &sorted.v[end]);)
			end++;
		rc = append_machine(folder, &sorted.v[i], end - i, added, f);
	}
	history_list_destroy(&sorted);
	return rc;
}

static int refuse_ratios(const struct history_list *list, const char *folder, struct failure *f)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct history_record *r = &list->v[i];

		if (!(r->ratio > 0 && r->ratio < INFINITY))
			return fail(f, -EINVAL, "%s: run %s has a ratio of %g; should be a number above 0", folder,
				    r->run_id, r->ratio);
	}
	return 0;
}

int history_load(const char *folder, struct history_list *out, struct failure *f)
{
	struct dirent **entries;
	char path[1024];
	int rc = 0, n = scandir(folder, &entries, folder_is_csv, alphasort);

	*out = (struct history_list){0};
	if (n < 0)
		return fail(f, -EINVAL, "cannot read folder %s: %s; should be one that mepreport --accept has written",
			    folder, strerror(errno));
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		rc = rc ? rc : append_file(out, path, f);
		free(entries[i]);
	}
	free(entries);
	if (rc == 0 && out->n == 0)
		rc = fail(f, -EINVAL, "%s: no rows of history; should hold what mepreport --accept RUN writes", folder);
	sort_once(out);
	rc = rc ? rc : refuse_ratios(out, folder, f);
	if (rc)
		history_list_destroy(out);
	return rc;
}
