/* SPDX-License-Identifier: MIT */
/* Judges the claims and lays their verdicts out: tables for the report, lines for the terminal. See claims.h. */
#include "report/claims.h"

#include "report/claims_parts.h"
#include "report/study_time.h"
#include "report/summary_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *words;
	enum cell_mark mark;
} verdicts[N_CLAIM_VERDICTS] = {
	[CLAIM_NOT_RUN] = {"not run yet", CELL_PLAIN},	    [CLAIM_TOO_FEW] = {"too few seeds", CELL_PLAIN},
	[CLAIM_NOT_HERE] = {"not tested here", CELL_PLAIN}, [CLAIM_NOISE] = {"within noise", CELL_UNSURE},
	[CLAIM_ANSWERED] = {"answered", CELL_PLAIN},	    [CLAIM_CONFIRMED] = {"confirmed", CELL_BEST},
	[CLAIM_REFUTED] = {"refuted", CELL_LOSS},
};

static const struct {
	const char *title, *name;
} sources[N_CLAIM_SOURCES] = {
	[CLAIM_POSTER] = {"What the poster claims: De Alba, Kannan, Kim", "poster"},
	[CLAIM_PAPER] = {"What the paper and its code claim: Sun, Ren, Ma, Wang, ICML 2017", "paper"},
	[CLAIM_OPEN] = {"What they left open", "open"},
	[CLAIM_TARGET] = {"What this study set itself", "target"},
};

const char *claim_verdict_words(enum claim_verdict v)
{
	return verdicts[v].words;
}

int claim_judge(const struct claim *claim, const struct experiment_list *list, struct claim_finding *out)
{
	*out = (struct claim_finding){.verdict = CLAIM_NOT_RUN};
	return claim->judge(claim, list, out);
}

bool claims_apply(const struct experiment_list *list)
{
	for (int i = 0; i < list->n; i++) {
		const struct train_record *r = list->v[i].key;

		if (!train_is_timed(r) || !strncmp(r->experiment, STUDY_TIME_PREFIX, strlen(STUDY_TIME_PREFIX)))
			return true;
	}
	return false;
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

static void put_row(struct table *t, int row, const struct claim *c, const struct claim_finding *f, const char *rows)
{
	table_set(t, row, COL_CLAIM, CELL_PLAIN, "%s", c->words);
	table_set(t, row, COL_PUBLISHED, CELL_PLAIN, "%s", c->published[0] ? c->published : NOTHING);
	table_set(t, row, COL_OURS, CELL_PLAIN, "%s", f->ours[0] ? f->ours : NOTHING);
	table_set(t, row, COL_VERDICT, verdicts[f->verdict].mark, "%s", verdicts[f->verdict].words);
	table_set(t, row, COL_WHY, CELL_PLAIN, "%s", f->why[0] ? f->why : NOTHING);
	table_set(t, row, COL_PLACE, CELL_PLAIN, "%s", c->place);
	table_set(t, row, COL_ROWS, CELL_PLAIN, "%s", c->members[0] ? c->members : NOTHING);
	table_set(t, row, COL_LINES, CELL_PLAIN,
		  !c->family[0]		   ? NOTHING
		  : strchr(c->family, '|') ? "--lines='^(%s)-'"
					   : "--lines='^%s-'",
		  c->family);
	if (rows && c->members[0])
		table_link(t, row, COL_ROWS, rows);
}

static int add_source(enum claim_source source, const struct claim_finding *findings, const char *rows,
		      struct table_list *out)
{
	static const char *const header[N_COLS] = {"claim",   "published", "ours",	  "verdict",
						   "because", "source",	   "experiments", "to run it again"};
	int n = 0;
	struct table *t;

	for (const struct claim *c = claims; c->id; c++)
		n += c->source == source;
	t = table_list_add(out, n + 1, N_COLS, "%s", sources[source].title);
	if (!t)
		return -ENOMEM;
	t->prose = true;
	for (int col = 0; col < N_COLS; col++)
		table_set(t, 0, col, CELL_PLAIN, "%s", header[col]);
	n = 0;
	for (int i = 0; claims[i].id; i++)
		if (claims[i].source == source)
			put_row(t, ++n, &claims[i], &findings[i], rows);
	return 0;
}

static void add_notes(struct table_list *out)
{
	struct table *last = &out->tables[out->count - 1];

	table_note(last,
		   "Accuracies in percent at the best dev epoch, mean over seeds ±95%% t interval; differences in "
		   "points over equal seeds, exact sign-flip test, Holm over the experiments of a row; speed-ups "
		   "are medians of paired ratios. Confirmed and refuted mean significant at 5%%, for or against; one "
		   "counter-example refutes what was claimed in general. Experiments are named by what differs from "
		   "the base recipe. Again: mepbench study bench/study.plan --out=DIR and what stands in the last "
		   "column.");
}

static int add_counts(const struct claim_finding *findings, int n, struct verdict_list *out)
{
	int counts[N_CLAIM_VERDICTS] = {0};
	char *line = verdict_list_add(out);

	if (!line)
		return -ENOMEM;
	for (int i = 0; i < n; i++)
		counts[findings[i].verdict]++;
	claim_append(line, 256, "%d claims:", n);
	for (int v = N_CLAIM_VERDICTS - 1; v >= 0; v--)
		if (counts[v])
			claim_append(line, 256, " %d %s,", counts[v], verdicts[v].words);
	line[strlen(line) - 1] = '.';
	return 0;
}

static int add_lines(const struct claim_finding *findings, struct verdict_list *out)
{
	for (int i = 0; claims[i].id; i++) {
		char *line;

		if (findings[i].verdict < CLAIM_NOISE)
			continue;
		line = verdict_list_add(out);
		if (!line)
			return -ENOMEM;
		claim_append(line, 256, "%-12s  %s: %s. Ours: %s", verdicts[findings[i].verdict].words, claims[i].id,
			     claims[i].words, findings[i].ours);
	}
	return 0;
}

int summary_claims(const struct experiment_list *list, const char *rows, struct table_list *out)
{
	struct claim_finding *findings;
	int n = 0, rc = 0;

	*out = (struct table_list){0};
	while (claims[n].id)
		n++;
	findings = calloc((size_t)n + 1, sizeof(*findings));
	if (!findings)
		return -ENOMEM;
	for (int i = 0; i < n && !rc; i++)
		rc = claim_judge(&claims[i], list, &findings[i]);
	for (int s = 0; s < N_CLAIM_SOURCES && !rc; s++)
		rc = add_source((enum claim_source)s, findings, rows, out);
	if (!rc)
		add_notes(out);
	rc = rc ? rc : add_lines(findings, &out->verdicts);
	rc = rc ? rc : add_counts(findings, n, &out->verdicts);
	free(findings);
	if (rc)
		table_list_destroy(out);
	return rc;
}
