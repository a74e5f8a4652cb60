/* SPDX-License-Identifier: MIT */
/* Reads a results folder: every CSV file whose header is one of ours, and context.json. See report.h. */
#include "report.h"

#include "base/folder.h"
#include "report/json.h"
#include "report/summary_study.h"

#include <dirent.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static int append(void **all, size_t *n, size_t size, const void *more, size_t n_more)
{
	void *grown = realloc(*all, size * (*n + n_more) + 1);

	if (!grown)
		return -ENOMEM;
	memcpy((char *)grown + size * *n, more, size * n_more);
	*all = grown;
	*n += n_more;
	return 0;
}

/* Where the records of each kind are gathered: a pointer and a count in struct results. */
static const struct list {
	const struct record_kind *kind;
	size_t records, n;
} lists[] = {
	{&kernel_records, offsetof(struct results, kernel), offsetof(struct results, n_kernel)},
	{&train_records, offsetof(struct results, train), offsetof(struct results, n_train)},
	{&dist_records, offsetof(struct results, dist), offsetof(struct results, n_dist)},
};

static int gather(struct results *r, const struct list *list, const void *records, size_t count)
{
	size_t *n = (size_t *)((char *)r + list->n);
	void *all;
	int rc;

	memcpy(&all, (char *)r + list->records, sizeof(all));
	rc = append(&all, n, list->kind->size, records, count);
	memcpy((char *)r + list->records, &all, sizeof(all));
	return rc;
}

static size_t record_count(const struct results *r)
{
	return r->n_kernel + r->n_train + r->n_dist;
}

/* Names of files may hold what a terminal obeys. */
static int note(const char *path, const char *why)
{
	struct failure text;

	fail(&text, 0, "%s%s, left out", path, why);
	fprintf(stderr, "mepreport: %s\n", text.text);
	return 0;
}

static int load_file(struct results *r, const char *name, struct failure *f)
{
	char path[4096];
	const struct record_kind *kind;
	void *records = NULL;
	size_t count = 0;
	bool torn = false;
	int rc;

	snprintf(path, sizeof(path), "%s/%s", r->dir, name);
	rc = record_detect(path, &kind, f);
	if (rc == -ENOMSG)
		return note(path, " is not a file of records");
	if (rc)
		return rc;
	if (kind == &target_records)
		return 0; /* verdicts are worked out anew from the records */
	rc = record_read_whole(path, kind, &records, &count, &torn, f);
	if (rc)
		return rc;
	if (torn)
		note(path, ": the last line is torn (no newline)");
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]) && !rc; i++)
		rc = lists[i].kind == kind ? gather(r, &lists[i], records, count) : 0;
	free(records);
	return rc ? fail(f, rc, "%s: out of memory", path) : 0;
}

static int load_context(struct results *r, struct failure *f)
{
	char path[4096];
	int rc;

	snprintf(path, sizeof(path), "%s/context.json", r->dir);
	rc = json_read(path, "a JSON object that mepbench wrote", &r->context, f);
	return rc == -ENOENT ? 0 : rc;
}

static int load_files(struct results *r, struct dirent **entries, int n, struct failure *f)
{
	int rc = 0;

	r->files = calloc((size_t)n + 1, sizeof(*r->files));
	if (!r->files)
		return fail(f, -ENOMEM, "out of memory");
	for (int i = 0; i < n && rc == 0; i++) {
		size_t before = record_count(r);

		rc = load_file(r, entries[i]->d_name, f);
		if (record_count(r) > before)
			snprintf(r->files[r->n_files++], sizeof(*r->files), "%s", entries[i]->d_name);
	}
	return rc;
}

static bool has_study(const struct results *r)
{
	for (int i = 0; i < r->n_files; i++)
		if (!strncmp(r->files[i], "rows", 4))
			return study_begun(&r->experiments);
	return false;
}

static int index_records(struct results *r, struct failure *f)
{
	if (record_count(r) == 0)
		return fail(f, -EINVAL, "%s: no records; should hold CSV files written by mepbench --csv", r->dir);
	if (series_list_create(&r->series, r->kernel, r->n_kernel) ||
	    experiment_list_create(&r->experiments, r->train, r->n_train))
		return fail(f, -ENOMEM, "out of memory");
	r->study = has_study(r);
	return 0;
}

int results_load(struct results *r, const char *dir, struct failure *f)
{
	struct dirent **entries;
	int rc, n;

	*r = (struct results){.dir = dir};
	n = scandir(dir, &entries, folder_is_csv, alphasort);
	if (n < 0)
		return fail(f, -EINVAL, "cannot read folder %s: %s; should be a results folder", dir, strerror(errno));
	rc = load_files(r, entries, n, f);
	for (int i = 0; i < n; i++)
		free(entries[i]);
	free(entries);
	if (rc == 0)
		rc = load_context(r, f);
	if (rc == 0)
		rc = index_records(r, f);
	if (rc)
		results_release(r);
	return rc;
}

bool results_are_study(const struct results *r)
{
	return r->study;
}

void results_release(struct results *r)
{
	series_list_destroy(&r->series);
	experiment_list_destroy(&r->experiments);
	json_decref(r->context);
	free(r->kernel);
	free(r->train);
	free(r->dist);
	free(r->files);
	*r = (struct results){0};
}
