/* SPDX-License-Identifier: MIT */
/* See compare_load.h. */
#include "compare_load.h"

#include "base/folder.h"
#include "report/series.h"

#include <dirent.h>
#include <errno.h>
#include <regex.h>
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

static bool matches(const regex_t *filter, const struct kernel_record *r)
{
	return strcmp(r->op, "yardstick") == 0 || !regexec(filter, cell_name_of(r, false).s, 0, NULL, 0) ||
	       !regexec(filter, cell_name_of(r, true).s, 0, NULL, 0);
}

int record_list_filter(struct record_list *list, const char *pattern, struct failure *f)
{
	regex_t filter;
	size_t n = 0;

	if (regcomp(&filter, pattern, REG_EXTENDED | REG_NOSUB))
		return fail(f, -EINVAL, "invalid value '%.80s' for --filter; should be an extended regular expression",
			    pattern);
	for (size_t i = 0; i < list->n; i++) {
		if (matches(&filter, &list->v[i]))
			list->v[n++] = list->v[i];
	}
	regfree(&filter);
	list->n = n;
	return n ? 0 : fail(f, -EINVAL, "--filter=%.80s: matches none of the cells", pattern);
}

/* The runs of one cell, in the order of the list. */
static void join_turns(struct kernel_record *v, const struct series *s)
{
	char last[sizeof(v->run_id)] = "";
	int64_t rounds = 0;
	int turn = -1;

	for (int i = 0; i < s->n; i++)
		rounds = s->samples[i]->round >= rounds ? s->samples[i]->round + 1 : rounds;
	for (int i = 0; i < s->n; i++) {
		struct kernel_record *r = v + (s->samples[i] - v);

		turn += strcmp(r->run_id, last) != 0;
		memcpy(last, r->run_id, sizeof(last));
		snprintf(r->run_id, sizeof(r->run_id), "turns-%d", turn / TURNS_OF_PROCESS + 1);
		r->round += rounds * (turn % TURNS_OF_PROCESS);
	}
}

int record_list_join_turns(struct record_list *list, const char *build)
{
	struct series_list series;

	if (series_list_create(&series, list->v, list->n))
		return -ENOMEM;
	for (int i = 0; i < series.n; i++)
		join_turns(list->v, &series.v[i]);
	series_list_destroy(&series);
	for (size_t i = 0; i < list->n; i++)
		snprintf(list->v[i].build, sizeof(list->v[i].build), "%s", build);
	return 0;
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
