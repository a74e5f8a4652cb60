/* SPDX-License-Identifier: MIT */
/* Folders for what is written and read. */
#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H

#include "base/failure.h"

#include <dirent.h>

/* Makes the folder and those above it; one that is there already is fine. 0, or -EINVAL with a sentence. */
int folder_create(const char *path, struct failure *f);

/* For scandir: files whose name ends in .csv or .csv.gz, with something before it. */
int folder_is_csv(const struct dirent *entry);

#endif
