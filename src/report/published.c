/* SPDX-License-Identifier: MIT */
/*
 * The table of published numbers, see published.h. Sun et al.: "meProp: Sparsified Back Propagation for Accelerated
 * Deep Learning with Reduced Overfitting", ICML 2017, arXiv 1706.06197; De Alba et al.: De Alba, Kannan, Kim, poster
 * "Variants of Minimal Effort Backpropagation (meProp) on a Feedforward Neural Network".
 */
#include "report/published.h"

#include <stddef.h>
#include <string.h>

#define PAPER "Sun et al. 2017"
#define TABLE "Sun et al. 2017, table 1"
#define PLOT "Sun et al. 2017, Fig. 4 (read off the plot)"
#define README "README of the authors' code"
#define POSTER "De Alba et al., Fig. 4"

/* The paper's own recipe: minibatches of 10 (unified: 50), no dropout unless it says so. */
#define PLAIN "init=glorot dropout=0 batch=10 "
#define LAYERS_3 "layers=784-500-500-500-10 "
#define LAYERS_4 "layers=784-500-500-500-500-10 "
#define LAYERS_5 "layers=784-500-500-500-500-500-10 "

#define SET(s, from) .set = s, .source = from, .recipe = ""
/* Another recipe than theirs, by so much. */
#define SET_OTHER(s, from, differs) .set = s, .source = from, .recipe = differs
#define RATIO SET_OTHER("ratio", POSTER, "the poster does not tell its recipe")
#define DEPTH SET_OTHER("depth", PAPER, "ours in minibatches of 50, not 10, from port weights")
#define DROPOUT SET_OTHER("dropout", PAPER, "ours from port weights, not Glorot's")
#define UNIFIED SET_OTHER("unified", PAPER, "ours with dropout 0.1 from port weights")

