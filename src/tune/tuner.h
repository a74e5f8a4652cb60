/* SPDX-License-Identifier: MIT */
/*
 * The tuner of method `auto`: the measured costs of a layer, from a file where they are known, else from a short
 * measurement now. A measurement depends on the moment; what it found is kept, so that choices can be repeated.
 *
 * The file is JSON. Without a name it is the user's cache, $MEPBENCH_CACHE/tuning.json, else
 * $XDG_CACHE_HOME/mepbench/tuning.json, else ~/.cache/mepbench/tuning.json: only what this very program measured on a
 * processor like this one, with this instruction set, binding and team, is used of it; the rest is measured again. A
 * cache that cannot be read or written is warned of, once, and does no harm. What was measured while the machine was
 * busy with other work is not kept there.
 * A file that the user names is the user's word: what stands in it is used whoever measured it, what is missing is
 * measured and added, and a file that cannot be read or written is an error, before anything is measured.
 */
#ifndef TUNE_TUNER_H
#define TUNE_TUNER_H

#include "data/dist.h"
#include "machine/machine.h"
#include "tune/choice.h"

/* What is tuned. */
struct tune_layer {
	const struct kernel_set *kernels;
	struct caches caches;
	int batch, n_in, n_out, threads;
	bool dx;		 /* false: the first layer of a net, which needs no dX */
	const struct dist *dist; /* of dY; NULL: as in training, gaussian with fewer and fewer zeros */
};

struct tuner_params;
typedef int tune_measure_fn(const struct tuner_params *p, const struct tune_layer *l, struct tune_table *out,
			    struct failure *f);

struct tuner_params {
	const struct binding *binding;
	const struct conditions *conditions;
	const char *file;	  /* --tuning; NULL or "": the cache */
	bool afresh;		  /* --retune: measure even what is known */
	tune_measure_fn *measure; /* NULL: tune_measure; tests give their own */
	const volatile int *stop; /* set asynchronously: -EINTR instead of costs; NULL: nobody stops it */
};

struct tuner;

/* Reads a named file at once, the cache when it is first needed. What p points to must outlive the tuner. */
int tuner_create(struct tuner **tuner, const struct tuner_params *p, struct failure *f);
void tuner_destroy(struct tuner *tuner); /* NULL: nothing */

/* The costs of a layer, valid as long as the tuner; measures for about a tenth of a second if need be, longer where a
 * dense pass takes more than a few ms. By one thread, untimed. */
int tuner_table(struct tuner *tuner, const struct tune_layer *l, const struct tune_table **table, struct failure *f);

/* Measures the costs of a layer with all ways in interleaved rounds, on operands of its own. */
tune_measure_fn tune_measure;

#endif
