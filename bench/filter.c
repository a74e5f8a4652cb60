/* SPDX-License-Identifier: MIT */
/* See filter.h. */
#include "filter.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define MAX_REPETITIONS 1000 /* the numbers within braces: nested ones multiplied, others added up */

/* The larger number of {m,n} at `text`, behind the brace; 1 where there is none. */
static double count_at(const char *text)
{
	char *end;
	double first = strtod(text, &end), second = *end == ',' ? strtod(end + 1, NULL) : 0;

	return first > second ? first : second > 1 ? second : 1;
}

/* Behind a bracket expression, `text` behind its '[': "]" stands for itself at the start and within "[: :]". */
static const char *skip_bracket(const char *text)
{
	text += *text == '^';
	text += *text == ']';
	while (*text && *text != ']') {
		const char kind = text[0] == '[' && text[1] && strchr(":.=", text[1]) ? text[1] : 0;

		text += kind ? 2 : 1;
		while (kind && *text && (text[0] != kind || text[1] != ']'))
			text++;
		text += kind && *text ? 2 : 0;
	}
	return text + (*text == ']');
}

static double sum_at(const char **at, bool within);

/* What stands at *at, without what repeats it; infinite for a back-reference. */
static double atom_at(const char **at)
{
	const char c = *(*at)++;
	double inner = 0;

	if (c == '(') {
		inner = sum_at(at, true);
		*at += **at == ')';
	} else if (c == '[') {
		*at = skip_bracket(*at);
	} else if (c == '\\' && **at) {
		inner = isdigit((unsigned char)**at) ? INFINITY : 0;
		++*at;
	}
	return inner;
}

/* How often the parts of a pattern are repeated, up to its end or that of its group. */
static double sum_at(const char **at, bool within)
{
	double sum = 0;

	while (**at && !(within && **at == ')')) {
		double one = atom_at(at);

		for (; **at && strchr("*+?{}", **at); ++*at)
			if (**at == '{') {
				one = fmax(one, 1) * count_at(*at + 1);
				*at += strspn(*at + 1, "0123456789,");
			}
		sum += one;
	}
	return sum;
}

static bool is_costly(const char *pattern)
{
	return sum_at(&pattern, false) > MAX_REPETITIONS;
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
