/* SPDX-License-Identifier: MIT */
/*
 * Specs: what is asked of the study, as text, and whether a record answers it. See study.h.
 * One row of the table per column that tells experiments apart; the base recipe stands nowhere else.
 */
#include "report/study.h"

#include "report/study_parts.h"
#include "report/study_time.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define ANY "*"
#define MEMBERS "@"

static const struct {
	const char *name, *base;
} spec_columns[] = {
	{"method", "dense"},
	{"layers", "784-500-500-10"},
	{"k", ANY},
	{"tau", ANY},
	{"policy", "constant"},
	{"optimizer", "adam"},
	{"batch", "50"},
	{"loss", "mean"},
	{"init", "port"},
	{"lazy", "no"},
	{"dropout", "0.1"},
	{"settings", ""},
	{"output", ""},
	{"bias", ""},
	{"l1", "0"},
	{"l2", "0"},
	{"fused", ANY},
	{"threads", ANY},
};
_Static_assert(LENGTH(spec_columns) <= STUDY_COLUMNS, "study.h has no room for so many columns");

static int column_index(const char *name, size_t length)
{
	for (int i = 0; i < LENGTH(spec_columns); i++)
		if (strlen(spec_columns[i].name) == length && !strncmp(spec_columns[i].name, name, length))
			return i;
	return -1;
}

const struct column *study_column(const char *name)
{
	for (int i = 0; i < train_records.n_columns; i++)
		if (!strcmp(train_records.columns[i].name, name))
			return &train_records.columns[i];
	return NULL;
}

/* Every item of the list is a number, `*` or `@`. */
static bool are_numbers(const char *list)
{
	for (char *end;; list = end + 1) {
		if (*list == *ANY || *list == *MEMBERS)
			end = (char *)list + 1;
		else
			strtod(list, &end);
		if (end == list || (*end && *end != ','))
			return false;
		if (!*end)
			return true;
	}
}

/* One `column=value`, of this length, into the spec. */
static int set_value(struct study_spec *spec, const char *word, size_t length, struct failure *f)
{
	const char *equals = memchr(word, '=', length);
	int i = equals ? column_index(word, (size_t)(equals - word)) : -1;
	size_t n = equals ? length - (size_t)(equals + 1 - word) : 0;
	const struct column *column;

	if (i < 0)
		return fail(f, -EINVAL, "'%.*s' in a spec; should be column=value, such as k=20", (int)length, word);
	if (n >= 2 && equals[1] == '\'') {
		equals++;
		n -= 2;
	}
	if (n >= sizeof(spec->value[i]))
		return fail(f, -EINVAL, "the value of %s in a spec is longer than %zu bytes", spec_columns[i].name,
			    sizeof(spec->value[i]) - 1);
	memcpy(spec->value[i], equals + 1, n);
	spec->value[i][n] = '\0';
	column = study_column(spec_columns[i].name);
	if (column && column->type != COLUMN_TEXT && !are_numbers(spec->value[i]))
		return fail(f, -EINVAL, "%s=%s in a spec; should be a number", column->name, spec->value[i]);
	return 0;
}

/* Up to the next blank outside of quotes. */
static size_t word_length(const char *text)
{
	bool quoted = false;
	size_t n = 0;

	for (; text[n] && (quoted || text[n] != ' '); n++)
		quoted ^= text[n] == '\'';
	return n;
}

int study_parse(struct study_spec *spec, const char *text, struct failure *f)
{
	int rc = 0;

	*spec = (struct study_spec){.time = false};
	for (int i = 0; i < LENGTH(spec_columns); i++)
		snprintf(spec->value[i], sizeof(spec->value[i]), "%s", spec_columns[i].base);
	for (text += strspn(text, " "); *text && !rc; text += strspn(text, " ")) {
		size_t n = word_length(text);

		if (n == 4 && !strncmp(text, "time", n))
			spec->time = true;
		else
			rc = set_value(spec, text, n, f);
		text += n;
	}
	return rc;
}

struct study_spec study_spec_of(const char *text)
{
	struct study_spec spec;
	struct failure f;
	int rc = study_parse(&spec, text, &f);

	assert(rc == 0);
	if (rc)
		memcpy(spec.value[0], "?", 2); /* no method: finds nothing */
	return spec;
}

static int items(const char *list)
{
	int n = 1;

	for (; *list; list++)
		n += *list == ',';
	return n;
}

int study_count(const struct study_spec *spec)
{
	int n = 1;

	for (int i = 0; i < LENGTH(spec_columns); i++)
		n *= items(spec->value[i]);
	return n;
}

/* Leaves the i-th item of a list. */
static void keep_item(char *list, int i)
{
	char *at = list;
	size_t n;

	for (; i > 0; i--)
		at = strchr(at, ',') + 1;
	n = strcspn(at, ",");
	memmove(list, at, n);
	list[n] = '\0';
}

