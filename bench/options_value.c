/* SPDX-License-Identifier: MIT */
/*
 * Values of options: strict parsers of numbers, lists, ranges and shapes; of words: options_words.c. All read a whole
 * text or refuse it; the message follows from the row of the table.
 */
#include "options_table.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ITEM 48

/* A number in decimal digits alone; moves *text behind it. */
static bool scan_uint(const char **text, uint64_t *v)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return false;
	errno = 0;
	*v = strtoull(*text, &end, 10);
	*text = end;
	return !errno;
}

bool option_scan_int(const struct option *row, const char **text, int64_t *v)
{
	uint64_t u;

	if (!scan_uint(text, &u) || u > (uint64_t)row->max || (double)u < row->min)
		return false;
	*v = (int64_t)u;
	return true;
}

static bool scan_real(const char *text, double *v)
{
	char *end;

	if (!*text || strspn(text, "0123456789.eE+-") != strlen(text))
		return false;
	*v = strtod(text, &end);
	return !*end && isfinite(*v);
}

int option_fail_value(const struct option *row, const char *text, struct failure *f)
{
	char should[320];

	option_describe(row, should, sizeof(should));
	return fail(f, -EINVAL, "invalid value '%.80s' for --%s; should be %s", text, row->name, should);
}

int option_fail_item(const struct option *row, const char *text, const char *item, const char *what, struct failure *f)
{
	return fail(f, -EINVAL,
		    "invalid value '%.80s' for --%s: %s '%.40s'; each should be given once, at most %d in all", text,
		    row->name, what, item, OPTIONS_MAX_LIST);
}

/* Copies the text up to the comma; an empty or too long item is refused. */
bool option_next_item(const char **text, char *item, size_t size)
{
	size_t n = strcspn(*text, ",");

	if (n == 0 || n >= size || ((*text)[n] == ',' && !(*text)[n + 1]))
		return false;
	memcpy(item, *text, n);
	item[n] = 0;
	*text += n + ((*text)[n] == ',');
	return true;
}

static bool next_item(const char **text, char item[MAX_ITEM])
{
	return option_next_item(text, item, MAX_ITEM);
}

struct range {
	int64_t first, last, step, factor;
};

/* 4, 1-8, 8-256*2 or 10-50+10 */
static bool parse_range(const struct option *row, const char *item, struct range *r)
{
	uint64_t by = 1;
	char sign;

	if (!option_scan_int(row, &item, &r->first))
		return false;
	*r = (struct range){r->first, r->first, 1, 1};
	if (!*item)
		return true;
	if (*item++ != '-' || !option_scan_int(row, &item, &r->last) || r->last < r->first)
		return false;
	sign = *item;
	if (!sign)
		return true;
	item++;
	if ((sign != '*' && sign != '+') || !scan_uint(&item, &by) || *item || by > (uint64_t)row->max)
		return false;
	if (sign == '+')
		r->step = (int64_t)by;
	else
		r->factor = (int64_t)by;
	return sign == '+' ? by >= 1 : by >= 2 && r->first >= 1;
}

static const char *add_int(const struct option *row, struct int_list *list, int64_t v)
{
	for (int i = 0; i < list->n && row->type != OPTION_SIZES; i++)
		if (list->v[i] == v)
			return "twice the item";
	if (list->n == OPTIONS_MAX_LIST)
		return "too many items from";
	list->v[list->n++] = v;
	return NULL;
}

static int parse_ints(const struct option *row, const char *text, struct int_list *list, struct failure *f)
{
	const char *rest = text, *wrong = NULL;
	char item[MAX_ITEM];
	struct range r;

	list->n = 0;
	do {
		if (!next_item(&rest, item) || !parse_range(row, item, &r))
			return option_fail_value(row, text, f);
		while (!wrong && r.first <= r.last) {
			wrong = add_int(row, list, r.first);
			r.first = r.factor > 1 ? r.first * r.factor : r.first + r.step;
		}
	} while (*rest && !wrong);
	return wrong ? option_fail_item(row, text, item, wrong, f) : 0;
}

static int parse_reals(const struct option *row, const char *text, struct real_list *list, struct failure *f)
{
	const char *rest = text;
	char item[MAX_ITEM];
	double v;

	list->n = 0;
	do {
		if (!next_item(&rest, item) || !scan_real(item, &v) || v < row->min || v > row->max)
			return option_fail_value(row, text, f);
		for (int i = 0; i < list->n; i++)
			if (list->v[i] == v)
				return option_fail_item(row, text, item, "twice the item", f);
		if (list->n == OPTIONS_MAX_LIST)
			return option_fail_item(row, text, item, "too many items from", f);
		list->v[list->n++] = v;
	} while (*rest);
	return 0;
}

