/* SPDX-License-Identifier: MIT */
/* Judges the claims and lays their verdicts out: tables for the report, lines for the terminal. See claims.h. */
#include "report/claims.h"

#include "report/claims_parts.h"
#include "report/study_parts.h"
#include "report/summary_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *words;
	enum cell_mark mark;
} verdicts[N_CLAIM_VERDICTS] = {
	[CLAIM_NOT_RUN] = {"not run yet", CELL_PLAIN},
	[CLAIM_TOO_FEW] = {"too few seeds", CELL_PLAIN},
	[CLAIM_UNKNOWN] = {"not a number", CELL_LOSS},
	[CLAIM_NOT_HERE] = {"not tested here", CELL_PLAIN},
	[CLAIM_NOISE] = {"no difference seen", CELL_UNSURE},
	[CLAIM_OTHER] = {"other recipe", CELL_PLAIN},
	[CLAIM_ANSWERED] = {"answered", CELL_PLAIN},
	[CLAIM_COMPATIBLE] = {"compatible", CELL_UNSURE},
	[CLAIM_MISSED] = {"missed", CELL_LOSS},
	[CLAIM_MET] = {"met", CELL_BEST},
	[CLAIM_MIXED] = {"mixed", CELL_UNSURE},
	[CLAIM_CONFIRMED] = {"confirmed", CELL_BEST},
	[CLAIM_REFUTED] = {"refuted", CELL_LOSS},
};

static const struct {
	const char *title, *name;
} sources[N_CLAIM_SOURCES] = {
	[CLAIM_POSTER] = {"What the poster claims: De Alba, Kannan, Kim", "poster"},
	[CLAIM_PAPER] = {"What the paper and its code claim: Sun, Ren, Ma, Wang, ICML 2017", "paper"},
	[CLAIM_NUMBER] = {"The numbers they published, trained again", "number"},
	[CLAIM_OPEN] = {"What they left open", "open"},
	[CLAIM_TARGET] = {"What this study set itself", "target"},
};

const char *claim_verdict_words(enum claim_verdict v)
{
	return verdicts[v].words;
}

int claim_judge(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out)
{
	int rc;

	*out = (struct claim_finding){.verdict = CLAIM_NOT_RUN};
	rc = claim->judge(claim, list, out);
	if (claim->source == CLAIM_TARGET && out->verdict == CLAIM_CONFIRMED)
		out->verdict = CLAIM_MET;
	if (claim->source == CLAIM_TARGET && out->verdict == CLAIM_REFUTED)
		out->verdict = CLAIM_MISSED;
	return rc;
}

int claim_not_here(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out)
{
	(void)claim;
	(void)list;
	out->verdict = CLAIM_NOT_HERE;
	CLAIM_APPEND(out->why, "nothing that this program trains could tell");
	return 0;
}

enum { COL_CLAIM, COL_PUBLISHED, COL_OURS, COL_VERDICT, COL_WHY, COL_PLACE, COL_ROWS, COL_LINES, N_COLS };

/* The command that runs it again, and a link to the chapter of its (first) family. */
static void put_lines(struct table *t, int row, const char *family)
{
	char link[64];

	if (!family) {
		table_set(t, row, COL_LINES, CELL_PLAIN, "%s", NOTHING);
		return;
	}
	table_set(t, row, COL_LINES, CELL_PLAIN, strchr(family, '|') ? "--lines='^(%s)-'" : "--lines='^%s-'", family);
	snprintf(link, sizeof(link), "#%.*s", (int)strcspn(family, "|"), family);
	table_link(t, row, COL_LINES, link);
}

/* ` (batch 50, dropout 0.1, port weights)`: what it was judged by; "" if nothing is trained for it. */
static struct claim_label recipe_of(const struct claim *c)
{
	struct claim_label l = {""};
	struct study_spec spec;
	struct failure f;

	if (c->members[0] && study_parse(&spec, c->members, &f) == 0)
		CLAIM_APPEND(l.s, " (batch %.16s, dropout %.16s, %.16s weights)", study_spec_value(&spec, "batch"),
			     study_spec_value(&spec, "dropout"), study_spec_value(&spec, "init"));
	return l;
}

/* `topk k=20, 80 anneal-k against topk anneal-lr`: of both what the claim's recipe does not say already. */
static struct study_phrase experiments_of(const struct claim *c)
{
	static const char *const told[] = {"batch", "dropout", "init"};
	struct study_spec members = study_spec_of(c->members), base = study_spec_of(c->base[0] ? c->base : c->members);
	struct study_phrase p = {""};

	study_spec_subtract(&base, &members);
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		study_spec_plain(&members, told[i]);
	if (c->nearest)
		study_spec_plain(&base, "k");
	CLAIM_APPEND(p.s, "%s%s", members.time ? "times of " : "", study_spec_words(&members).s);
	if (c->base[0])
		CLAIM_APPEND(p.s, " against %s%s", study_spec_words(&base).s,
			     c->nearest ? " of the nearest mean k" : "");
	return p;
}

