/* SPDX-License-Identifier: MIT */
/* A comparison for other programs: what to measure again, CSV, JSON, Markdown. See compare.h. */
#include "compare.h"

#include "base/replacement.h"
#include "report/json.h"

#include <csv.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PATTERN 8000 /* what --filter takes, with some to spare */

typedef void file_body(const struct comparison *c, FILE *out);

static int write_beside(const struct comparison *c, const char *path, file_body *body, struct failure *f)
{
	struct replacement r;
	int rc = replacement_open(&r, path, f);

	if (rc)
		return rc;
	body(c, r.out);
	return replacement_close(&r, true, f);
}

static int write_whole(const struct comparison *c, const char *path, file_body *body, struct failure *f)
{
	if (strcmp(path, "-") != 0)
		return write_beside(c, path, body, f);
	body(c, stdout); /* streams_status tells if that could not be written */
	return 0;
}

/* Whether a suspect before the i-th has the same pattern: cells that the name does not tell apart. */
static bool is_repeated(const struct comparison *c, int i, const struct cell_pattern *p)
{
	for (int j = 0; j < i; j++) {
		if (comparison_is_suspect(&c->cells[j]) && strcmp(cell_pattern_of(c->cells[j].key).s, p->s) == 0)
			return true;
	}
	return false;
}

/*
 * The names of all suspects as one pattern for --filter; nothing where there is no suspect. If it would be too long for
 * --filter: `.`, which is every name.
 */
