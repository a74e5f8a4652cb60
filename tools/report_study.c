/* SPDX-License-Identifier: MIT */
/*
 * The chapters of the study: each family of comparisons with its question and its figures, and what of it has not been
 * run yet.
 */
#include "report_study.h"

#include "report/study_time_tables.h"
#include "report/summary_study.h"

#define RUN(lines) "mepbench study bench/study.plan --lines='^" lines "-'"

/* In the order of the page. Title and question are those of the family of this id; without one they stand here. */
static const struct study_chapter {
	const char *id, *title, *question, *command;
	plots_fn *plots;
	int (*tables)(const struct experiment_list *list, struct table_list *out); /* without a family; NULL: none */
} chapters[] = {
	{"k", NULL, NULL, RUN("k"), plots_study_k, NULL},
	{"tau", NULL, NULL, RUN("tau"), plots_study_tau, NULL},
	{"anneal", NULL, NULL, RUN("anneal"), plots_study_anneal, NULL},
	{"ratio", NULL, NULL, RUN("ratio"), plots_study_ratio, NULL},
	{"map", NULL, NULL, RUN("map"), plots_study_map, NULL},
	{"paper", NULL, NULL, RUN("paper"), plots_study_paper, NULL},
	{"depth", NULL, NULL, RUN("depth"), plots_study_depth, NULL},
	{"decay", NULL, NULL, RUN("decay"), plots_study_decay, NULL},
	{"lazy", NULL, NULL, RUN("lazy"), plots_study_lazy, NULL},
	{"recipe", NULL, NULL, RUN("recipe"), plots_study_recipe, NULL},
	{"other", NULL, NULL, RUN("other"), plots_study_other, NULL},
	{"learning", "Learning curves", "How do the main methods get there?", RUN("k"), plots_study_curves, NULL},
	{"time", "Time to accuracy", "Which is good soonest, everything counted?", RUN("time"), plots_study_time,
	 summary_times},
};

static bool was_run(const struct experiment_list *list, const struct study_spec *spec)
{
	for (int i = 0; i < list->n; i++)
		if (study_matches(spec, list->v[i].key))
			return true;
	return false;
}

/* How many experiments the members of a family's curves ask for, and how many of them were run. */
static void count_members(const struct results *r, const struct study_family *family, int *asked, int *run)
{
	*asked = *run = 0;
	for (const struct study_curve *c = family->curves; c->words; c++) {
		struct study_spec all;
		struct failure f;

		if (study_parse(&all, c->members, &f))
			continue;
		for (int i = 0; i < study_count(&all); i++) {
			const struct study_spec one = study_item(&all, i);

			++*asked;
			*run += was_run(&r->experiments, &one);
		}
	}
}

/* Returns whether anything of it was run. */
static bool note_missing(struct chapter *c, const struct results *r, const struct study_family *family)
{
	int asked, run;

	count_members(r, family, &asked, &run);
	if (run == 0)
		snprintf(c->missing, sizeof(c->missing), "Not run yet");
	else if (run < asked)
		snprintf(c->missing, sizeof(c->missing), "%d of %d not run yet", asked - run, asked);
	return run > 0;
}

/* The first table of a chapter answers its question; the others are for those who ask. */
static int add_tables(struct chapter *c, const struct results *r, const struct study_chapter *from)
{
	const struct study_family *family = study_family_find(from->id);
	int rc = 0;

	if (family)
		rc = summary_study_family(&r->experiments, family, &c->tables);
	else if (from->tables)
		rc = from->tables(&r->experiments, &c->tables);
	for (int i = 1; rc == 0 && i < c->tables.count; i++)
		c->tables.tables[i].detail = true;
	return rc;
}

static int add_chapter(struct chapter_list *list, const struct results *r, const struct study_chapter *from)
{
	const struct study_family *family = study_family_find(from->id);
	struct chapter *c = &list->v[list->count++];
	int rc = 0;

	*c = (struct chapter){.id = from->id,
			      .title = family ? family->title : from->title,
			      .intro = family ? family->question : from->question,
			      .command = from->command};
	if (!family || note_missing(c, r, family))
		rc = chapter_add_plots(list, c, from->plots, r);
	rc = rc ? rc : add_tables(c, r, from);
	if (!family && c->figures.count + c->tables.count == 0 && !list->no_plots)
		snprintf(c->missing, sizeof(c->missing), "Not run yet");
	return rc;
}

int study_chapters(struct chapter_list *list, const struct results *r)
{
	int rc = 0;

	for (size_t i = 0; i < sizeof(chapters) / sizeof(chapters[0]) && rc == 0; i++)
		rc = add_chapter(list, r, &chapters[i]);
	return rc;
}
