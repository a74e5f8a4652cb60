/* SPDX-License-Identifier: MIT */
/* See filter.h. */
#include "filter.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MAX_REPETITIONS 1000 /* the numbers within braces, multiplied */

/* The larger number of {m,n} at `text`, behind the brace; 1 where there is none. */
static double count_at(const char *text)
{
	char *end;
	double first = strtod(text, &end), second = *end == ',' ? strtod(end + 1, NULL) : 0;

	return first > second ? first : second > 1 ? second : 1;
}

static bool is_costly(const char *pattern)
{
	double product = 1;

	for (const char *c = pattern; *c; c++) {
		if (*c == '{')
			product *= count_at(c + 1);
		else if (*c == '\\' && isdigit((unsigned char)c[1]))
			return true;
		else if (*c == '\\' && c[1])
			c++;
	}
	return product > MAX_REPETITIONS;
}

int filter_compile(regex_t *filter, const char *option, const char *pattern, struct failure *f)
{
	char why[128];
	int rc;

	if (is_costly(pattern))
		return fail(f, -EINVAL,
			    "invalid value '%.80s' for %s; should have no back-reference and repeat at most %d times",
			    pattern, option, MAX_REPETITIONS);
	rc = regcomp(filter, pattern, REG_EXTENDED | REG_NOSUB);
	if (!rc)
		return 0;
	regerror(rc, filter, why, sizeof(why));
	if (rc == REG_ESPACE)
		return fail(f, -ENOMEM, "out of memory for %s=%.80s", option, pattern);
	return fail(f, -EINVAL, "invalid value '%.80s' for %s; should be an extended regular expression: %s", pattern,
		    option, why);
}
