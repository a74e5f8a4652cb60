/* SPDX-License-Identifier: MIT */
/* See compare_selftest.h. */
#include "compare_selftest.h"

#include "compare_rounds.h"
#include "report/format.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The processes of one cell at one level lie side by side, in the order of the records. */
struct twin {
	struct process_rounds rounds;
	struct rounds *v; /* sorted by level */
	int first[SELFTEST_LEVELS + 1];
};

struct bench {
	struct selftest *s;
	struct twin *twins;	/* one per cell */
	struct evidence *v;	/* of a trial */
	int *cell;		/* whose they are */
	struct control control; /* room for all processes of all cells */
};

static int percent_of(const struct kernel_record *r)
{
	return (int)lround(100 * fmin(r->injected, 1e6));
}

/* The index of a level, added in its place if new; -1 if there is no room. */
static int level_of(struct selftest *s, int percent)
{
	int at = 0;

	while (at < s->n_levels && s->percent[at] < percent)
		at++;
	if (at < s->n_levels && s->percent[at] == percent)
		return at;
	if (s->n_levels == SELFTEST_LEVELS)
		return -1;
	memmove(&s->percent[at + 1], &s->percent[at], sizeof(int) * (size_t)(s->n_levels - at));
	s->percent[at] = percent;
	s->n_levels++;
	return at;
}

static int find_levels(struct selftest *s, const struct record_list *records, struct failure *f)
{
	level_of(s, 0);
	for (size_t i = 0; i < records->n; i++) {
		const struct kernel_record *r = &records->v[i];

		if (strcmp(r->build, "twin") == 0 && level_of(s, percent_of(r)) < 0)
			return fail(f, -EINVAL, "more than %d different shares of injected work; should be fewer",
				    SELFTEST_LEVELS - 1);
	}
	return 0;
}

static int twin_create(struct twin *t, struct selftest *s, const struct series *twin, const struct series *original)
{
	int rc = process_rounds_create(&t->rounds, twin, original), n = 0;

	if (rc)
		return rc;
	t->v = calloc((size_t)t->rounds.n + 1, sizeof(*t->v));
	if (!t->v)
		return -ENOMEM;
	for (int level = 0; level < s->n_levels; level++) {
		t->first[level] = n;
		for (int i = 0; i < t->rounds.n; i++) {
			if (percent_of(t->rounds.first[i]) == s->percent[level])
				t->v[n++] = t->rounds.v[i];
		}
	}
	for (int level = s->n_levels; level <= SELFTEST_LEVELS; level++)
		t->first[level] = n;
	return 0;
}

static int twin_count(const struct twin *t, int level)
{
	return t->first[level + 1] - t->first[level];
}

static void add_control(struct bench *b, int from, int to)
{
	for (int i = 0; i < b->s->n; i++) {
		const struct twin *t = &b->twins[i];

		for (int p = 0; p < twin_count(t, 0); p++) {
			if (p < from || p >= to)
				control_add(&b->control, &t->v[p], 1, &b->s->rule);
		}
	}
}

/* What the processes from `from` to `to` without injected work show is left out, unless there are no others. */
static void fill_control(struct bench *b, int from, int to)
{
	b->control.n = 0;
	add_control(b, from, to);
	if (!b->control.n)
		add_control(b, 0, 0);
}

/* Of the cell's own processes. */
static double own_bias(const struct bench *b, const struct twin *t, int from, int to)
{
	double own[1], largest = NAN;

	for (int p = 0; p < twin_count(t, 0); p++) {
		struct control one = {.v = own};

		if (p < from || p >= to)
			largest = fmax(largest, control_add(&one, &t->v[p], 1, &b->s->rule));
	}
	return largest;
}

static void tell(struct selftest_tally *t, const struct evidence *e)
{
	t->trials++;
	t->slower += e->found == FOUND_SLOWER;
	t->faster += e->found == FOUND_FASTER;
	t->same += e->found == FOUND_SAME;
}

/* The trial'th at a level, of all cells that have so many; returns how many those are, or -ENOMEM. */
static int hold_trial(struct bench *b, int level, int trial)
{
	const struct rule *rule = &b->s->rule;
	const int from = trial * rule->processes, to = from + rule->processes;
	const int left_out = level == 0 ? to : from; /* injected work is in no control anyway */
	int n = 0;

	for (int i = 0; i < b->s->n; i++) {
		const struct twin *t = &b->twins[i];

		if (twin_count(t, level) < to)
			continue;
		b->v[n] = evidence_paired(t->v + t->first[level] + from, rule->processes, rule);
		b->v[n].own_bias = own_bias(b, t, from, left_out);
		b->cell[n++] = i;
	}
	fill_control(b, from, left_out);
	if (judge(b->v, n, &b->control, rule))
		return -ENOMEM;
	for (int i = 0; i < n; i++) {
		tell(&b->s->cells[b->cell[i]].tallies[level], &b->v[i]);
		tell(&b->s->all[level], &b->v[i]);
	}
	return n;
}

