/* SPDX-License-Identifier: MIT */
/* One row per kernel: built once per instruction set into that set's table. */
#include "isa.h"
#include "kernels.h"

const struct kernel ISA(kernel_table)[] = {
	{.method = NULL},
};
