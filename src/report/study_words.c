/* SPDX-License-Identifier: MIT */
/*
 * Experiments in plain words: a table from columns and values of a spec to what a reader calls them. What the table
 * does not know is said as it is.
 */
#include "report/study_parts.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *column, *value, *words; /* value NULL: any, in place of %s */
} phrases[] = {
	{"method", NULL, "%s"},
	{"layers", NULL, "%s"},
	{"settings", NULL, "%s"},
	{"policy", NULL, "%s"},
	{"optimizer", "adagrad", "AdaGrad"},
	{"optimizer", "sgd", "SGD"},
	{"optimizer", NULL, "%s"},
	{"batch", NULL, "batch %s"},
	{"loss", "sum", "summed loss"},
	{"init", "glorot", "Glorot weights"},
	{"init", NULL, "%s weights"},
	{"lazy", "yes", "lazy"},
	{"dropout", "0", "no dropout"},
	{"dropout", NULL, "dropout %s"},
	{"output", "sparse", "sparse output layer"},
	{"bias", "kept", "db of what is kept"},
	{"l1", NULL, "L1 %s"},
	{"l2", NULL, "L2 %s"},
	{"fused", "yes", "fused"},
	{"threads", NULL, "%s threads"},
	{NULL, NULL, NULL},
};

/* `3 hidden` for three layers of 500, `width 20` for two of 20; false where it is another net. */
static bool layers_words(const char *layers, char *words, size_t size)
{
	int first, width, used, hidden = 0;

	if (sscanf(layers, "784-%d%n", &first, &used) != 1)
		return false;
	for (width = first; width == first && layers[used] == '-'; hidden++) {
		int next = 0;

		if (sscanf(layers + used, "-%d%n", &width, &next) != 1)
			return false;
		used += next;
	}
	if (width != 10 || layers[used] || (first != 500 && hidden != 2))
		return false;
	snprintf(words, size, first == 500 ? "%d hidden" : "width %d", first == 500 ? hidden : first);
	return true;
}

struct study_name study_layers_words(const char *layers)
{
	struct study_name s;

	if (!layers_words(layers, s.s, sizeof(s.s)))
		snprintf(s.s, sizeof(s.s), "%s", layers);
	return s;
}

/* `%s` of the format replaced; no other conversion is in it. */
static void fill(char *text, size_t size, const char *format, const char *value)
{
	const char *at = strstr(format, "%s");

	snprintf(text, size, "%.*s%s%s", at ? (int)(at - format) : (int)strlen(format), format, at ? value : "",
		 at ? at + 2 : "");
}

/* A list with blanks behind its commas, which makes it wrap; layers each in words. */
static void list_words(const char *column, const char *list, char *text, size_t size)
{
	text[0] = '\0';
	for (const char *item = list; *item; item += *item == ',') {
		const size_t n = strcspn(item, ","), used = strlen(text);
		char value[96];

		snprintf(value, sizeof(value), "%.*s", (int)n, item);
		snprintf(text + used, size - used, "%s%s", item == list ? "" : ", ",
			 strcmp(column, "layers") ? value : study_layers_words(value).s);
		item += n;
	}
}

/* `@`, which stands for the value of what it is compared with, and all values of one column. */
static struct study_phrase value_words(const char *column, const char *value)
{
	struct study_phrase p = {""};
	char list[sizeof(p.s) - 24];
	int i = 0;

	list_words(column, value, list, sizeof(list));
	while (phrases[i].column &&
	       (strcmp(phrases[i].column, column) != 0 || (phrases[i].value && strcmp(phrases[i].value, value) != 0)))
		i++;
	if (!strcmp(value, "@"))
		snprintf(p.s, sizeof(p.s), "with the same %.16s", column);
	else if (phrases[i].column)
		fill(p.s, sizeof(p.s), phrases[i].words, list);
	else
		snprintf(p.s, sizeof(p.s), "%.16s=%s", column, list);
	return p;
}

/* Word by word: `column=value`, or a method. */
static void translate(const char *name, char *text, size_t size)
{
	text[0] = '\0';
	for (const char *word = name; *word; word += strspn(word, " ")) {
		const size_t n = strcspn(word, " "), used = strlen(text), head = strcspn(word, "=");
		const bool plain = head >= n;
		char column[32], value[256];

		snprintf(column, sizeof(column), "%.*s", plain ? 0 : (int)head, word);
		snprintf(value, sizeof(value), "%.*s", (int)(plain ? n : n - head - 1), plain ? word : word + head + 1);
		snprintf(text + used, size - used, "%s%s", used ? " " : "",
			 value_words(plain ? "method" : column, value).s);
		word += n;
	}
}

struct study_name study_words(const char *name)
{
	struct study_name s;

	translate(name, s.s, sizeof(s.s));
	return s;
}

struct study_phrase study_spec_words(const struct study_spec *spec)
{
	struct study_phrase p;
	char text[640];

	study_spec_text(spec, text, sizeof(text));
	translate(text, p.s, sizeof(p.s));
	return p;
}
