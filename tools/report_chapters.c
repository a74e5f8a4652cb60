/* SPDX-License-Identifier: MIT */
/* The chapters of the report: one row each, with the function of its tables and that of its plots. */
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int training_tables(const struct results *r, struct table_list *out)
{
	return r->n_train ? summary_train(r->train, r->n_train, out) : 0;
}

static const struct {
	const char *id, *title, *intro;
	summary_part *part; /* NULL: training */
	plots_fn *plots;    /* NULL: none */
} chapters[] = {
	{"wrong", "Wrong results", "These contenders failed verification; they were not timed.", summary_failures,
	 NULL},
	{"speedup", "Speed-up of the backward pass",
	 "Per layer shape: the dense contenders, every sparse method against the best of them, and what was reached of "
	 "what the machine can do.",
	 summary_speedups, plots_speedup},
	{"auto", "Method auto", "What it chose by a short measurement, against the best fixed choice of the same run.",
	 summary_auto, NULL},
	{"training", "Training", "Whole trainings, each variant against dense with the same seeds.", NULL,
	 plots_training},
	{"ledger", "Where the time goes",
	 "Select, dX, dW and the clearing of dW, against the whole pass timed on its own.", summary_ledgers, NULL},
	{"selection", "Selection", "The algorithms that find the k largest magnitudes; all return the same set.",
	 summary_selection, plots_selection},
	{"ceilings", "Ceilings", "What this machine can do at best, measured in the same run with the same binding.",
	 summary_ceilings, plots_roofline},
	{"others", "Forward pass", "What training spends besides the backward pass.", summary_others, NULL},
	{"updates", "Optimisers", "The optimisers' steps on a layer's weights, dense and lazy, against the bandwidth.",
	 summary_updates, NULL},
	{"isas", "Instruction sets",
	 "The same kernels, built for several instruction sets and timed in the same rounds.", summary_isas, NULL},
};

static int add_plots(struct chapter_list *list, struct chapter *c, plots_fn *plots, const struct results *r)
{
	int rc = list->no_plots || !plots ? 0 : plots(r, &c->figures);

	if (rc == -ENOENT)
		list->no_plots = "gnuplot is not installed";
	else if (rc == -EIO)
		list->no_plots = "gnuplot failed";
	return rc == -ENOMEM ? rc : 0;
}

int chapters_create(struct chapter_list *list, const struct results *r, bool plots, struct failure *f)
{
	int rc = 0;

	*list = (struct chapter_list){.no_plots = plots ? NULL : "--no-plots was given"};
	for (size_t i = 0; i < sizeof(chapters) / sizeof(chapters[0]) && rc == 0; i++) {
		struct chapter *c = &list->v[list->count];

		*c = (struct chapter){.id = chapters[i].id, .title = chapters[i].title, .intro = chapters[i].intro};
		rc = chapters[i].part ? chapters[i].part(&r->series, &c->tables) : training_tables(r, &c->tables);
		if (rc == 0)
			rc = add_plots(list, c, chapters[i].plots, r);
		c->folded = c->tables.count > 6 && chapters[i].part != summary_speedups;
		list->count += c->tables.count || c->figures.count;
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
