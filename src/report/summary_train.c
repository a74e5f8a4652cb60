/* SPDX-License-Identifier: MIT */
/*
 * From training records to tables: per recipe, accuracy against dense, then seconds per epoch by phase.
 * Takes every number from runs.h.
 */
#include "report/format.h"
#include "report/runs.h"
#include "report/summary_notes.h"
#include "report/summary_parts.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* What all experiments of a table have in common; data that are not MNIST are named loudly. */
static struct label label_recipe(const struct train_record *r)
{
	struct label l;
	char team[32];

	snprintf(team, sizeof(team), "%lld thread%s", (long long)r->threads, r->threads == 1 ? "" : "s");
	snprintf(l.s, sizeof(l.s), "%s%.20s, %.30s, batch %lld, %.12s, %.20s",
		 strncmp(r->dataset, "mnist", 5) == 0 ? "" : "NOT MNIST: ", r->dataset, r->layers, (long long)r->batch,
		 r->optimizer, team);
	return l;
}

/* The name of the experiment; one that was not named goes by its method and setting. */
static void put_name(struct table *t, int row, const struct train_record *r)
{
	char setting[112] = "";

	if (r->tau > 0)
		snprintf(setting, sizeof(setting), " tau=%.3g", r->tau);
	else if (r->k[0] && strcmp(r->k, "0") != 0)
		snprintf(setting, sizeof(setting), " k=%s", r->k);
	if (r->experiment[0] && strstr(r->experiment, r->method))
		table_set(t, row, 0, CELL_PLAIN, "%s", r->experiment);
	else
		table_set(t, row, 0, CELL_PLAIN, "%.25s%s%.23s%.15s", r->experiment, r->experiment[0] ? ": " : "",
			  r->method, setting);
}

static void put_percent(struct table *t, int row, int col, struct interval r)
{
	if (!isfinite(r.mid))
		table_set(t, row, col, CELL_PLAIN, NOTHING);
	else if (r.level > 0)
		table_set(t, row, col, CELL_PLAIN, "%.2f ±%.2f", 100 * r.mid, 100 * (r.high - r.mid));
	else
		table_set(t, row, col, CELL_PLAIN, "%.2f (n=1)", 100 * r.mid);
}

static void put_gain(struct table *t, int row, int col, const struct experiment *e)
{
	int pairs;
	struct interval r = experiment_gain(e, &pairs);
	enum cell_mark mark = r.low > 0 ? CELL_BEST : r.high < 0 ? CELL_LOSS : CELL_UNSURE;

	if (e == e->dense)
		table_set(t, row, col, CELL_PLAIN, "base");
	else if (!isfinite(r.mid))
		table_set(t, row, col, CELL_PLAIN, NOTHING);
	else if (r.level > 0)
		table_set(t, row, col, mark, "%+.2f ±%.2f", 100 * r.mid, 100 * (r.high - r.mid));
	else
		table_set(t, row, col, CELL_PLAIN, "%+.2f (n=1)", 100 * r.mid);
}

static double mean_over_best(const struct experiment *e, double (*value)(const struct train_record *r))
{
	double sum = 0;

	for (int i = 0; i < e->n; i++)
		sum += e->runs[i].whole ? value(e->runs[i].best) : 0;
	return sum / experiment_seeds(e);
}

static double dev_acc(const struct train_record *r)
{
	return r->dev_acc;
}

static double best_epoch(const struct train_record *r)
{
	return (double)r->epoch;
}

static void put_header(struct table *t, const char *const *header)
{
	for (int col = 0; col < t->n_cols; col++)
		table_set(t, 0, col, CELL_PLAIN, "%s", header[col]);
}

static void put_speedup(struct table *t, int row, int col, const struct experiment *e,
			double (*value)(const struct train_record *r))
{
	struct interval r = experiment_speedup(e, value);
	enum cell_mark mark = r.level > 0 && r.low > 1 ? CELL_BEST : mark_ratio(r);

	if (e == e->dense)
		table_set(t, row, col, CELL_PLAIN, "base");
	else
		table_set(t, row, col, mark, "%s", format_ratio(r).s);
}

