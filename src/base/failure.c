/* SPDX-License-Identifier: MIT */
/* See failure.h. */
#include "base/failure.h"

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
