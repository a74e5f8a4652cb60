/* SPDX-License-Identifier: MIT */
/* Tables: exact output of each renderer, widths of UTF-8, escaping of hostile text. */
#include "report/table.h"
#include "report/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *render(const struct table *t, enum table_format format)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(table_print(t, format, out), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

static struct table example(void)
{
	struct table t;

	assert_int_equal(table_create(&t, 3, 3, "Speed-up"), 0);
	table_set(&t, 0, 0, CELL_PLAIN, "method");
	table_set(&t, 0, 1, CELL_PLAIN, "k=5");
	table_set(&t, 0, 2, CELL_PLAIN, "k=20");
	table_set(&t, 1, 0, CELL_PLAIN, "topk");
	table_set(&t, 1, 1, CELL_BEST, "%.2fx ±%d%%", 3.41, 1);
	table_set(&t, 1, 2, CELL_LOSS, "0.80x");
	table_set(&t, 2, 0, CELL_PLAIN, "a|b <i>");
	table_set(&t, 2, 1, CELL_UNSURE, "1.01x");
	table_set(&t, 2, 2, CELL_PLAIN, "–");
	table_note(&t, "* best & more");
	return t;
}

static void test_text(void **state)
{
	struct table t = example();
	char *text = render(&t, TABLE_TEXT);

	(void)state;
	assert_string_equal(text, "Speed-up\n"
				  "method         k=5    k=20\n"
				  "topk     3.41x ±1%*  0.80x!\n"
				  "a|b <i>      1.01x~      –\n"
				  "* best & more\n\n");
	free(text);
	table_destroy(&t);
}

static void test_color_differs_by_escapes_only(void **state)
{
	struct table t = example();
	char *text = render(&t, TABLE_TEXT), *color = render(&t, TABLE_COLOR), *to = color;

	(void)state;
	assert_non_null(strstr(color, "\033[1;32m3.41x ±1%*\033[0m"));
	assert_null(strchr(text, '\033'));
	for (const char *from = color; *from;) {
		if (*from == '\033')
			from = strchr(from, 'm') + 1;
		else
			*to++ = *from++;
	}
	*to = '\0';
	assert_string_equal(color, text);
	free(text);
	free(color);
	table_destroy(&t);
}

static void test_markdown(void **state)
{
	struct table t = example();
	char *text = render(&t, TABLE_MARKDOWN);

	(void)state;
	assert_string_equal(text, "**Speed-up**\n\n"
				  "| method | k=5 | k=20 |\n"
				  "| :--- | ---: | ---: |\n"
				  "| topk | **3.41x ±1%** | 0.80x ! |\n"
				  "| a\\|b \\<i\\> | 1.01x \\~ | – |\n\n"
				  "\\* best \\& more\n\n");
	free(text);
	table_destroy(&t);
}

static void test_html(void **state)
{
	struct table t = example();
	char *text = render(&t, TABLE_HTML);

	(void)state;
	assert_non_null(strstr(text, "<td class=\"best\">3.41x ±1%</td>"));
	assert_non_null(strstr(text, "<td class=\"loss\">0.80x</td>"));
	assert_non_null(strstr(text, "<th scope=\"row\">a|b &lt;i&gt;</th>"));
	assert_non_null(strstr(text, "* best &amp; more"));
	assert_null(strstr(text, "<i>"));
	free(text);
	table_destroy(&t);
}

static void test_hostile_text_is_harmless(void **state)
{
	static const enum table_format formats[] = {TABLE_TEXT, TABLE_COLOR, TABLE_MARKDOWN, TABLE_HTML};
	struct table t;

	(void)state;
	assert_int_equal(table_create(&t, 1, 2, "<script>alert(1)</script>\033]0;title\007"), 0);
	table_set(&t, 0, 0, CELL_PLAIN, "%s", "\033[31mred\nline\x80\xff\xc3");
	table_set(&t, 0, 1, CELL_PLAIN, "%s",
		  "\xe2\x80\xae"
		  "reversed\xed\xa0\x80");
	for (size_t i = 0; i < 4; i++) {
		char *text = render(&t, formats[i]);

		assert_null(strstr(text, "\033[31mred"));
		assert_null(strstr(text, "\033]0"));
		assert_null(strstr(text, "\xe2\x80\xae"));
		assert_null(strstr(text, "\x80\xff"));
		if (formats[i] == TABLE_HTML)
			assert_null(strstr(text, "<script>"));
		free(text);
	}
	table_destroy(&t);
}

