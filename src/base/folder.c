/* SPDX-License-Identifier: MIT */
/* See folder.h: mkdir -p. */
#include "base/folder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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
		if (mkdir(path, 0755) && errno != EEXIST)
			return fail(f, -EINVAL, "folder '%s' cannot be made: %s", path, strerror(errno));
		path[n] = kept;
	}
	return 0;
}