/* The MDE of a cell is the largest of its trials without injected work; of those with, where there are no others. */
static int hold_trials(struct bench *b, int level)
{
	for (int trial = 0;; trial++) {
		int n = hold_trial(b, level, trial);

		if (n <= 0)
			return n;
		for (int i = 0; i < n; i++) {
			struct selftest_cell *cell = &b->s->cells[b->cell[i]];

			if (!(cell->detectable >= b->v[i].detectable) && (level == 0 || isnan(cell->detectable)))
				cell->detectable = b->v[i].detectable;
		}
	}
}

static void look_once(struct bench *b, int i)
{
	struct selftest_cell *cell = &b->s->cells[i];
	const struct twin *t = &b->twins[i];

	cell->bias = own_bias(b, t, 0, 0);
	for (int p = 0; p < twin_count(t, 0); p++) {
		struct evidence e = evidence_paired(&t->v[p], 1, &b->s->rule);

		cell->processes += e.ratio.level > 0;
		cell->once += e.once_slower || e.once_faster;
	}
	for (int level = 0; level < b->s->n_levels; level++)
		cell->tallies[level].ratio =
			evidence_paired(t->v + t->first[level], twin_count(t, level), &b->s->rule).ratio.mid;
}

static int compare_detectable(const void *pa, const void *pb)
{
	const struct selftest_cell *a = pa, *b = pb;

	if (isnan(a->detectable) != isnan(b->detectable))
		return isnan(a->detectable) ? 1 : -1;
	if (a->detectable < b->detectable || a->detectable > b->detectable)
		return a->detectable > b->detectable ? -1 : 1;
	return series_compare(a->key, b->key);
}

static int fill(struct bench *b, const struct series_list *twins, const struct series_list *originals)
{
	struct selftest *s = b->s;
	int rc = 0;

	for (int i = 0; i < twins->n && !rc; i++) {
		const struct series *original = series_list_find(originals, twins->v[i].key);

		if (!original)
			continue;
		s->cells[s->n] = (struct selftest_cell){.key = twins->v[i].key, .detectable = NAN};
		s->several_isas = s->several_isas || strcmp(twins->v[i].key->isa, s->cells[0].key->isa) != 0;
		rc = twin_create(&b->twins[s->n++], s, &twins->v[i], original);
	}
	for (int i = 0; i < s->n && !rc; i++)
		look_once(b, i);
	for (int level = 0; level < s->n_levels && !rc; level++)
		rc = hold_trials(b, level);
	return rc;
}

static int bench_create(struct bench *b, struct selftest *s, const struct series_list *twins, size_t n_records)
{
	size_t n = (size_t)twins->n + 1;

	*b = (struct bench){.s = s,
			    .twins = calloc(n, sizeof(*b->twins)),
			    .v = calloc(n, sizeof(*b->v)),
			    .cell = calloc(n, sizeof(*b->cell)),
			    .control = {.v = calloc(n_records + 1, sizeof(double))}};
	s->cells = calloc(n, sizeof(*s->cells));
	return b->twins && b->v && b->cell && b->control.v && s->cells ? 0 : -ENOMEM;
}

static void bench_destroy(struct bench *b, int n)
{
	for (int i = 0; b->twins && i < n; i++) {
		process_rounds_destroy(&b->twins[i].rounds);
		free(b->twins[i].v);
	}
	free(b->twins);
	free(b->v);
	free(b->cell);
	free(b->control.v);
}

static int run(struct selftest *s, const struct record_list *records)
{
	struct series_list twins, originals = {0};
	struct bench b = {0};
	int rc = series_list_create_build(&twins, records->v, records->n, "twin");

	rc = rc ? rc : series_list_create_build(&originals, records->v, records->n, "");
	rc = rc ? rc : bench_create(&b, s, &twins, records->n);
	rc = rc ? rc : fill(&b, &twins, &originals);
	bench_destroy(&b, s->n);
	series_list_destroy(&twins);
	series_list_destroy(&originals);
	if (rc == 0)
		qsort(s->cells, (size_t)s->n, sizeof(*s->cells), compare_detectable);
	return rc;
}

int selftest_create(struct selftest *s, const struct record_list *records, const struct rule *rule, struct failure *f)
{
	int rc;

	*s = (struct selftest){.rule = *rule};
	rc = find_levels(s, records, f);
	if (rc)
		return rc;
	rc = run(s, records);
	if (rc)
		rc = fail(f, rc, "out of memory");
	else if (!s->n)
		rc = fail(f, -EINVAL,
			  "no rows of build 'twin' beside the kernels under test; should be measured with --twin");
	if (rc)
		selftest_destroy(s);
	return rc;
}

