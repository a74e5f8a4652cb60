/* SPDX-License-Identifier: MIT */
/* Folders for what is written. */
#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H

#include "base/failure.h"

/* Makes the folder and those above it; one that is there already is fine. 0, or -EINVAL with a sentence. */
int folder_create(const char *path, struct failure *f);

#endif
