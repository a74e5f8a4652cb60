/* SPDX-License-Identifier: MIT */
/*
 * The tables of the study: one per curve, one row per comparison that was run; what is missing stands in the note.
 * Takes every number from study.h.
 */
#include "report/summary_study.h"

#include "report/format.h"
#include "report/study_parts.h"
#include "report/summary_notes.h"
#include "report/summary_parts.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* In full it stands in the report's "How to read this". */
#define LEGEND                                                                                                         \
	"Test accuracy at the best dev epoch, mean over seeds ±95%% t interval; difference in points over the same "  \
	"seeds; p: exact sign-flip test, Holm-corrected within the table; could have shown: the smallest difference "  \
	"found with 80%% power."
#define SHORT 6 /* rows up to which a table behind the first of its family is not folded */

/* `98.02 ±0.05`, in percent; of one seed `98.02 (n=1)`. */
struct text study_percent(struct interval r, const char *format)
{
	struct text t = {NOTHING};
	size_t used;

	if (!isfinite(r.mid))
		return t;
	snprintf(t.s, sizeof(t.s), format, 100 * r.mid);
	used = strlen(t.s);
	if (r.level > 0)
		snprintf(t.s + used, sizeof(t.s) - used, " ±%.2f", 100 * (r.high - r.mid));
	else
		snprintf(t.s + used, sizeof(t.s) - used, " (n=1)");
	return t;
}

static struct text probability(double p)
{
	struct text t = {NOTHING};

	if (p < 0.0001)
		snprintf(t.s, sizeof(t.s), "<0.0001");
	else if (isfinite(p))
		snprintf(t.s, sizeof(t.s), p < 0.01 ? "%.4f" : "%.3f", p);
	return t;
}

enum cell_mark study_mark(enum study_verdict v)
{
	static const enum cell_mark marks[] = {
		[STUDY_NOT_RUN] = CELL_PLAIN,	     [STUDY_UNKNOWN] = CELL_LOSS, [STUDY_TOO_FEW] = CELL_PLAIN,
		[STUDY_IDENTICAL] = CELL_PLAIN,	     [STUDY_BETTER] = CELL_BEST,  [STUDY_WORSE] = CELL_LOSS,
		[STUDY_NO_DIFFERENCE] = CELL_UNSURE,
	};

	return marks[v];
}

static double best_epoch(const struct experiment *e)
{
	double sum = 0;

	for (int i = 0; i < e->n; i++)
		sum += e->runs[i].whole ? (double)e->runs[i].best->epoch : 0;
	return sum / experiment_seeds(e);
}

/* --- columns --------------------------------------------------------------------------------------------------------
 */

typedef void put_fn(struct table *t, int row, int col, const struct study_result *curve,
		    const struct study_comparison *c);

static void put_name(struct table *t, int row, int col, const struct study_result *curve,
		     const struct study_comparison *c)
{
	(void)curve;
	table_set(t, row, col, CELL_PLAIN, "%s", study_words(c->name).s);
}

static void put_seeds(struct table *t, int row, int col, const struct study_result *curve,
		      const struct study_comparison *c)
{
	(void)curve;
	if (c->pairs == experiment_seeds(c->a))
		table_set(t, row, col, CELL_PLAIN, "%d", c->pairs);
	else
		table_set(t, row, col, CELL_PLAIN, "%d, %d paired", experiment_seeds(c->a), c->pairs);
}

static void put_accuracy(struct table *t, int row, int col, const struct study_result *curve,
			 const struct study_comparison *c)
{
	(void)curve;
	table_set(t, row, col, CELL_PLAIN, "%s", study_percent(c->accuracy, "%.2f").s);
}

#define MOST_SEEDS 10000

/* The fewest seeds whose interval would be as narrow as wanted, with the deviation seen. */
static int seeds_for(double half, int n, double wanted)
{
	double deviation = half * sqrt(n) / stats_t_quantile(0.95, n - 1);
	int low = n, high = MOST_SEEDS; /* too few; enough */

	while (high - low > 1) {
		int mid = (low + high) / 2;

		if (stats_t_quantile(0.95, mid - 1) * deviation / sqrt(mid) > wanted)
			low = mid;
		else
			high = mid;
	}
	return high;
}

