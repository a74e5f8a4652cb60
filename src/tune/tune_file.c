/* SPDX-License-Identifier: MIT */
/*
 * The tuning file: {"format": ..., "cells": [{key, dense_ns, nonzeros, relu_skip: [[kept, cost], ...],
 * topk: [[k, cost, algorithm], ...]}, ...]}. Read strictly: a choice from half a table would be no choice.
 */
#include "tune/tune_private.h"

#include "base/folder.h"
#include "report/json.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORMAT "mepbench tuning 1"
#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

#define TEXT(f) #f, offsetof(struct tune_key, f), sizeof(((struct tune_key *)0)->f)
#define NUMBER(f) #f, offsetof(struct tune_key, f)

static const struct {
	const char *name;
	size_t offset, size;
	bool loose; /* need not be equal where a file is the user's word */
} texts[] = {
	{TEXT(cpu), true},     {TEXT(isa), true},  {TEXT(compiler), true},
	{TEXT(program), true}, {TEXT(bind), true}, {TEXT(dist), false},
};

static const struct {
	const char *name;
	size_t offset;
	int min;
} numbers[] = {
	{NUMBER(threads), 1}, {NUMBER(batch), 1}, {NUMBER(n_in), 1}, {NUMBER(n_out), 1}, {NUMBER(dx), 0},
};

static const struct {
	const char *name;
	size_t offset;
	bool selects; /* points name an algorithm */
} curves[] = {
	{"relu_skip", offsetof(struct tune_table, relu_skip), false},
	{"topk", offsetof(struct tune_table, topk), true},
};

int tune_cells_add(struct tune_cells *cells, const struct tune_cell *cell)
{
	struct tune_cell *copy = malloc(sizeof(*copy));
	struct tune_cell **more = realloc(cells->v, ((size_t)cells->n + 1) * sizeof(struct tune_cell *));

	if (more)
		cells->v = more;
	if (!more || !copy) {
		free(copy);
		return -ENOMEM;
	}
	*copy = *cell;
	cells->v[cells->n++] = copy;
	return 0;
}

void tune_cells_destroy(struct tune_cells *cells)
{
	for (int i = 0; i < cells->n; i++)
		free(cells->v[i]);
	free(cells->v);
	*cells = (struct tune_cells){0};
}

bool tune_key_equal(const struct tune_key *a, const struct tune_key *b, bool loose)
{
	const char *ta = (const char *)a, *tb = (const char *)b;

	for (size_t i = 0; i < LENGTH(texts); i++)
		if (!(loose && texts[i].loose) && strcmp(ta + texts[i].offset, tb + texts[i].offset))
			return false;
	for (size_t i = 0; i < LENGTH(numbers); i++)
		if (*(const int *)(const void *)(ta + numbers[i].offset) !=
		    *(const int *)(const void *)(tb + numbers[i].offset))
			return false;
	return true;
}

/* False and the name of what is wrong. */
static bool read_key(const json_t *object, struct tune_key *key, const char **wrong)
{
	for (size_t i = 0; i < LENGTH(texts); i++) {
		const char *text = json_string_value(json_object_get(object, *wrong = texts[i].name));

		if (!text || strlen(text) >= texts[i].size)
			return false;
		memcpy((char *)key + texts[i].offset, text, strlen(text) + 1);
	}
	for (size_t i = 0; i < LENGTH(numbers); i++) {
		const json_t *value = json_object_get(object, *wrong = numbers[i].name);
		json_int_t v = json_integer_value(value);

		if (!json_is_integer(value) || v < numbers[i].min || v > 1 << 24)
			return false;
		*(int *)(void *)((char *)key + numbers[i].offset) = (int)v;
	}
	return true;
}

static bool read_number(const json_t *value, double *v)
{
	*v = json_number_value(value);
	return json_is_number(value) && isfinite(*v) && *v >= 0;
}

static bool read_point(const json_t *value, bool selects, struct tune_point *p)
{
	const char *select = selects ? json_string_value(json_array_get(value, 2)) : "";

	if (json_array_size(value) != (selects ? 3u : 2u) || !select || strlen(select) >= sizeof(p->select))
		return false;
	memcpy(p->select, select, strlen(select) + 1);
	return read_number(json_array_get(value, 0), &p->kept) && read_number(json_array_get(value, 1), &p->cost);
}

static bool read_curve(const json_t *list, bool selects, struct tune_curve *c)
{
	c->n = (int)json_array_size(list);
	if (!json_is_array(list) || c->n > TUNE_MAX_POINTS)
		return false;
	for (int i = 0; i < c->n; i++)
		if (!read_point(json_array_get(list, (size_t)i), selects, &c->v[i]) ||
		    (i && c->v[i].kept <= c->v[i - 1].kept))
			return false;
	return true;
}

