/* SPDX-License-Identifier: MIT */
/*
 * A multi-layer perceptron: ReLU hidden layers, softmax and cross-entropy, trained with one method of back-propagation.
 *
 * The functions that take a `struct team` are called by every thread of the team with the same arguments (inside
 * team_run); they contain barriers, and end with one. All sums have an order that does not depend on the team: one seed
 * gives bit-identical weights for every number of threads.
 *
 * As in the authors' code: selection comes after the ReLU mask of dY; the output layer is not sparsified; db is
 * computed from all of dY; the dX of the first layer is not computed. The paper (Sun et al. 2017) speaks of a k of the
 * output layer, "different from the k for the hidden layers" (2.2.1), hence sparse_output; it has equations for W and x
 * only, no bias (2.1), so that top-k of the gradient may be read to be all that flows back, hence kept_bias.
 *
 * error_feedback is top-k of g = dY + memory * m, where m, per layer, is what was dropped of g the last time (memorized
 * sparse back-propagation: Zhang, Yang, Ren, Su, Sun, arXiv 1905.10194). Row i of m belongs to row i of the next
 * minibatch, whatever example that is; it is added behind the ReLU mask and is not masked itself, so that units that
 * are off may pass on what they owe. Rows that a smaller last minibatch lacks keep what they have; the mean loss makes
 * its dY larger, which memory (and tinyprop's norms) make up for. db is still that of dY alone, unless kept_bias. A
 * memory of 0.8 goes with the MNIST row of a summary of the paper; how the paper deals with the rows of a minibatch and
 * with the mask could not be read there: both are our choice.
 *
 * tinyprop follows its authors' code (github.com/r1marcus/TinyProp), but for these: k is rounded, as in their Python,
 * where their C code cuts it off; the largest norm of a layer is that of all minibatches before, it does not move
 * within one, so that rows do not depend on each other; the output layer, whose depth is 0, is whole unless
 * sparse_output. Policies of k do not change it.
 *
 * Weight decay is coupled: it is part of the gradient, so the optimiser scales it as it does the data's. A weight that
 * never has a gradient from the data moves by about lr a step under Adam, whatever l2 is (while l2 |w| is far above
 * eps), since Adam divides by the size of that very gradient; AdamW, which decays beside Adam's step, differs there.
 * With loss_sum the data's gradient is as many times larger as the minibatch has examples, and the decay is not: it
 * counts that much less. Lazily, a row decays as often as it is kept.
 */
#ifndef LEARN_NET_H
#define LEARN_NET_H

#include "kernel.h"
#include "learn/init.h"
#include "learn/kept.h"
#include "learn/optimizer.h"
#include "tune/choice.h"

#include <stdint.h>

#define NET_MAX_LAYERS 16
#define NET_EVAL_BATCH 256

/* Where the time of a training step goes; time spent waiting at a barrier belongs to the phase that it ends. */
enum phase {
	PHASE_FORWARD,
	PHASE_SELECT,
	PHASE_DX, /* with the ReLU mask that follows */
	PHASE_DW, /* fused: with the step on the weights */
	PHASE_UPDATE,
	PHASE_OTHER, /* gathering the minibatch, dropout, softmax and loss, db */
	PHASE_COUNT
};

/* Sources of randomness; each (stream, layer, step) is its own sequence, so that seeds pair across methods. */
enum net_stream { STREAM_INIT, STREAM_ORDER, STREAM_SELECT, STREAM_DROPOUT };

uint64_t net_stream(enum net_stream stream, int layer, int64_t step);

/* See struct tinyprop. The damping is taken to the power of the layers above, of which the output layer has none. */
struct net_tinyprop {
	double least, most, damping;
};

struct net_params {
	int n_layers;		       /* weight matrices, 1..NET_MAX_LAYERS */
	int width[NET_MAX_LAYERS + 1]; /* inputs, hidden layers, classes */
	int batch;		       /* rows of the largest minibatch */
	int threads;		       /* size of the team */
	uint64_t seed;
	const struct kernel_set *kernels;
	struct caches caches;
	const struct method *method;
	const struct method *layer_method[NET_MAX_LAYERS]; /* of a hidden layer, if not `method`; else NULL */
	const struct tune_table *tuning[NET_MAX_LAYERS];   /* of a hidden layer whose method is tuned; NULL: as top-k */
	const char *select;				   /* variant of the selection; NULL: the first there is */
	blas_sgemm_fn *sgemm; /* needed by the methods whose kernels are "blas", else NULL */
	const struct optimizer *optimizer;
	const struct init *init; /* NULL: the first, glorot */
	float beta1, beta2, eps; /* of the optimiser */
	float tau;		 /* norm, threshold */
	float l1, l2;		 /* decay of the weights, not of the biases; see update_args */
	struct net_tinyprop tinyprop;
	float memory;	    /* error_feedback: share of what was dropped that comes back at the next step */
	float dropout;	    /* share of hidden units dropped in training, in [0, 1); 0 costs nothing */
	bool rescale;	    /* random_k: times n / k */
	bool lazy;	    /* step only the rows of W that received gradient */
	bool fused;	    /* where dW and the step are one kernel, use it: the same bits, dW is never stored */
	bool loss_sum;	    /* the gradient of the summed loss instead of the mean over the minibatch */
	bool sparse_output; /* `method` selects from the output layer's dY too (auto: as top-k), with its own k:
			     * mepbench takes that share of it which the last hidden layer keeps, 1 or more, unless told
			     * otherwise */
	bool kept_bias; /* db of a layer that selects is the column sums of what it kept (as rescaled), not of all dY */
};