static void put_width(struct table *t, int row, int col, const struct study_result *curve,
		      const struct study_comparison *c)
{
	double half = c->accuracy.high - c->accuracy.mid, wanted = curve->curve->wanted;

	if (!(c->accuracy.level > 0) || !isfinite(half))
		table_set(t, row, col, CELL_PLAIN, NOTHING);
	else if (half <= wanted)
		table_set(t, row, col, CELL_BEST, "yes");
	else
		table_set(t, row, col, CELL_LOSS, "no: needs %d seeds",
			  seeds_for(half, experiment_seeds(c->a), wanted));
}

static void put_base(struct table *t, int row, int col, const struct study_result *curve,
		     const struct study_comparison *c)
{
	(void)curve;
	table_set(t, row, col, CELL_PLAIN, "%s: %s", study_words(c->base).s, study_percent(c->mean_b, "%.2f").s);
}

static void put_difference(struct table *t, int row, int col, const struct study_result *curve,
			   const struct study_comparison *c)
{
	(void)curve;
	table_set(t, row, col, CELL_PLAIN, "%s", study_percent(c->difference, "%+.2f").s);
}

static void put_p(struct table *t, int row, int col, const struct study_result *curve, const struct study_comparison *c)
{
	const bool tested = c->verdict != STUDY_TOO_FEW && c->verdict != STUDY_IDENTICAL;

	(void)curve;
	table_set(t, row, col, CELL_PLAIN, "%s", probability(tested ? c->p_holm : NAN).s);
}

static void put_detectable(struct table *t, int row, int col, const struct study_result *curve,
			   const struct study_comparison *c)
{
	(void)curve;
	if (isfinite(c->detectable))
		table_set(t, row, col, CELL_PLAIN, "%.2f", 100 * c->detectable);
	else
		table_set(t, row, col, CELL_PLAIN, NOTHING);
}

static void put_verdict(struct table *t, int row, int col, const struct study_result *curve,
			const struct study_comparison *c)
{
	(void)curve;
	table_set(t, row, col, study_mark(c->verdict), "%s", study_verdict_words(c->verdict));
}

static void put_mean_k(struct table *t, int row, int col, const struct study_result *curve,
		       const struct study_comparison *c)
{
	(void)curve;
	table_set(t, row, col, CELL_PLAIN, "%s", format_3(study_value(c->a, "mean_k")).s);
}

static void put_best_epoch(struct table *t, int row, int col, const struct study_result *curve,
			   const struct study_comparison *c)
{
	(void)curve;
	table_set(t, row, col, CELL_PLAIN, "%.1f", best_epoch(c->a));
}

static bool has_bases(const struct study_result *c)
{
	return !c->one_base;
}

static bool wants_width(const struct study_result *c)
{
	return c->curve->wanted > 0;
}

static const struct {
	const char *header;
	put_fn *put;
	bool (*wanted)(const struct study_result *c); /* NULL: always */
} columns[] = {
	{"experiment", put_name, NULL},
	{"test accuracy %", put_accuracy, NULL},
	{"against", put_base, has_bases},
	{"difference", put_difference, NULL},
	{"verdict", put_verdict, NULL},
	{"p (Holm)", put_p, NULL},
	{"could have shown", put_detectable, NULL},
	{"seeds", put_seeds, NULL},
	{"within ±0.08", put_width, wants_width},
	{"mean k", put_mean_k, NULL},
	{"best epoch", put_best_epoch, NULL},
};
#define N_COLUMNS ((int)(sizeof(columns) / sizeof(columns[0])))

/* --- tables ---------------------------------------------------------------------------------------------------------
 */

