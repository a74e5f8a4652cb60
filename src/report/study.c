/* SPDX-License-Identifier: MIT */
/* Finds the experiments of a study among what was run, and says what they are. See study.h. */
#include "report/study.h"

#include "report/study_parts.h"
#include "report/study_time.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Puts e into its place among n that are sorted and drops the last if there is no room; returns the new count. */
static int insert(const struct experiment **found, int n, int room, const struct experiment *e, const char *key)
{
	double value = study_value(e, key); /* NaN stays where it came */
	int at = n;

	for (int i = 0; i < n; i++)
		if (study_same_setting(found[i]->key, e->key)) {
			found[i] = experiment_seeds(e) > experiment_seeds(found[i]) ? e : found[i];
			return n;
		}
	while (at > 0 && study_value(found[at - 1], key) > value)
		at--;
	if (at == room)
		return n;
	n -= n == room;
	memmove(&found[at + 1], &found[at], sizeof(const struct experiment *) * (size_t)(n - at));
	found[at] = e;
	return n + 1;
}

int study_find_specs(const struct experiment_list *list, const struct study_spec *spec, const char *key,
		     const struct experiment **found, int room)
{
	int n = 0;

	for (int i = 0; i < list->n; i++)
		if (study_matches(spec, list->v[i].key))
			n = insert(found, n, room, &list->v[i], key);
	return n;
}

int study_find_all(const struct experiment_list *list, const char *spec, const char *key,
		   const struct experiment **found, int room)
{
	const struct study_spec s = study_spec_of(spec);

	return study_find_specs(list, &s, key, found, room);
}

const struct experiment *study_find_spec(const struct experiment_list *list, const struct study_spec *spec)
{
	const struct experiment *best = NULL;

	for (int i = 0; i < list->n; i++)
		if (study_matches(spec, list->v[i].key) &&
		    (!best || experiment_seeds(&list->v[i]) > experiment_seeds(best)))
			best = &list->v[i];
	return best;
}

const struct experiment *study_find(const struct experiment_list *list, const char *spec)
{
	const struct study_spec s = study_spec_of(spec);

	return study_find_spec(list, &s);
}

/* The number that a text begins with. */
static double leading_number(const char *text)
{
	char *end;
	double v = strtod(text, &end);

	return end == text ? NAN : v;
}

static double hidden_layers(const char *layers)
{
	double n = -1;

	for (; *layers; layers++)
		n += *layers == '-';
	return n;
}

double study_value(const struct experiment *e, const char *column)
{
	const char *hidden = strchr(e->key->layers, '-');
	const struct column *c = study_column(column);
	const char *at = (const char *)e->key + (c ? c->offset : 0);

	if (!strcmp(column, "mean_k"))
		return experiment_mean_k(e);
	if (!strcmp(column, "depth"))
		return hidden_layers(e->key->layers);
	if (!strcmp(column, "width"))
		return hidden ? leading_number(hidden + 1) : NAN;
	if (!c)
		return NAN;
	if (c->type == COLUMN_TEXT)
		return leading_number(at);
	return c->type == COLUMN_REAL ? *(const double *)at : (double)*(const int64_t *)at;
}

bool study_has_times(const struct experiment *e)
{
	for (int i = 0; i < e->n; i++)
		for (int j = 0; j < e->runs[i].n; j++)
			if (!train_is_timed(e->runs[i].epochs[j]))
				return false;
	return e->n > 0;
}

static const struct train_record *last_epoch(const struct run *r)
{
	return r->epochs[r->n - 1];
}

int study_diverged(const struct experiment *e)
{
	int n = 0;

	for (int i = 0; i < e->n; i++)
		n += !isfinite(last_epoch(&e->runs[i])->train_loss);
	return n;
}

int study_collapsed(const struct experiment *e)
{
	int n = 0;

	for (int i = 0; i < e->n; i++)
		n += e->runs[i].whole && isfinite(last_epoch(&e->runs[i])->train_loss) &&
		     last_epoch(&e->runs[i])->test_acc < STUDY_COLLAPSED;
	return n;
}
