/* SPDX-License-Identifier: MIT */
/*
 * See compare.h. Both lists are sorted by contender, so one walk over the two finds what is common, missing and added.
 */
#include "compare.h"

#include "report/format.h"
#include "report/summary_parts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SIDE_LEVEL 0.975

const char *verdict_name(enum verdict v)
{
	static const char *const names[N_VERDICTS] = {[VERDICT_WRONG] = "wrong result",
						      [VERDICT_REGRESSED] = "regressed",
						      [VERDICT_MISSING] = "missing",
						      [VERDICT_INCONCLUSIVE] = "inconclusive",
						      [VERDICT_NOT_COMPARABLE] = "not comparable",
						      [VERDICT_IMPROVED] = "improved",
						      [VERDICT_ADDED] = "added",
						      [VERDICT_UNCHANGED] = "unchanged"};

	return names[v];
}

static struct interval side(const struct series *s)
{
	struct interval r = {.mid = s->ns, .low = s->ns, .high = s->ns};
	double *ns = malloc(sizeof(*ns) * (size_t)s->n);

	for (int i = 0; ns && i < s->n; i++)
		ns[i] = series_sample_ns(s->samples[i]);
	if (ns)
		r = stats_median_interval(ns, s->n, SIDE_LEVEL);
	free(ns);
	return r;
}

struct interval comparison_ratio(const struct series *old, const struct series *new)
{
	struct interval a = side(old), b = side(new), r = {.mid = b.mid / a.mid};
	bool known = a.level > 0 && b.level > 0;

	r.low = known ? b.low / a.high : r.mid;
	r.high = known ? b.high / a.low : r.mid;
	r.level = known ? fmax(a.level + b.level - 1, 0) : 0;
	return r;
}

static enum verdict judge(const struct series *old, const struct series *new, struct interval r, double threshold)
{
	const double slower = 1 + threshold, faster = 1 / slower;

	if (strcmp(old->key->cpu, new->key->cpu) != 0 || strcmp(old->key->compiler, new->key->compiler) != 0)
		return VERDICT_NOT_COMPARABLE;
	if (!(r.level > 0))
		return VERDICT_INCONCLUSIVE;
	if (r.low > slower)
		return VERDICT_REGRESSED;
	if (r.high < faster)
		return VERDICT_IMPROVED;
	return r.low >= faster && r.high <= slower ? VERDICT_UNCHANGED : VERDICT_INCONCLUSIVE;
}

static void add(struct comparison *c, enum verdict verdict, const struct series *old, const struct series *new)
{
	c->cells[c->n++] = (struct comparison_cell){
		.verdict = verdict,
		.key = new ? new->key : old->key,
		.old_ns = old ? old->ns : NAN,
		.new_ns = new ? new->ns : NAN,
		.ratio = old &&new ? comparison_ratio(old, new) : (struct interval){.mid = NAN},
	};
	c->counts[verdict]++;
}

static bool has_failed(const struct series_list *list, const struct kernel_record *key)
{
	for (int i = 0; i < list->n_failed; i++) {
		if (series_compare(list->failed[i].key, key) == 0)
			return true;
	}
	return false;
}

/* Ceilings are of the machine: no code of ours can regress them. */
static bool is_ceiling(const struct kernel_record *key)
{
	return strcmp(key->op, "fma_peak") == 0 || strcmp(key->op, "bandwidth") == 0;
}

/* The contenders that are right on both sides, or on one only. */
static void walk(struct comparison *c, const struct series_list *old, const struct series_list *new, double threshold)
{
	int i = 0, j = 0;

	while (i < old->n || j < new->n) {
		const struct series *a = i < old->n ? &old->v[i] : NULL, *b = j < new->n ? &new->v[j] : NULL;
		int d = !a ? 1 : !b ? -1 : series_compare(a->key, b->key);

		i += d <= 0;
		j += d >= 0;
		if (is_ceiling(d <= 0 ? a->key : b->key) || has_failed(new, d <= 0 ? a->key : b->key))
			continue;
		if (d == 0)
			add(c, judge(a, b, comparison_ratio(a, b), threshold), a, b);
		else
			add(c, d < 0 ? VERDICT_MISSING : VERDICT_ADDED, d < 0 ? a : NULL, d < 0 ? NULL : b);
	}
}

static int compare_severity(const void *pa, const void *pb)
{
	const struct comparison_cell *a = pa, *b = pb;

	if (a->verdict != b->verdict)
		return a->verdict < b->verdict ? -1 : 1;
	if (a->ratio.mid != b->ratio.mid && !isnan(a->ratio.mid) && !isnan(b->ratio.mid))
		return a->ratio.mid > b->ratio.mid ? -1 : 1;
	return series_compare(a->key, b->key);
}

