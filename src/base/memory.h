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

#endif
