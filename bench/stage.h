/* SPDX-License-Identifier: MIT */
/*
 * A lineup brought to life: operands placed, tau found, selections made and verified, every contender checked against
 * the reference. What comes out is ready to be timed.
 */
#ifndef BENCH_STAGE_H
#define BENCH_STAGE_H

#include "lineup.h"

struct stage {
	struct lineup *lineup;
	struct workload workload;
	float *stream_x, *stream_y;	  /* operands of the ceilings */
	float *yardstick_x, *yardstick_y; /* and of the yardsticks */
};

/* 0, or a negative errno with nothing left to destroy. The lineup must outlive the stage. */
int stage_create(struct stage *stage, struct lineup *lineup, struct failure *f);
void stage_destroy(struct stage *stage);

/* Runs and checks every trial once, untimed; fills check and cost. Fails only if the harness does. */
int stage_verify(struct stage *stage, struct failure *f);

/* A contender's run: arg is its struct trial. */
void trial_run(void *arg, int64_t call, struct team team);

#endif
