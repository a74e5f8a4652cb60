/* SPDX-License-Identifier: MIT */
/* The kernels of one instruction set, for its registry; each is described at its definition. */
#ifndef KERNELS_KERNELS_H
#define KERNELS_KERNELS_H

#include "isa.h"

extern const struct kernel ISA(kernel_table)[];

/* The optimisers: one step on args->update, in one pass over memory. */
kernel_fn ISA(update_sgd), ISA(update_momentum), ISA(update_adagrad), ISA(update_adam);
kernel_cost_fn ISA(update_sgd_cost), ISA(update_momentum_cost), ISA(update_adagrad_cost), ISA(update_adam_cost);

#endif
