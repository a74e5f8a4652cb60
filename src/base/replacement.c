/* SPDX-License-Identifier: MIT */
/* See replacement.h. */
#include "base/replacement.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The standard stream that goes to this very file, as `--json=/dev/stdout >file` has it; NULL if none does. */
static FILE *stream_to(const struct stat *file)
{
	FILE *const streams[] = {stdout, stderr};

	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		struct stat st;

		if (!fstat(fileno(streams[i]), &st) && st.st_dev == file->st_dev && st.st_ino == file->st_ino)
			return streams[i];
	}
	return NULL;
}

static FILE *open_direct(const char *path)
{
	struct stat st;
	FILE *stream = stat(path, &st) ? NULL : stream_to(&st);
	int fd;

	if (!stream)
		return fopen(path, "we");
	fflush(stream);
	fd = fcntl(fileno(stream), F_DUPFD_CLOEXEC, 3);
	return fd < 0 ? NULL : fdopen(fd, "w");
}

/* What is to be written to as it is: what a stream goes to, pipes, devices, a link to what is not there. */
static bool is_direct(const char *path)
{
	struct stat st, link;

	if (stat(path, &st))
		return !lstat(path, &link);
	return !S_ISREG(st.st_mode) || stream_to(&st);
}

int replacement_open(struct replacement *r, const char *path, struct failure *f)
{
	const bool direct = is_direct(path);

	*r = (struct replacement){.out = NULL};
	if (strlen(path) >= sizeof(r->path))
		return fail(f, -EINVAL, "'%.80s...' is too long for the name of a file", path);
	/* Where a link leads to, so that the link stays. */
	if (direct || !realpath(path, r->path))
		strcpy(r->path, path);
	if (!direct)
		snprintf(r->beside, sizeof(r->beside), "%s.%ld.tmp", r->path, (long)getpid());
	r->out = direct ? open_direct(path) : fopen(r->beside, "we");
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
