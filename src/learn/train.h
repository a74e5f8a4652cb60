/* SPDX-License-Identifier: MIT */
/*
 * The protocol of a training: the paper's split (the first images of the training set are the development set), a new
 * order of examples each epoch, evaluation after each epoch. What comes of an epoch goes to a callback; this room
 * writes no files.
 */
#ifndef LEARN_TRAIN_H
#define LEARN_TRAIN_H

#include "base/failure.h"
#include "data/dataset.h"
#include "learn/net.h"
#include "learn/policy.h"
#include "machine/machine.h"

#define TRAIN_DEV_IMAGES 5000

struct train_params {
	struct net_params net;
	double lr;
	int k[NET_MAX_LAYERS]; /* target of each layer that selects, for methods that take k */
	int epochs;
	const struct policy *policy;
	struct policy_params policy_params; /* its `epochs` is set from the above */
	const struct dataset *data;
	int n_dev;		 /* the first n_dev training images, usually TRAIN_DEV_IMAGES */
	int max_train, max_test; /* use at most so many images; 0: all */
	const struct binding *binding;
	/* Called by rank 0 behind each minibatch, with dY of all layers as selection met it (error_feedback: without
	 * its memory); it must be quick: the team waits, on the epoch's time. NULL: nobody looks. */
	void (*observe)(void *observer, const struct net *net, const struct minibatch *m);
	void *observer;
	const volatile int *stop; /* set asynchronously: the epoch under way is given up after its minibatch; or NULL */
};

struct train_epoch {
	int epoch;     /* 1, 2, ... */
	double mean_k; /* entries of dY kept, per example and hidden layer: counted, not asked for */
	int n_kept;    /* hidden layers; 1 where there is none: the output layer's, as in mean_k */
	struct kept_stats kept[NET_MAX_LAYERS]; /* of each of them */
	double lr;
	double train_loss;		    /* mean over the epoch's minibatches, as they were met */
	double dev_loss, dev_acc, test_acc; /* accuracies: fractions; NaN where there are no images */
	double phase_s[PHASE_COUNT];	    /* of training, by rank 0's clock between barriers */
	double epoch_s; /* training alone, measured by itself; the phases add up to it but for two reads of the clock */
	double eval_s;	/* evaluation on dev and test, not part of epoch_s */
	uint64_t weights_digest;
	char chosen[256];  /* see net_describe_choices */
	const char *event; /* what the policy did after it, "" for nothing */
};

/* Minibatches in an epoch. */
int64_t train_minibatches(const struct train_params *p);

/*
 * A training that is taken an epoch at a time, so that several can take turns on one machine: its drift then hits all
 * alike. The data set and the binding must outlive it. -ENOMEM, -EINVAL for data that the net does not fit, or -ENOENT.
 */
struct training;
int training_create(struct training **training, const struct train_params *p, struct failure *f);
/* Epochs 1, 2, ...; -EINTR when stopped: the training is then good for nothing but training_destroy. */
int training_epoch(struct training *training, int epoch, struct train_epoch *out, struct failure *f);
void training_destroy(struct training *training); /* NULL: nothing */

/* Takes one epoch; not 0: train_run stops and returns it. */
typedef int train_report(void *arg, const struct train_epoch *epoch, struct failure *f);

/* All epochs of one training. 0, -EINTR when stopped, -ENOMEM, -EINVAL for data that the net does not fit, or what
 * `report` returned. */
int train_run(const struct train_params *p, train_report *report, void *arg, struct failure *f);

/* Seconds of one epoch with its evaluation, from a fresh net's first few dozen minibatches. */
int train_estimate(const struct train_params *p, double *epoch_s, struct failure *f);

#endif
