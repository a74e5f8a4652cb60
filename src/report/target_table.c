/* SPDX-License-Identifier: MIT */
/* The targets: a row each. Adding one is adding a row here, and a line to bench/targets.plan if nothing measures it
 * yet. */
#include "report/targets.h"

#define DENSE_OPS "forward|backward_data|backward_weights"
#define SPARSE_OPS "backward|backward_data|backward_weights"
#define KERNEL_OPS "forward|backward|backward_data|backward_weights|topk_select|update|backward_update"
#define OURS "dense|relu_skip|topk|unified_topk|random_k|norm|threshold|auto"
#define HOSTILE "hostile_sample|hostile_peaks|hostile_level|hostile_nested"
#define HARD "relu|zeros90|heavy|ties|equal|sorted|reversed|adversarial"

#define AT_LEAST(b, u) .bound = (b), .unit = (u)
#define AT_MOST(b, u) .at_most = true, .bound = (b), .unit = (u)
#define SHAPE(b, i, o) .batch = (b), .n_in = (i), .n_out = (o)
#define TOPK .op = "backward", .method = "topk", .dw = "rows", .fastest = true, .measure = target_over_dense
#define UNIFIED .op = "backward", .method = "unified_topk", .dw = "rows", .fastest = true, .measure = target_over_dense
#define SELECT .op = "topk_select", .method = "topk", .fastest = true

const struct target targets[] = {
	{"1a", "dense: speed over the best CBLAS library", AT_LEAST(1, "x"), .measure = target_over_blas,
	 .op = DENSE_OPS, .method = "dense"},
	{"1b", "dense, batch >= 64: share of the FMA peak", AT_LEAST(0.85, ""), .measure = target_peak_share,
	 .op = DENSE_OPS, .method = "dense", .least_batch = 64},

	{"2a", "top-k, k = 10: speed over the best dense", AT_LEAST(12, "x"), TOPK, SHAPE(64, 784, 500), .k = 10,
	 .threads = 1},
	{"2b", "top-k, k = 20: speed over the best dense", AT_LEAST(9, "x"), TOPK, SHAPE(64, 784, 500), .k = 20,
	 .threads = 1},
	{"2c", "top-k, k = 40: speed over the best dense", AT_LEAST(5.5, "x"), TOPK, SHAPE(64, 784, 500), .k = 40,
	 .threads = 1},
	{"2d", "top-k, k = 80: speed over the best dense", AT_LEAST(3, "x"), TOPK, SHAPE(64, 784, 500), .k = 80,
	 .threads = 1},
	{"2e", "top-k, batch 10: speed over the best dense", AT_LEAST(9, "x"), TOPK, SHAPE(10, 784, 500), .k = 20,
	 .threads = 1},
	{"2f", "top-k, wide layer: speed over the best dense", AT_LEAST(10, "x"), TOPK, SHAPE(128, 4096, 4096),
	 .k = 41},
	{"2g", "top-k: share of its roofline bound", AT_LEAST(0.5, ""), .measure = target_bound_share, .op = SPARSE_OPS,
	 .method = "topk", .dw = "rows|", .fastest = true},

	{"3a", "unified, k = 20: speed over the best dense", AT_LEAST(16, "x"), UNIFIED, SHAPE(64, 784, 500), .k = 20,
	 .threads = 1},
	{"3b", "unified, k = 80: speed over the best dense", AT_LEAST(5, "x"), UNIFIED, SHAPE(64, 784, 500), .k = 80,
	 .threads = 1},

	{"4a", "select n = 500, k/n <= 4 %: one-pass reads", AT_MOST(9, "x"), SELECT, .measure = target_reads,
	 .dist = "gaussian", .n_out = 500, .max_share = 0.04},
	{"4b", "select n = 1024, k/n <= 4 %: one-pass reads", AT_MOST(9, "x"), SELECT, .measure = target_reads,
	 .dist = "gaussian", .n_out = 1024, .max_share = 0.04},
	{"4c", "select n = 500, k/n <= 50 %: one-pass reads", AT_MOST(12, "x"), SELECT, .measure = target_reads,
	 .dist = "gaussian", .n_out = 500, .above_share = 0.04, .max_share = 0.5},
	{"4d", "select n = 1024, k/n <= 50 %: one-pass reads", AT_MOST(12, "x"), SELECT, .measure = target_reads,
	 .dist = "gaussian", .n_out = 1024, .above_share = 0.04, .max_share = 0.5},
	{"4e", "select n >= 4096: one-pass reads", AT_MOST(7, "x"), SELECT, .measure = target_reads, .dist = "gaussian",
	 .least_n_out = 4096},
	{"4f", "select n = 128: one-pass reads", AT_MOST(20, "x"), SELECT, .measure = target_reads, .dist = "gaussian",
	 .n_out = 128},
	{"4g", "select hard rows of any n: one-pass reads", AT_MOST(17, "x"), SELECT, .measure = target_reads,
	 .dist = HARD},
	{"4h", "select: speed over quickselect", AT_LEAST(5, "x"), SELECT, .measure = target_over_select,
	 .versus = "quickselect", .dist = "gaussian", .n_out = 500, .k = 20, .threads = 1},
	{"4i", "select: speed over a heap", AT_LEAST(5, "x"), SELECT, .measure = target_over_select, .versus = "heap",
	 .dist = "gaussian", .n_out = 500, .k = 20, .threads = 1},
	{"4j", "select worst case linear: ns/entry, 65536 to 4096", AT_MOST(2, "x"), SELECT, .measure = target_growth,
	 .dist = HOSTILE, .n_out = 65536},
	{"4k", "select rows built against bracket: one-pass reads", AT_MOST(17, "x"), SELECT, .measure = target_reads,
	 .dist = HOSTILE},

	{"5a", "norm: time of select over that of top-k", AT_MOST(2, "x"), .measure = target_against_method,
	 .versus = "topk", .op = "topk_select", .method = "norm", .fastest = true},
	{"5b", "norm: imbalance of two threads", AT_MOST(0.1, ""), .measure = target_imbalance,
	 .op = "topk_select|backward_data|backward_weights", .method = "norm", .dw = "rows|", .threads = 2},

	{"6", "threads, over 100 us: share of the ideal", AT_LEAST(0.9, ""), .measure = target_thread_share,
	 .op = KERNEL_OPS, .method = OURS, .fastest = true},

	{"7", "auto: speed over the best of our own fixed choices", AT_LEAST(1 / 1.05, "x"),
	 .measure = target_over_fixed, .op = "backward", .method = "auto"},

	{"8a", "update: share of the bandwidth of axpy", AT_LEAST(0.8, ""), .measure = target_step_share,
	 .op = "update"},
	/* Holds for the wide layer too: what the update fused adds to target 2f. */
	{"8b", "update fused with dW: speed over the two apart", AT_LEAST(1, "x"), .measure = target_over_parts,
	 .op = "backward_update", .method = "topk", .dw = "fused"},
	{.id = NULL},
};