int comparison_create(struct comparison *c, const struct series_list *old, const struct series_list *new,
		      double threshold)
{
	*c = (struct comparison){0};
	c->cells = calloc((size_t)(old->n + new->n + new->n_failed) + 1, sizeof(*c->cells));
	if (!c->cells)
		return -ENOMEM;
	for (int i = 0; i < new->n_failed; i++) {
		struct series failed = new->failed[i];

		failed.ns = NAN;
		add(c, VERDICT_WRONG, NULL, &failed);
	}
	walk(c, old, new, threshold);
	qsort(c->cells, (size_t)c->n, sizeof(*c->cells), compare_severity);
	return 0;
}

void comparison_destroy(struct comparison *c)
{
	free(c->cells);
	*c = (struct comparison){0};
}

static void put_row(struct table *t, int row, const struct comparison_cell *cell)
{
	static const enum cell_mark marks[N_VERDICTS] = {[VERDICT_WRONG] = CELL_LOSS,
							 [VERDICT_REGRESSED] = CELL_LOSS,
							 [VERDICT_MISSING] = CELL_UNSURE,
							 [VERDICT_INCONCLUSIVE] = CELL_UNSURE,
							 [VERDICT_IMPROVED] = CELL_BEST};
	const struct kernel_record *key = cell->key;
	struct interval r = cell->ratio;

	table_set(t, row, 0, marks[cell->verdict], "%s", verdict_name(cell->verdict));
	if (!isfinite(r.mid))
		table_set(t, row, 1, CELL_PLAIN, NOTHING);
	else if (r.level > 0)
		table_set(t, row, 1, CELL_PLAIN, "%.3f [%.3f, %.3f]", r.mid, r.low, r.high);
	else
		table_set(t, row, 1, CELL_PLAIN, "%.3f ±?", r.mid);
	table_set(t, row, 2, CELL_PLAIN, "%s", format_ns(cell->old_ns).s);
	table_set(t, row, 3, CELL_PLAIN, "%s", format_ns(cell->new_ns).s);
	table_set(t, row, 4, CELL_PLAIN, "%s", key->op);
	table_set(t, row, 5, CELL_PLAIN, "%s", label_way(key).s);
	if (series_takes_tau(key))
		table_set(t, row, 6, CELL_PLAIN, "tau=%.3g", key->tau);
	else if (series_takes_k(key))
		table_set(t, row, 6, CELL_PLAIN, "k=%lld", (long long)key->k);
	else
		table_set(t, row, 6, CELL_PLAIN, NOTHING);
	table_set(t, row, 7, CELL_PLAIN, "%s", label_workload(key, key->threads).s);
}

int comparison_table(const struct comparison *c, struct table *t)
{
	static const char *const header[] = {"verdict",	  "new/old", "old",    "new",
					     "operation", "method",  "set to", "workload"};

	if (table_create(t, c->n + 1, 8, "New against old, by severity"))
		return -ENOMEM;
	for (int col = 0; col < 8; col++)
		table_set(t, 0, col, CELL_PLAIN, "%s", header[col]);
	for (int i = 0; i < c->n; i++)
		put_row(t, i + 1, &c->cells[i]);
	table_note(t, "Ratio of the median times of one call with a 95%% interval or wider; above 1 is slower. ±?: "
		      "fewer than 7 "
		      "samples on a side. The runs were not interleaved: drift of the machine is in these ratios.");
	return 0;
}

int comparison_exit_status(const struct comparison *c)
{
	const int *n = c->counts;

	if (n[VERDICT_WRONG])
		return EXIT_WRONG_RESULT;
	if (n[VERDICT_REGRESSED])
		return EXIT_REGRESSION;
	if (n[VERDICT_MISSING] || n[VERDICT_INCONCLUSIVE])
		return EXIT_INCONCLUSIVE;
	return n[VERDICT_IMPROVED] + n[VERDICT_UNCHANGED] ? EXIT_OK : EXIT_INCONCLUSIVE;
}

void comparison_print_summary(const struct comparison *c, double threshold, FILE *out)
{
	static const char *const words[] = {[EXIT_OK] = "ok",
					    [EXIT_REGRESSION] = "regression",
					    [EXIT_INCONCLUSIVE] = "inconclusive",
					    [EXIT_WRONG_RESULT] = "wrong result"};

	fprintf(out, "%s: %d cells at a threshold of %g%%", words[comparison_exit_status(c)], c->n, 100 * threshold);
	for (int v = 0; v < N_VERDICTS; v++) {
		if (c->counts[v])
			fprintf(out, ", %d %s", c->counts[v], verdict_name((enum verdict)v));
	}
	fprintf(out, "\n");
}
