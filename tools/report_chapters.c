/* SPDX-License-Identifier: MIT */
/* The chapters of the report: one row each, with the function of its tables and that of its plots. */
#include "report.h"

#include "report_study.h"

#include "report/claims.h"
#include "report/summary_study.h"
#include "report/targets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The hundreds of experiments of a study stand in its own chapters, by family. */
static int training_tables(const struct results *r, struct table_list *out)
{
	return r->n_train && !results_are_study(r) ? summary_train(r->train, r->n_train, out) : 0;
}

static int training_plots(const struct results *r, struct figure_list *list)
{
	return results_are_study(r) ? 0 : plots_training(r, list);
}

/* The claim leads to its chapter, not the command that runs it again. */
static void move_link(const struct table *t, int row)
{
	struct cell *claim = table_cell(t, row, 0), *command = table_cell(t, row, t->n_cols - 1);

	snprintf(claim->link, sizeof(claim->link), "%s", command->link);
	command->link[0] = '\0';
}

/* With links to the list of all files: a claim may need those of the rows and those of the times. */
static int claim_tables(const struct results *r, struct table_list *out)
{
	int rc = results_are_study(r) ? summary_claims(&r->experiments, "#files", out) : 0;

	for (int i = 0; rc == 0 && i < out->count; i++)
		for (int row = 1; row < out->tables[i].n_rows; row++)
			move_link(&out->tables[i], row);
	return rc;
}

static int study_overview(const struct results *r, struct table_list *out)
{
	int rc = results_are_study(r) ? summary_study_overview(&r->experiments, out) : 0;

	if (rc || !out->count)
		return rc;
	rc = summary_study_rest(&r->experiments, out);
	return rc ? rc : verdict_study(&r->experiments, &out->verdicts);
}

/* The count first; its lines are for those who ask. */
static int target_tables(const struct results *r, struct table_list *out)
{
	struct target_list list;
	struct table count;
	int rc = targets_judge(r->kernel, r->n_kernel, false, &list);

	if (rc)
		return rc;
	rc = summary_targets(&list, out);
	target_list_destroy(&list);
	if (rc || !out->count)
		return rc;
	count = out->tables[out->count - 1];
	memmove(out->tables + 1, out->tables, sizeof(count) * (size_t)(out->count - 1));
	out->tables[0] = count;
	for (int i = 1; i < out->count; i++)
		out->tables[i].detail = true;
	return 0;
}

static int gradient_tables(const struct results *r, struct table_list *out)
{
	return summary_dist(r->dist, r->n_dist, out);
}

static const struct {
	const char *id, *title, *intro;
	summary_part *part; /* NULL: `tables` makes them from other records than those of kernels */
	int (*tables)(const struct results *r, struct table_list *out);
	plots_fn *plots; /* NULL: none */
} chapters[] = {
	{"wrong", "Wrong results", "These contenders failed verification; they were not timed.", summary_failures, NULL,
	 NULL},
	{"claims", "Claims",
	 "What was published about meProp, what these trainings say to it, and how to train them again: mepbench study "
	 "bench/study.plan --out=DIR with the option in the last column. Behind a verdict * is confirmed, ! refuted, "
	 "~ undecided.",
	 NULL, claim_tables, NULL},
	{"study", "The study",
	 "Every experiment against its base, in pairs of equal seeds: how many were told apart, and which way.", NULL,
	 study_overview, NULL},
	{"targets", "Targets", "What the kernels should reach, and what they reached in these records.", NULL,
	 target_tables, NULL},
	{"speedup", "Speed-up of the backward pass",
	 "Per layer shape: the dense contenders, every sparse method against the best of them, and what was reached of "
	 "what the machine can do.",
	 summary_speedups, NULL, plots_speedup},
	{"break-even", "Break-even", "Up to which k each method pays.", summary_break_even, NULL, NULL},
	{"threads", "Threads", "What more threads bring, against what the machine allows.", summary_threads, NULL,
	 NULL},
	{"auto", "Method auto", "What it chose by a short measurement, against the best fixed choice of the same run.",
	 summary_auto, NULL, NULL},
	{"training", "Training", "Whole trainings, each variant against dense with the same seeds.", NULL,
	 training_tables, training_plots},
	{"ledger", "Where the time goes",
	 "Select, dX, dW and the clearing of dW, against the whole pass timed on its own.", summary_ledgers, NULL,
	 NULL},
	{"gradients", "Gradients",
	 "Selection time depends on the data: what drawn rows and those recorded from real training look like.", NULL,
	 gradient_tables, NULL},
	{"selection", "Selection", "The algorithms that find the k largest magnitudes; all return the same set.",
	 summary_selection, NULL, plots_selection},
	{"ceilings", "Ceilings", "What this machine can do at best, measured in the same run with the same binding.",
	 summary_ceilings, NULL, plots_roofline},
	{"others", "Forward pass", "What training spends besides the backward pass.", summary_others, NULL, NULL},
	{"updates", "Optimisers", "The optimisers' steps on a layer's weights, dense and lazy, against the bandwidth.",
	 summary_updates, NULL, NULL},
	{"isas", "Instruction sets",
	 "The same kernels, built for several instruction sets and timed in the same rounds.", summary_isas, NULL,
	 NULL},
};

int chapter_add_plots(struct chapter_list *list, struct chapter *c, plots_fn *plots, const struct results *r)
{
	int rc = list->no_plots || !plots ? 0 : plots(r, &c->figures);

	if (rc == -ENOENT)
		list->no_plots = "gnuplot is not installed";
	return rc == -ENOMEM ? rc : 0;
}

int chapters_create(struct chapter_list *list, const struct results *r, bool plots, struct failure *f)
{
	int rc = 0;

	*list = (struct chapter_list){.no_plots = plots ? NULL : "--no-plots was given"};
	for (size_t i = 0; i < sizeof(chapters) / sizeof(chapters[0]) && rc == 0; i++) {
		struct chapter *c = &list->v[list->count];

		*c = (struct chapter){.id = chapters[i].id, .title = chapters[i].title, .intro = chapters[i].intro};
		rc = chapters[i].part ? chapters[i].part(&r->series, &c->tables) : chapters[i].tables(r, &c->tables);
		if (rc == 0)
			rc = chapter_add_plots(list, c, chapters[i].plots, r);
		c->tells = chapters[i].tables == study_overview;
		c->folded = c->tables.count > 6 && chapters[i].part != summary_speedups &&
			    chapters[i].tables != target_tables;
		list->count += c->tables.count || c->figures.count;
		if (rc == 0 && chapters[i].tables == study_overview && results_are_study(r))
			rc = study_chapters(list, r);
	}
	if (rc) {
		chapters_destroy(list);
		return fail(f, rc, "out of memory");
	}
	return 0;
}

void chapters_destroy(struct chapter_list *list)
{
	for (int i = 0; i < list->count; i++) {
		table_list_destroy(&list->v[i].tables);
		figure_list_destroy(&list->v[i].figures);
	}
	list->count = 0;
}
