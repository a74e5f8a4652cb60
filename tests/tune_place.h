/* SPDX-License-Identifier: MIT */
/* A tuner in a folder of its own, whose measurements are invented and counted. */
#ifndef TESTS_TUNE_PLACE_H
#define TESTS_TUNE_PLACE_H

#include "base/failure.h"
#include "machine/machine.h"
#include "tune/tuner.h"

/* Costs of a layer of 100 outputs: top-k wins below 50, relu_skip where fewer than 40 are left. */
extern const struct tune_table example;
extern int n_measured; /* since the place was made */

struct place {
	char folder[64], file[96];
	struct machine *machine;
	struct binding binding;
	struct conditions conditions;
};

void place_create(struct place *p);
void place_destroy(struct place *p); /* nothing but the tuning file may have been left in it */
struct tuner_params params_of(const struct place *p);
struct tune_layer layer_of(int threads, const char *dist); /* 3x50x100 */
/* What a new tuner says of a layer. */
struct tune_table ask(const struct tuner_params *p, const struct tune_layer *l);
bool same_curve(const struct tune_curve *a, const struct tune_curve *b);

#endif
