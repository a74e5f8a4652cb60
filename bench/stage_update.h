/* SPDX-License-Identifier: MIT */
/* What a stage adds where an optimiser steps: the rows that a kept set touches, and the operands of the step. */
#ifndef BENCH_STAGE_UPDATE_H
#define BENCH_STAGE_UPDATE_H

#include "stage.h"

/* Room for the rows of each copy; owned by the workload. */
int stage_update_create_rows(struct stage *s, struct kept_set *set, struct failure *f);

/* Lists the columns that the filled set keeps. */
void stage_update_list_rows(const struct stage *s, struct kept_set *set);

/* Fills a->update for the trial on this copy of dY; dw_rows and dw are there already. */
void stage_update_args(const struct stage *s, const struct trial *t, int copy, struct kernel_args *a);

/* Bytes that a step on the rows of t->set works on: gradient, parameter and states. */
double stage_update_bytes(const struct stage *s, const struct trial *t, int copy);

/* Does this operation step the parameter? Does some part of this contender? */
bool stage_update_is_step(enum kernel_op op);
bool stage_update_steps(const struct trial *t);

#endif
