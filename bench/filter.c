/* SPDX-License-Identifier: MIT */
/* See filter.h. */
#include "filter.h"

#include <errno.h>

int filter_compile(regex_t *filter, const char *pattern, struct failure *f)
{
	int rc = regcomp(filter, pattern, REG_EXTENDED | REG_NOSUB);
	char why[128];

	if (!rc)
		return 0;
	regerror(rc, filter, why, sizeof(why));
	if (rc == REG_ESPACE)
		return fail(f, -ENOMEM, "out of memory for --filter=%.80s", pattern);
	return fail(f, -EINVAL, "invalid value '%.80s' for --filter; should be an extended regular expression: %s",
		    pattern, why);
}
