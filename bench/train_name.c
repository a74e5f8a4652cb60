/* SPDX-License-Identifier: MIT */
/* What trainings are called, see train_points.h: by what differs from the defaults. */
#include "options_table.h"
#include "train_points.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A text that grows at its end. Cut, two trainings could be called the same: that is told. */
struct words {
	char *text;
	size_t size;
	bool cut;
};

static void append(struct words *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(struct words *w, const char *format, ...)
{
	size_t used = strlen(w->text);
	va_list list;
	int n;

	va_start(list, format);
	n = vsnprintf(w->text + used, w->size - used, format, list);
	va_end(list);
	w->cut |= n < 0 || (size_t)n >= w->size - used;
}

static const struct option *find_row(const char *name)
{
	const struct option *row = option_table;

	while (strcmp(row->name, name) || !(row->commands & COMMAND_TRAIN))
		row++;
	return row;
}

static bool anneals(const struct options *o)
{
	const struct policy *p = policy_find(o->policy);

	return p->changes != POLICY_NOTHING && !p->shape;
}

static bool uses_lr(const struct options *o)
{
	double usual = optimizer_find(o->optimizer)->lr;

	return o->lr < usual || o->lr > usual;
}

static bool uses_momentum(const struct options *o)
{
	return !strcmp(o->optimizer, "momentum");
}

static bool uses_factor(const struct options *o)
{
	return anneals(o) || !strncmp(o->policy, "step", 4);
}

static bool uses_floor(const struct options *o)
{
	return anneals(o) || (policy_find(o->policy)->changes & POLICY_LR);
}

/* Settings that have no column of their own in the records: they count where the function says so, or with a method. */
static const struct setting {
	const char *name;
	bool (*counts)(const struct options *o);
	const char *method;
} settings[] = {
	{"lr", uses_lr, NULL},
	{"momentum", uses_momentum, NULL},
	{"spike", anneals, NULL},
	{"anneal-factor", uses_factor, NULL},
	{"floor", uses_floor, NULL},
	{"rescale", NULL, "random_k"},
	{"tinyprop-min", NULL, "tinyprop"},
	{"tinyprop-max", NULL, "tinyprop"},
	{"tinyprop-damp", NULL, "tinyprop"},
	{"memory", NULL, "error_feedback"},
};

/* Appends "name=value", or "name" of a flag, if it differs from the default. */
static void name_setting(struct words *words, const struct options *o, const struct option *row)
{
	const void *field = (const char *)o + row->offset;
	const char *gap = words->text[0] ? " " : "";
	double usual, value;

	if (row->type == OPTION_FLAG) {
		if (*(const bool *)field)
			append(words, "%s%s", gap, row->name);
		return;
	}
	usual = strtod(row->fallback, NULL);
	memcpy(&value, field, sizeof(value));
	if (value < usual || value > usual)
		append(words, "%s%s=%g", gap, row->name, value);
}

static bool name_settings(const struct options *o, struct train_point *t)
{
	struct words words = {t->settings, sizeof(t->settings), false};

	t->settings[0] = '\0';
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		const struct setting *s = &settings[i];

		if (s->counts ? s->counts(o) : strstr(t->entrant.name, s->method) != NULL)
			name_setting(&words, o, find_row(s->name));
	}
	return !words.cut;
}

/* The optimiser, and whatever differs from the defaults. */
static void name_recipe(struct words *label, const struct options *o, const struct train_point *t)
{
	append(label, " %s", o->optimizer);
	if (t->settings[0])
		append(label, " %s", t->settings);
	if (t->sparse_output)
		append(label, " output=sparse");
	if (t->kept_bias)
		append(label, " bias=kept");
	if (o->lazy)
		append(label, " lazy");
	if (o->fused)
		append(label, " fused");
	if (strcmp(o->loss, "mean"))
		append(label, " %s", o->loss);
	if (strcmp(o->init, "glorot"))
		append(label, " init=%s", o->init);
	if (o->dropout > 0)
		append(label, " dropout=%g", o->dropout);
	if (o->l1 > 0)
		append(label, " l1=%g", o->l1);
	if (o->l2 > 0)
		append(label, " l2=%g", o->l2);
	if (strcmp(o->policy, "constant"))
		append(label, " %s", o->policy);
}

/* Under --experiment: what has no column. A long topk/dense/... is cut in its column. */
static void name_experiment(struct words *label, const struct train_point *t)
{
	if (strlen(t->entrant.name) >= sizeof(((struct train_record *)0)->method))
		append(label, ": %s", t->entrant.name);
	append(label, "%s%s", t->settings[0] ? " " : "", t->settings);
}

static void name_point(struct words *label, const struct options *o, const struct train_point *t)
{
	append(label, "%s%s", o->experiment[0] ? ": " : "", t->entrant.name);
	if (t->entrant.method->takes_k)
		append(label, " k=%s", t->k_text);
	if (train_method_asks_tau(t->entrant.method) || t->tau > 0)
		append(label, " tau=%g", t->tau);
	if (o->select.n && t->select[0])
		append(label, " %s", t->select);
	name_recipe(label, o, t);
}

int train_point_label(struct train_point *t, const struct options *o, bool many, struct failure *f)
{
	struct words label = {t->experiment, sizeof(t->experiment), false};
	const bool whole = name_settings(o, t);

	snprintf(t->experiment, sizeof(t->experiment), "%.63s", o->experiment);
	if (o->experiment[0] && !many)
		name_experiment(&label, t);
	else
		name_point(&label, o, t);
	if (whole && !label.cut)
		return 0;
	return fail(f, -EINVAL,
		    "the name '%.80s...' of a training is longer than %zu bytes; should have fewer layers or "
		    "settings",
		    t->experiment, sizeof(t->experiment) - 1);
}

void train_point_name(const struct train_point *t, char *text, size_t size)
{
	snprintf(text, size, "%s batch=%d seed=%" PRIu64 " threads=%d", t->experiment, t->batch, t->seed, t->threads);
}