const struct published published[] = {
	{SET("k", PLOT), .what = "random_k, k=5", .spec = PLAIN "method=random_k k=5", .base = PLAIN "method=dense",
	 .x = 5, .test = 86.9, .slack = 0.3},
	{SET("k", PLOT), .what = "random_k, k=20", .spec = PLAIN "method=random_k k=20", .base = PLAIN "method=dense",
	 .x = 20, .test = 92.3, .slack = 0.3},
	{SET("k", PLOT), .what = "random_k, k=80", .spec = PLAIN "method=random_k k=80", .base = PLAIN "method=dense",
	 .x = 80, .test = 96.0, .slack = 0.3},
	{SET("k", PLOT), .what = "topk, k=5", .spec = PLAIN "method=topk k=5", .base = PLAIN "method=dense", .x = 5,
	 .test = 96.0, .slack = 0.3},
	{SET("k", TABLE), .what = "topk, k=20", .spec = PLAIN "method=topk k=20", .base = PLAIN "method=dense", .x = 20,
	 .test = 98.01},
	{SET("k", PLOT), .what = "topk, k=80", .spec = PLAIN "method=topk k=80", .base = PLAIN "method=dense", .x = 80,
	 .test = 98.15, .slack = 0.1},
	{SET("k", PAPER), .what = "narrow net, h=20", .spec = PLAIN "method=dense layers=784-20-20-10",
	 .base = PLAIN "method=dense", .x = 20, .test = 95.77},

	{RATIO, .what = "ratio .0225", .spec = "method=topk k=11", .base = "method=dense", .x = .0225, .test = 97.15},
	{RATIO, .what = "ratio .0305", .spec = "method=topk k=15", .base = "method=dense", .x = .0305, .test = 97.63},
	{RATIO, .what = "ratio .0340", .spec = "method=topk k=17", .base = "method=dense", .x = .0340, .test = 96.75},

	{SET("paper", TABLE), .what = "AdaGrad, dense", .spec = PLAIN "optimizer=adagrad method=dense", .base = "",
	 .best_epoch = 8, .backprop_s = 171.0, .dev = 98.20, .test = 97.52},
	{SET("paper", TABLE), .what = "AdaGrad, k=10", .spec = PLAIN "optimizer=adagrad method=topk k=10",
	 .base = PLAIN "optimizer=adagrad method=dense", .x = 10, .best_epoch = 16, .backprop_s = 4.1, .dev = 98.20,
	 .test = 98.00},
	{SET("paper", TABLE), .what = "Adam, dense", .spec = PLAIN "method=dense", .base = "", .best_epoch = 17,
	 .backprop_s = 169.5, .dev = 98.32, .test = 97.82, .pass_s = 240},
	{SET("paper", TABLE), .what = "Adam, k=20", .spec = PLAIN "method=topk k=20", .base = PLAIN "method=dense",
	 .x = 20, .best_epoch = 15, .backprop_s = 7.9, .dev = 98.22, .test = 98.01, .pass_s = 77},
	{SET("readme", README), .what = "Adam, dense", .spec = PLAIN "method=dense", .base = "", .backprop_s = 170,
	 .test = 98.20},
	{SET("readme", README), .what = "Adam, k=80", .spec = PLAIN "method=topk k=80", .base = PLAIN "method=dense",
	 .x = 80, .backprop_s = 29, .test = 98.27},

	{DEPTH, .what = "2 hidden, dense", .spec = "method=dense", .base = "", .x = 2, .test = 98.10},
	{DEPTH, .what = "2 hidden, k=25", .spec = "method=topk k=25", .base = "method=dense", .x = 2, .test = 98.20},
	{DEPTH, .what = "3 hidden, dense", .spec = LAYERS_3 "method=dense", .base = "", .x = 3, .test = 98.21},
	{DEPTH, .what = "3 hidden, k=25", .spec = LAYERS_3 "method=topk k=25", .base = LAYERS_3 "method=dense", .x = 3,
	 .test = 98.37},
	{DEPTH, .what = "4 hidden, dense", .spec = LAYERS_4 "method=dense", .base = "", .x = 4, .test = 98.10},
	{DEPTH, .what = "4 hidden, k=25", .spec = LAYERS_4 "method=topk k=25", .base = LAYERS_4 "method=dense", .x = 4,
	 .test = 98.15},
	{DEPTH, .what = "5 hidden, dense", .spec = LAYERS_5 "method=dense", .base = "", .x = 5, .test = 98.05},
	{DEPTH, .what = "5 hidden, k=25", .spec = LAYERS_5 "method=topk k=25", .base = LAYERS_5 "method=dense", .x = 5,
	 .test = 98.21},

	{DROPOUT, .what = "dropout 0.2, dense", .spec = "batch=10 dropout=0.2 method=dense", .base = "", .x = 0.2,
	 .test = 98.09},
	{DROPOUT, .what = "dropout 0.2, k=25", .spec = "batch=10 dropout=0.2 method=topk k=25",
	 .base = "batch=10 dropout=0.2 method=dense", .x = 0.2, .test = 98.32},

	{UNIFIED, .what = "2 hidden, dense", .spec = "method=dense", .base = "", .x = 2, .test = 97.97},
	{UNIFIED, .what = "2 hidden, unified, k=30", .spec = "method=unified_topk k=30", .base = "method=dense", .x = 2,
	 .test = 98.08},
	{UNIFIED, .what = "5 hidden, dense", .spec = LAYERS_5 "method=dense", .base = "", .x = 5, .test = 98.09},
	{UNIFIED, .what = "5 hidden, unified, k=50", .spec = LAYERS_5 "method=unified_topk k=50",
	 .base = LAYERS_5 "method=dense", .x = 5, .test = 98.36},

	{SET("gpu", PAPER), .what = "GPU, h=8192, dense", .spec = "", .base = "", .gpu_ms = 308},
	{SET("gpu", PAPER), .what = "GPU, h=8192, k=8", .spec = "", .base = "", .x = 8, .gpu_ms = 8.37},
	{SET("gpu", PAPER), .what = "GPU, h=8192, k=16", .spec = "", .base = "", .x = 16, .gpu_ms = 9.16},
	{SET("gpu", PAPER), .what = "GPU, h=8192, k=32", .spec = "", .base = "", .x = 32, .gpu_ms = 11.20},
	{SET("gpu", PAPER), .what = "GPU, h=8192, k=64", .spec = "", .base = "", .x = 64, .gpu_ms = 14.38},
	{SET("gpu", PAPER), .what = "GPU, h=8192, k=128", .spec = "", .base = "", .x = 128, .gpu_ms = 21.28},
	{SET("gpu", PAPER), .what = "GPU, h=8192, k=256", .spec = "", .base = "", .x = 256, .gpu_ms = 38.57},
	{SET("gpu", PAPER), .what = "GPU, h=8192, k=512", .spec = "", .base = "", .x = 512, .gpu_ms = 69.95},
	{.set = NULL},
};

const struct published *published_next(const struct published *p, const char *set)
{
	while (p->set && strcmp(p->set, set) != 0)
		p++;
	return p->set ? p : NULL;
}
