/* SPDX-License-Identifier: MIT */
/* What trainings are called, see train_points.h: by what differs from the defaults. */
#include "options_table.h"
#include "train_points.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void append(struct train_point *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(struct train_point *p, const char *format, ...)
{
	size_t used = strlen(p->experiment);
	va_list list;

	va_start(list, format);
	vsnprintf(p->experiment + used, sizeof(p->experiment) - used, format, list);
	va_end(list);
}

static const struct option *find_row(const char *name)
{
	const struct option *row = option_table;

	while (strcmp(row->name, name) || !(row->commands & COMMAND_TRAIN))
		row++;
	return row;
}

/* Settings that have no column of their own in the records, where they differ from the defaults. */
static void name_settings(const struct options *o, struct train_point *t)
{
	static const char *const names[] = {"lr", "momentum", "spike", "anneal-factor", "floor"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct option *row = find_row(names[i]);
		double usual = strtod(row->fallback, NULL), value;

		memcpy(&value, (const char *)o + row->offset, sizeof(value));
		if (value < usual || value > usual)
			append(t, " %s=%g", row->name, value);
	}
	if (o->rescale && strstr(t->entrant.name, "random_k"))
		append(t, " rescale");
}

/*
 * "topk k=20 adam", and whatever differs from the defaults; --experiment stands for those of them that have columns.
 * --resume goes by the name and the columns.
 */
void train_point_label(struct train_point *t, const struct options *o, bool many)
{
	snprintf(t->experiment, sizeof(t->experiment), "%.63s", o->experiment);
	if (o->experiment[0] && !many) {
		name_settings(o, t);
		return;
	}
	append(t, "%s%s", o->experiment[0] ? ": " : "", t->entrant.name);
	if (t->entrant.method->takes_k)
		append(t, " k=%s", t->k_text);
	if (t->entrant.method->takes_tau)
		append(t, " tau=%g", t->tau);
	if (o->select.n && t->select[0])
		append(t, " %s", t->select);
	append(t, " %s", o->optimizer);
	name_settings(o, t);
	if (o->lazy)
		append(t, " lazy");
	if (o->fused)
		append(t, " fused");
	if (strcmp(o->loss, "mean"))
		append(t, " %s", o->loss);
	if (strcmp(o->init, "glorot"))
		append(t, " init=%s", o->init);
	if (o->dropout > 0)
		append(t, " dropout=%g", o->dropout);
	if (strcmp(o->policy, "constant"))
		append(t, " %s", o->policy);
}

void train_point_name(const struct train_point *t, char *text, size_t size)
{
	snprintf(text, size, "%s batch=%d seed=%" PRIu64 " threads=%d", t->experiment, t->batch, t->seed, t->threads);
}
