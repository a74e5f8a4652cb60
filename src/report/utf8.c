/* SPDX-License-Identifier: MIT */
/*
 * See utf8.h. Widths follow the Unicode East Asian Width classes W and F and the common combining blocks: a short list
 * that is right for every script the tables meet; wcwidth would depend on the locale.
 */
#include "report/utf8.h"

#include <stdbool.h>
#include <string.h>

struct range {
	uint32_t first, last;
};

static bool in_ranges(uint32_t code, const struct range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	}
	return false;
}

static bool is_harmful(uint32_t code)
{
	static const struct range harmful[] = {
		{0, 0x1F},	  {0x7F, 0x9F},	    {0x200E, 0x200F}, {0x2028, 0x202E},
		{0x2066, 0x2069}, {0xD800, 0xDFFF}, {0xFEFF, 0xFEFF}, {0xFFFE, 0xFFFF},
	};

	return code > 0x10FFFF || in_ranges(code, harmful, sizeof(harmful) / sizeof(harmful[0]));
}

/* The length that a first byte announces and the bits it carries; 0: not a first byte. */
static size_t leading_byte(unsigned char c, uint32_t *bits)
{
	static const struct {
		unsigned char mask, value;
		size_t length;
	} forms[] = {{0x80, 0x00, 1}, {0xE0, 0xC0, 2}, {0xF0, 0xE0, 3}, {0xF8, 0xF0, 4}};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if ((c & forms[i].mask) == forms[i].value) {
			*bits = c & (unsigned char)~forms[i].mask;
			return forms[i].length;
		}
	}
	return 0;
}

size_t utf8_next(const char *s, uint32_t *code)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t value = 0;
	size_t length = leading_byte((unsigned char)s[0], &value);

	*code = UTF8_REPLACEMENT;
	if (length == 0)
		return 1;
	for (size_t i = 1; i < length; i++) {
		if (((unsigned char)s[i] & 0xC0) != 0x80)
			return i;
		value = value << 6 | ((unsigned char)s[i] & 0x3F);
	}
	if (value >= smallest[length] && !is_harmful(value))
		*code = value;
	return length;
}

static int code_width(uint32_t code)
{
	static const struct range none[] = {
		{0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x200B, 0x200D},
		{0x20D0, 0x20F0}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
	};
	static const struct range wide[] = {
		{0x1100, 0x115F},   {0x2E80, 0x303E},	{0x3041, 0xA4CF},   {0xA960, 0xA97C}, {0xAC00, 0xD7A3},
		{0xF900, 0xFAFF},   {0xFE30, 0xFE6F},	{0xFF01, 0xFF60},   {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F},
		{0x1F680, 0x1F6FF}, {0x1F900, 0x1FAFF}, {0x20000, 0x3FFFD},
	};

	if (in_ranges(code, none, sizeof(none) / sizeof(none[0])))
		return 0;
	return in_ranges(code, wide, sizeof(wide) / sizeof(wide[0])) ? 2 : 1;
}

int utf8_width(const char *s)
{
	int width = 0;
	uint32_t code;

	for (; *s; width += code_width(code))
		s += utf8_next(s, &code);
	return width;
}

void utf8_truncate(char *s, size_t size)
{
	size_t end = 0, length = 0;
	uint32_t code;

	while (s[end] && end + (length = utf8_next(s + end, &code)) < size)
		end += length;
	if (s[end])
		s[end] = '\0';
}
