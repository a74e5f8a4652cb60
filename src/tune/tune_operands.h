/* SPDX-License-Identifier: MIT */
/* The operands that a layer is tuned on; shared by the files of this room only. */
#ifndef TUNE_OPERANDS_H
#define TUNE_OPERANDS_H

#include "tune/tuner.h"

#define TUNE_SEED 1
#define TUNE_COPIES 4 /* of dY, so that no branch predictor learns one by heart */
#define TUNE_MAX_BLOCKS 64

/* dY with one share of zeros. */
struct tune_gradient {
	double nonzeros;	/* mean of a row */
	float *dy[TUNE_COPIES]; /* (batch, n_out) */
};

struct tune_operands {
	const struct tune_layer *layer;
	struct kernel_args args; /* but for dy, k, kept and dw_rows */
	struct sparse_dy kept[TUNE_COPIES];
	struct row_list rows;
	struct tune_gradient gradients[TUNE_MAX_POINTS]; /* the layer's dist, or gaussian with fewer and fewer zeros */
	int n_gradients, n_blocks;
	void *block[TUNE_MAX_BLOCKS];
};

/* 0, or with nothing left to destroy -ENOMEM, or -EINVAL if this machine's memory (0: unknown) is too small. */
int tune_operands_create(struct tune_operands *o, const struct tune_layer *l, size_t memory_bytes, struct failure *f);
void tune_operands_destroy(struct tune_operands *o);

#endif
