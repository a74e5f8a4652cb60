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
	char text[192];
	char link[64]; /* pages: where a click on it goes; "" nowhere */
	enum cell_mark mark;
};

struct table {
	char title[160], note[1024]; /* note: printed below; units, base case */
	int n_rows, n_cols;	     /* including the header row 0 and the label column 0 */
	bool detail;		     /* for those who ask: left out on terminals, folded in pages */
	bool prose;		     /* cells hold sentences: pages wrap them, and stack them on phones */
	struct cell *cells;	     /* (n_rows, n_cols) */
};

int table_create(struct table *t, int n_rows, int n_cols, const char *title); /* 0 or -ENOMEM */
void table_destroy(struct table *t);
/* Text that does not fit is cut at the end of a character. Cells never set are empty; print "–" where nothing is known.
 */
void table_set(struct table *t, int row, int col, enum cell_mark mark, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* Makes a link of a cell; one that does not fit is left out. */
void table_link(struct table *t, int row, int col, const char *link);
struct cell *table_cell(const struct table *t, int row, int col);
/* Appends to the note, cut if it does not fit. */
void table_note(struct table *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Marks are visible in every format: best `*`, loss `!`, unsure `~` behind the cell in text (and in colour), bold,
 * `!`, `~` in Markdown, classes best, loss, unsure in HTML. Control characters in cells are replaced, never passed on.
 */
enum table_format { TABLE_TEXT, TABLE_COLOR, TABLE_MARKDOWN, TABLE_HTML };
int table_print(const struct table *t, enum table_format format, FILE *out); /* 0 or a negative errno */

/*
 * TABLE_COLOR or TABLE_TEXT for this stream: color is the argument of --color: "always", "never", else as "auto", which
 * means a terminal, NO_COLOR not set and TERM not dumb.
 */
enum table_format table_format_for(FILE *out, const char *color);

/* Writes text to a terminal or a plain file: control characters replaced. */
void text_put(const char *text, FILE *out);
/* Writes text into HTML: & < > " ' escaped, control characters replaced. */
void html_put(const char *text, FILE *out);
/* Writes text into Markdown so that it shows as it is, in a table too. */
void markdown_put(const char *text, FILE *out);
/* Writes the name of a file in the same folder as a link's target, in HTML and in Markdown: never a scheme or a script.
 */
void link_put(const char *name, FILE *out);

#endif
