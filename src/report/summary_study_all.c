/* SPDX-License-Identifier: MIT */
/* The study as a whole: how many of each curve were told apart and which way, in one table and in a few lines. */
#include "report/summary_study.h"

#include "report/format.h"
#include "report/study_parts.h"
#include "report/summary_notes.h"
#include "report/summary_parts.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *header;
	enum study_verdict verdict;
} counted[] = {
	{"better", STUDY_BETTER},	{"worse", STUDY_WORSE},		  {"no difference seen", STUDY_NO_DIFFERENCE},
	{"identical", STUDY_IDENTICAL}, {"too few seeds", STUDY_TOO_FEW},
};
#define N_COUNTED ((int)(sizeof(counted) / sizeof(counted[0])))

static int count(const struct study_result *c, enum study_verdict v)
{
	int n = 0;

	for (int i = 0; i < c->n; i++)
		n += c->v[i].verdict == v;
	return n;
}

/* The fewest and the most pairs of those that were run: `10`, `10..20`. */
static struct text seeds_of(const struct study_result *c)
{
	struct text t = {NOTHING};
	int low = INT_MAX, high = 0;

	for (int i = 0; i < c->n; i++) {
		if (c->v[i].verdict == STUDY_NOT_RUN)
			continue;
		low = c->v[i].pairs < low ? c->v[i].pairs : low;
		high = c->v[i].pairs > high ? c->v[i].pairs : high;
	}
	if (high)
		snprintf(t.s, sizeof(t.s), low < high ? "%d..%d" : "%d", low, high);
	return t;
}

static void put_overview_row(struct table *t, int row, const struct study_family *family, const struct study_result *c)
{
	table_set(t, row, 0, CELL_PLAIN, "%s: %s", family->id, c->curve->words);
	table_set(t, row, 1, CELL_PLAIN, "%d of %d", c->n_run, c->n);
	table_set(t, row, 2, CELL_PLAIN, "%s", seeds_of(c).s);
	for (int i = 0; i < N_COUNTED; i++) {
		int n = count(c, counted[i].verdict);

		if (n)
			table_set(t, row, 3 + i, study_mark(counted[i].verdict), "%d", n);
	}
}

static int count_curves(void)
{
	int n = 0;

	for (const struct study_family *f = study_families; f->id; f++)
		for (const struct study_curve *c = f->curves; c->words; c++)
			n++;
	return n;
}

static int put_overview_family(const struct experiment_list *list, const struct study_family *family, struct table *t,
			       int *row)
{
	int rc = 0, before = *row;

	for (const struct study_curve *curve = family->curves; curve->words && rc == 0; curve++) {
		struct study_result c;

		rc = study_result_create(&c, list, curve);
		if (rc == 0 && c.n_run)
			put_overview_row(t, ++*row, family, &c);
		study_result_destroy(&c);
	}
	if (*row == before)
		table_note(t, "%s%s", t->note[0] ? ", " : "Not run yet: ", family->id);
	return rc;
}

int summary_study_overview(const struct experiment_list *list, struct table_list *out)
{
	static const char *const header[] = {"comparison", "run", "seeds"};
	struct table *t = table_list_add(out, count_curves() + 1, 3 + N_COUNTED, "Verdicts of the study");
	int row = 0, rc = 0;

	if (!t)
		return -ENOMEM;
	for (int i = 0; i < 3; i++)
		table_set(t, 0, i, CELL_PLAIN, "%s", header[i]);
	for (int i = 0; i < N_COUNTED; i++)
		table_set(t, 0, 3 + i, CELL_PLAIN, "%s", counted[i].header);
	for (const struct study_family *f = study_families; f->id && rc == 0; f++)
		rc = put_overview_family(list, f, t, &row);
	t->n_rows = row + 1;
	table_note(t,
		   "%sCounts of experiments, each against its base over the same seeds; Holm-corrected within a row.",
		   t->note[0] ? ". " : "");
	return rc;
}

/* Whether this word, of this length, is one of the words of a name. */
static bool has_word(const char *name, const char *word, size_t n)
{
	for (const char *at = name; (at = strstr(at, word)); at++)
		if ((at == name || at[-1] == ' ') && (!at[n] || at[n] == ' '))
			return true;
	return false;
}

/* Whether all comparisons have this word in their names. */
static bool is_common(const struct study_result *c, const char *word, size_t n)
{
	char text[sizeof(c->v->name)];
	int found = 0;

	snprintf(text, sizeof(text), "%.*s", (int)n, word);
	for (int i = 0; i < c->n; i++)
		found += has_word(c->v[i].name, text, n);
	return found == c->n;
}

/* `k=20` of `topk k=20` where all are topk: what tells it from the other comparisons; all of it if nothing does. */
static struct study_name short_name(const struct study_result *c, const char *name)
{
	struct study_name s = {""};

	for (const char *word = name; *word; word += strspn(word, " ")) {
		size_t n = strcspn(word, " "), used = strlen(s.s);

		if (!is_common(c, word, n))
			snprintf(s.s + used, sizeof(s.s) - used, "%s%.*s", used ? " " : "", (int)n, word);
		word += n;
	}
	if (!s.s[0])
		snprintf(s.s, sizeof(s.s), "%s", name);
	return s;
}

