/* SPDX-License-Identifier: MIT */
/* See pivot.h. */
#include "report/pivot.h"

#include "kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Inserts key into the sorted axis unless it is there; returns the new length. */
static int axis_add(const struct kernel_record **axis, int n, const struct kernel_record *key,
		    series_compare_fn *compare)
{
	int at = n;

	while (at > 0 && compare(axis[at - 1], key) > 0)
		at--;
	if (at > 0 && compare(axis[at - 1], key) == 0)
		return n;
	memmove(axis + at + 1, axis + at, sizeof(const struct kernel_record *) * (size_t)(n - at));
	axis[at] = key;
	return n + 1;
}

static int axis_find(const struct kernel_record **axis, const struct kernel_record *key, series_compare_fn *compare)
{
	int i = 0;

	while (compare(axis[i], key) != 0)
		i++;
	return i;
}

static void fill_axes(struct pivot *p, const struct series *v, int n, const struct axes *axes)
{
	for (int i = 0; i < n; i++) {
		if (!axes->keep(v[i].key))
			continue;
		p->n_rows = axis_add(p->rows, p->n_rows, v[i].key, axes->row);
		p->n_cols = axis_add(p->cols, p->n_cols, v[i].key, axes->col);
	}
}

static void fill_cells(struct pivot *p, const struct series *v, int n, const struct axes *axes)
{
	for (int i = 0; i < n; i++) {
		const struct series **cell;

		if (!axes->keep(v[i].key))
			continue;
		cell = &p->cells[axis_find(p->rows, v[i].key, axes->row) * p->n_cols +
				 axis_find(p->cols, v[i].key, axes->col)];
		if (!*cell || v[i].ns < (*cell)->ns)
			*cell = &v[i];
	}
}

int pivot_create(struct pivot *p, const struct series *v, int n, const struct axes *axes)
{
	size_t pointers = (size_t)n + 1;

	*p = (struct pivot){0};
	p->rows = calloc(pointers, sizeof(*p->rows));
	p->cols = calloc(pointers, sizeof(*p->cols));
	if (!p->rows || !p->cols)
		goto fail;
	fill_axes(p, v, n, axes);
	p->cells = calloc((size_t)p->n_rows * (size_t)p->n_cols + 1, sizeof(*p->cells));
	if (!p->cells)
		goto fail;
	fill_cells(p, v, n, axes);
	return 0;
fail:
	pivot_destroy(p);
	return -ENOMEM;
}

void pivot_destroy(struct pivot *p)
{
	free(p->rows);
	free(p->cols);
	free(p->cells);
	*p = (struct pivot){0};
}

const struct series *pivot_at(const struct pivot *p, int row, int col)
{
	return p->cells[row * p->n_cols + col];
}

int series_group_end(const struct series_list *list, int first, series_compare_fn *same)
{
	int end = first;

	while (end < list->n && same(list->v[first].key, list->v[end].key) == 0)
		end++;
	return end;
}

int compare_k(const struct kernel_record *a, const struct kernel_record *b)
{
	return (a->k > b->k) - (a->k < b->k);
}

int compare_tau(const struct kernel_record *a, const struct kernel_record *b)
{
	return (a->tau > b->tau) - (a->tau < b->tau);
}

int compare_threads(const struct kernel_record *a, const struct kernel_record *b)
{
	return (a->threads > b->threads) - (a->threads < b->threads);
}

int compare_threads_and_way(const struct kernel_record *a, const struct kernel_record *b)
{
	int d = compare_threads(a, b);

	return d ? d : series_compare_way(a, b);
}

int compare_way_and_tau(const struct kernel_record *a, const struct kernel_record *b)
{
	int d = series_compare_way(a, b);

	return d ? d : compare_tau(a, b);
}

int compare_workload_and_threads(const struct kernel_record *a, const struct kernel_record *b)
{
	int d = series_compare_workload(a, b);

	return d ? d : compare_threads(a, b);
}

/* In the order of the table of methods; others behind, by name. */
int compare_method(const struct kernel_record *a, const struct kernel_record *b)
{
	const struct method *ma = method_find(a->method), *mb = method_find(b->method);

	if (ma && mb)
		return (ma > mb) - (ma < mb);
	return ma || mb ? (mb != NULL) - (ma != NULL) : strcmp(a->method, b->method);
}