static void put_recheck(const struct comparison *c, FILE *out)
{
	char text[MAX_PATTERN];
	size_t used = 0;

	for (int i = 0; i < c->n; i++) {
		const struct cell_pattern p = cell_pattern_of(c->cells[i].key);

		if (!comparison_is_suspect(&c->cells[i]) || is_repeated(c, i, &p))
			continue;
		if (used + strlen(p.s) + 8 > sizeof(text)) {
			fputs(".\n", out);
			return;
		}
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", used ? "|" : "^(", p.s);
	}
	if (used)
		fprintf(out, "%s)$\n", text);
}

int comparison_write_recheck(const struct comparison *c, const char *path, struct failure *f)
{
	return write_whole(c, path, put_recheck, f);
}

static void put_text(const char *text, FILE *out)
{
	csv_fwrite(out, text, strlen(text));
}

static void put_real(double v, FILE *out)
{
	if (isfinite(v)) /* what is not known stays empty */
		fprintf(out, "%.9g", v);
}

enum type { KEY_TEXT, KEY_INT, KEY_REAL, CELL_INT, CELL_INT64, CELL_REAL };

#define KEY(f) #f, offsetof(struct kernel_record, f)
#define CELL(f) offsetof(struct comparison_cell, f)

/* Behind verdict, tier and why: what says which cell it is, from its records; then the numbers. */
static const struct {
	const char *name;
	size_t offset;
	enum type type;
} columns[] = {
	{KEY(op), KEY_TEXT},
	{KEY(method), KEY_TEXT},
	{KEY(select), KEY_TEXT},
	{KEY(isa), KEY_TEXT},
	{KEY(dataset), KEY_TEXT},
	{KEY(dist), KEY_TEXT},
	{KEY(batch), KEY_INT},
	{KEY(n_in), KEY_INT},
	{KEY(n_out), KEY_INT},
	{KEY(k), KEY_INT},
	{KEY(tau), KEY_REAL},
	{KEY(threads), KEY_INT},
	{KEY(dw), KEY_TEXT},
	{KEY(cache), KEY_TEXT},
	{KEY(optimizer), KEY_TEXT},
	{"ratio", CELL(time.ratio.mid), CELL_REAL},
	{"low", CELL(time.ratio.low), CELL_REAL},
	{"high", CELL(time.ratio.high), CELL_REAL},
	{"level", CELL(time.ratio.level), CELL_REAL},
	{"p_holm", CELL(time.p), CELL_REAL},
	{"bias", CELL(time.bias), CELL_REAL},
	{"detectable", CELL(time.detectable), CELL_REAL},
	{"processes", CELL(time.processes), CELL_INT},
	{"rounds", CELL(time.rounds), CELL_INT},
	{"old_ns", CELL(old_ns), CELL_REAL},
	{"new_ns", CELL(new_ns), CELL_REAL},
	{"old_instructions", CELL(old_count), CELL_INT64},
	{"new_instructions", CELL(new_count), CELL_INT64},
};
#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void put_value(enum type type, const void *at, FILE *out)
{
	if (type == KEY_TEXT)
		put_text(at, out);
	else if (type == KEY_REAL || type == CELL_REAL)
		put_real(*(const double *)at, out);
	else if (type == CELL_INT)
		fprintf(out, "%d", *(const int *)at);
	else
		fprintf(out, "%lld", (long long)*(const int64_t *)at);
}

static void put_csv(const struct comparison *c, FILE *out)
{
	fputs("verdict,tier,why", out);
	for (size_t i = 0; i < N_COLUMNS; i++)
		fprintf(out, ",%s", columns[i].name);
	fputc('\n', out);
	for (int row = 0; row < c->n; row++) {
		const struct comparison_cell *cell = &c->cells[row];

		fprintf(out, "%s,%s,%s", verdict_name(cell->verdict), tier_name(cell->tier), cell->why);
		for (size_t i = 0; i < N_COLUMNS; i++) {
			bool of_key = columns[i].type <= KEY_REAL;

			fputc(',', out);
			put_value(columns[i].type,
				  of_key ? (const char *)cell->key + columns[i].offset
					 : (const char *)cell + columns[i].offset,
				  out);
		}
		fputc('\n', out);
	}
}

int comparison_write_csv(const struct comparison *c, const char *path, struct failure *f)
{
	return write_whole(c, path, put_csv, f);
}

/* One entry of github-action-benchmark's customBiggerIsBetter: the speed-up of new over old. NULL: out of memory. */
static json_t *make_entry(const struct comparison *c, const struct comparison_cell *cell)
{
	const struct interval r = cell->time.ratio;
	char name[256], range[32] = "", extra[256];
	json_t *entry;

	snprintf(name, sizeof(name), "%s%s%s%s%s", comparison_name(c, cell).s, cell->key->dist[0] ? "/" : "",
		 cell->key->dist, cell->key->dw[0] ? "/" : "", cell->key->dw);
	snprintf(extra, sizeof(extra), "%s%s%s; old %.4g ns, new %.4g ns; %d processes", verdict_name(cell->verdict),
		 cell->tier ? " by " : "", tier_name(cell->tier), cell->old_ns, cell->new_ns, cell->time.processes);
	if (r.level > 0)
		snprintf(range, sizeof(range), "± %.3g", (1 / r.low - 1 / r.high) / 2);
	entry = json_pack("{s:s, s:s, s:f, s:s}", "name", name, "unit", "x", "value", 1 / r.mid, "extra", extra);
	if (entry && range[0])
		json_object_set_new(entry, "range", json_string(range));
	return entry;
}

int comparison_write_json(const struct comparison *c, const char *path, struct failure *f)
{
	json_t *all = json_array();
	bool bad = !all;
	int rc;

	for (int i = 0; i < c->n && !bad; i++) {
		const struct interval *r = &c->cells[i].time.ratio;

		if (isfinite(r->mid) && r->mid > 0)
			bad = json_array_append_new(all, make_entry(c, &c->cells[i])) != 0;
	}
	rc = bad ? fail(f, -ENOMEM, "out of memory for %s", path) : json_write(path, all, f);
	json_decref(all);
	return rc;
}

static void put_markdown(const struct comparison *c, FILE *out)
{
	struct table t;
	char *line = NULL;
	size_t size;
	FILE *memory = open_memstream(&line, &size);

	if (memory) {
		comparison_print_summary(c, memory);
		fclose(memory);
		fputs("**", out);
		line[strcspn(line, "\n")] = 0;
		markdown_put(line, out);
		fputs("**\n\n", out);
		free(line);
	}
	if (comparison_table(c, false, &t))
		return;
	if (t.n_rows > 1)
		table_print(&t, TABLE_MARKDOWN, out);
	table_destroy(&t);
}

int comparison_write_markdown(const struct comparison *c, const char *path, bool append, struct failure *f)
{
	FILE *out;
	bool bad;

	if (!append)
		return write_whole(c, path, put_markdown, f);
	out = fopen(path, "ae");
	if (!out)
		return fail(f, -EINVAL, "%s: cannot be written: %s", path, strerror(errno));
	put_markdown(c, out);
	bad = ferror(out) != 0;
	bad |= fclose(out) != 0;
	return bad ? fail(f, -EIO, "%s: could not be written whole", path) : 0;
}
