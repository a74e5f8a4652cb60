/* SPDX-License-Identifier: MIT */
/*
 * Tables as data, and their renderers. The last step before the reader: lays out and escapes, computes nothing.
 * Each format is one function in the table at the end.
 */
#include "report/table.h"

#include "report/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define N_MARKS 4
#define TEXT_WIDTH 110 /* of notes */

int table_create(struct table *t, int n_rows, int n_cols, const char *title)
{
	char text[sizeof(t->title) + 4]; /* room for a character that does not fit: cut as a whole */

	*t = (struct table){.n_rows = n_rows, .n_cols = n_cols};
	t->cells = calloc((size_t)n_rows * (size_t)n_cols, sizeof(*t->cells));
	if (!t->cells)
		return -ENOMEM;
	snprintf(text, sizeof(text), "%s", title);
	utf8_truncate(text, sizeof(t->title));
	memcpy(t->title, text, sizeof(t->title));
	return 0;
}

void table_destroy(struct table *t)
{
	free(t->cells);
	*t = (struct table){0};
}

struct cell *table_cell(const struct table *t, int row, int col)
{
	return &t->cells[(size_t)row * (size_t)t->n_cols + (size_t)col];
}

void table_set(struct table *t, int row, int col, enum cell_mark mark, const char *format, ...)
{
	struct cell *cell = table_cell(t, row, col);
	char text[sizeof(cell->text) + 4];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	utf8_truncate(text, sizeof(cell->text));
	memcpy(cell->text, text, sizeof(cell->text));
	cell->mark = mark;
}

void table_link(struct table *t, int row, int col, const char *link)
{
	struct cell *cell = table_cell(t, row, col);

	if (strlen(link) < sizeof(cell->link))
		snprintf(cell->link, sizeof(cell->link), "%s", link);
}

void table_note(struct table *t, const char *format, ...)
{
	char text[sizeof(t->note) + 4];
	size_t used = strlen(t->note);
	va_list list;

	memcpy(text, t->note, used);
	va_start(list, format);
	vsnprintf(text + used, sizeof(text) - used, format, list);
	va_end(list);
	utf8_truncate(text, sizeof(t->note));
	memcpy(t->note, text, sizeof(t->note));
}

/* The replacement of one character, NULL to write it as it is. */
typedef const char *escape_fn(uint32_t code);

static void put_escaped(const char *s, escape_fn *escape, FILE *out)
{
	while (*s) {
		uint32_t code;
		size_t length = utf8_next(s, &code);
		const char *replacement = code == UTF8_REPLACEMENT ? "\xEF\xBF\xBD" : escape(code);

		if (replacement)
			fputs(replacement, out);
		else
			fwrite(s, 1, length, out);
		s += length;
	}
}

static const char *escape_none(uint32_t code)
{
	(void)code;
	return NULL;
}

static const char *escape_html(uint32_t code)
{
	switch (code) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

static const char *escape_markdown(uint32_t code)
{
	static const char special[] = "\\`*[]<>|~&";
	static const char *const escaped[] = {"\\\\", "\\`", "\\*", "\\[", "\\]", "\\<", "\\>", "\\|", "\\~", "\\&"};
	const char *at = code && code < 0x80 ? strchr(special, (int)code) : NULL;

	return at ? escaped[at - special] : NULL;
}

void text_put(const char *text, FILE *out)
{
	put_escaped(text, escape_none, out);
}

void html_put(const char *text, FILE *out)
{
	put_escaped(text, escape_html, out);
}

void markdown_put(const char *text, FILE *out)
{
	put_escaped(text, escape_markdown, out);
}

void link_put(const char *name, FILE *out)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

	for (const char *c = name; *c; c++)
		fprintf(out, strchr(plain, *c) ? "%c" : "%%%02X", (unsigned char)*c);
}

static void put_spaces(int n, FILE *out)
{
	for (int i = 0; i < n; i++)
		fputc(' ', out);
}

static int column_width(const struct table *t, int col)
{
	int widest = 0;

	for (int row = 0; row < t->n_rows; row++) {
		int width = utf8_width(table_cell(t, row, col)->text);

		widest = width > widest ? width : widest;
	}
	return widest;
}

static bool column_has_marks(const struct table *t, int col)
{
	for (int row = 0; row < t->n_rows; row++) {
		if (table_cell(t, row, col)->mark != CELL_PLAIN)
			return true;
	}
	return false;
}

/* One cell, padded to its column: labels to the left, the rest to the right; then the place of the mark. */
static void put_text_cell(const struct table *t, int row, int col, const char *const before[N_MARKS], FILE *out)
{
	static const char mark_sign[N_MARKS] = {' ', '*', '!', '~'};
	const struct cell *cell = table_cell(t, row, col);
	int pad = column_width(t, col) - utf8_width(cell->text);
	bool last = col == t->n_cols - 1;

	put_spaces(col ? 2 : 0, out);
	put_spaces(col ? pad : 0, out);
	fputs(before[cell->mark], out);
	text_put(cell->text, out);
	if (cell->mark != CELL_PLAIN)
		fputc(mark_sign[cell->mark], out);
	fputs(before[cell->mark][0] ? "\033[0m" : "", out);
	put_spaces(!last && !col ? pad : 0, out);
	put_spaces(!last && cell->mark == CELL_PLAIN && column_has_marks(t, col) ? 1 : 0, out);
}