static void test_long_text_is_cut_at_a_character(void **state)
{
	char euros[301];
	struct table t;

	(void)state;
	for (int i = 0; i < 100; i++)
		memcpy(euros + 3 * i, "€", 3);
	euros[300] = '\0';
	assert_int_equal(table_create(&t, 1, 1, euros), 0);
	assert_int_equal(strlen(t.title) % 3, 0);
	assert_true(strlen(t.title) > 150);
	table_set(&t, 0, 0, CELL_PLAIN, "%s", euros);
	assert_int_equal(strlen(table_cell(&t, 0, 0)->text), 189);
	for (int i = 0; i < 4; i++)
		table_note(&t, "%s", euros);
	assert_int_equal(strlen(t.note), (sizeof(t.note) - 1) / 3 * 3);
	table_destroy(&t);
}

static void test_links_and_prose(void **state)
{
	struct table t;
	char *text;

	(void)state;
	assert_int_equal(table_create(&t, 2, 2, "words"), 0);
	table_set(&t, 0, 1, CELL_PLAIN, "said \"so\"");
	table_set(&t, 1, 0, CELL_PLAIN, "claim");
	table_set(&t, 1, 1, CELL_BEST, "true");
	t.prose = true;
	table_link(&t, 1, 1, "rows.csv?a&b");
	table_link(&t, 1, 0, "far/too/long/far/too/long/far/too/long/far/too/long/far/too/long");
	assert_string_equal(table_cell(&t, 1, 0)->link, "");
	text = render(&t, TABLE_HTML);
	assert_non_null(strstr(text, "<table class=\"prose\">"));
	assert_non_null(strstr(text, "<td class=\"best\" data-label=\"said &quot;so&quot;\">"
				     "<a href=\"rows.csv?a&amp;b\">true</a></td>"));
	free(text);
	text = render(&t, TABLE_MARKDOWN);
	assert_non_null(strstr(text, "| claim | **[true](rows.csv?a&b)** |"));
	free(text);
	text = render(&t, TABLE_TEXT);
	assert_null(strstr(text, "rows.csv"));
	free(text);
	table_destroy(&t);
}

static void test_width(void **state)
{
	static const struct {
		const char *text;
		int width;
	} cases[] = {{"", 0},	     {"abc", 3},       {"±", 1},    {"µs", 2},	     {"–", 1},
		     {"漢字", 4},    {"e\xcc\x81", 1}, {"\xff", 1}, {"\xe2\x82", 1}, {"\xf0\x9f\x98\x80", 2},
		     {"\xc0\x80", 1}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(utf8_width(cases[i].text), cases[i].width);
}

static void test_color_choice(void **state)
{
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	assert_int_equal(table_format_for(file, "always"), TABLE_COLOR);
	assert_int_equal(table_format_for(file, "never"), TABLE_TEXT);
	assert_int_equal(table_format_for(file, "auto"), TABLE_TEXT);
	assert_int_equal(table_format_for(file, NULL), TABLE_TEXT);
	fclose(file);
}

static void test_failed_write_is_reported(void **state)
{
	struct table t = example();
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	if (full) {
		setvbuf(full, NULL, _IONBF, 0);
		assert_true(table_print(&t, TABLE_TEXT, full) < 0);
		fclose(full);
	}
	table_destroy(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_color_differs_by_escapes_only),
		cmocka_unit_test(test_markdown),
		cmocka_unit_test(test_html),
		cmocka_unit_test(test_hostile_text_is_harmless),
		cmocka_unit_test(test_long_text_is_cut_at_a_character),
		cmocka_unit_test(test_links_and_prose),
		cmocka_unit_test(test_width),
		cmocka_unit_test(test_color_choice),
		cmocka_unit_test(test_failed_write_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
