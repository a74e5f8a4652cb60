/* SPDX-License-Identifier: MIT */
/*
 * Tables as data, and their renderers: terminal text, Markdown, HTML.
 * Cells are UTF-8 text with a mark; the renderers only lay out and escape.
 */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include <stdbool.h>
#include <stdio.h>

enum cell_mark { CELL_PLAIN, CELL_BEST, CELL_LOSS, CELL_UNSURE }; /* UNSURE: the interval covers 1 */

struct cell {
	char text[64];
	enum cell_mark mark;
};

struct table {
	char title[160], note[512]; /* note: printed below; units, base case */
	int n_rows, n_cols;	    /* including the header row 0 and the label column 0 */
	struct cell *cells;	    /* (n_rows, n_cols) */
};

int table_create(struct table *t, int n_rows, int n_cols, const char *title); /* 0 or -ENOMEM */
void table_destroy(struct table *t);
void table_set(struct table *t, int row, int col, enum cell_mark mark, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

enum table_format { TABLE_TEXT, TABLE_COLOR, TABLE_MARKDOWN, TABLE_HTML };
int table_print(const struct table *t, enum table_format format, FILE *out); /* 0 or a negative errno */

#endif
