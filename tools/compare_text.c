/* SPDX-License-Identifier: MIT */
/* A comparison for people: the table, the line at its end, and GitHub's annotations. See compare.h. */
#include "compare.h"

#include "report/format.h"

#include <errno.h>
#include <math.h>
#include <string.h>

enum { COL_VERDICT, COL_BY, COL_RATIO, COL_LEAST, COL_PROCESSES, COL_OLD, COL_CELL, COL_DATA, N_COLS };

static struct text percent(double share)
{
	struct text t = {NOTHING};

	if (isinf(share))
		snprintf(t.s, sizeof(t.s), "none");
	else if (!isnan(share))
		snprintf(t.s, sizeof(t.s), "%.*f%%", share < 0.0995, 100 * share);
	return t;
}

/* What the name does not tell: `relu, full dW, cold`. */
static void put_data(const struct kernel_record *key, char *text, size_t size)
{
	const char *dataset = strcmp(key->dataset, "synthetic") == 0 ? "" : key->dataset;

	snprintf(text, size, "%.60s%s%.40s%s%s", key->dist[0] ? key->dist : NOTHING, dataset[0] ? " " : "", dataset,
		 strcmp(key->dw, "full") == 0 && !series_is_dense(key) ? ", full dW" : "",
		 strcmp(key->cache, "cold") == 0 ? ", cold" : "");
}

static void put_ratio(struct table *t, int row, const struct comparison_cell *cell)
{
	const struct interval r = cell->time.ratio;

	if (cell->tier == TIER_COUNT)
		table_set(t, row, COL_RATIO, CELL_PLAIN, "%.3f instructions", comparison_count_ratio(cell));
	else if (!isfinite(r.mid))
		table_set(t, row, COL_RATIO, CELL_PLAIN, NOTHING);
	else if (r.level > 0)
		table_set(t, row, COL_RATIO, CELL_PLAIN, "%.3f [%.3f, %.3f]", r.mid, r.low, r.high);
	else
		table_set(t, row, COL_RATIO, CELL_PLAIN, "%.3f ±?", r.mid);
}

static void put_row(struct table *t, int row, const struct comparison *c, const struct comparison_cell *cell)
{
	static const enum cell_mark marks[N_VERDICTS] = {[VERDICT_WRONG] = CELL_LOSS,
							 [VERDICT_REGRESSED] = CELL_LOSS,
							 [VERDICT_MISSING] = CELL_UNSURE,
							 [VERDICT_INCONCLUSIVE] = CELL_UNSURE,
							 [VERDICT_IMPROVED] = CELL_BEST};
	char data[128];

	put_data(cell->key, data, sizeof(data));
	table_set(t, row, COL_VERDICT, marks[cell->verdict], "%s", verdict_name(cell->verdict));
	table_set(t, row, COL_BY, CELL_PLAIN, "%s", cell->tier ? tier_name(cell->tier) : cell->why);
	put_ratio(t, row, cell);
	table_set(t, row, COL_LEAST, CELL_PLAIN, "%s", percent(cell->time.detectable).s);
	table_set(t, row, COL_PROCESSES, CELL_PLAIN, "%d", cell->time.processes);
	table_set(t, row, COL_OLD, CELL_PLAIN, "%s", format_ns(cell->old_ns).s);
	table_set(t, row, COL_CELL, CELL_PLAIN, "%s", comparison_name(c, cell).s);
	table_set(t, row, COL_DATA, CELL_PLAIN, "%s", data);
}

static void put_note(const struct comparison *c, struct table *t)
{
	static const char *const meetings[] = {
		[MEET_ROUNDS] = "new/old: times of one call in the same rounds",
		[MEET_YARDSTICK] = "new/old: times of one call, each run in times of the yardstick of its own rounds",
		[MEET_APART] =
			"new/old: times of one call, of runs that were not interleaved: drift of the machine is in "
			"them"};

	table_note(
		t,
		"%s; above 1 is slower; median of the processes, [interval over all of them], ±?: fewer than 6 "
		"rounds. "
		"MDE: the slow-down that would be flagged today. Cells are named as --filter of mepbench knows them.",
		meetings[c->meeting]);
}

int comparison_table(const struct comparison *c, bool all, struct table *t)
{
	static const char *const header[N_COLS] = {"verdict", "by", "new/old", "MDE", "proc.", "old", "cell", "data"};
	int n = all ? c->n : c->n - c->counts[VERDICT_UNCHANGED];

	if (table_create(t, n + 1, N_COLS, "New against old, by severity"))
		return -ENOMEM;
	for (int col = 0; col < N_COLS; col++)
		table_set(t, 0, col, CELL_PLAIN, "%s", header[col]);
	for (int i = 0; i < n; i++) /* unchanged ones are the last */
		put_row(t, i + 1, c, &c->cells[i]);
	put_note(c, t);
	return 0;
}

