/* SPDX-License-Identifier: MIT */
/* What the files of the study share among themselves; the contract is study.h. */
#ifndef REPORT_STUDY_PARTS_H
#define REPORT_STUDY_PARTS_H

#include "report/format.h"
#include "report/study.h"

/* A spec that is written in the program: one that does not parse is a bug. */
struct study_spec study_spec_of(const char *text);
/* Fills the `@` of a base with the values of the member. */
void study_spec_bind(struct study_spec *base, const struct study_spec *member);
/* What a spec asks of a column: a value, a list, or `*`. */
const char *study_spec_value(const struct study_spec *spec, const char *column);
/* `topk k=5,20 policy=anneal-k`: the method and what differs from the base recipe. */
void study_spec_text(const struct study_spec *spec, char *text, size_t size);
/* Gives a column the base recipe's value; all that are as in the other, but method and k. */
void study_spec_plain(struct study_spec *spec, const char *column);
void study_spec_subtract(struct study_spec *spec, const struct study_spec *from);
/* Equal in all columns of specs that can change a result. */
bool study_same_setting(const struct train_record *a, const struct train_record *b);
/* A column of training records; NULL if they have none of this name. */
const struct column *study_column(const char *name);
/* As study_find and study_find_all, with a spec that is parsed. */
const struct experiment *study_find_spec(const struct experiment_list *list, const struct study_spec *spec);
int study_find_specs(const struct experiment_list *list, const struct study_spec *spec, const char *key,
		     const struct experiment **found, int room);

/* Shares of 10,000 images become whole numbers, in which sums are exact; others stay as they are. */
double study_images(double accuracy);
/* The experiment of `all` whose mean k is nearest to that of e by ratio; NULL if there is none. */
const struct experiment *study_nearest(const struct experiment *const *all, int n, const struct experiment *e);

/* One curve, compared: what tables and lines are made of. */
struct study_result {
	const struct study_curve *curve;
	struct study_comparison *v;
	int n, n_run;
	bool one_base; /* all that were run are held against the same experiment */
};
int study_result_create(struct study_result *r, const struct experiment_list *list, const struct study_curve *curve);
void study_result_destroy(struct study_result *r);
/* The name of an experiment in words: `topk k=25 3 hidden batch 10 no dropout`. */
struct study_name study_words(const char *name);
/* The same of a spec with all its values: `topk k=5, 20 anneal-k`. */
struct study_phrase {
	char s[192];
} study_spec_words(const struct study_spec *spec);
/* Of layers alone: `3 hidden`, `width 20`, or what they are. */
struct study_name study_layers_words(const char *layers);
enum cell_mark study_mark(enum study_verdict v);
/* `98.02 ±0.05` of a fraction, the mean written by `format`; of one seed `98.02 (n=1)`. */
struct text study_percent(struct interval r, const char *format);

#endif
