/* SPDX-License-Identifier: MIT */
/* See compare_rounds.h. */
#include "compare_rounds.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Which process a sample is of; those seen before stand in `first`, at most one more is added. */
static int process_of(const struct kernel_record **first, int *n, const struct kernel_record *r)
{
	for (int i = *n - 1; i >= 0; i--) {
		if (strcmp(first[i]->run_id, r->run_id) == 0)
			return i;
	}
	first[*n] = r;
	return (*n)++;
}

/* The values in the order of the samples, and whose they are; returns how many. */
static int measure(struct process_rounds *p, const struct series *s, const struct series *base, double *values,
		   int *process)
{
	int n = 0;

	for (int i = 0; i < s->n; i++) {
		const struct kernel_record *r = s->samples[i], *partner = base ? series_partner(base, r) : r;

		if (!partner)
			continue;
		values[n] = series_sample_ns(r) / (base ? series_sample_ns(partner) : 1);
		process[n++] = process_of(p->first, &p->n, r);
	}
	return n;
}

/* Lays the values of each process side by side. */
static void sort_by_process(struct process_rounds *p, const double *values, const int *process, int n)
{
	int at = 0;

	for (int i = 0; i < p->n; i++) {
		p->v[i].v = p->values + at;
		for (int j = 0; j < n; j++) {
			if (process[j] == i)
				p->values[at++] = values[j];
		}
		p->v[i].n = (int)(p->values + at - p->v[i].v);
	}
}

int process_rounds_create(struct process_rounds *p, const struct series *s, const struct series *base)
{
	size_t room = (size_t)s->n + 1;
	double *values = calloc(room, sizeof(*values));
	int *process = calloc(room, sizeof(*process));

	*p = (struct process_rounds){.values = calloc(room, sizeof(*p->values)),
				     .first = calloc(room, sizeof(*p->first))};
	if (values && process && p->values && p->first) {
		int n = measure(p, s, base, values, process);

		p->v = calloc((size_t)p->n + 1, sizeof(*p->v));
		if (p->v)
			sort_by_process(p, values, process, n);
	}
	free(values);
	free(process);
	if (p->v)
		return 0;
	process_rounds_destroy(p);
	return -ENOMEM;
}

void process_rounds_destroy(struct process_rounds *p)
{
	free(p->v);
	free(p->values);
	free(p->first);
	*p = (struct process_rounds){0};
}

const struct series *series_list_find(const struct series_list *list, const struct kernel_record *cell)
{
	for (int low = 0, high = list->n - 1; low <= high;) {
		int middle = low + (high - low) / 2, d = series_compare_cell(list->v[middle].key, cell);

		if (d == 0)
			return &list->v[middle];
		if (d < 0)
			low = middle + 1;
		else
			high = middle - 1;
	}
	return NULL;
}

static bool is_yardstick(const struct kernel_record *r)
{
	return strcmp(r->op, "yardstick") == 0;
}

const struct series *series_list_yardstick(const struct series_list *list, const struct kernel_record *cell,
					   const char *method)
{
	const struct series *found = NULL;

	for (int i = 0; i < list->n; i++) {
		const struct kernel_record *r = list->v[i].key;

		if (!is_yardstick(r) || strcmp(r->method, method) != 0 || r->threads != cell->threads)
			continue;
		if (r->batch == cell->batch && r->n_in == cell->n_in && r->n_out == cell->n_out)
			return &list->v[i];
		found = found ? found : &list->v[i];
	}
	return found;
}

bool series_list_has_yardstick(const struct series_list *list)
{
	for (int i = 0; i < list->n; i++) {
		if (is_yardstick(list->v[i].key))
			return true;
	}
	return false;
}
