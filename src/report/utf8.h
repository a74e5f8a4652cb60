/* SPDX-License-Identifier: MIT */
/* UTF-8 as terminals show it, independent of the locale. Input may be anything: it came from a file. */
#ifndef REPORT_UTF8_H
#define REPORT_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define UTF8_REPLACEMENT 0xFFFDu

/*
 * Decodes the character at s (not at the final 0) and returns its length in bytes, >= 1. What should not reach a
 * reader (broken bytes, control characters, changes of the writing direction) decodes as UTF8_REPLACEMENT.
 */
size_t utf8_next(const char *s, uint32_t *code);

/* Columns that the text takes in a terminal. */
int utf8_width(const char *s);

/* Cuts s to at most `size` - 1 bytes at a character's end (s holds at least that many). */
void utf8_truncate(char *s, size_t size);

#endif
