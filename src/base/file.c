/* SPDX-License-Identifier: MIT */
/* See file.h. Files are opened without blocking and looked at before the first byte is read. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_PIPED ((size_t)1 << 30)
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

/* The number in /dev/stdin, /dev/fd/N and /proc/self/fd/N, by which a shell hands over a pipe; -1 for other names. */
static int inherited_number(const char *path)
{
	static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};

	if (!strcmp(path, "/dev/stdin"))
		return STDIN_FILENO;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		const size_t folder = strlen(folders[i]);
		const char *digits = strncmp(path, folders[i], folder) ? "" : path + folder;
		const size_t n = strspn(digits, "0123456789");

		if (n && n < 7 && !digits[n])
			return atoi(digits);
	}
	return -1;
}

static int write_all(int fd, const char *from, ssize_t n)
{
	for (ssize_t done = 0, now; done < n; done += now) {
		now = write(fd, from + done, (size_t)(n - done));
		if (now < 0)
			return -errno;
	}
	return 0;
}

static int drain(int from, int to, const char *path, struct failure *f)
{
	char block[65536];
	size_t sum = 0;
	ssize_t n;
	int rc;

	while ((n = read(from, block, sizeof(block))) > 0) {
		sum += (size_t)n;
		if (sum > MAX_PIPED)
			return fail(f, -EINVAL, "%s: more than %zu bytes through a pipe; should be a file", path,
				    MAX_PIPED);
		rc = write_all(to, block, n);
		if (rc)
			return fail(f, failure_code(-rc), "%s: cannot be kept in a temporary file: %s", path,
				    strerror(-rc));
	}
	return n < 0 ? fail(f, -EINVAL, "%s: %s", path, strerror(errno)) : 0;
}

/* Puts a temporary file with all that comes through the pipe in its place, so that it can be read twice and sought. */
static int settle_pipe(int number, const char *path, struct failure *f)
{
	FILE *kept = tmpfile();
	int rc = kept ? drain(number, fileno(kept), path, f)
		      : fail(f, failure_code(errno), "%s: no temporary file: %s", path, strerror(errno));

	if (!rc && dup2(fileno(kept), number) < 0)
		rc = fail(f, -EIO, "%s: %s", path, strerror(errno));
	if (kept)
		fclose(kept);
	return rc;
}

static int check_regular(int fd, const char *path, const char *what, struct failure *f)
{
	struct stat st;

	if (fstat(fd, &st))
		return fail(f, -EINVAL, "%s: %s", path, strerror(errno));
	if (S_ISREG(st.st_mode))
		return 0;
	return fail(f, -EINVAL, "%s: %s; should be %s", path, S_ISDIR(st.st_mode) ? "a folder" : "not a regular file",
		    what);
}

int file_open(const char *path, const char *what, struct failure *f)
{
	const int number = inherited_number(path);
	struct stat st;
	int fd, rc;

	rc = number >= 0 && !fstat(number, &st) && S_ISFIFO(st.st_mode) ? settle_pipe(number, path, f) : 0;
	if (rc)
		return rc;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return fail(f, errno == ENOENT || errno == ENOTDIR ? -ENOENT : -EINVAL, "%s: %s; should be %s", path,
			    strerror(errno), what);
	rc = check_regular(fd, path, what, f);
	if (!rc)
		return fd;
	close(fd);
	return rc;
}

/* Up to n bytes; fewer only at the end. A negative errno where they cannot be read. */
static ssize_t read_all(int fd, char *to, size_t n)
{
	size_t have = 0;
	ssize_t got = 1;

	while (have < n && got > 0) {
		got = read(fd, to + have, n - have);
		have += got > 0 ? (size_t)got : 0;
	}
	return got < 0 ? -errno : (ssize_t)have;
}

static int line_of(const char *text, const char *at)
{
	int line = 1;

	for (; text < at; text++)
		line += *text == '\n';
	return line;
}

/* Makes a text of the bytes, in place. */
static int check_text(char *text, size_t n, const char *path, const char *what, size_t max, struct failure *f)
{
	const size_t mark = sizeof(BYTE_ORDER_MARK) - 1;
	const char *zero = memchr(text, 0, n);

	if (zero)
		return fail(f, -EINVAL, "%s:%d: zero byte; should be %s", path, line_of(text, zero), what);
	if (n > max)
		return fail(f, -EINVAL, "%s: more than %zu bytes; should be %s", path, max, what);
	text[n] = 0;
	if (!strncmp(text, BYTE_ORDER_MARK, mark))
		memmove(text, text + mark, n - mark + 1);
	return 0;
}

int file_read_text(const char *path, const char *what, size_t max, char **text, struct failure *f)
{
	int fd = file_open(path, what, f), rc;
	size_t room = max;
	struct stat st;
	char *bytes;
	ssize_t n;

	if (fd < 0)
		return fd;
	/* Room for what is there, not for what there could be, and a byte that shows whether there is more. */
	if (!fstat(fd, &st) && st.st_size > 0 && (size_t)st.st_size < max)
		room = (size_t)st.st_size;
	bytes = malloc(room + 2);
	n = bytes ? read_all(fd, bytes, room + 1) : -ENOMEM;
	close(fd);
	if (n < 0)
		rc = fail(f, n == -ENOMEM ? -ENOMEM : -EINVAL, "%s: %s", path, strerror((int)-n));
	else
		rc = check_text(bytes, (size_t)n, path, what, room, f);
	if (rc)
		free(bytes);
	else
		*text = bytes;
	return rc;
}
