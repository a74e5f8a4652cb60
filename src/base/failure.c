/* SPDX-License-Identifier: MIT */
/* See failure.h. */
#include "base/failure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* What came from a file must not move the cursor or start a line of its own: control characters become '?', those of
 * C1 in UTF-8 (0xc2, then 0x80 to 0x9f) too. */
static void tame(char *text)
{
	for (unsigned char *c = (unsigned char *)text; *c; c++) {
		if (*c < ' ' || *c == 127)
			*c = '?';
		else if (*c == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0)
			c[0] = c[1] = '?';
	}
}

int fail(struct failure *f, int code, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(f->text, sizeof(f->text), format, list);
	va_end(list);
	tame(f->text);
	return code;
}

int failure_code(int error)
{
	static const int exhausted[] = {ENOSPC, EDQUOT, EFBIG, EIO, ENOMEM, EMFILE, ENFILE};

	for (size_t i = 0; i < sizeof(exhausted) / sizeof(exhausted[0]); i++)
		if (error == exhausted[i])
			return -EIO;
	return -EINVAL;
}
