/* SPDX-License-Identifier: MIT */
/*
 * The trainings that a command line asks for: the product of methods, their settings (k, ratio or tau), selection
 * algorithms, batches, teams and seeds, as a list of points in the order they run.
 */
#ifndef BENCH_TRAIN_POINTS_H
#define BENCH_TRAIN_POINTS_H

#include "learn/train.h"
#include "lineup.h"
#include "report/record.h"
#include "session.h"

/* Whether trainings with the method need --tau. */
static inline bool train_method_asks_tau(const struct method *m)
{
	return m->takes_tau && !m->adaptive;
}

/* One training. */
struct train_point {
	struct entrant entrant;
	const struct method *layer_method[NET_MAX_LAYERS];  /* of each hidden layer, for topk/dense; else NULL */
	const char *select;				    /* variant, "" where nothing is selected */
	int k[NET_MAX_LAYERS];				    /* of each hidden layer, then of the output layer */
	char k_text[sizeof(((struct train_record *)0)->k)]; /* as recorded: 20, or 20/40 where layers differ; 20/40/5
							       with a sparse output; 0 where the method has no k */
	double tau;					    /* 0 where the method has none */
	bool sparse_output, kept_bias;			    /* --output and --bias, where they have an effect */
	const struct tune_table *tuning[NET_MAX_LAYERS];    /* of each hidden layer whose method is tuned */
	int batch, threads;
	uint64_t seed;
	/* What differs from the defaults and has no column in the records. */
	char settings[sizeof(((struct train_record *)0)->settings)];
	char experiment[sizeof(((struct train_record *)0)->experiment)]; /* equal for points that differ in seed, batch
									    and team alone */
	double epoch_s; /* estimated seconds of an epoch; 0: not yet known */
	bool done;	/* all its epochs were found in the file; see --resume */
};

struct train_points {
	int n;
	struct train_point *v;
};

/*
 * Seeds are the outer loop and methods the inner one, so that an interrupted run leaves pairs, and drift of the machine
 * hits all methods alike. 0, -EINVAL with a sentence, or -ENOMEM; free(points->v).
 */
int train_points_create(struct train_points *points, const struct session *s, struct failure *f);

/* Finds the costs that method auto of a point needs; may measure. */
int train_point_tune(struct train_point *point, const struct session *s, struct failure *f);

/*
 * Fills its experiment; `many`: there are others beside it, --experiment is a prefix. 0, or -EINVAL where it does not
 * fit: cut, two trainings could be called the same.
 */
int train_point_label(struct train_point *point, const struct options *o, bool many, struct failure *f);

/* The experiment, batch, seed and threads: what --dry-run prints and --filter looks at. */
void train_point_name(const struct train_point *point, char *text, size_t size);

/* The parameters of a point's training; data, and the stop flag, are left to the caller. */
struct train_params train_point_params(const struct train_point *point, const struct session *s);

#endif
