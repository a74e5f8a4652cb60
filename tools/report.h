/* SPDX-License-Identifier: MIT */
/*
 * mepreport from the inside: what was read, the chapters made from it, and the writers of Markdown and HTML.
 * Reads result files only; measures nothing and opens no network.
 */
#ifndef TOOLS_REPORT_H
#define TOOLS_REPORT_H

#include "report/runs.h"
#include "report/summary_parts.h"

#include <jansson.h>

/* All that one results folder holds. */
struct results {
	const char *dir;
	struct kernel_record *kernel;
	struct train_record *train;
	struct dist_record *dist;
	size_t n_kernel, n_train, n_dist;
	json_t *context;    /* context.json, or NULL */
	char (*files)[256]; /* names of the CSV files read */
	int n_files;
	struct series_list series;
	struct experiment_list experiments;
	bool study; /* `mepbench study` wrote the folder, into files of its own, and comparisons have begun there */
};

/* Reads the CSV files of dir, kinds told apart by their header, and dir/context.json if it is there. */
int results_load(struct results *r, const char *dir, struct failure *f);
void results_release(struct results *r);
bool results_are_study(const struct results *r);

/* One plot: a whole SVG document as gnuplot wrote it, recoloured with the variables of report_style.c. */
struct figure {
	char name[160], caption[512];
	char *svg; /* starts at <svg */
};

struct figure_list {
	int count;
	struct figure *v;
};

void figure_list_destroy(struct figure_list *list);

/* Colours in gnuplot scripts; they become CSS variables, so that a page can be light or dark. */
#define PLOT_INK "#010201"
#define PLOT_GRID "#010202"
#define PLOT_SOFT "#010203" /* lesser text */
#define PLOT_COLORS 8
#define PLOT_SHADES 7
#define PLOT_WIDTH 560
#define PLOT_HEIGHT 430
const char *plot_color(int i);	  /* any i >= 0 */
int plot_point(int i);		  /* point type that goes with it */
const char *plot_shade(int i);	  /* of a heat map: 0 least ... PLOT_SHADES - 1 most */
const char *plot_on_shade(int i); /* text upon it */
/* Only what is harmless within single quotes of a gnuplot script is kept of `text`. */
struct label plot_quote(const char *text);
struct label plot_slug(const char *text); /* a name for files and identifiers from anything */

/*
 * A gnuplot script being written: plot_open begins it with what all plots share (size in pixels, axes, grid) and
 * returns the stream to write to, NULL when out of memory; plot_close runs gnuplot, appends the figure and frees the
 * script; a figure that gnuplot refuses is left out, with a warning. 0; -ENOENT if there is no gnuplot, or -ENOMEM.
 */
struct plot {
	FILE *out;
	char *script;
	size_t size;
};

FILE *plot_open(struct plot *plot, int width, int height);
int plot_close(struct plot *plot, struct figure_list *list, const char *name, const char *caption);

/* The plots of each chapter. All return 0 or a negative errno as plot_close does. */
typedef int plots_fn(const struct results *r, struct figure_list *list);
plots_fn plots_speedup, plots_selection, plots_roofline, plots_training;

/* A chapter of the report. */
struct chapter {
	const char *id, *title, *intro;
	char missing[64];    /* what has not been run yet, "" if nothing is */
	const char *command; /* that runs it */
	bool folded;	     /* the reader opens its tables */
	bool tells;	     /* the verdicts of its tables stand above them */
	struct table_list tables;
	struct figure_list figures;
};

struct chapter_list {
	int count;
	struct chapter v[48];
	const char *no_plots; /* why there are none, NULL if there are */
};

/* Draws into a chapter unless plots are off; notes in the list why there are none. 0 or -ENOMEM. */
int chapter_add_plots(struct chapter_list *list, struct chapter *c, plots_fn *plots, const struct results *r);
int chapters_create(struct chapter_list *list, const struct results *r, bool plots, struct failure *f);
void chapters_destroy(struct chapter_list *list);

/* What the reader must know first: pairs of label and value; values may be alarming. */
struct fact {
	char label[32], value[512];
	bool alarming;
};

struct facts {
	struct verdict_list verdicts; /* the report in a few lines */
	int count;
	struct fact v[32];
	char title[128], command[512]; /* command: reproduces the run, "" if unknown */
	const char *subtitle;
	const char *const *how; /* how to read the report: paragraphs, ends with NULL */
	char calls[16][512];	/* of a study: what was called, the first of them */
	int n_calls;
};

int facts_collect(struct facts *facts, const struct results *r); /* 0 or -ENOMEM */
void facts_release(struct facts *facts);

/* The style sheets of page, its wide tables and those of sentences, and plots. */
extern const char report_style[], prose_style[], plot_style[];

/* 0 or a negative errno with a sentence. Written beside and renamed, so that a report is whole or not there. */
int report_write_html(const char *path, const struct results *r, const struct facts *facts,
		      const struct chapter_list *chapters, struct failure *f);
int report_write_markdown(const char *path, const struct results *r, const struct facts *facts,
			  const struct chapter_list *chapters, struct failure *f);
/* Each plot as dir/plots/<name>.svg, which follows the reader's theme by itself. */
int report_write_plots(const char *dir, const struct chapter_list *chapters, struct failure *f);

#endif
