/* SPDX-License-Identifier: MIT */
/* See folder.h: mkdir -p, and which files are tables. */
#include "base/folder.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool make(const char *path)
{
	struct stat st;

	if (!mkdir(path, 0755))
		return true;
	if (errno != EEXIST || stat(path, &st))
		return false;
	errno = ENOTDIR;
	return S_ISDIR(st.st_mode);
}

int folder_create(const char *dir, struct failure *f)
{
	char path[512];
	size_t n = 0;

	if (snprintf(path, sizeof(path), "%s", dir) >= (int)sizeof(path))
		return fail(f, -EINVAL, "'%.80s...' is too long for the name of a folder", dir);
	while (path[n]) {
		char kept;

		n += strspn(path + n, "/");
		n += strcspn(path + n, "/");
		kept = path[n];
		path[n] = 0;
		if (!make(path))
			return fail(f, failure_code(errno), "folder '%s' cannot be made: %s", path, strerror(errno));
		path[n] = kept;
	}
	return 0;
}

static bool ends_with(const char *name, const char *end)
{
	const size_t n = strlen(name), length = strlen(end);

	return n > length && !strcmp(name + n - length, end);
}

int folder_is_csv(const struct dirent *entry)
{
	return ends_with(entry->d_name, ".csv") || ends_with(entry->d_name, ".csv.gz");
}
