/* SPDX-License-Identifier: MIT */
/* The history as a report, see report_history.h: a chapter per machine, with its changes and its trends. */
#include "report_history.h"

#include "base/folder.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const how[] = {
	"Every ratio is of two kernels timed in the same rounds of one process: a sparse method's speed-up over the "
	"best "
	"dense contender, and what has no dense beside it against the yardstick, kernels that never change. Above 1 is "
	"faster. A speed-up also falls where dense becomes faster: dense has its own trend against the yardstick. "
	"Where "
	"another dense is the best, or the yardstick's machine code is another, a series ends and another begins; "
	"nothing is "
	"tested across.",
	"A machine is a CPU model, compiler, flags and instruction set; ratios of two machines are never put side by "
	"side. "
	"Runs under degraded conditions, wrong or unfinished ones are not in the history.",
	"Changes are looked for between commits, one value per commit (the geometric mean over its processes), by "
	"binary "
	"segmentation: the split that tells two levels best apart, held against shuffled values (permutation test, "
	"fixed "
	"seed), Holm-corrected over the cells of the machine, p <= 0.05 over all splits. A level lasts at least 3 "
	"commits. The more cells are tested together, the more commits a cell needs before even a clean step could be "
	"significant; how many is said with each machine, and cells with fewer are not tested.",
	"The test assumes that noise has no order. Where a machine drifts slowly, the drift can show as a change: look "
	"whether "
	"other cells change at the same commit.",
	NULL};

static struct label short_commit(const struct history_record *r)
{
	struct label l;

	snprintf(l.s, sizeof(l.s), "%.9s", r->commit);
	return l;
}

/* `topk bracket k=20 · backward 64x784x500 relu, 2 threads`. */
static void set_cell(struct table *t, int row, const struct history_record *r)
{
	struct kernel_record key = trend_key(r);

	key.isa[0] = '\0';
	table_set(t, row, 0, CELL_PLAIN, "%s · %s %s", history_contender(r).s, r->op,
		  label_workload(&key, key.threads).s);
}

/* `best dense: dense_blas`; of a yardstick the beginning of its code. */
static void set_against(struct table *t, int row, int col, const struct history_record *r)
{
	const int shown = strncmp(r->against, "yardstick", 9) ? 95 : 8;

	table_set(t, row, col, CELL_PLAIN, "%s%s%.*s", r->against, r->base[0] ? ": " : "", shown, r->base);
}

static void set_header(struct table *t, const char *const *words)
{
	for (int col = 0; col < t->n_cols; col++)
		table_set(t, 0, col, CELL_PLAIN, "%s", words[col]);
}

static void set_change(struct table *t, int row, const struct trend_machine *m, const struct change *c)
{
	const struct trend *own = &m->v[c->series];
	const double ratio = exp(c->after - c->before);

	set_cell(t, row, own->rows);
	table_set(t, row, 1, CELL_PLAIN, "%s..%s", short_commit(m->visits[own->place[c->at - 1]]).s,
		  short_commit(m->visits[own->place[c->at]]).s);
	table_set(t, row, 2, CELL_PLAIN, "%.10s", m->visits[own->place[c->at]]->date);
	table_set(t, row, 3, CELL_PLAIN, "%sx", format_3(exp(c->before)).s);
	table_set(t, row, 4, CELL_PLAIN, "%sx", format_3(exp(c->after)).s);
	table_set(t, row, 5, ratio < 1 ? CELL_LOSS : CELL_BEST, "%.3f", ratio);
	table_set(t, row, 6, CELL_PLAIN, "%.2g", c->p);
	set_against(t, row, 7, own->rows);
}

static int add_changes(const struct trend_machine *m, struct table_list *out)
{
	static const char *const header[] = {"cell",  "commits",	"date", "before",
					     "after", "after / before", "p",	"ratio to"};
	struct table *t = m->n_changes ? table_list_add(out, m->n_changes + 1, 8, "Changes") : NULL;

	if (!t)
		return m->n_changes ? -ENOMEM : 0;
	set_header(t, header);
	for (int i = 0; i < m->n_changes; i++)
		set_change(t, i + 1, m, &m->changes[i]);
	table_note(t,
		   "commits: the last before the change and the first behind it. before, after: geometric means of the "
		   "levels. ! lower, * higher: against a yardstick that is slower and faster; against dense, dense may "
		   "be what changed. p is corrected for all cells and splits.");
	return 0;
}

