/* SPDX-License-Identifier: MIT */
/* See failure.h. */
#include "base/failure.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int fail(struct failure *f, int code, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(f->text, sizeof(f->text), format, list);
	va_end(list);
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
