/* SPDX-License-Identifier: MIT */
/* Writes the report as a page, as Markdown and its plots as files. See report.h; escapes all text of the records. */
#include "report.h"

#include "base/replacement.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Writes through `body` into a file beside `path` and renames it into place. */
struct page {
	const struct results *r;
	const struct facts *facts;
	const struct chapter_list *chapters;
};

typedef void page_body(const struct page *page, FILE *out);

static int write_whole(const char *path, page_body *body, const struct page *page, struct failure *f)
{
	struct replacement r;
	int rc = replacement_open(&r, path, f);

	if (rc)
		return rc;
	body(page, r.out);
	return replacement_close(&r, true, f);
}

static void html_tag(const char *tag, const char *class, const char *text, FILE *out)
{
	fprintf(out, "<%s%s%s%s>", tag, class ? " class=\"" : "", class ? class : "", class ? "\"" : "");
	html_put(text, out);
	fprintf(out, "</%s>\n", tag);
}

static void html_verdicts(const struct verdict_list *list, FILE *out)
{
	fputs(list->count ? "<ul class=\"verdicts\">\n" : "", out);
	for (int i = 0; i < list->count; i++)
		html_tag("li", NULL, list->v[i], out);
	fputs(list->count ? "</ul>\n" : "", out);
}

static void html_facts(const struct facts *facts, FILE *out)
{
	for (int i = 0; i < facts->count; i++) {
		if (!facts->v[i].alarming)
			continue;
		fputs("<p class=\"alarm\"><strong>", out);
		html_put(facts->v[i].label, out);
		fputs("</strong>: ", out);
		html_put(facts->v[i].value, out);
		fputs("</p>\n", out);
	}
	html_verdicts(&facts->verdicts, out);
	fputs("<details><summary>Machine and conditions</summary>\n<dl>\n", out);
	for (int i = 0; i < facts->count; i++) {
		if (facts->v[i].alarming)
			continue;
		fputs("<div><dt>", out);
		html_put(facts->v[i].label, out);
		fputs("</dt><dd>", out);
		html_put(facts->v[i].value, out);
		fputs("</dd></div>\n", out);
	}
	fputs("</dl>\n</details>\n", out);
}

/* Rates are for those who ask: folded. */
static void html_table(const struct table *t, FILE *out)
{
	if (t->detail) {
		fputs("<details class=\"one\"><summary>", out);
		html_put(t->title, out);
		fputs("</summary>\n", out);
	}
	table_print(t, TABLE_HTML, out);
	fputs(t->detail ? "</details>\n" : "", out);
}

static void html_chapter(const struct chapter *c, FILE *out)
{
	fprintf(out, "<section id=\"%s\">\n", c->id);
	html_tag("h2", NULL, c->title, out);
	html_tag("p", NULL, c->intro, out);
	if (c->missing[0]) {
		fprintf(out, "<p class=\"missing\">%s: <code>", c->missing);
		html_put(c->command, out);
		fputs("</code></p>\n", out);
	}
	if (c->figures.count)
		fputs("<div class=\"plots\">\n", out);
	for (int i = 0; i < c->figures.count; i++) {
		fputs("<figure role=\"img\" aria-label=\"", out);
		html_put(c->figures.v[i].caption, out);
		fprintf(out, "\">%s", c->figures.v[i].svg);
		html_tag("figcaption", NULL, c->figures.v[i].caption, out);
		fputs("</figure>\n", out);
	}
	fputs(c->figures.count ? "</div>\n" : "", out);
	if (c->folded)
		fprintf(out, "<details><summary>%d tables</summary>\n", c->tables.count);
	if (c->tells)
		html_verdicts(&c->tables.verdicts, out);
	for (int i = 0; i < c->tables.count; i++)
		html_table(&c->tables.tables[i], out);
	fputs(c->folded ? "</details>\n</section>\n" : "</section>\n", out);
}

static void html_end(const struct page *page, FILE *out)
{
	fputs("<section id=\"files\">\n<h2>Files and how to do it again</h2>\n", out);
	if (page->facts->command[0])
		html_tag("pre", NULL, page->facts->command, out);
	fputs(page->facts->n_calls ? "<p>What is here was made by:</p>\n<pre>" : "", out);
	for (int i = 0; i < page->facts->n_calls; i++) {
		html_put(page->facts->calls[i], out);
		fputc('\n', out);
	}
	fputs(page->facts->n_calls ? "</pre>\n<p>The records: " : "<p>The records: ", out);
	for (int i = 0; i < page->r->n_files; i++) {
		fputs(i ? ", <a href=\"" : "<a href=\"", out);
		link_put(page->r->files[i], out);
		fputs("\">", out);
		html_put(page->r->files[i], out);
		fputs("</a>", out);
	}
	fputs(".</p>\n</section>\n</body>\n</html>\n", out);
}

static void html_body(const struct page *page, FILE *out)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
	      out);
	html_tag("title", NULL, page->facts->title, out);
	fprintf(out, "<style>\n%s%s</style>\n</head>\n<body>\n", report_style, prose_style);
	html_tag("h1", NULL, page->facts->title, out);
	html_tag("p", "soft", page->facts->subtitle, out);
	html_facts(page->facts, out);
	fputs("<nav>\n", out);
	for (int i = 0; i < page->chapters->count; i++) {
		fprintf(out, "<a href=\"#%s\">", page->chapters->v[i].id);
		html_put(page->chapters->v[i].title, out);
		fputs("</a>\n", out);
	}
	fputs("<a href=\"#files\">Files</a>\n</nav>\n<details><summary>How to read this</summary>\n", out);
	for (const char *const *how = page->facts->how; *how; how++)
		html_tag("p", NULL, *how, out);
	fputs("</details>\n", out);
	if (page->chapters->no_plots)
		fprintf(out, "<p class=\"soft\">No plots, tables only: %s.</p>\n", page->chapters->no_plots);
	for (int i = 0; i < page->chapters->count; i++)
		html_chapter(&page->chapters->v[i], out);
	html_end(page, out);
}

