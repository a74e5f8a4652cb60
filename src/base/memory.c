/* SPDX-License-Identifier: MIT */
/* See memory.h. */
#include "base/memory.h"

#include <errno.h>
#include <stdbool.h>
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

int memory_map(struct memory_map *map, size_t bytes)
{
	bool huge = bytes >= HUGE_PAGE;
	size_t whole = bytes + (huge ? HUGE_PAGE : LINE);
	void *base;

	if (whole < bytes)
		return -ENOMEM;
	base = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED)
		return -ENOMEM;
	map->base = base;
	map->bytes = whole;
	map->data = base;
	if (huge) {
		uintptr_t at = ((uintptr_t)base + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;

		map->data = (char *)base + (at - (uintptr_t)base);
		madvise(map->data, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
	}
	return 0;
}

void memory_unmap(struct memory_map *map)
{
	if (map->base)
		munmap(map->base, map->bytes);
	*map = (struct memory_map){0};
}
