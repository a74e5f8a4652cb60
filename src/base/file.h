/* SPDX-License-Identifier: MIT */
/*
 * Files of the user's: only regular ones are read, so that a named pipe never blocks and a device never fills the
 * memory; and what a shell pipes in as /dev/stdin or /dev/fd/N, by way of a temporary file of at most 1 GiB. `what`
 * says in the sentences what the file should be: "a plan", "a CSV file of records".
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/failure.h"

#include <stddef.h>

/* A file descriptor to read from; -ENOENT where there is no such file, else -EINVAL. */
int file_open(const char *path, const char *what, struct failure *f);

/*
 * The whole of a text file of at most `max` bytes, with a zero behind it; free(*text). A byte order mark, as some
 * editors leave it, is skipped; a zero byte is refused by its line. 0, -ENOENT, -EINVAL or -ENOMEM.
 */
int file_read_text(const char *path, const char *what, size_t max, char **text, struct failure *f);

#endif