int report_write_html(const char *path, const struct results *r, const struct facts *facts,
		      const struct chapter_list *chapters, struct failure *f)
{
	const struct page page = {r, facts, chapters};

	return write_whole(path, html_body, &page, f);
}

static void markdown_fact(const struct fact *fact, FILE *out)
{
	fputs(fact->alarming ? "> **" : "- ", out);
	markdown_put(fact->label, out);
	fputs(fact->alarming ? "**: " : ": ", out);
	markdown_put(fact->value, out);
	fputs(fact->alarming ? "\n\n" : "\n", out);
}

static void markdown_verdicts(const struct verdict_list *list, FILE *out)
{
	for (int i = 0; i < list->count; i++) {
		fputs("- ", out);
		markdown_put(list->v[i], out);
		fputc('\n', out);
	}
	fputs(list->count ? "\n" : "", out);
}

static void markdown_chapter(const struct chapter *c, FILE *out)
{
	fprintf(out, "<a id=\"%s\"></a>\n\n## ", c->id);
	markdown_put(c->title, out);
	fputs("\n\n", out);
	markdown_put(c->intro, out);
	fputs("\n\n", out);
	if (c->missing[0])
		fprintf(out, "%s: `%s`\n\n", c->missing, c->command);
	for (int i = 0; i < c->figures.count; i++) {
		fputs("![", out);
		markdown_put(c->figures.v[i].caption, out);
		fprintf(out, "](plots/%s.svg)\n\n", c->figures.v[i].name);
	}
	if (c->tells)
		markdown_verdicts(&c->tables.verdicts, out);
	for (int i = 0; i < c->tables.count; i++)
		table_print(&c->tables.tables[i], TABLE_MARKDOWN, out);
}

/* An indented block shows as it is, as long as no line break ends it. */
static void markdown_command(const char *command, FILE *out)
{
	fputs("    ", out);
	text_put(command, out);
	fputc('\n', out);
}

static void markdown_body(const struct page *page, FILE *out)
{
	fputs("# ", out);
	markdown_put(page->facts->title, out);
	fputs("\n\n", out);
	for (int i = 0; i < page->facts->count; i++)
		markdown_fact(&page->facts->v[i], out);
	fputs(page->facts->verdicts.count ? "\n## In short\n\n" : "", out);
	markdown_verdicts(&page->facts->verdicts, out);
	fputs(page->facts->verdicts.count ? "" : "\n", out);
	fputs("## How to read this\n\n", out);
	for (const char *const *how = page->facts->how; *how; how++)
		fprintf(out, "- %s\n", *how);
	if (page->chapters->no_plots)
		fprintf(out, "\nNo plots, tables only: %s.\n", page->chapters->no_plots);
	fputc('\n', out);
	for (int i = 0; i < page->chapters->count; i++)
		markdown_chapter(&page->chapters->v[i], out);
	fputs("## Files and how to do it again\n\n", out);
	if (page->facts->command[0])
		markdown_command(page->facts->command, out);
	fputs(page->facts->command[0] ? "\n" : "", out);
	fputs(page->facts->n_calls ? "What is here was made by:\n\n" : "", out);
	for (int i = 0; i < page->facts->n_calls; i++)
		markdown_command(page->facts->calls[i], out);
	fputs(page->facts->n_calls ? "\n" : "", out);
	for (int i = 0; i < page->r->n_files; i++) {
		fputs("- [", out);
		markdown_put(page->r->files[i], out);
		fputs("](", out);
		link_put(page->r->files[i], out);
		fputs(")\n", out);
	}
}

int report_write_markdown(const char *path, const struct results *r, const struct facts *facts,
			  const struct chapter_list *chapters, struct failure *f)
{
	const struct page page = {r, facts, chapters};

	return write_whole(path, markdown_body, &page, f);
}

static int write_plot(const char *path, const struct figure *figure, struct failure *f)
{
	const char *head_end = strchr(figure->svg, '>');
	struct replacement r;
	int rc = head_end ? replacement_open(&r, path, f) : fail(f, -EIO, "gnuplot drew no figure for %s", path);

	if (rc)
		return rc;
	fwrite(figure->svg, 1, (size_t)(head_end - figure->svg) + 1, r.out);
	fprintf(r.out, "<style>%s</style>%s", plot_style, head_end + 1);
	return replacement_close(&r, true, f);
}

int report_write_plots(const char *dir, const struct chapter_list *chapters, struct failure *f)
{
	char path[4096];
	int rc = 0;

	snprintf(path, sizeof(path), "%s/plots", dir);
	if (mkdir(path, 0777) && errno != EEXIST)
		return fail(f, -errno, "cannot create %s: %s", path, strerror(errno));
	for (int i = 0; i < chapters->count && rc == 0; i++) {
		const struct figure_list *figures = &chapters->v[i].figures;

		for (int j = 0; j < figures->count && rc == 0; j++) {
			snprintf(path, sizeof(path), "%s/plots/%s.svg", dir, figures->v[j].name);
			rc = write_plot(path, &figures->v[j], f);
		}
	}
	return rc;
}
