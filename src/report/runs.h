/* SPDX-License-Identifier: MIT */
/*
 * Training records by experiment and seed, and the numbers taken from them: what tables and plots say about training.
 */
#ifndef REPORT_RUNS_H
#define REPORT_RUNS_H

#include "measure/stats.h"
#include "report/record.h"

#include <stdbool.h>

#define N_PHASES 6

/* One training: the epochs of one experiment with one seed. */
struct run {
	const struct train_record *best;    /* the epoch with the highest dev accuracy, the first of equals */
	const struct train_record **epochs; /* ascending, each once: one that was timed, then the latest */
	int n;
	const struct train_record **copies; /* and with what other commands recorded of them: for times */
	int n_copies;
	bool other_weights; /* copies of an epoch have other weights: the training cannot be reproduced */
	/*
	 * As long as the longest of its experiment. One that is shorter was interrupted or trained otherwise: its
	 * accuracy is not to be compared, and no number takes it in but times.
	 */
	bool whole;
};

/* One experiment within its recipe (data, layers, batch, optimiser, threads, ...): its runs by ascending seed. */
struct experiment {
	const struct train_record *key;
	struct run *runs;
	int n;
	int n_epochs; /* of its longest run */
	const struct experiment
		*dense; /* the fastest dense of the same recipe and first learning rate; NULL if none; may be itself */
};

struct experiment_list {
	int n;
	struct experiment *v; /* sorted by recipe, then in order of appearance */
	struct run *runs;
	const struct train_record **epochs, **order;
};

/*
 * Points into `records`. Of epochs that one command recorded twice the last counts. Those of several commands (an
 * interrupted run done again, or dense beside the variants of several commands) have the same accuracies to the bit,
 * and count once; their times pair within their own command.
 */
int experiment_list_create(struct experiment_list *list, const struct train_record *records, size_t n);
void experiment_list_destroy(struct experiment_list *list);

int experiment_seeds(const struct experiment *e);	 /* whole runs */
int experiment_short(const struct experiment *e);	 /* the others */
int experiment_unreproduced(const struct experiment *e); /* runs with other_weights */
/* The run of this seed; NULL if there is none. */
const struct run *experiment_run(const struct experiment *e, uint64_t seed);
/* The run of `base` that r is compared with: same seed, as long, on the same data; NULL if there is none, or
 * r is not whole. */
const struct run *run_partner(const struct run *r, const struct experiment *base);

bool train_is_dense(const struct train_record *r); /* in all layers */

/* Everything but the experiment itself: only within one recipe are trainings compared. */
int experiment_compare_recipe(const struct train_record *a, const struct train_record *b);

/*
 * Whether the policy struck after the i-th epoch: the record says so, and the next epoch has another learning rate or
 * k. So the last epoch has no strike: nothing came of it.
 */
bool run_struck(const struct run *r, int i);

/*
 * Whether its times may be looked at: it ran with no other training beside it ("parallel"), and took turns with what it
 * is compared with ("pool": of a study, one after the other).
 */
bool train_is_timed(const struct train_record *r);
double train_backward_s(const struct train_record *r); /* select + dX + dW */

struct train_phase {
	const char *name;
	double (*seconds)(const struct train_record *r);
};
extern const struct train_phase train_phases[N_PHASES]; /* forward, select, dX, dW, update, other */
/* Mean and median of times over all that was recorded of all epochs and seeds. */
double experiment_mean(const struct experiment *e, double (*value)(const struct train_record *r));
double experiment_median(const struct experiment *e, double (*value)(const struct train_record *r));
double train_epoch_s(const struct train_record *r);

double experiment_mean_k(const struct experiment *e); /* over the epochs of whole runs */
/* Test accuracy at the best dev epoch over whole runs: mean and t interval (level 0 for one seed). */
struct interval experiment_accuracy(const struct experiment *e);
/* The same for the difference to dense over the runs that have a partner there; mid is NaN without any. */
struct interval experiment_gain(const struct experiment *e, int *pairs);
/* Median ratio base / this of `value` over equal seeds and epochs of the same command where both were timed
 * (train_is_timed); mid is NaN without any. */
struct interval experiment_ratio(const struct experiment *e, const struct experiment *base,
				 double (*value)(const struct train_record *r));
/* The same with dense as the base. */
struct interval experiment_speedup(const struct experiment *e, double (*value)(const struct train_record *r));

#endif