struct study_spec study_item(const struct study_spec *spec, int i)
{
	struct study_spec one = *spec;

	assert(i >= 0 && i < study_count(spec));
	for (int c = LENGTH(spec_columns) - 1; c >= 0; c--) {
		int n = items(one.value[c]);

		keep_item(one.value[c], i % n);
		i /= n;
	}
	return one;
}

void study_spec_bind(struct study_spec *base, const struct study_spec *member)
{
	for (int i = 0; i < LENGTH(spec_columns); i++)
		if (!strcmp(base->value[i], MEMBERS))
			memcpy(base->value[i], member->value[i], sizeof(base->value[i]));
}

const char *study_spec_value(const struct study_spec *spec, const char *column)
{
	int i = column_index(column, strlen(column));

	assert(i >= 0);
	return i < 0 ? "" : spec->value[i];
}

static bool number_is(const struct column *c, const char *value, const void *at)
{
	double want = strtod(value, NULL), got;

	if (c->type == COLUMN_REAL)
		got = *(const double *)at;
	else
		got = (double)*(const int64_t *)at;
	return got <= want && got >= want;
}

static bool is_item(const struct column *c, const char *value, const struct train_record *r)
{
	const void *at = (const char *)r + c->offset;

	return !strcmp(value, ANY) || (c->type == COLUMN_TEXT ? !strcmp(value, at) : number_is(c, value, at));
}

/* A record that lacks the column was written before there was anything but the base recipe's value. */
static bool matches_column(int i, const char *list, const struct train_record *r)
{
	const struct column *c = study_column(spec_columns[i].name);

	for (int item = items(list) - 1; item >= 0; item--) {
		char value[sizeof(((struct study_spec *)0)->value[0])];

		snprintf(value, sizeof(value), "%s", list);
		keep_item(value, item);
		if (c ? is_item(c, value, r) : !strcmp(value, ANY) || !strcmp(value, spec_columns[i].base))
			return true;
	}
	return false;
}

static bool is_timed_alone(const struct train_record *r)
{
	return !strncmp(r->experiment, STUDY_TIME_PREFIX, strlen(STUDY_TIME_PREFIX));
}

bool study_matches(const struct study_spec *spec, const struct train_record *r)
{
	if (spec->time != is_timed_alone(r))
		return false;
	for (int i = 0; i < LENGTH(spec_columns); i++)
		if (!matches_column(i, spec->value[i], r))
			return false;
	return true;
}

bool study_has_accuracy(const struct experiment *e)
{
	return !is_timed_alone(e->key);
}

static bool same_column(const struct column *c, const struct train_record *a, const struct train_record *b)
{
	const char *at_a = (const char *)a + c->offset, *at_b = (const char *)b + c->offset;

	return c->type == COLUMN_TEXT ? !strcmp(at_a, at_b) : !memcmp(at_a, at_b, c->size);
}

bool study_same_setting(const struct train_record *a, const struct train_record *b)
{
	for (int i = 0; i < LENGTH(spec_columns); i++) {
		const char *name = spec_columns[i].name;
		const struct column *c = study_column(name);

		/* What changes no bit of the result does not make it another setting. */
		if (c && strcmp(name, "fused") && strcmp(name, "threads") && !same_column(c, a, b))
			return false;
	}
	return is_timed_alone(a) == is_timed_alone(b);
}

void study_spec_text(const struct study_spec *spec, char *text, size_t size)
{
	snprintf(text, size, "%s", spec->value[0]);
	for (int i = 1; i < LENGTH(spec_columns); i++) {
		const char *column = spec_columns[i].name, *value = spec->value[i];
		const bool named = strcmp(column, "settings") != 0;
		const size_t used = strlen(text);

		if (value[0] && strcmp(value, ANY) && strcmp(value, spec_columns[i].base))
			snprintf(text + used, size - used, " %s%s%s", named ? column : "", named ? "=" : "", value);
	}
}

struct study_name study_name(const struct study_spec *spec)
{
	struct study_name name;

	study_spec_text(spec, name.s, sizeof(name.s));
	return name;
}

void study_spec_plain(struct study_spec *spec, const char *column)
{
	const int i = column_index(column, strlen(column));

	if (i >= 0)
		snprintf(spec->value[i], sizeof(spec->value[i]), "%s", spec_columns[i].base);
}

void study_spec_subtract(struct study_spec *spec, const struct study_spec *from)
{
	for (int i = 1; i < LENGTH(spec_columns); i++)
		if (!strcmp(spec->value[i], from->value[i]) && strcmp(spec_columns[i].name, "k") != 0)
			study_spec_plain(spec, spec_columns[i].name);
}
