/* SPDX-License-Identifier: MIT */
/*
 * Accuracy against seconds: how long each training takes to reach a test accuracy, the whole of an epoch counted, and
 * which trainings no other beats in both. Accuracies and epochs come from every seed that was trained; seconds only
 * from trainings that had the machine to themselves.
 */
#ifndef REPORT_STUDY_TIME_H
#define REPORT_STUDY_TIME_H

#include "report/runs.h"

#include <stdbool.h>

/* How the names of experiments begin that were run for their times alone; their accuracies are not looked at. */
#define STUDY_TIME_PREFIX "time: "

#define N_TIME_GOALS 2
extern const double time_goals[N_TIME_GOALS]; /* test accuracies: 0.975, 0.98 */

/*
 * The way to one goal: the first epoch whose test accuracy reaches it. A seed that never does is censored: it counts
 * as later than all that did, so the median is INFINITY where fewer than half got there, and so may `high` be.
 */
struct time_to {
	int seeds, reached;
	struct interval epochs;	 /* median over all seeds, with its order-statistic interval */
	struct interval seconds; /* that, times the seconds of an epoch; mid is NaN where those were not measured */
};

/*
 * One experiment. Seconds of an epoch are dense's median times the paired ratio of this to dense, both of one command
 * whose trainings took turns: on a machine that drifts only the ratio is to be trusted. Dense's median is taken over
 * all timed dense trainings of the recipe and scales everything alike; intervals are those of the ratio and the seeds.
 */
struct time_point {
	const struct experiment *learned; /* whose accuracies; never one whose name begins with STUDY_TIME_PREFIX */
	const struct experiment *timed;	  /* the same but for the seeds, alone on the machine; NULL: not timed */
	const struct experiment *base;	  /* the dense that `timed` took turns with; may be itself; NULL: none */
	struct interval accuracy;	  /* at the best dev epoch, mean over seeds */
	int64_t epochs;			  /* of a whole training */
	struct interval speedup, backward_speedup; /* dense over this; mid is NaN without a base */
	struct interval epoch_s;		   /* without a base its own median, comparable to nothing */
	struct interval total_s;		   /* of a whole training */
	struct time_to to[N_TIME_GOALS];
	bool front; /* no other point of the list is as accurate and as fast, and better in one of them */
};

struct time_list {
	int n;
	struct time_point *v; /* in the order of the experiments */
};

/* Points into `experiments`, which must outlive the list. Any subset of a study will do. 0 or -ENOMEM. */
int time_list_create(struct time_list *list, const struct experiment_list *experiments);
void time_list_destroy(struct time_list *list);

/* The first epoch whose test accuracy reaches the goal; INFINITY if none does. */
double time_first_epoch(const struct run *r, double goal);
/* The epoch of `dense` that took turns with this one, which ran beside no other; NULL if none did. */
const struct train_record *time_twin(const struct train_record *r, const struct experiment *dense);

/* `topk k=20 lazy`, and what else a reader must know to tell trainings that were timed apart. */
struct time_name {
	char s[136];
} time_name(const struct train_record *r);

/*
 * What `part` of e takes of the whole epoch of `dense`: the median over pairs of equal seed, epoch and command, of none
 * that ran beside others. mid is NaN without any.
 */
struct interval time_share(const struct experiment *e, const struct experiment *dense,
			   double (*part)(const struct train_record *r));

/* Least squares of y over x, for n >= 2 different x. */
struct line {
	double start, slope, r2, worst; /* worst: largest distance of a point from it */
	int n;
};
struct line line_fit(const double *x, const double *y, int n);

#endif
