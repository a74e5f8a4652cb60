/* SPDX-License-Identifier: MIT */
/* See replacement.h. */
#include "base/replacement.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int replacement_open(struct replacement *r, const char *path, struct failure *f)
{
	struct stat st;
	bool regular = stat(path, &st) || S_ISREG(st.st_mode);

	*r = (struct replacement){.out = NULL};
	if (snprintf(r->path, sizeof(r->path), "%s", path) >= (int)sizeof(r->path))
		return fail(f, -EINVAL, "'%.80s...' is too long for the name of a file", path);
	if (regular)
		snprintf(r->beside, sizeof(r->beside), "%s.%ld.tmp", path, (long)getpid());
	r->out = fopen(regular ? r->beside : path, "we");
	return r->out ? 0 : fail(f, failure_code(errno), "%s: cannot be written: %s", path, strerror(errno));
}

int replacement_close(struct replacement *r, bool whole, struct failure *f)
{
	bool written = !ferror(r->out);
	int code;

	written &= !fclose(r->out);
	if (whole && written && (!r->beside[0] || !rename(r->beside, r->path)))
		return 0;
	code = errno;
	if (r->beside[0])
		unlink(r->beside);
	return whole ? fail(f, -EIO, "%s: cannot be written: %s", r->path, strerror(code)) : 0;
}