static int add_results(const struct experiment *v, int n, struct table_list *out)
{
	static const char *const header[] = {"experiment", "seeds",	 "test accuracy %", "difference to dense",
					     "s/epoch",	   "end to end", "backward only"};
	struct table *t = table_list_add(out, n + 1, 7, "Training · %s", label_recipe(v[0].key).s);

	if (!t)
		return -ENOMEM;
	put_header(t, header);
	for (int i = 0; i < n; i++) {
		put_name(t, i + 1, v[i].key);
		table_set(t, i + 1, 1, CELL_PLAIN, "%d", experiment_seeds(&v[i]));
		put_percent(t, i + 1, 2, experiment_accuracy(&v[i]));
		put_gain(t, i + 1, 3, &v[i]);
		table_set(t, i + 1, 4, CELL_PLAIN, "%s", format_3(experiment_mean(&v[i], train_epoch_s)).s);
		put_speedup(t, i + 1, 5, &v[i], train_epoch_s);
		put_speedup(t, i + 1, 6, &v[i], train_backward_s);
	}
	table_note(t,
		   "Test accuracy at the best dev epoch, mean over seeds ±95%% t interval; difference in percentage "
		   "points over the seeds that both have (one seed proves nothing). Speed-up: dense over this, median "
		   "over equal seeds and epochs ±95%%: the trainings of one command take turns, an epoch each. * "
		   "better, ! worse than dense, ~ not told apart.%s",
		   v[0].dense ? "" : " No dense training of this recipe was recorded.");
	for (int i = 0; i < n; i++)
		note_trainings(t, &(struct named_experiment){&v[i], v[i].key->experiment}, 1);
	return 0;
}

static int add_ledger(const struct experiment *v, int n, struct table_list *out)
{
	static const char *const header[] = {"experiment", "forward",	     "select",	  "dX",
					     "dW",	   "update",	     "other",	  "epoch",
					     "mean k",	   "dev accuracy %", "best epoch"};
	struct table *t = table_list_add(out, n + 1, N_PHASES + 5, "Seconds per epoch · %s", label_recipe(v[0].key).s);

	if (!t)
		return -ENOMEM;
	put_header(t, header);
	for (int i = 0; i < n; i++) {
		put_name(t, i + 1, v[i].key);
		for (int p = 0; p < N_PHASES; p++)
			table_set(t, i + 1, p + 1, CELL_PLAIN, "%s",
				  format_3(experiment_mean(&v[i], train_phases[p].seconds)).s);
		table_set(t, i + 1, N_PHASES + 1, CELL_PLAIN, "%s", format_3(experiment_mean(&v[i], train_epoch_s)).s);
		table_set(t, i + 1, N_PHASES + 2, CELL_PLAIN, "%s", format_3(experiment_mean_k(&v[i])).s);
		table_set(t, i + 1, N_PHASES + 3, CELL_PLAIN, "%.2f", 100 * mean_over_best(&v[i], dev_acc));
		table_set(t, i + 1, N_PHASES + 4, CELL_PLAIN, "%s", format_3(mean_over_best(&v[i], best_epoch)).s);
	}
	table_note(t, "Means over epochs and seeds; dev accuracy and epoch: of the best dev epoch.");
	return 0;
}

int summary_train(const struct train_record *records, size_t n, struct table_list *out)
{
	struct experiment_list list;
	int rc = experiment_list_create(&list, records, n);

	*out = (struct table_list){0};
	if (rc)
		return rc;
	for (int i = 0, end; i < list.n && rc == 0; i = end) {
		end = i;
		while (end < list.n && experiment_compare_recipe(list.v[i].key, list.v[end].key) == 0)
			end++;
		rc = add_results(&list.v[i], end - i, out);
		if (rc == 0)
			rc = add_ledger(&list.v[i], end - i, out);
	}
	if (rc == 0)
		rc = verdict_unreproduced(&list, &out->verdicts);
	if (rc == 0)
		rc = verdict_train(&list, &out->verdicts);
	experiment_list_destroy(&list);
	if (rc)
		table_list_destroy(out);
	return rc;
}
