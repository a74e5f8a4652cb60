/* SPDX-License-Identifier: MIT */
/*
 * All claims: those of the table, and one for each number in the table of published ones (published.h): a test or dev
 * accuracy, the best epoch, or the milliseconds of a GPU. See claims.h.
 */
#include "report/claims.h"

#include "report/published.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct claim_text {
	char id[64], words[128], published[32];
};

/* Which lines of the plan train what is published together. */
static const struct {
	const char *set, *family;
} families[] = {
	{"ratio", "ratio"}, {"depth", "depth"}, {"unified", "k|depth"}, {"gpu", NULL}, {NULL, "paper"},
};

static const char *family_of(const char *set)
{
	int i = 0;

	while (families[i].set && strcmp(families[i].set, set) != 0)
		i++;
	return families[i].family;
}

/* What can be published of a training. */
static const struct quantity {
	const char *name, *words, *unit;
	size_t offset; /* in struct published */
	claim_measure_fn *measure;
	claim_fn *judge;
} quantities[] = {
	{"test", "test accuracy", "", offsetof(struct published, test), claim_test_accuracy, claim_value},
	{"dev", "dev accuracy", "", offsetof(struct published, dev), claim_dev_accuracy, claim_value},
	{"epoch", "best epoch", " epochs", offsetof(struct published, best_epoch), claim_best_epoch, claim_value},
	{"ms", "back-propagation of a minibatch", " ms", offsetof(struct published, gpu_ms), NULL, claim_not_here},
};
#define N_QUANTITIES ((int)(sizeof(quantities) / sizeof(quantities[0])))

static double published_value(const struct published *p, const struct quantity *q)
{
	double value;

	memcpy(&value, (const char *)p + q->offset, sizeof(value));
	return value;
}

/* Whether a row before has the same number of the same training. */
static bool is_repeated(const struct published *p, const struct quantity *q)
{
	double value = published_value(p, q);

	for (const struct published *before = published; before < p; before++) {
		double other = published_value(before, q);

		if (p->spec[0] && strcmp(before->spec, p->spec) == 0 && other >= value && other <= value)
			return true;
	}
	return false;
}

/* Letters, digits and points stay; everything else becomes a dash. */
static void make_id(char *id, size_t size, const struct published *p, const struct quantity *q)
{
	snprintf(id, size, "value-%s-%s-%s", p->set, p->what, q->name);
	for (; *id; id++)
		*id = isalnum((unsigned char)*id) || *id == '.' ? (char)tolower((unsigned char)*id) : '-';
}

static struct claim claim_of(const struct published *p, const struct quantity *q, struct claim_text *text)
{
	double value = published_value(p, q);

	make_id(text->id, sizeof(text->id), p, q);
	snprintf(text->published, sizeof(text->published), q->unit[0] ? "%.4g%s" : "%.2f%s", value, q->unit);
	snprintf(text->words, sizeof(text->words), "%s: %s %s", p->what, q->words, text->published);
	return (struct claim){.id = text->id,
			      .source = CLAIM_NUMBER,
			      .place = p->source,
			      .words = text->words,
			      .published = text->published,
			      .family = family_of(p->set),
			      .judge = q->judge,
			      .members = p->spec,
			      .base = "",
			      .value = value,
			      .slack = p->slack,
			      .measure = q->measure,
			      .unit = q->unit,
			      .differs = p->recipe};
}

static void add_published(struct claim_list *list, const struct published *p)
{
	for (int q = 0; q < N_QUANTITIES; q++) {
		if (!(published_value(p, &quantities[q]) > 0) || is_repeated(p, &quantities[q]))
			continue;
		list->v[list->n] = claim_of(p, &quantities[q], &list->text[list->n]);
		list->n++;
	}
}

int claim_list_create(struct claim_list *list)
{
	size_t n = 0;

	for (const struct claim *c = claims; c->id; c++)
		n++;
	for (const struct published *p = published; p->set; p++)
		n += (size_t)N_QUANTITIES;
	*list = (struct claim_list){.v = calloc(n, sizeof(*list->v)), .text = calloc(n, sizeof(*list->text))};
	if (!list->v || !list->text) {
		claim_list_destroy(list);
		return -ENOMEM;
	}
	for (const struct claim *c = claims; c->id; c++)
		list->v[list->n++] = *c;
	for (const struct published *p = published; p->set; p++)
		add_published(list, p);
	return 0;
}

void claim_list_destroy(struct claim_list *list)
{
	free(list->v);
	free(list->text);
	*list = (struct claim_list){0};
}
