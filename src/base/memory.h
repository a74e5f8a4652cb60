/* SPDX-License-Identifier: MIT */
/* Aligned memory for operands. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

/*
 * count * size bytes, zeroed, aligned to 64 bytes (to 2 MiB from 2 MiB on, with huge pages advised);
 * NULL when out of memory or on overflow. Release with free().
 */
void *memory_create(size_t count, size_t size);

/*
 * Fresh pages that nobody has touched yet, so that each thread can place its part by writing it first (never true of
 * malloc, which reuses pages). data is zero when first read, aligned as by memory_create. 0 or -ENOMEM.
 */
struct memory_map {
	void *data;
	void *base; /* of the mapping */
	size_t bytes;
};

int memory_map(struct memory_map *map, size_t bytes);
void memory_unmap(struct memory_map *map);

#endif
