/* SPDX-License-Identifier: MIT */
/* See study_rows.h. */
#include "study_rows.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_PATH 800

static int keep(struct study_rows *rows, const struct train_record *r, size_t n, struct failure *f)
{
	struct train_record *more = realloc(rows->v, (rows->n + n + 1) * sizeof(*more));

	if (!more)
		return fail(f, -ENOMEM, "out of memory for %zu records", rows->n + n);
	rows->v = more;
	memcpy(rows->v + rows->n, r, n * sizeof(*r));
	rows->n += n;
	return 0;
}

static int is_part(const struct dirent *entry)
{
	const char *end = strstr(entry->d_name, ".csv");

	return !strncmp(entry->d_name, "rows-", 5) && end && (!end[4] || !strcmp(end, ".csv.gz"));
}

static int read_part(struct study_rows *rows, const char *path, bool mend, struct failure *f)
{
	struct stat st;
	void *records;
	size_t n;
	int rc = !mend || strstr(path, ".csv.gz") ? 0 : record_cut_torn(path, f);

	/* One that was killed before its first row has left nothing to read. */
	if (!rc && !stat(path, &st) && !st.st_size)
		return 0;
	rc = rc ? rc : record_read(path, &train_records, &records, &n, f);
	if (rc)
		return rc;
	rc = keep(rows, records, n, f);
	free(records);
	return rc;
}

int study_rows_read(struct study_rows *rows, const char *dir, bool mend, struct failure *f)
{
	struct dirent **entries;
	int n = scandir(dir, &entries, is_part, alphasort), rc = 0;

	if (n < 0)
		return fail(f, -EINVAL, "cannot read folder %s: %s", dir, strerror(errno));
	for (int i = 0; i < n; i++) {
		char path[MAX_PATH];

		snprintf(path, sizeof(path), "%.500s/%.250s", dir, entries[i]->d_name);
		rc = rc ? rc : read_part(rows, path, mend, f);
		free(entries[i]);
	}
	free(entries);
	rows->n_earlier = rows->n;
	return rc;
}

/* The first number that no part has. */
static int open_part(struct study_rows *rows, const char *dir, struct failure *f)
{
	char path[MAX_PATH], packed[MAX_PATH + 4];
	int i = 0;

	do {
		snprintf(path, sizeof(path), "%.500s/rows-%d.csv", dir, ++i);
		snprintf(packed, sizeof(packed), "%s.gz", path);
	} while (!access(path, F_OK) || !access(packed, F_OK));
	return record_writer_create(&rows->writer, path, &train_records, f);
}

int study_rows_add(struct study_rows *rows, const char *dir, const struct train_record *r, struct failure *f)
{
	int rc = rows->writer ? 0 : open_part(rows, dir, f);

	rc = rc ? rc : record_write(rows->writer, r, f);
	return rc ? rc : keep(rows, r, 1, f);
}

int study_rows_close(struct study_rows *rows, struct failure *f)
{
	int rc = record_writer_destroy(rows->writer, f);

	rows->writer = NULL;
	return rc;
}

void study_rows_destroy(struct study_rows *rows)
{
	free(rows->v);
	*rows = (struct study_rows){0};
}