static bool parse_shape(const struct option *row, const char *item, struct shape *shape)
{
	int64_t v[3];

	for (int i = 0; i < 3; i++)
		if (!option_scan_int(row, &item, &v[i]) || *item++ != (i < 2 ? 'x' : 0))
			return false;
	*shape = (struct shape){(int)v[0], (int)v[1], (int)v[2]};
	return true;
}

static int parse_shapes(const struct option *row, const char *text, struct shape_list *list, struct failure *f)
{
	const char *rest = text;
	char item[MAX_ITEM];
	struct shape shape;

	list->n = 0;
	do {
		if (!next_item(&rest, item) || !parse_shape(row, item, &shape))
			return option_fail_value(row, text, f);
		for (int i = 0; i < list->n; i++)
			if (!memcmp(&list->v[i], &shape, sizeof(shape)))
				return option_fail_item(row, text, item, "twice the item", f);
		if (list->n == OPTIONS_MAX_LIST)
			return option_fail_item(row, text, item, "too many items from", f);
		list->v[list->n++] = shape;
	} while (*rest);
	return 0;
}

/* 0.5s, 20ms, or calls: 200x */
static int parse_time(struct options *o, const struct option *row, const char *text, struct failure *f)
{
	static const struct {
		const char *unit;
		double seconds; /* 0: calls */
	} units[] = {{"x", 0}, {"ms", 1e-3}, {"us", 1e-6}, {"s", 1}};
	size_t n = strspn(text, "0123456789.");
	const char *digits = text;
	char number[MAX_ITEM];
	uint64_t calls;
	double v;

	snprintf(number, sizeof(number), "%.*s", (int)n, text);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(text + n, units[i].unit))
			continue;
		if (units[i].seconds == 0) {
			if (!scan_uint(&digits, &calls) || *digits != 'x' || calls < 1 || calls > 1000000000)
				break;
			o->fixed_calls = (int64_t)calls;
			return 0;
		}
		if (n >= sizeof(number) || !scan_real(number, &v) || !(v > 0) || v * units[i].seconds > row->max)
			break;
		o->min_time_s = v * units[i].seconds;
		o->fixed_calls = 0;
		return 0;
	}
	return option_fail_value(row, text, f);
}

static int parse_number(const struct option *row, const char *text, void *at, struct failure *f)
{
	const char *rest = text;
	int64_t i = 0;
	uint64_t u = 0;
	double v = 0;
	bool ok;

	if (row->type == OPTION_REAL)
		ok = scan_real(text, &v) && v >= row->min && v <= row->max;
	else if (row->type == OPTION_UINT)
		ok = scan_uint(&rest, &u) && !*rest;
	else
		ok = option_scan_int(row, &rest, &i) && !*rest;
	if (!ok)
		return option_fail_value(row, text, f);
	if (row->type == OPTION_REAL)
		*(double *)at = v;
	else if (row->type == OPTION_UINT)
		*(uint64_t *)at = u;
	else
		*(int *)at = (int)i;
	return 0;
}

static int parse_text(const struct option *row, const char *text, char *at, struct failure *f)
{
	size_t n = strlen(text);

	if (n >= row->size)
		return fail(f, -EINVAL, "value of %zu characters for --%s; should be at most %zu", n, row->name,
			    row->size - 1);
	for (size_t i = 0; i < n; i++)
		if (iscntrl((unsigned char)text[i]))
			return fail(f, -EINVAL, "control character in the value for --%s; should be plain text",
				    row->name);
	if (!option_allows(row, text))
		return option_fail_word(row, text, text, f);
	memcpy(at, text, n + 1);
	return 0;
}

int option_parse_value(struct options *o, const struct option *row, const char *text, struct failure *f)
{
	void *at = (char *)o + row->offset;

	switch (row->type) {
	case OPTION_FLAG:
		*(bool *)at = true;
		return 0;
	case OPTION_TEXT:
	case OPTION_FOLDER:
	case OPTION_WORD:
		return parse_text(row, text, at, f);
	case OPTION_INTS:
	case OPTION_SIZES:
		return parse_ints(row, text, at, f);
	case OPTION_REALS:
		return parse_reals(row, text, at, f);
	case OPTION_WORDS:
	case OPTION_LAYER_WORDS:
	case OPTION_K_LAYERS:
	case OPTION_MOMENTS:
		return option_parse_words(row, text, at, f);
	case OPTION_DISTS:
		return option_parse_dists(row, text, at, f);
	case OPTION_SHAPES:
		return parse_shapes(row, text, at, f);
	case OPTION_TIME:
		return parse_time(o, row, text, f);
	default:
		return parse_number(row, text, at, f);
	}
}
