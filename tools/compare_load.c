/* SPDX-License-Identifier: MIT */
/* See compare_load.h. */
#include "compare_load.h"

#include "base/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int record_list_append(struct record_list *list, const struct record_list *more)
{
	struct kernel_record *v = reallocarray(list->v, list->n + more->n + 1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	if (more->n)
		memcpy(v + list->n, more->v, more->n * sizeof(*v));
	list->v = v;
	list->n += more->n;
	return 0;
}

static int load_records(struct record_list *list, const char *path, struct failure *f)
{
	void *records = NULL;
	bool torn = false;
	size_t n = 0;
	int rc = record_read_whole(path, &kernel_records, &records, &n, &torn, f);

	if (rc)
		return rc;
	if (torn && n)
		fprintf(stderr, "mepcompare: %s: the last line is torn (no newline), left out\n", path);
	rc = record_list_append(list, &(struct record_list){.v = records, .n = n});
	free(records);
	return rc ? fail(f, rc, "%s: out of memory", path) : 0;
}

static int load_file(struct record_list *list, const char *path, bool named, struct failure *f)
{
	const struct record_kind *kind;
	int rc = record_detect(path, &kind, f);

	if (rc)
		return rc == -ENOMSG ? -EINVAL : rc;
	if (kind == &kernel_records)
		return load_records(list, path, f);
	return !named ? 0
		      : fail(f, -EINVAL,
			     "%s:1: records of kind '%s'; should be kernel records, as mepbench select or backward "
			     "writes "
			     "them with --csv",
			     path, kind->name);
}

static int load_folder(struct record_list *list, const char *dir, struct failure *f)
{
	struct dirent **entries;
	char path[4096];
	int n = scandir(dir, &entries, folder_is_csv, alphasort), rc = 0;

	if (n < 0)
		return fail(f, -EINVAL, "cannot read folder %s: %s; should be a results folder", dir, strerror(errno));
	for (int i = 0; i < n; i++) {
		if (!rc && snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name) >= (int)sizeof(path))
			rc = fail(f, -EINVAL, "%.80s...: path too long", dir);
		rc = rc ? rc : load_file(list, path, false, f);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

int record_list_load(struct record_list *list, const char *path, struct failure *f)
{
	size_t before = list->n;
	struct stat status;
	int rc;

	if (stat(path, &status))
		return fail(f, -EINVAL, "cannot read %s: %s; should be a CSV file or a results folder", path,
			    strerror(errno));
	rc = S_ISDIR(status.st_mode) ? load_folder(list, path, f) : load_file(list, path, true, f);
	if (rc == 0 && list->n == before)
		rc = fail(f, -EINVAL, "%s: no kernel records; should hold rows of mepbench select or backward", path);
	return rc;
}

void record_list_destroy(struct record_list *list)
{
	free(list->v);
	*list = (struct record_list){0};
}

bool record_list_has_build(const struct record_list *list, const char *build)
{
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->v[i].build, build) == 0)
			return true;
	}
	return false;
}
