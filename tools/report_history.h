/* SPDX-License-Identifier: MIT */
/* mepreport --accept and --history: a run joins the history, and the history as a report. */
#ifndef TOOLS_REPORT_HISTORY_H
#define TOOLS_REPORT_HISTORY_H

#include "report.h"

#include "report/trends.h"

/*
 * Appends the kernel records of the results folder dir to the history in `into`; *added says how many rows were new,
 * *left_out how many cells have no row.
 */
int history_accept(const char *dir, const char *into, size_t *added, int *left_out, struct failure *f);

/* The words of a machine's chapter. */
struct history_words {
	char id[200], title[192], intro[640];
};

/* The history of a folder as a report: like that of a run, with a chapter per machine. */
struct history_page {
	struct history_list history;
	struct trend_list trends;
	struct results r; /* the folder and its files only */
	struct facts facts;
	struct chapter_list chapters;
	struct history_words *words;
};

/* 0 or a negative errno with a sentence; release with history_page_destroy. */
int history_page_create(struct history_page *p, const char *folder, bool plots, struct failure *f);
void history_page_destroy(struct history_page *p);

/* `topk bracket k=20`: what a cell is within its workload. */
struct label history_contender(const struct history_record *r);
/*
 * A figure per workload, team and method, with a panel per cell; those with changes first, and no more than a page can
 * hold: *left_out. `number` tells machines apart. As plot_close.
 */
int plots_history(const struct trend_machine *m, int number, struct figure_list *list, int *left_out);

#endif