/* Fills lines of TEXT_WIDTH columns with words; nothing for no text. */
static void put_wrapped(const char *text, FILE *out)
{
	char word[sizeof(((struct table *)0)->note)];
	int column = 0;

	while (*text) {
		size_t n = strcspn(text, " ");
		int width;

		memcpy(word, text, n);
		word[n] = '\0';
		text += n + strspn(text + n, " ");
		width = utf8_width(word);
		if (column)
			fputc(column + 1 + width > TEXT_WIDTH ? '\n' : ' ', out);
		column = column && column + 1 + width <= TEXT_WIDTH ? column + 1 + width : width;
		text_put(word, out);
	}
	fputs(column ? "\n" : "", out);
}

static void put_text_table(const struct table *t, bool color, FILE *out)
{
	static const char *const plain[N_MARKS] = {"", "", "", ""};
	static const char *const colors[N_MARKS] = {"", "\033[1;32m", "\033[31m", "\033[33m"};
	const char *bold = color ? "\033[1m" : "", *dim = color ? "\033[2m" : "", *reset = color ? "\033[0m" : "";

	fputs(bold, out);
	text_put(t->title, out);
	fprintf(out, "%s\n", reset);
	for (int row = 0; row < t->n_rows; row++) {
		fputs(row ? "" : dim, out);
		for (int col = 0; col < t->n_cols; col++)
			put_text_cell(t, row, col, color ? colors : plain, out);
		fprintf(out, "%s\n", row ? "" : reset);
	}
	fputs(dim, out);
	put_wrapped(t->note, out);
	fprintf(out, "%s\n", reset);
}

static void print_text(const struct table *t, FILE *out)
{
	put_text_table(t, false, out);
}

static void print_color(const struct table *t, FILE *out)
{
	put_text_table(t, true, out);
}

static void put_markdown_row(const struct table *t, int row, FILE *out)
{
	static const char *const before[N_MARKS] = {"", "**", "", ""};
	static const char *const after[N_MARKS] = {"", "**", " !", " \\~"};

	for (int col = 0; col < t->n_cols; col++) {
		const struct cell *cell = table_cell(t, row, col);

		fprintf(out, "| %s%s", before[cell->mark], cell->link[0] ? "[" : "");
		markdown_put(cell->text, out);
		if (cell->link[0])
			fprintf(out, "](%s)", cell->link);
		fprintf(out, "%s ", after[cell->mark]);
	}
	fputs("|\n", out);
}

static void print_markdown(const struct table *t, FILE *out)
{
	fputs("**", out);
	markdown_put(t->title, out);
	fputs("**\n\n", out);
	put_markdown_row(t, 0, out);
	for (int col = 0; col < t->n_cols; col++)
		fputs(col ? "| ---: " : "| :--- ", out);
	fputs("|\n", out);
	for (int row = 1; row < t->n_rows; row++)
		put_markdown_row(t, row, out);
	fputc('\n', out);
	if (t->note[0]) {
		markdown_put(t->note, out);
		fputs("\n\n", out);
	}
}

static void put_attribute(const char *name, const char *value, FILE *out)
{
	fprintf(out, " %s=\"", name);
	html_put(value, out);
	fputs("\"", out);
}

static void put_html_row(const struct table *t, int row, FILE *out)
{
	static const char *const classes[N_MARKS] = {"", " class=\"best\"", " class=\"loss\"", " class=\"unsure\""};
	/* On phones the later cells of a row show when it is checked. */
	static const char more[] = "<label class=\"more\"><input type=\"checkbox\"> more</label>";

	fputs("<tr>", out);
	for (int col = 0; col < t->n_cols; col++) {
		const struct cell *cell = table_cell(t, row, col);
		const char *tag = row && col ? "td" : "th";
		const char *scope = row == 0 ? " scope=\"col\"" : col == 0 ? " scope=\"row\"" : "";

		fprintf(out, "<%s%s%s", tag, scope, classes[cell->mark]);
		if (t->prose && row)
			put_attribute("data-label", table_cell(t, 0, col)->text, out);
		fputs(">", out);
		if (cell->link[0]) {
			fputs("<a", out);
			put_attribute("href", cell->link, out);
			fputs(">", out);
		}
		html_put(cell->text, out);
		fprintf(out, "%s%s</%s>", cell->link[0] ? "</a>" : "", t->prose && row && col == 0 ? more : "", tag);
	}
	fputs("</tr>\n", out);
}

static void print_html(const struct table *t, FILE *out)
{
	fprintf(out, "<div class=\"table\"><div class=\"scroll\"><table%s>\n<caption><span>",
		t->prose ? " class=\"prose\"" : "");
	html_put(t->title, out);
	fputs("</span></caption>\n<thead>\n", out);
	put_html_row(t, 0, out);
	fputs("</thead>\n<tbody>\n", out);
	for (int row = 1; row < t->n_rows; row++)
		put_html_row(t, row, out);
	fputs("</tbody>\n</table></div>\n", out);
	if (t->note[0]) {
		fputs("<p class=\"note\">", out);
		html_put(t->note, out);
		fputs("</p>\n", out);
	}
	fputs("</div>\n", out);
}

int table_print(const struct table *t, enum table_format format, FILE *out)
{
	static void (*const printers[])(const struct table *, FILE *) = {
		[TABLE_TEXT] = print_text,
		[TABLE_COLOR] = print_color,
		[TABLE_MARKDOWN] = print_markdown,
		[TABLE_HTML] = print_html,
	};

	printers[format](t, out);
	return ferror(out) ? -EIO : 0;
}

enum table_format table_format_for(FILE *out, const char *color)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (color && strcmp(color, "always") == 0)
		return TABLE_COLOR;
	if ((color && strcmp(color, "never") == 0) || (no_color && no_color[0]))
		return TABLE_TEXT;
	return isatty(fileno(out)) && term && strcmp(term, "dumb") != 0 ? TABLE_COLOR : TABLE_TEXT;
}