static int add_now(const struct trend_machine *m, struct table_list *out)
{
	static const char *const header[] = {"cell", "last", "level", "since", "commits", "processes", "ratio to"};
	struct table *t = table_list_add(out, m->n + 1, 7, "Where each cell stands");

	if (!t)
		return -ENOMEM;
	t->detail = true;
	set_header(t, header);
	for (int i = 0; i < m->n; i++) {
		const struct trend *own = &m->v[i];
		const struct history_record *last = &own->rows[own->n_rows - 1];
		const bool known = isfinite(last->low) && isfinite(last->high);
		const struct interval r = {last->ratio, known ? last->low : last->ratio,
					   known ? last->high : last->ratio, known ? SERIES_LEVEL : 0,
					   (int)last->rounds};
		const int from = trend_last_stretch(own);

		set_cell(t, i + 1, own->rows);
		table_set(t, i + 1, 1, CELL_PLAIN, "%s", format_ratio(r).s);
		table_set(t, i + 1, 2, CELL_PLAIN, "%sx", format_3(trend_level(own, from, own->n)).s);
		table_set(t, i + 1, 3, CELL_PLAIN, "%s", short_commit(m->visits[own->place[from]]).s);
		table_set(t, i + 1, 4, CELL_PLAIN, "%d", own->n);
		table_set(t, i + 1, 5, CELL_PLAIN, "%d", own->n_rows);
		set_against(t, i + 1, 6, last);
	}
	table_note(t, "last: of the last process, with its 95%% interval. level: geometric mean since the last change, "
		      "or the "
		      "first commit.");
	return 0;
}

static int count_changed(const struct trend_machine *m)
{
	int n = 0;

	for (int i = 0; i < m->n; i++)
		n += m->v[i].n_changes > 0;
	return n;
}

static const char *plural(int n)
{
	return n == 1 ? "" : "s";
}

/* What was found, and what could have been. */
static void tell_reach(const struct trend_machine *m, char *text, size_t size)
{
	const struct change_reach *r = &m->reach;

	if (r->least == CHANGE_NEVER)
		snprintf(text, size, "Too many cells to tell changes. ");
	else if (!r->tested)
		snprintf(text, size,
			 "Too few commits: of %d cell%s, changes can be told from %d commits of a cell on. ", m->n,
			 plural(m->n), r->least);
	else
		snprintf(text, size,
			 "%d change%s in %d of the %d cell%s tested, those of %d commits or more; a change in the last "
			 "%d "
			 "can be told from %d commits on. ",
			 m->n_changes, plural(m->n_changes), count_changed(m), r->tested, plural(r->tested), r->least,
			 CHANGE_SIDE, r->at_end);
}

static void tell_machine(const struct trend_machine *m, struct history_words *w)
{
	const struct history_record *key = m->key;
	size_t used;

	snprintf(w->id, sizeof(w->id), "%s", history_machine_name(key).s);
	snprintf(w->title, sizeof(w->title), "%s, %s, %s", key->cpu, key->compiler, key->isa);
	snprintf(w->intro, sizeof(w->intro), "%d cell%s over %d commit%s, %.10s to %.10s. ", m->n, plural(m->n),
		 m->n_visits, plural(m->n_visits), m->visits[0]->date, m->visits[m->n_visits - 1]->date);
	used = strlen(w->intro);
	tell_reach(m, w->intro + used, sizeof(w->intro) - used);
	used = strlen(w->intro);
	snprintf(w->intro + used, sizeof(w->intro) - used, "Flags: %s", key->flags[0] ? key->flags : "none");
}

static int add_verdict(struct facts *facts, const struct trend_machine *m, const struct history_words *w)
{
	char *line = verdict_list_add(&facts->verdicts);

	if (!line)
		return -ENOMEM;
	if (m->reach.tested)
		snprintf(line, sizeof(*facts->verdicts.v),
			 "%.150s: %d change%s in %d of %d cell%s tested, over %d commit%s", w->title, m->n_changes,
			 plural(m->n_changes), count_changed(m), m->reach.tested, plural(m->reach.tested), m->n_visits,
			 plural(m->n_visits));
	else
		snprintf(line, sizeof(*facts->verdicts.v), "%.150s: %d cells over %d commit%s, too few to tell changes",
			 w->title, m->n, m->n_visits, plural(m->n_visits));
	return 0;
}

