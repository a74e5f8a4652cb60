/* SPDX-License-Identifier: MIT */
/* The kernels of one instruction set, for its registry; each is described at its definition. */
#ifndef KERNELS_KERNELS_H
#define KERNELS_KERNELS_H

#include "isa.h"

extern const struct kernel ISA(kernel_table)[];

#endif
