/* SPDX-License-Identifier: MIT */
/* The kernels of one instruction set, for its registry; each is described at its definition. */
#ifndef KERNELS_KERNELS_H
#define KERNELS_KERNELS_H

#include "isa.h"

extern const struct kernel ISA(kernel_table)[];

/* Matrix products: forward_*.c, backward_*.c, blas.c */
kernel_fn ISA(forward_dense), ISA(forward_blas);
kernel_fn ISA(backward_data_dense), ISA(backward_data_blas), ISA(backward_data_sparse), ISA(backward_data_unified);
kernel_fn ISA(backward_weights_dense), ISA(backward_weights_blas), ISA(backward_weights_sparse),
	ISA(backward_weights_unified);
kernel_cost_fn ISA(forward_cost), ISA(backward_data_dense_cost), ISA(backward_weights_dense_cost);
kernel_cost_fn ISA(backward_data_sparse_cost), ISA(backward_weights_sparse_cost), ISA(backward_data_unified_cost),
	ISA(backward_weights_unified_cost);
kernel_scratch_fn ISA(forward_scratch_bytes), ISA(backward_dense_scratch_bytes),
	ISA(backward_weights_sparse_scratch_bytes);

/* The optimisers: one step on args->update, in one pass over memory. */
kernel_fn ISA(update_sgd), ISA(update_momentum), ISA(update_adagrad), ISA(update_adam);
kernel_cost_fn ISA(update_sgd_cost), ISA(update_momentum_cost), ISA(update_adagrad_cost), ISA(update_adam_cost);

/* dW and the step in one: backward_update_sparse.c */
kernel_fn ISA(backward_update_sparse_sgd), ISA(backward_update_sparse_momentum), ISA(backward_update_sparse_adagrad),
	ISA(backward_update_sparse_adam);
kernel_cost_fn ISA(backward_update_sparse_sgd_cost), ISA(backward_update_sparse_momentum_cost),
	ISA(backward_update_sparse_adagrad_cost), ISA(backward_update_sparse_adam_cost);
kernel_scratch_fn ISA(backward_update_sparse_scratch_bytes);

/* dropout.c */
kernel_fn ISA(dropout_hash);
kernel_cost_fn ISA(dropout_cost);

/* Selection: select_*.c */
kernel_fn ISA(select_topk_sort), ISA(select_topk_heap), ISA(select_topk_partial_heap), ISA(select_topk_quickselect);
kernel_fn ISA(select_topk_radix), ISA(select_topk_bracket), ISA(select_tinyprop_bracket);
kernel_fn ISA(select_relu_skip), ISA(select_threshold), ISA(select_random_k), ISA(select_unified);
kernel_fn ISA(select_norm_quickselect), ISA(select_norm_bracket);
kernel_cost_fn ISA(select_cost), ISA(select_cost_k);
kernel_scratch_fn ISA(select_key_scratch), ISA(select_random_k_scratch), ISA(select_unified_scratch);
kernel_scratch_fn ISA(select_bracket_scratch);

/* Ceilings: fma_peak.c, bandwidth.c */
kernel_fn ISA(fma_peak), ISA(bandwidth_read), ISA(bandwidth_write), ISA(bandwidth_copy), ISA(bandwidth_axpy);
kernel_cost_fn ISA(fma_peak_cost), ISA(bandwidth_read_cost), ISA(bandwidth_write_cost), ISA(bandwidth_copy_cost),
	ISA(bandwidth_axpy_cost);

#endif
