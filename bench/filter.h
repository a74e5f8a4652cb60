/* SPDX-License-Identifier: MIT */
/* --filter and --lines: extended regular expressions over the names of what would be done. */
#ifndef BENCH_FILTER_H
#define BENCH_FILTER_H

#include "base/failure.h"

#include <regex.h>

/*
 * 0, with a filter for regexec and regfree; -EINVAL with a sentence that names the option. What makes the C library's
 * expressions take time or memory without bound is refused: back-references, and repetitions {m,n} that multiply up.
 */
int filter_compile(regex_t *filter, const char *option, const char *pattern, struct failure *f);

#endif