static bool read_cell(const json_t *object, struct tune_cell *cell, const char **wrong)
{
	if (!read_key(object, &cell->key, wrong))
		return false;
	for (size_t i = 0; i < LENGTH(curves); i++)
		if (!read_curve(json_object_get(object, *wrong = curves[i].name), curves[i].selects,
				(struct tune_curve *)(void *)((char *)&cell->table + curves[i].offset)))
			return false;
	return read_number(json_object_get(object, *wrong = "dense_ns"), &cell->table.dense_ns) &&
	       read_number(json_object_get(object, *wrong = "nonzeros"), &cell->table.nonzeros);
}

static int read_cells(const char *path, const json_t *root, struct tune_cells *cells, struct failure *f)
{
	const json_t *list = json_object_get(root, "cells");
	const char *format = json_string_value(json_object_get(root, "format")), *wrong = "";

	if (!format || strcmp(format, FORMAT) || !json_is_array(list))
		return fail(f, -EINVAL, "%s: not a tuning file; should be a JSON object of format \"%s\" with cells",
			    path, FORMAT);
	for (size_t i = 0; i < json_array_size(list); i++) {
		struct tune_cell cell = {.fresh = false};

		if (!read_cell(json_array_get(list, i), &cell, &wrong))
			return fail(f, -EINVAL, "%s: cell %zu has no valid \"%s\"; should be as mepbench wrote it",
				    path, i + 1, wrong);
		if (tune_cells_add(cells, &cell))
			return fail(f, -ENOMEM, "out of memory for %s", path);
	}
	return 0;
}

int tune_file_read(const char *path, struct tune_cells *cells, struct failure *f)
{
	json_t *root;
	int rc = json_read(path, "a tuning file that mepbench wrote", &root, f);

	if (rc)
		return rc == -ENOENT ? 0 : rc;
	rc = read_cells(path, root, cells, f);
	json_decref(root);
	if (rc)
		tune_cells_destroy(cells);
	return rc;
}

static json_t *make_curve(const struct tune_curve *c, bool selects)
{
	json_t *list = json_array();

	for (int i = 0; i < c->n; i++) {
		json_t *point = json_pack("[f, f]", c->v[i].kept, c->v[i].cost);

		if (selects)
			json_array_append_new(point, json_string(c->v[i].select));
		json_array_append_new(list, point);
	}
	return list;
}

static json_t *make_cell(const struct tune_cell *cell)
{
	json_t *object = json_object();
	const char *key = (const char *)&cell->key, *table = (const char *)&cell->table;

	for (size_t i = 0; i < LENGTH(texts); i++)
		json_object_set_new(object, texts[i].name, json_string(key + texts[i].offset));
	for (size_t i = 0; i < LENGTH(numbers); i++)
		json_object_set_new(object, numbers[i].name,
				    json_integer(*(const int *)(const void *)(key + numbers[i].offset)));
	json_object_set_new(object, "dense_ns", json_real(cell->table.dense_ns));
	json_object_set_new(object, "nonzeros", json_real(cell->table.nonzeros));
	for (size_t i = 0; i < LENGTH(curves); i++)
		json_object_set_new(object, curves[i].name,
				    make_curve((const struct tune_curve *)(const void *)(table + curves[i].offset),
					       curves[i].selects));
	return object;
}

/* The folder of a file, if its name has one. */
static int make_folder_of(const char *path, struct failure *f)
{
	const char *end = strrchr(path, '/');
	char folder[512];

	if (!end || end == path || end - path >= (ptrdiff_t)sizeof(folder))
		return 0;
	snprintf(folder, sizeof(folder), "%.*s", (int)(end - path), path);
	return folder_create(folder, f);
}

int tune_file_check(const char *path, bool *missing, struct failure *f)
{
	const char *end = strrchr(path, '/');
	char folder[512];
	struct stat st;
	int error = 0;

	*missing = access(path, F_OK) != 0;
	if (!*missing)
		return 0;
	snprintf(folder, sizeof(folder), "%.*s", end ? (int)(end - path) + 1 : 1, end ? path : ".");
	if (stat(folder, &st) || access(folder, W_OK | X_OK))
		error = errno;
	else if (!S_ISDIR(st.st_mode))
		error = ENOTDIR;
	return error ? fail(f, -EINVAL, "--tuning=%s: cannot be made: %s; should be in a folder that can be written",
			    path, strerror(error))
		     : 0;
}

int tune_file_write(const char *path, bool folder, const struct tune_cells *cells, struct failure *f)
{
	json_t *list = json_array(), *root;
	int rc = folder ? make_folder_of(path, f) : 0;

	for (int i = 0; i < cells->n; i++)
		json_array_append_new(list, make_cell(cells->v[i]));
	root = json_pack("{s:s, s:o}", "format", FORMAT, "cells", list);
	if (!rc)
		rc = root ? json_write(path, root, f) : fail(f, -ENOMEM, "out of memory for %s", path);
	json_decref(root);
	return rc;
}
