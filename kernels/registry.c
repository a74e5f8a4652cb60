/* SPDX-License-Identifier: MIT */
/* One row per kernel: built once per instruction set into that set's table. */
#include "isa.h"
#include "kernels.h"

const struct kernel ISA(kernel_table)[] = {
	{OP_UPDATE, "sgd", "", ISA_NAME, "gradient descent", ISA(update_sgd), ISA(update_sgd_cost), NULL},
	{OP_UPDATE, "momentum", "", ISA_NAME, "gradient descent with momentum", ISA(update_momentum),
	 ISA(update_momentum_cost), NULL},
	{OP_UPDATE, "adagrad", "", ISA_NAME, "AdaGrad: step over the root of the summed squares", ISA(update_adagrad),
	 ISA(update_adagrad_cost), NULL},
	{OP_UPDATE, "adam", "", ISA_NAME, "Adam: both moments, bias corrections folded", ISA(update_adam),
	 ISA(update_adam_cost), NULL},
	{.method = NULL},
};
