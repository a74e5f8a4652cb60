/* SPDX-License-Identifier: MIT */
/* See leftovers.h. */
#include "leftovers.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "NAME.<digits>.tmp" (base/replacement.h): the digits, the process that wrote it; 0 where `entry` is not called so. */
static long writer_of(const char *entry, const char *name)
{
	const size_t n = strlen(name);
	const char *digits = entry + n + 1;
	char *end;
	long pid;

	if (!n || strncmp(entry, name, n) || entry[n] != '.' || *digits < '1' || *digits > '9')
		return 0;
	pid = strtol(digits, &end, 10);
	return strcmp(end, ".tmp") || pid > INT_MAX ? 0 : pid;
}

/*
 * Whether it is what a process that was killed while it replaced a file of this plan has left. None but the holder of
 * the lock writes context.json; the others may be in the making by a process that is still there.
 */
static bool is_leftover(const char *entry, const struct plan *plan)
{
	if (writer_of(entry, "context.json"))
		return true;
	for (int i = -1; i < plan->n; i++) {
		const struct options *o = i < 0 ? NULL : &plan->lines[i].options;
		const char *const names[] = {o ? o->json : "tuning.json", o ? o->markdown : "", o ? o->tuning : ""};

		for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++) {
			const long pid = writer_of(entry, names[j]);

			if (pid && kill((pid_t)pid, 0) && errno == ESRCH)
				return true;
		}
	}
	return false;
}

void leftovers_remove(const char *dir, const struct plan *plan)
{
	struct dirent **entries;
	int n = scandir(dir, &entries, NULL, NULL);

	for (int i = 0; i < n; i++) {
		char path[800];

		snprintf(path, sizeof(path), "%.500s/%.250s", dir, entries[i]->d_name);
		if (is_leftover(entries[i]->d_name, plan))
			unlink(path);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

static int is_kept(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") && !writer_of(entry->d_name, "context.json");
}

bool leftovers_alone(const char *dir)
{
	struct dirent **entries;
	int n = scandir(dir, &entries, is_kept, NULL);

	for (int i = 0; i < n; i++)
		free(entries[i]);
	if (n >= 0)
		free(entries);
	return n == 0;
}
