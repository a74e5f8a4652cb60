/* SPDX-License-Identifier: MIT */
/* See dists.h. */
#include "dists.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BASE 48

bool dist_is_file(const char *word)
{
	return strpbrk(word, "./") != NULL;
}

/* The file's name without folder and suffix, in letters that are harmless in titles and names of files. */
static void base_name(const char *path, char base[MAX_BASE])
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t n = strlen(name), suffix = strlen(RECORDING_SUFFIX);

	if (n > suffix && !strcmp(name + n - suffix, RECORDING_SUFFIX))
		n -= suffix;
	snprintf(base, MAX_BASE, "%.*s", (int)n, name);
	for (char *c = base; *c; c++)
		*c = isalnum((unsigned char)*c) || strchr("-_.", *c) ? *c : '_';
}

static int load(struct loaded_dist *d, const char *path, struct failure *f)
{
	char base[MAX_BASE];
	int rc = recording_read(&d->recording, path, f);

	if (rc)
		return rc;
	base_name(path, base);
	snprintf(d->name, sizeof(d->name), "%s@%08x", base, d->recording.digest);
	d->dist = (struct dist){.name = d->name, .summary = d->recording.training, .recording = &d->recording};
	return 0;
}

static int count_names(void)
{
	int n = 0;

	while (dists[n].name)
		n++;
	return n;
}

int dists_create(struct dist_list *list, const struct file_list *words, struct failure *f)
{
	bool all = words->n == 1 && !strcmp(words->v[0], "all");
	int n = all ? count_names() : words->n, rc = 0;

	*list = (struct dist_list){.v = calloc((size_t)n + 1, sizeof(*list->v))};
	if (!list->v)
		return fail(f, -ENOMEM, "out of memory for the distributions");
	for (int i = 0; i < n && !rc; i++) {
		struct loaded_dist *d = &list->v[list->n++];

		if (all || !dist_is_file(words->v[i]))
			d->dist = all ? dists[i] : *dist_find(words->v[i]);
		else
			rc = load(d, words->v[i], f);
	}
	if (rc)
		dists_destroy(list);
	return rc;
}

void dists_destroy(struct dist_list *list)
{
	for (int i = 0; i < list->n; i++)
		recording_release(&list->v[i].recording);
	free(list->v);
	*list = (struct dist_list){0};
}

const struct recording *dists_recording(const struct dist_list *list)
{
	for (int i = 0; i < list->n; i++)
		if (list->v[i].dist.recording)
			return list->v[i].dist.recording;
	return NULL;
}
