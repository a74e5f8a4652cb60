/* SPDX-License-Identifier: MIT */
/* See summary_tables.h. */
#include "summary_tables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

void add_rounds(struct kernels *k, const struct point *p, int rounds)
{
	for (int round = 0; round < rounds; round++) {
		struct kernel_record *r = &k->v[k->n++];
		double drift = 1 + (round * 7 % 12) / 12.0, wobble = round % 2 ? 1 + p->wobble : 1 - p->wobble;

		assert_true(k->n <= sizeof(k->v) / sizeof(k->v[0]));
		*r = (struct kernel_record){
			.batch = 64, .n_in = 784, .n_out = 500, .k = p->k, .tau = p->tau, .seed = 1};
		SET(r->run_id, "run");
		SET(r->command, "backward");
		SET(r->op, p->op);
		SET(r->method, p->method);
		SET(r->select, p->select ? p->select : "");
		SET(r->dw, p->dw ? p->dw : "");
		SET(r->isa, p->isa ? p->isa : "avx2");
		SET(r->dist, "gaussian");
		SET(r->dataset, "synthetic");
		SET(r->cache, "warm");
		SET(r->check, p->check ? p->check : "ok");
		r->threads = p->threads ? p->threads : 1;
		r->round = round;
		r->calls = 100;
		r->elapsed_ns = (int64_t)(p->ns * 100 * drift * wobble);
		r->flops = 1e6;
		r->bytes = r->read[MEMORY_MAIN] = 1e5;
	}
}

void add(struct kernels *k, const struct point *p)
{
	add_rounds(k, p, ROUNDS);
}

struct kernels *kernels_create(void)
{
	struct kernels *k = calloc(1, sizeof(*k));

	assert_non_null(k);
	return k;
}

char *render(const struct table_list *list)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (int i = 0; i < list->count; i++)
		assert_int_equal(table_print(&list->tables[i], TABLE_TEXT, out), 0);
	assert_int_equal(fclose(out), 0);
	assert_null(strstr(text, "nan"));
	assert_null(strstr(text, "inf"));
	return text;
}

struct table_list tables_of(struct kernels *k)
{
	struct table_list list;

	assert_int_equal(summary_kernel(k->v, k->n, &list), 0);
	free(k);
	free(render(&list));
	return list;
}

const struct table *find_table(const struct table_list *list, const char *title)
{
	for (int i = 0; i < list->count; i++) {
		if (strncmp(list->tables[i].title, title, strlen(title)) == 0)
			return &list->tables[i];
	}
	fail_msg("no table '%s'", title);
	return NULL;
}

bool has_table(const struct table_list *list, const char *title)
{
	for (int i = 0; i < list->count; i++) {
		if (strncmp(list->tables[i].title, title, strlen(title)) == 0)
			return true;
	}
	return false;
}

const struct cell *find_cell(const struct table *t, const char *row, const char *col)
{
	for (int r = 1; r < t->n_rows; r++) {
		for (int c = 1; c < t->n_cols; c++) {
			if (strcmp(table_cell(t, r, 0)->text, row) == 0 && strcmp(table_cell(t, 0, c)->text, col) == 0)
				return table_cell(t, r, c);
		}
	}
	fail_msg("no cell '%s' x '%s' in '%s'", row, col, t->title);
	return NULL;
}

void expect(const struct table *t, const char *row, const char *col, const char *text, enum cell_mark mark)
{
	const struct cell *cell = find_cell(t, row, col);

	assert_string_equal(cell->text, text);
	assert_int_equal(cell->mark, mark);
}
