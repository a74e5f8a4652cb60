/* SPDX-License-Identifier: MIT */
/*
 * The numbers that others published and this project measures again: one table, with the source of each.
 * None of them was measured here. All are single figures without an interval; how many seeds stand behind them is not
 * said.
 */
#ifndef REPORT_PUBLISHED_H
#define REPORT_PUBLISHED_H

/* One published training; what was not published of it is 0. */
struct published {
	const char *set;	   /* what is shown together: k, ratio, paper, readme, depth, dropout, unified, gpu */
	const char *source;	   /* such as "Sun et al. 2017, Fig. 4 (read off)" */
	const char *what;	   /* such as "Adam, k=20" */
	const char *recipe;	   /* how ours differs from what they trained; "": as far as is known in nothing */
	const char *spec;	   /* our experiment that is nearest to it, see study.h; "" if there is none */
	const char *base;	   /* spec of the dense training it is held against; "" for that one itself */
	double x;		   /* where it stands in its figure: k, ratio, hidden layers or width */
	double test, dev;	   /* accuracies, % */
	double slack;		   /* how far off the plot they may have been read */
	double best_epoch;	   /* at which dev was best */
	double backprop_s, pass_s; /* seconds per epoch: back-propagation; forward and backward */
	double gpu_ms;		   /* back-propagation of one minibatch on a GPU */
};

/* In the order of the sources; ends with a row whose set is NULL. */
extern const struct published published[];

/* The first row of a set at or behind p, which is a row of the table; NULL if there is none. */
const struct published *published_next(const struct published *p, const char *set);

#endif