static void put_row(struct table *t, int row, const struct claim *c, const struct claim_finding *f, const char *rows)
{
	table_set(t, row, COL_CLAIM, CELL_PLAIN, "%s%s", c->words, recipe_of(c).s);
	table_set(t, row, COL_PUBLISHED, CELL_PLAIN, "%s", c->published[0] ? c->published : NOTHING);
	table_set(t, row, COL_OURS, CELL_PLAIN, "%s", f->ours[0] ? f->ours : NOTHING);
	table_set(t, row, COL_VERDICT, verdicts[f->verdict].mark, "%s", verdicts[f->verdict].words);
	table_set(t, row, COL_WHY, CELL_PLAIN, "%s", f->why[0] ? f->why : NOTHING);
	table_set(t, row, COL_PLACE, CELL_PLAIN, "%s", c->place);
	table_set(t, row, COL_ROWS, CELL_PLAIN, "%s", c->members[0] ? experiments_of(c).s : NOTHING);
	if (rows && c->members[0])
		table_link(t, row, COL_ROWS, rows);
	put_lines(t, row, c->family);
}

static int add_source(enum claim_source source, const struct claim_list *all, const struct claim_finding *findings,
		      const char *rows, struct table_list *out)
{
	static const char *const header[N_COLS] = {"claim",   "published", "ours",	  "verdict",
						   "because", "source",	   "experiments", "to run it again"};
	int n = 0;
	struct table *t;

	for (int i = 0; i < all->n; i++)
		n += all->v[i].source == source;
	t = table_list_add(out, n + 1, N_COLS, "%s", sources[source].title);
	if (!t)
		return -ENOMEM;
	t->prose = true;
	t->detail = source == CLAIM_NUMBER; /* long, and most of it in the figures too */
	for (int col = 0; col < N_COLS; col++)
		table_set(t, 0, col, CELL_PLAIN, "%s", header[col]);
	n = 0;
	for (int i = 0; i < all->n; i++)
		if (all->v[i].source == source)
			put_row(t, ++n, &all->v[i], &findings[i], rows);
	return 0;
}

/* How many of each verdict, in words. */
static void tell_counts(const struct claim_finding *findings, int n, char *text, size_t size)
{
	int counts[N_CLAIM_VERDICTS] = {0};

	for (int i = 0; i < n; i++)
		counts[findings[i].verdict]++;
	claim_append(text, size, "%d claims, numbers, questions and targets:", n);
	for (int v = N_CLAIM_VERDICTS - 1; v >= 0; v--)
		if (counts[v])
			claim_append(text, size, " %d %s,", counts[v], verdicts[v].words);
	text[strlen(text) - 1] = '.';
}

static int add_counts(const struct claim_finding *findings, int n, struct table_list *out)
{
	char *line = verdict_list_add(&out->verdicts);

	if (!line)
		return -ENOMEM;
	tell_counts(findings, n, line, 256);
	table_note(&out->tables[0],
		   "%s Accuracies in percent at the best dev epoch, mean over seeds ±95%% t interval; differences in "
		   "points over equal seeds, by the exact sign-flip test, Holm over the experiments of a row, at 5%%. "
		   "Confirmed: all differences of a row are significant and as claimed; refuted: none is, and at least "
		   "one is against it; mixed: anything between. Rows without a p are no tests but compare with a "
		   "threshold: met and missed (targets, by the mean or the interval), compatible (a published number "
		   "lies within the 95%% spread of one more training of ours). No correction runs over the rows: of "
		   "those tested about 5%% would come out significant by chance.",
		   line);
	return 0;
}

/* `refuted       poster-2a: what is claimed. Ours: what was measured (why)`. */
static void tell_line(const struct claim *c, const struct claim_finding *f, char *line, size_t size)
{
	bool question = c->words[strlen(c->words) - 1] == '?';

	claim_append(line, size, "%-18s  %s: %s%s Ours: %s", verdicts[f->verdict].words, c->id, c->words,
		     question ? "" : ".", f->ours);
	if (strlen(line) + strlen(f->why) + 3 < size)
		claim_append(line, size, " (%s)", f->why);
}

static int add_lines(const struct claim_list *all, const struct claim_finding *findings, struct verdict_list *out)
{
	for (int i = 0; i < all->n; i++) {
		char *line;

		if (findings[i].verdict < CLAIM_NOISE)
			continue;
		line = verdict_list_add(out);
		if (!line)
			return -ENOMEM;
		tell_line(&all->v[i], &findings[i], line, sizeof(out->v[0]));
	}
	return 0;
}

static int add_tables(const struct claim_list *all, const struct experiment_list *list, const char *rows,
		      struct table_list *out)
{
	struct claim_finding *findings = calloc((size_t)all->n, sizeof(*findings));
	int rc = findings ? 0 : -ENOMEM;

	for (int i = 0; i < all->n && !rc; i++)
		rc = claim_judge(&all->v[i], list, &findings[i]);
	for (int s = 0; s < N_CLAIM_SOURCES && !rc; s++)
		rc = add_source((enum claim_source)s, all, findings, rows, out);
	rc = rc ? rc : add_lines(all, findings, &out->verdicts);
	rc = rc ? rc : add_counts(findings, all->n, out);
	free(findings);
	return rc;
}

int summary_claims(const struct experiment_list *list, const char *rows, struct table_list *out)
{
	struct claim_list all;
	int rc = claim_list_create(&all);

	*out = (struct table_list){0};
	rc = rc ? rc : add_tables(&all, list, rows, out);
	claim_list_destroy(&all);
	if (rc)
		table_list_destroy(out);
	return rc;
}
