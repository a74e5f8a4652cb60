/* SPDX-License-Identifier: MIT */
/* Values of options that are words, see options_table.h: names of a table, words per layer, moments, and paths. */
#include "options_table.h"

#include "dists.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MAX_WORD sizeof(((struct word_list *)0)->v[0])

bool option_allows(const struct option *row, const char *word)
{
	for (int i = 0; row->names && row->names(i); i++)
		if (!strcmp(row->names(i), word))
			return true;
	return !row->names;
}

int option_fail_word(const struct option *row, const char *text, const char *word, struct failure *f)
{
	const char *near = row->names ? options_nearest(word, row->names) : NULL;
	char should[320];

	option_describe(row, should, sizeof(should));
	return fail(f, -EINVAL, "invalid value '%.80s' for --%s; should be %s%s%s%s", text, row->name, should,
		    near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

static const char *add_word(struct word_list *list, const char *word)
{
	for (int i = 0; i < list->n; i++)
		if (!strcmp(list->v[i], word))
			return "twice the item";
	if (list->n == OPTIONS_MAX_LIST)
		return "too many items from";
	snprintf(list->v[list->n++], sizeof(list->v[0]), "%s", word);
	return NULL;
}

/* topk or topk/dense */
static bool is_layer_words(const struct option *row, const char *item)
{
	char word[MAX_WORD];

	for (size_t n; (n = strcspn(item, "/")) > 0; item += n + 1) {
		snprintf(word, sizeof(word), "%.*s", (int)n, item);
		if (!option_allows(row, word))
			return false;
		if (!item[n])
			return true;
	}
	return false;
}

/* 20 or 20/40 */
static bool is_k_layers(const struct option *row, const char *item)
{
	int64_t k;

	while (option_scan_int(row, &item, &k)) {
		if (!*item)
			return true;
		if (*item++ != '/')
			return false;
	}
	return false;
}

/* step1 or epoch10 */
static bool is_moment(const struct option *row, const char *item)
{
	size_t word = strspn(item, "abcdefghijklmnopqrstuvwxyz");
	bool known = (word == 4 && !strncmp(item, "step", 4)) || (word == 5 && !strncmp(item, "epoch", 5));
	int64_t at;

	item += word;
	return known && option_scan_int(row, &item, &at) && !*item;
}

static bool is_item(const struct option *row, const char *item)
{
	if (row->type == OPTION_K_LAYERS)
		return is_k_layers(row, item);
	if (row->type == OPTION_MOMENTS)
		return is_moment(row, item);
	return row->type == OPTION_LAYER_WORDS ? is_layer_words(row, item) : option_allows(row, item);
}

int option_parse_words(const struct option *row, const char *text, struct word_list *list, struct failure *f)
{
	const char *rest = text, *wrong;
	char item[MAX_WORD];

	list->n = 0;
	if (row->type != OPTION_K_LAYERS && !strcmp(text, "all")) {
		add_word(list, text);
		return 0;
	}
	do {
		if (!option_next_item(&rest, item, sizeof(item)))
			return option_fail_value(row, text, f);
		if (!is_item(row, item))
			return option_fail_word(row, text, item, f);
		wrong = add_word(list, item);
		if (wrong)
			return option_fail_item(row, text, item, wrong, f);
	} while (*rest);
	return 0;
}

static bool has_control(const char *text)
{
	while (*text && !iscntrl((unsigned char)*text))
		text++;
	return *text;
}

/* Names, or paths: what is in a path is seen when it is opened. */
int option_parse_dists(const struct option *row, const char *text, struct file_list *list, struct failure *f)
{
	const char *rest = text;
	char item[sizeof(list->v[0])];

	list->n = 0;
	do {
		if (!option_next_item(&rest, item, sizeof(item)) || has_control(item))
			return option_fail_value(row, text, f);
		if (!dist_is_file(item) && strcmp(text, "all") && !option_allows(row, item))
			return option_fail_word(row, text, item, f);
		for (int i = 0; i < list->n; i++)
			if (!strcmp(list->v[i], item))
				return option_fail_item(row, text, item, "twice the item", f);
		if (list->n == OPTIONS_MAX_DISTS)
			return option_fail_item(row, text, item, "too many items from", f);
		memcpy(list->v[list->n++], item, sizeof(item));
	} while (*rest);
	return 0;
}
