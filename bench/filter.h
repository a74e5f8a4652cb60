/* SPDX-License-Identifier: MIT */
/* --filter: an extended regular expression over the names of what a command would do. */
#ifndef BENCH_FILTER_H
#define BENCH_FILTER_H

#include "base/failure.h"

#include <regex.h>

/* 0, with a filter for regexec and regfree; -EINVAL with a sentence. */
int filter_compile(regex_t *filter, const char *pattern, struct failure *f);

#endif