struct layer {
	int n_in, n_out;
	int k;			     /* entries kept per row, for methods that take k; set between steps */
	const struct kernel *select; /* NULL: dY is used whole */
	const struct kernel *backward_data, *backward_weights;
	const struct kernel *backward_update; /* instead of backward_weights, and of the step on w; NULL: not fused */
	const struct tune_table *tuning;      /* NULL: the kernels stay as they are */
	struct choice choice;		      /* where the method is tuned: what the kernels above are */
	bool choice_changed;		      /* since the caller cleared it */
	float *w, *w_state[2];		      /* (n_out, n_in) */
	float *bias, *bias_state[2];	      /* (n_out) */
	float *y;			      /* (rows, n_out), after ReLU and dropout; logits in the last layer */
	float *dy;			      /* (batch, n_out) of the loss with respect to y before ReLU */
	float *dw; /* (n_out, n_in); where `rows` applies, only those rows are valid; fused: unused */
	float *db; /* (n_out) */
	struct sparse_dy kept;
	float tau;	      /* of the selection */
	float *memory;	      /* (batch, n_out) error_feedback, else NULL: what was dropped; as if that was whole */
	float l1_seen;	      /* tinyprop: largest finite norm of a row before this minibatch; as if that was whole */
	float *l1;	      /* (batch) tinyprop, else NULL: the rows' norms */
	struct row_list rows; /* rows of dw that hold a gradient; used with `select` */
	int64_t *kept_counts; /* (n_out + 1) examples trained on that kept so many entries, since the caller cleared it
			       */
};

/* Rank 0's account of the time. */
struct net_ledger {
	uint64_t last_ns, ns[PHASE_COUNT];
};

struct net {
	struct net_params p;
	struct layer layer[NET_MAX_LAYERS];
	float *x;	  /* (rows, n_in): the gathered minibatch */
	uint8_t *label;	  /* (rows) */
	double *loss;	  /* (rows) cross-entropy of each example of the last minibatch */
	uint8_t *correct; /* (rows) 1 where the largest logit is the label's */
	const struct kernel *forward, *update, *dropout;
	void *scratch; /* shared by all kernels, one at a time */
	struct net_ledger ledger;
	double loss_total; /* sum of `loss` over the minibatches since the caller cleared it */
	int64_t n_correct; /* likewise */
	int n_blocks;	   /* all memory above, for net_destroy */
	void *block[20 * NET_MAX_LAYERS + 8];
};

/* A minibatch: example i is row order[i] of images. */
struct minibatch {
	const float *images;   /* (any, width[0]) */
	const uint8_t *labels; /* each < width[n_layers] */
	const uint32_t *order; /* (count) */
	int count;	       /* 1..batch in training, 1..NET_EVAL_BATCH in evaluation */
	int64_t step;	       /* 1, 2, ... over the whole training */
	float lr;
};

/* The method of hidden layer i. */
const struct method *net_layer_method(const struct net_params *p, int i);

/* Weights as p.init says. 0, -ENOENT when the set lacks a kernel the method needs, or -ENOMEM. */
int net_create(struct net **net, const struct net_params *p);
void net_destroy(struct net *net);

/*
 * Chooses the kernels of the layers whose method is tuned, from their k and the zeros of the last dY, which had `rows`
 * examples (0: none yet; half zeros are assumed then). By one thread, between steps.
 */
void net_choose(struct net *net, int rows);
/* The choices, one per hidden layer: "topk bracket~/relu_skip", ~ where it changed; "" where no method is tuned. */
void net_describe_choices(const struct net *net, char *text, size_t size);

/* One step of training, in the parts it is made of; net_step is all of them. */
void net_gather(struct net *net, const struct minibatch *m, struct team team);
void net_forward(struct net *net, const struct minibatch *m, bool training, struct team team);
void net_loss(struct net *net, const struct minibatch *m, struct team team); /* also dy of the last layer */
void net_backward(struct net *net, const struct minibatch *m, struct team team);
void net_update(struct net *net, const struct minibatch *m, struct team team);
void net_step(struct net *net, const struct minibatch *m, struct team team);

/* Forward and loss only, adding to loss_total and n_correct. */
void net_evaluate(struct net *net, const struct minibatch *m, struct team team);

/* Barrier; then rank 0 books the time since the last call under this phase. */
void net_end_phase(struct net *net, enum phase phase, struct team team);

/* 64-bit FNV-1a of all weights and biases. */
uint64_t net_digest(const struct net *net);

#endif