void selftest_destroy(struct selftest *s)
{
	free(s->cells);
	*s = (struct selftest){0};
}

enum exit_status selftest_exit_status(const struct selftest *s)
{
	const struct selftest_tally *t = &s->all[0];

	return t->slower + t->faster ? EXIT_REGRESSION : t->trials ? EXIT_OK : EXIT_INCONCLUSIVE;
}

enum { COL_LEAST, COL_BIAS, COL_ONCE, COL_FALSE, COL_LEVELS };

static const char *percent(char *text, size_t size, double share)
{
	if (isinf(share))
		return "none";
	if (isnan(share))
		return NOTHING;
	snprintf(text, size, "%.1f%%", 100 * share);
	return text;
}

static void put_row(const struct selftest *s, int i, struct table *t)
{
	const struct selftest_cell *cell = &s->cells[i];
	const int row = i + 1, wrong = cell->tallies[0].slower + cell->tallies[0].faster;
	int col = COL_LEVELS;
	char text[32];

	table_set(t, row, COL_LEAST, CELL_PLAIN, "%s", percent(text, sizeof(text), cell->detectable));
	table_set(t, row, COL_BIAS, CELL_PLAIN, "%s", percent(text, sizeof(text), cell->bias));
	table_set(t, row, COL_ONCE, CELL_PLAIN, "%d/%d", cell->once, cell->processes);
	table_set(t, row, COL_FALSE, wrong ? CELL_LOSS : CELL_PLAIN, "%d/%d", wrong, cell->tallies[0].trials);
	for (int level = 1; level < s->n_levels; level++, col++) {
		const struct selftest_tally *l = &cell->tallies[level];

		if (l->trials || !isnan(l->ratio))
			table_set(t, row, col, CELL_PLAIN, "%d/%d (%+.1f%%)", l->slower, l->trials,
				  100 * (l->ratio - 1));
		else
			table_set(t, row, col, CELL_PLAIN, NOTHING);
	}
	table_set(t, row, col, CELL_PLAIN, "%s", cell_name_of(cell->key, s->several_isas).s);
	table_set(t, row, col + 1, CELL_PLAIN, "%s", cell->key->dist);
}

int selftest_table(const struct selftest *s, struct table *t)
{
	static const char *const header[COL_LEVELS] = {"MDE", "A/A bias", "once", "false"};
	const int cell = COL_LEVELS + s->n_levels - 1;

	if (table_create(t, s->n + 1, cell + 2, "The gate judged by its own rule"))
		return -ENOMEM;
	for (int col = 0; col < COL_LEVELS; col++)
		table_set(t, 0, col, CELL_PLAIN, "%s", header[col]);
	for (int level = 1; level < s->n_levels; level++)
		table_set(t, 0, COL_LEVELS + level - 1, CELL_PLAIN, "+%d%%", s->percent[level]);
	table_set(t, 0, cell, CELL_PLAIN, "cell");
	table_set(t, 0, cell + 1, CELL_PLAIN, "data");
	for (int i = 0; i < s->n; i++)
		put_row(s, i, t);
	table_note(t,
		   "MDE: the slow-down that would be flagged, the largest of the trials. A/A bias: the largest median "
		   "of identical code. Once: processes in which identical code is beyond the threshold. False: trials "
		   "of %d "
		   "processes that flag it. +N%%: trials that find so much added work (and what was measured).",
		   s->rule.processes);
	return 0;
}

void selftest_print_summary(const struct selftest *s, FILE *out)
{
	static const char *const words[] = {
		[EXIT_OK] = "ok", [EXIT_REGRESSION] = "false positives", [EXIT_INCONCLUSIVE] = "inconclusive"};
	const struct selftest_tally *same = &s->all[0];
	int once = 0, processes = 0, n = 0;
	char text[2][32];

	while (n < s->n && !isnan(s->cells[n].detectable))
		n++; /* the largest come first, those without one last */
	for (int i = 0; i < s->n; i++) {
		once += s->cells[i].once;
		processes += s->cells[i].processes;
	}
	fprintf(out,
		"%s: %d cells; identical code flagged in %d of %d trials of %d processes, beyond the threshold of "
		"%g%% in %d of %d single ones",
		words[selftest_exit_status(s)], s->n, same->slower + same->faster, same->trials, s->rule.processes,
		100 * s->rule.threshold, once, processes);
	for (int level = 1; level < s->n_levels; level++)
		fprintf(out, "; +%d%% found in %d of %d, called unchanged in %d", s->percent[level],
			s->all[level].slower, s->all[level].trials, s->all[level].same);
	if (n)
		fprintf(out, "; MDE %s in the median cell, %s in the worst",
			percent(text[0], sizeof(text[0]), s->cells[n / 2].detectable),
			percent(text[1], sizeof(text[1]), s->cells[0].detectable));
	fputc('\n', out);
}
