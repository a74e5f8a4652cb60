/* SPDX-License-Identifier: MIT */
/* See memory.h. */
#include "base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define LINE 64
#define HUGE_PAGE ((size_t)2 << 20)

void *memory_create(size_t count, size_t size)
{
	size_t bytes, align;
	void *p;

	if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - HUGE_PAGE)
		return NULL;
	align = bytes >= HUGE_PAGE ? HUGE_PAGE : LINE;
	bytes = (bytes + align - 1) / align * align;
	p = aligned_alloc(align, bytes ? bytes : align);
	if (!p)
		return NULL;
	if (align == HUGE_PAGE)
		madvise(p, bytes, MADV_HUGEPAGE);
	memset(p, 0, bytes ? bytes : align);
	return p;
}
