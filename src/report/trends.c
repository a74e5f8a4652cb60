/* SPDX-License-Identifier: MIT */
/* See trends.h. Rows are sorted by machine and cell already; visits are counted over all cells of a machine. */
#include "report/trends.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_time(const void *pa, const void *pb)
{
	return strcmp((*(const struct history_record *const *)pa)->run_id,
		      (*(const struct history_record *const *)pb)->run_id);
}

/* The first row of each visit of the machine, in order of time. */
static int find_visits(struct trend_machine *m, const struct history_record *rows, size_t n)
{
	m->visits = calloc(n + 1, sizeof(*m->visits));
	if (!m->visits)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		m->visits[i] = &rows[i];
	qsort(m->visits, n, sizeof(*m->visits), by_time);
	for (size_t i = 0; i < n; i++)
		if (!m->n_visits || strcmp(m->visits[m->n_visits - 1]->commit, m->visits[i]->commit) != 0)
			m->visits[m->n_visits++] = m->visits[i];
	return 0;
}

/* The last visit that began before the row's process, or with it. */
static int visit_of(const struct trend_machine *m, const struct history_record *row)
{
	int low = 0, high = m->n_visits;

	while (high - low > 1) {
		const int middle = low + (high - low) / 2;

		if (strcmp(m->visits[middle]->run_id, row->run_id) <= 0)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static int fill_trend(struct trend *t, const struct trend_machine *m)
{
	const size_t room = (size_t)t->n_rows + 1;
	int in_visit = 0;

	t->visit = calloc(room, sizeof(*t->visit));
	t->place = calloc(room, sizeof(*t->place));
	t->value = calloc(room, sizeof(*t->value));
	if (!t->visit || !t->place || !t->value)
		return -ENOMEM;
	for (int i = 0; i < t->n_rows; i++) {
		t->visit[i] = visit_of(m, &t->rows[i]);
		if (!t->n || t->place[t->n - 1] != t->visit[i]) {
			t->place[t->n++] = t->visit[i];
			in_visit = 0;
		}
		t->value[t->n - 1] += (log(t->rows[i].ratio) - t->value[t->n - 1]) / ++in_visit;
	}
	return 0;
}

static int cut_cells(struct trend_machine *m, const struct history_record *rows, size_t n)
{
	m->v = calloc(n + 1, sizeof(*m->v));
	if (!m->v)
		return -ENOMEM;
	for (size_t i = 0, end; i < n; i = end) {
		for (end = i + 1; end < n && !history_compare_cell(&rows[i], &rows[end]);)
			end++;
		m->v[m->n] = (struct trend){.rows = &rows[i], .n_rows = (int)(end - i)};
		if (fill_trend(&m->v[m->n++], m))
			return -ENOMEM;
	}
	return 0;
}

static int find_changes(struct trend_machine *m)
{
	struct change_series *series = calloc((size_t)m->n + 1, sizeof(*series));
	int rc;

	if (!series)
		return -ENOMEM;
	for (int i = 0; i < m->n; i++)
		series[i] = (struct change_series){m->v[i].value, m->v[i].n};
	rc = changes_find(series, m->n, &m->changes, &m->n_changes, &m->reach);
	free(series);
	for (int i = 0; rc == 0 && i < m->n_changes; i++) {
		struct trend *t = &m->v[m->changes[i].series];

		if (!t->n_changes++)
			t->changes = &m->changes[i];
	}
	return rc;
}

int trend_list_create(struct trend_list *list, const struct history_list *history)
{
	int rc = 0;

	*list = (struct trend_list){.v = calloc(history->n + 1, sizeof(*list->v))};
	if (!list->v)
		return -ENOMEM;
	for (size_t i = 0, end; i < history->n && rc == 0; i = end) {
		const struct history_record *rows = &history->v[i];
		struct trend_machine *m = &list->v[list->n++];

		for (end = i + 1; end < history->n && !history_compare_machine(rows, &history->v[end]);)
			end++;
		m->key = rows;
		rc = find_visits(m, rows, end - i);
		rc = rc ? rc : cut_cells(m, rows, end - i);
		rc = rc ? rc : find_changes(m);
	}
	if (rc)
		trend_list_destroy(list);
	return rc;
}

void trend_list_destroy(struct trend_list *list)
{
	for (int i = 0; i < list->n; i++) {
		struct trend_machine *m = &list->v[i];

		for (int j = 0; j < m->n; j++) {
			free(m->v[j].visit);
			free(m->v[j].place);
			free(m->v[j].value);
		}
		free(m->v);
		free(m->visits);
		free(m->changes);
	}
	free(list->v);
	*list = (struct trend_list){0};
}

double trend_level(const struct trend *t, int from, int to)
{
	return exp(stats_mean(t->value + from, to - from));
}

int trend_last_stretch(const struct trend *t)
{
	return t->n_changes ? t->changes[t->n_changes - 1].at : 0;
}

#define COPY(field) memcpy(key.field, r->field, sizeof(key.field))

struct kernel_record trend_key(const struct history_record *r)
{
	struct kernel_record key = {
		.batch = r->batch, .n_in = r->n_in, .n_out = r->n_out, .k = r->k, .tau = r->tau, .threads = r->threads};

	COPY(op);
	COPY(method);
	COPY(select);
	COPY(dw);
	COPY(library);
	COPY(dataset);
	COPY(dist);
	COPY(optimizer);
	COPY(cache);
	COPY(isa);
	return key;
}
