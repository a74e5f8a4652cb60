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
	{OP_TOPK_SELECT, "topk", "sort", ISA_NAME, "sort the row (introsort)", ISA(select_topk_sort),
	 ISA(select_cost_k), ISA(select_key_scratch)},
	{OP_TOPK_SELECT, "topk", "heap", ISA_NAME, "min-heap of the k largest so far", ISA(select_topk_heap),
	 ISA(select_cost_k), ISA(select_key_scratch)},
	{OP_TOPK_SELECT, "topk", "partial_heap", ISA_NAME, "heapify the row, extract k", ISA(select_topk_partial_heap),
	 ISA(select_cost_k), ISA(select_key_scratch)},
	{OP_TOPK_SELECT, "topk", "quickselect", ISA_NAME, "Hoare's partition, guarded pivots",
	 ISA(select_topk_quickselect), ISA(select_cost_k), ISA(select_key_scratch)},
	{OP_TOPK_SELECT, "topk", "radix", ISA_NAME, "histograms of leading bits", ISA(select_topk_radix),
	 ISA(select_cost_k), ISA(select_key_scratch)},
	{OP_TOPK_SELECT, "relu_skip", "mask", ISA_NAME, "every exact non-zero", ISA(select_relu_skip), ISA(select_cost),
	 NULL},
	{OP_TOPK_SELECT, "threshold", "mask", ISA_NAME, "magnitudes of at least tau", ISA(select_threshold),
	 ISA(select_cost), NULL},
	{OP_TOPK_SELECT, "random_k", "floyd", ISA_NAME, "random columns by Floyd's algorithm", ISA(select_random_k),
	 ISA(select_cost_k), ISA(select_random_k_scratch)},
	{OP_TOPK_SELECT, "norm", "quickselect", ISA_NAME, "quickselect on mass", ISA(select_norm_quickselect),
	 ISA(select_cost), ISA(select_key_scratch)},
	{OP_TOPK_SELECT, "unified_topk", "columns", ISA_NAME, "columns of largest sum over the batch",
	 ISA(select_unified), ISA(select_cost_k), ISA(select_unified_scratch)},
	{OP_FMA_PEAK, "fma_peak", "", ISA_NAME, "multiply-adds on registers", ISA(fma_peak), ISA(fma_peak_cost), NULL},
	{OP_BANDWIDTH, "read", "", ISA_NAME, "sum of a buffer", ISA(bandwidth_read), ISA(bandwidth_one_cost), NULL},
	{OP_BANDWIDTH, "write", "", ISA_NAME, "fill of a buffer", ISA(bandwidth_write), ISA(bandwidth_one_cost), NULL},
	{OP_BANDWIDTH, "copy", "", ISA_NAME, "copy of a buffer", ISA(bandwidth_copy), ISA(bandwidth_copy_cost), NULL},
	{.method = NULL},
};