static void append_verdict(char *line, size_t size, const struct study_result *c, enum study_verdict v)
{
	int told = 0, all = count(c, v);

	for (int i = 0; i < c->n; i++) {
		size_t used = strlen(line);

		if (c->v[i].verdict != v)
			continue;
		if (used > size - 72) {
			snprintf(line + used, size - used, " and %d more", all - told);
			return;
		}
		snprintf(line + used, size - used, "%s%s%s", told ? ", " : "; ", told ? "" : study_verdict_words(v),
			 told ? "" : ": ");
		used = strlen(line);
		snprintf(line + used, size - used, "%.40s", study_words(short_name(c, c->v[i].name).s).s);
		told++;
	}
}

static int add_line(const struct study_family *family, const struct study_result *c, struct verdict_list *out)
{
	static const enum study_verdict told[] = {STUDY_BETTER, STUDY_WORSE, STUDY_NO_DIFFERENCE, STUDY_IDENTICAL,
						  STUDY_TOO_FEW};
	char(*v)[256] = realloc(out->v, sizeof(*v) * (size_t)(out->count + 1));
	char *line;

	if (!v)
		return -ENOMEM;
	out->v = v;
	line = v[out->count++];
	snprintf(line, sizeof(*v), "%s, %s (%s seed%s)", family->title, c->curve->words, seeds_of(c).s,
		 strcmp(seeds_of(c).s, "1") ? "s" : "");
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++)
		append_verdict(line, sizeof(*v), c, told[i]);
	return 0;
}

int verdict_study(const struct experiment_list *list, struct verdict_list *out)
{
	int rc = verdict_unreproduced(list, out);

	for (const struct study_family *f = study_families; f->id && rc == 0; f++) {
		struct study_result c;

		rc = study_result_create(&c, list, f->curves);
		if (rc == 0 && c.n_run)
			rc = add_line(f, &c, out);
		study_result_destroy(&c);
	}
	return rc;
}

/* --- all of it ------------------------------------------------------------------------------------------------------
 */

/* Marks the experiments that stand in some comparison that was run. */
static int mark_compared(const struct experiment_list *list, bool *compared)
{
	int rc = 0;

	for (const struct study_family *f = study_families; f->id && rc == 0; f++)
		for (const struct study_curve *curve = f->curves; curve->words && rc == 0; curve++) {
			struct study_result c;

			rc = study_result_create(&c, list, curve);
			for (int i = 0; i < c.n && rc == 0; i++) {
				if (c.v[i].verdict == STUDY_NOT_RUN)
					continue;
				compared[c.v[i].a - list->v] = true;
				compared[c.v[i].b - list->v] = true;
			}
			study_result_destroy(&c);
		}
	return rc;
}

bool study_begun(const struct experiment_list *list)
{
	bool *compared = calloc((size_t)list->n + 1, sizeof(*compared)), begun = false;

	if (compared && mark_compared(list, compared) == 0)
		for (int i = 0; i < list->n; i++)
			begun = begun || compared[i];
	free(compared);
	return begun;
}

static int put_rest(const struct experiment_list *list, const bool *compared, struct table_list *out)
{
	static const char *const header[] = {"experiment", "layers", "batch", "seeds", "test accuracy %"};
	int n = 0, row = 0;
	struct table *t;

	for (int i = 0; i < list->n; i++)
		n += !compared[i] && study_has_accuracy(&list->v[i]);
	t = n ? table_list_add(out, n + 1, 5, "Experiments that no comparison asks for") : NULL;
	if (!t)
		return n ? -ENOMEM : 0;
	for (int col = 0; col < 5; col++)
		table_set(t, 0, col, CELL_PLAIN, "%s", header[col]);
	for (int i = 0; i < list->n; i++) {
		const struct experiment *e = &list->v[i];

		if (compared[i] || !study_has_accuracy(e))
			continue;
		table_set(t, ++row, 0, CELL_PLAIN, "%s", e->key->experiment);
		table_set(t, row, 1, CELL_PLAIN, "%s", e->key->layers);
		table_set(t, row, 2, CELL_PLAIN, "%lld", (long long)e->key->batch);
		table_set(t, row, 3, CELL_PLAIN, "%d", experiment_seeds(e));
		table_set(t, row, 4, CELL_PLAIN, "%s", study_percent(experiment_accuracy(e), "%.2f").s);
		note_trainings(t, &(struct named_experiment){e, e->key->experiment}, 1);
	}
	t->detail = true;
	return 0;
}

int summary_study_rest(const struct experiment_list *list, struct table_list *out)
{
	bool *compared = calloc((size_t)list->n + 1, sizeof(*compared));
	int rc = compared ? mark_compared(list, compared) : -ENOMEM;

	rc = rc ? rc : put_rest(list, compared, out);
	free(compared);
	return rc;
}

static int add_all(const struct experiment_list *list, struct table_list *out)
{
	int rc = summary_study_overview(list, out);

	for (const struct study_family *f = study_families; f->id && rc == 0; f++)
		rc = summary_study_family(list, f, out);
	rc = rc ? rc : summary_study_rest(list, out);
	for (int i = 1; i < out->count; i++)
		out->tables[i].detail = true;
	return rc ? rc : verdict_study(list, &out->verdicts);
}

int summary_study(const struct train_record *records, size_t n, struct table_list *out)
{
	struct experiment_list list;
	int rc = experiment_list_create(&list, records, n);

	*out = (struct table_list){0};
	if (rc)
		return rc;
	if (study_begun(&list))
		rc = add_all(&list, out);
	else
		rc = summary_train(records, n, out);
	experiment_list_destroy(&list);
	if (rc)
		table_list_destroy(out);
	return rc;
}