static int add_chapter(struct history_page *p, int i)
{
	const struct trend_machine *m = &p->trends.v[i];
	struct chapter *c = &p->chapters.v[p->chapters.count++];
	struct history_words *w = &p->words[i];
	size_t used;
	int rc, left_out;

	tell_machine(m, w);
	*c = (struct chapter){.id = w->id, .title = w->title, .intro = w->intro};
	rc = add_changes(m, &c->tables);
	rc = rc ? rc : add_now(m, &c->tables);
	rc = rc ? rc : add_verdict(&p->facts, m, w);
	if (rc || p->chapters.no_plots)
		return rc;
	rc = plots_history(m, i + 1, &c->figures, &left_out);
	used = strlen(w->intro);
	if (rc == 0 && left_out)
		snprintf(w->intro + used, sizeof(w->intro) - used, ". %d more figures are left out.", left_out);
	if (rc == -ENOENT)
		p->chapters.no_plots = "gnuplot is not installed";
	return rc == -ENOENT ? 0 : rc;
}

static void add_fact(struct facts *facts, const char *label, const char *format, int n)
{
	struct fact *fact = &facts->v[facts->count++];

	snprintf(fact->label, sizeof(fact->label), "%s", label);
	snprintf(fact->value, sizeof(fact->value), format, n);
}

static void collect_facts(struct history_page *p, const char *folder, int shown)
{
	struct facts *facts = &p->facts;

	*facts = (struct facts){.how = how,
				.subtitle = "Ratios of accepted runs of meprop-bench, commit by commit, and "
					    "where they changed."};
	snprintf(facts->title, sizeof(facts->title), "The history of the kernels");
	snprintf(facts->command, sizeof(facts->command), "mepreport --history %.400s", folder);
	add_fact(facts, "machines", "%d", p->trends.n);
	add_fact(facts, "rows", "%d", (int)p->history.n);
	if (shown == p->trends.n)
		return;
	add_fact(facts, "NOT SHOWN", "%d machines more than a page holds: give them a folder of their own",
		 p->trends.n - shown);
	facts->v[facts->count - 1].alarming = true;
}

static int list_files(struct results *r)
{
	struct dirent **entries;
	int n = scandir(r->dir, &entries, folder_is_csv, alphasort);

	r->files = n < 0 ? NULL : calloc((size_t)n + 1, sizeof(*r->files));
	for (int i = 0; i < n; i++) {
		if (r->files)
			snprintf(r->files[r->n_files++], sizeof(*r->files), "%s", entries[i]->d_name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return r->files ? 0 : -ENOMEM;
}

static int fill(struct history_page *p, const char *folder, bool plots)
{
	const int room = sizeof(p->chapters.v) / sizeof(p->chapters.v[0]);
	int shown, rc = trend_list_create(&p->trends, &p->history);

	shown = p->trends.n < room ? p->trends.n : room;
	p->words = calloc((size_t)shown + 1, sizeof(*p->words));
	rc = rc || p->words ? rc : -ENOMEM;
	rc = rc ? rc : list_files(&p->r);
	if (rc)
		return rc;
	collect_facts(p, folder, shown);
	p->chapters.no_plots = plots ? NULL : "--no-plots was given";
	for (int i = 0; i < shown && rc == 0; i++)
		rc = add_chapter(p, i);
	return rc;
}

int history_page_create(struct history_page *p, const char *folder, bool plots, struct failure *f)
{
	int rc;

	*p = (struct history_page){.r = {.dir = folder}};
	rc = history_load(folder, &p->history, f);
	if (rc == 0 && fill(p, folder, plots))
		rc = fail(f, -ENOMEM, "out of memory");
	if (rc)
		history_page_destroy(p);
	return rc;
}

void history_page_destroy(struct history_page *p)
{
	chapters_destroy(&p->chapters);
	facts_release(&p->facts);
	results_release(&p->r);
	trend_list_destroy(&p->trends);
	history_list_destroy(&p->history);
	free(p->words);
	p->words = NULL;
}