static void print_tiers(const struct comparison *c, FILE *out)
{
	const char *before = " (";

	for (int t = TIER_CODE; t < N_TIERS; t++) {
		if (c->tiers[t])
			fprintf(out, "%s%d by %s", before, c->tiers[t], tier_name((enum tier)t));
		before = c->tiers[t] ? ", " : before;
	}
	fputs(before[0] == ',' ? ")" : "", out);
}

static int count_same_code(const struct comparison *c)
{
	int n = 0;

	for (int i = 0; i < c->n; i++)
		n += c->cells[i].verdict == VERDICT_UNCHANGED && c->cells[i].tier == TIER_CODE;
	return n;
}

static void print_detectable(const struct comparison *c, FILE *out)
{
	if (!c->worst) {
		fputs("; nothing was timed", out);
		return;
	}
	fprintf(out, "; detectable today (MDE): %s in the median cell, %s in the worst (%s)", percent(c->detectable).s,
		percent(c->worst_detectable).s, comparison_name(c, c->worst).s);
	fprintf(out, "; %d process%s", c->processes, c->processes == 1 ? "" : "es");
	if (c->control)
		fprintf(out, "; A/A bias %s of %d medians", percent(c->bias).s, c->control);
	else
		fprintf(out, "; no A/A control (mepbench --twin), a bias of %s is assumed", percent(c->bias).s);
}

void comparison_print_summary(const struct comparison *c, FILE *out)
{
	static const char *const words[] = {[EXIT_OK] = "ok",
					    [EXIT_REGRESSION] = "regression",
					    [EXIT_INCONCLUSIVE] = "inconclusive",
					    [EXIT_WRONG_RESULT] = "wrong result"};
	int same = count_same_code(c);

	fprintf(out, "%s: %d cell%s", words[comparison_exit_status(c)], c->n, c->n == 1 ? "" : "s");
	for (int v = 0; v < N_VERDICTS; v++) {
		if (!c->counts[v])
			continue;
		fprintf(out, ", %d %s", c->counts[v], verdict_name((enum verdict)v));
		if (v == VERDICT_REGRESSED)
			print_tiers(c, out);
		if (v == VERDICT_UNCHANGED && same)
			fprintf(out, " (%d the same code)", same);
	}
	fprintf(out, "; threshold %g%%", 100 * c->rule.threshold);
	print_detectable(c, out);
	fputc('\n', out);
}

/* Text of a workflow command; in a property, colons and commas too have a meaning. */
static void annotation_put(const char *text, bool property, FILE *out)
{
	for (; *text; text++) {
		bool special =
			*text == '%' || *text == '\r' || *text == '\n' || (property && (*text == ':' || *text == ','));

		if (special)
			fprintf(out, "%%%02X", (unsigned)(unsigned char)*text);
		else
			fputc(*text, out);
	}
}

static void annotate(const struct comparison *c, const struct comparison_cell *cell, FILE *out)
{
	bool error = cell->verdict == VERDICT_WRONG || cell->verdict == VERDICT_REGRESSED;
	const struct interval r = cell->time.ratio;
	char data[128], text[512];
	int n;

	put_data(cell->key, data, sizeof(data));
	n = snprintf(text, sizeof(text), "%s (%s)", comparison_name(c, cell).s, data);
	if (cell->tier == TIER_COUNT)
		snprintf(text + n, sizeof(text) - (size_t)n, ": %.3f times the instructions",
			 comparison_count_ratio(cell));
	else if (r.level > 0)
		snprintf(text + n, sizeof(text) - (size_t)n, ": %.3f times the time [%.3f, %.3f], MDE %s", r.mid, r.low,
			 r.high, percent(cell->time.detectable).s);
	fprintf(out, "::%s title=", error ? "error" : "warning");
	annotation_put("mepcompare: ", true, out);
	annotation_put(verdict_name(cell->verdict), true, out);
	fputs("::", out);
	annotation_put(text, false, out);
	if (!error && cell->why[0]) {
		fputs(": ", out);
		annotation_put(cell->why, false, out);
	}
	fputc('\n', out);
}

void comparison_print_annotations(const struct comparison *c, FILE *out)
{
	for (int i = 0; i < c->n; i++) {
		const struct comparison_cell *cell = &c->cells[i];

		if (cell->verdict <= VERDICT_INCONCLUSIVE &&
		    (cell->verdict <= VERDICT_MISSING || comparison_is_suspect(cell)))
			annotate(c, cell, out);
	}
}