/* `Not run yet: topk k=1, topk k=2.` as far as it fits. */
static void note_missing(struct table *t, const struct study_result *c)
{
	int told = 0, missing = c->n - c->n_run;

	for (int i = 0; i < c->n && strlen(t->note) < sizeof(t->note) - 128; i++) {
		if (c->v[i].verdict != STUDY_NOT_RUN)
			continue;
		table_note(t, "%s%s%s%s", told ? ", " : " Not run yet: ", study_words(c->v[i].name).s,
			   c->v[i].a && !c->v[i].b ? " against " : "",
			   c->v[i].a && !c->v[i].b ? study_words(c->v[i].base).s : "");
		told++;
	}
	if (told < missing)
		table_note(t, " and %d more", missing - told);
	table_note(t, missing ? "." : "");
}

static int name_one(struct named_experiment *v, int n, const struct experiment *e, const char *name)
{
	for (int i = 0; i < n; i++)
		if (v[i].e == e)
			return n;
	if (e)
		v[n++] = (struct named_experiment){e, name};
	return n;
}

/* What is wrong with trainings that stand in the table; members first, then bases that are none. */
static void note_wrong(struct table *t, const struct study_result *c)
{
	struct named_experiment v[2 * STUDY_TESTS];
	int n = 0;

	for (int i = 0; i < c->n && i < STUDY_TESTS; i++)
		n = name_one(v, n, c->v[i].a, c->v[i].name);
	for (int i = 0; i < c->n && i < STUDY_TESTS; i++)
		n = name_one(v, n, c->v[i].b, c->v[i].base);
	note_trainings(t, v, n);
}

static const struct study_comparison *first_run(const struct study_result *c)
{
	for (int i = 0; i < c->n; i++)
		if (c->v[i].verdict != STUDY_NOT_RUN)
			return &c->v[i];
	return NULL;
}

static void put_header(struct table *t, const struct study_result *c)
{
	for (int i = 0, col = 0; i < N_COLUMNS; i++)
		if (!columns[i].wanted || columns[i].wanted(c))
			table_set(t, 0, col++, CELL_PLAIN, "%s", columns[i].header);
}

static void put_row(struct table *t, int row, const struct study_result *curve, const struct study_comparison *c)
{
	for (int i = 0, col = 0; i < N_COLUMNS; i++)
		if (!columns[i].wanted || columns[i].wanted(curve))
			columns[i].put(t, row, col++, curve, c);
}

static int add_curve_table(const struct study_result *c, bool leads, struct table_list *out)
{
	const struct study_comparison *first = first_run(c);
	int n_cols = 0, row = 0;
	char base[200] = "";
	struct table *t;

	if (!first)
		return 0;
	for (int i = 0; i < N_COLUMNS; i++)
		n_cols += !columns[i].wanted || columns[i].wanted(c);
	if (c->one_base)
		snprintf(base, sizeof(base), " · %s: %s %%, %d seed%s", study_words(first->base).s,
			 study_percent(experiment_accuracy(first->b), "%.2f").s, experiment_seeds(first->b),
			 experiment_seeds(first->b) == 1 ? "" : "s");
	t = table_list_add(out, c->n_run + 1, n_cols, "%s%s", c->curve->words, base);
	if (!t)
		return -ENOMEM;
	put_header(t, c);
	for (int i = 0; i < c->n; i++)
		if (c->v[i].verdict != STUDY_NOT_RUN)
			put_row(t, ++row, c, &c->v[i]);
	t->detail = !leads && c->n_run > SHORT;
	if (leads)
		table_note(t, LEGEND);
	note_wrong(t, c);
	note_missing(t, c);
	return 0;
}

/* What some families have beside comparisons. */
static const struct {
	const char *id;
	int (*tables)(const struct experiment_list *list, struct table_list *out);
} more[] = {{"tau", summary_study_kept}, {"anneal", summary_study_strikes}};

int summary_study_family(const struct experiment_list *list, const struct study_family *family, struct table_list *out)
{
	int rc = 0;

	for (const struct study_curve *curve = family->curves; curve->words && rc == 0; curve++) {
		struct study_result c;

		rc = study_result_create(&c, list, curve);
		rc = rc ? rc : add_curve_table(&c, curve == family->curves, out);
		study_result_destroy(&c);
	}
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]) && rc == 0; i++)
		rc = strcmp(more[i].id, family->id) ? 0 : more[i].tables(list, out);
	return rc;
}
