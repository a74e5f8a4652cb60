/* SPDX-License-Identifier: MIT */
/*
 * What happened within the trainings of the study: the epochs at which annealing struck (poster, Fig. 2), and how many
 * entries each hidden layer kept where the method decides that itself (poster, Fig. 3).
 */
#include "report/summary_study.h"

#include "report/format.h"
#include "report/study_parts.h"
#include "report/summary_parts.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM 64		/* experiments of a table, at most */
#define MOST_EPOCHS 256 /* later ones are not told */

static void put_header(struct table *t, const char *const *header)
{
	for (int col = 0; col < t->n_cols; col++)
		table_set(t, 0, col, CELL_PLAIN, "%s", header[col]);
}

/* --- annealing ------------------------------------------------------------------------------------------------------
 */

/* When it struck, over all seeds of an experiment. */
struct strikes {
	int seeds_struck, all, gaps;
	double first, gap; /* sums: of the first epochs, of the epochs from one strike to the next */
	int in_epoch[MOST_EPOCHS];
};

static void count_strikes(struct strikes *s, const struct run *run)
{
	int64_t before = 0;

	for (int i = 0; i < run->n; i++) {
		int64_t epoch = run->epochs[i]->epoch;

		if (!run_struck(run, i) || epoch >= MOST_EPOCHS)
			continue;
		s->all++;
		s->in_epoch[epoch]++;
		s->seeds_struck += !before;
		s->first += before ? 0 : (double)epoch;
		s->gaps += before > 0;
		s->gap += before ? (double)(epoch - before) : 0;
		before = epoch;
	}
}

/* `7: 3, 12: 1`: epoch and how often. */
static void list_epochs(const struct strikes *s, char *text, size_t size)
{
	text[0] = '\0';
	for (int epoch = 0; epoch < MOST_EPOCHS; epoch++) {
		size_t used = strlen(text);

		if (!s->in_epoch[epoch])
			continue;
		if (used > size - 16) {
			snprintf(text + used, size - used, " ...");
			return;
		}
		snprintf(text + used, size - used, "%s%d: %d", used ? ", " : "", epoch, s->in_epoch[epoch]);
	}
}

static struct text quotient(double sum, int n)
{
	struct text t = {NOTHING};

	if (n)
		snprintf(t.s, sizeof(t.s), "%.1f", sum / n);
	return t;
}

static void put_strikes(struct table *t, int row, const struct experiment *e)
{
	struct strikes s = {0};
	char epochs[90];

	for (int i = 0; i < e->n; i++)
		if (e->runs[i].whole)
			count_strikes(&s, &e->runs[i]);
	list_epochs(&s, epochs, sizeof(epochs));
	table_set(t, row, 0, CELL_PLAIN, "%s%s%s %s", e->key->method, strcmp(e->key->k, "0") ? " k=" : "",
		  strcmp(e->key->k, "0") ? e->key->k : "", e->key->policy);
	table_set(t, row, 1, CELL_PLAIN, "%d of %d", s.seeds_struck, experiment_seeds(e));
	table_set(t, row, 2, CELL_PLAIN, "%s", quotient(s.all, experiment_seeds(e)).s);
	table_set(t, row, 3, CELL_PLAIN, "%s", quotient(s.first, s.seeds_struck).s);
	table_set(t, row, 4, CELL_PLAIN, "%s", quotient(s.gap, s.gaps).s);
	table_set(t, row, 5, CELL_PLAIN, "%s", epochs);
}

int summary_study_strikes(const struct experiment_list *list, struct table_list *out)
{
	static const char *const header[] = {"experiment",  "seeds that it struck",   "strikes a training",
					     "first epoch", "epochs between strikes", "epoch: strikes"};
	const struct experiment *found[ROOM];
	int n = study_find_all(list, "method=* policy=anneal-k,anneal-lr,anneal-both settings=*", "k", found, ROOM);
	struct table *t;

	if (!n)
		return 0;
	t = table_list_add(out, n + 1, 6, "Epochs at which annealing struck");
	if (!t)
		return -ENOMEM;
	put_header(t, header);
	for (int i = 0; i < n; i++)
		put_strikes(t, i + 1, found[i]);
	table_note(t, "Means over seeds; the last column counts all of them.");
	return 0;
}

/* --- entries kept ---------------------------------------------------------------------------------------------------
 */

/* The number of this layer in `12.5/30/4`; NaN if there is none. */
static double layer_number(const char *text, int layer)
{
	char *end;
	double v;

	for (; layer > 0 && text; layer--) {
		text = strchr(text, '/');
		text = text ? text + 1 : NULL;
	}
	v = text ? strtod(text, &end) : NAN;
	return text && end == text ? NAN : v;
}

static int count_layers(const char *text)
{
	int n = text[0] != '\0';

	for (; *text; text++)
		n += *text == '/';
	return n;
}

/* Mean, 10 % and 90 % quantile of what a layer kept in an epoch, means over the seeds. */
static void put_kept(struct table *t, int row, int col, const struct experiment *e, int64_t epoch, int layer)
{
	double mean = 0, low = 0, high = 0;
	int n = 0;

	for (int i = 0; i < e->n; i++)
		for (int j = 0; j < e->runs[i].n; j++) {
			const struct train_record *r = e->runs[i].epochs[j];

			if (r->epoch != epoch || !e->runs[i].whole)
				continue;
			mean += layer_number(r->kept_mean, layer);
			low += layer_number(r->kept_p10, layer);
			high += layer_number(r->kept_p90, layer);
			n++;
		}
	if (n && isfinite(mean + low + high))
		table_set(t, row, col, CELL_PLAIN, "%.0f (%.0f–%.0f)", mean / n, low / n, high / n);
	else
		table_set(t, row, col, CELL_PLAIN, NOTHING);
}

static int add_kept(const struct experiment *const *found, int n, int rows, struct table_list *out)
{
	const int64_t last = found[0]->n_epochs;
	const int64_t epochs[] = {1, (last + 1) / 2, last};
	struct table *t = table_list_add(out, rows + 1, 5, "Entries kept per row, where the method decides");
	int row = 0;

	if (!t)
		return -ENOMEM;
	table_set(t, 0, 0, CELL_PLAIN, "experiment");
	table_set(t, 0, 1, CELL_PLAIN, "hidden layer");
	for (int i = 0; i < 3; i++)
		table_set(t, 0, 2 + i, CELL_PLAIN, "epoch %lld", (long long)epochs[i]);
	for (int i = 0; i < n; i++)
		for (int layer = 0; layer < count_layers(found[i]->key->kept_mean); layer++) {
			char tau[24] = "";

			if (found[i]->key->tau > 0)
				snprintf(tau, sizeof(tau), " tau=%g", found[i]->key->tau);
			table_set(t, ++row, 0, CELL_PLAIN, "%s%s", found[i]->key->method, tau);
			table_set(t, row, 1, CELL_PLAIN, "%d", layer + 1);
			for (int e = 0; e < 3; e++)
				put_kept(t, row, 2 + e, found[i], epochs[e], layer);
		}
	table_note(t, "Mean over rows, minibatches and seeds (10 %% and 90 %% quantile over the rows of the epoch).");
	t->detail = true;
	return 0;
}

int summary_study_kept(const struct experiment_list *list, struct table_list *out)
{
	const struct experiment *found[ROOM];
	int n = study_find_all(list, "method=relu_skip,norm,threshold,tinyprop settings=*", "mean_k", found, ROOM);
	int rows = 0;

	for (int i = 0; i < n; i++)
		rows += count_layers(found[i]->key->kept_mean);
	return rows ? add_kept(found, n, rows, out) : 0;
}
