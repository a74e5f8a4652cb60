/* SPDX-License-Identifier: MIT */
/*
 * The claims, one row each: what is claimed, what was published, and the statistic of our records that answers it.
 * Our recipe is the study's where a claim does not depend on the authors' own (minibatches of 10, no dropout, Glorot
 * weights, which `paper` lines train).
 */
#include "report/claims.h"

#define PLAIN " batch=10 init=glorot dropout=0"

#define POSTER(name, at) .id = "poster-" name, .source = CLAIM_POSTER, .place = at
#define PAPER(name, at) .id = "paper-" name, .source = CLAIM_PAPER, .place = at
#define OPEN(name, at) .id = "open-" name, .source = CLAIM_OPEN, .place = at
#define TARGET(name, at) .id = "target-" name, .source = CLAIM_TARGET, .place = at

#define DEPTH(layers_hidden, i, numbers)                                                                               \
	{                                                                                                              \
		PAPER("depth-" layers_hidden, "depth"),                                                                \
			.words = layers_hidden " hidden layers, minibatches of 50: k = 25 is better than dense",       \
			.published = numbers, .family = "depth", .judge = claim_better,                                \
			.members = "method=topk k=25 layers=" STUDY_DEPTHS, .base = "method=dense layers=@", .pick = i \
	}

static double forward_backward_s(const struct train_record *r)
{
	return r->forward_s + train_backward_s(r);
}

const struct claim claims[] = {
	/* The poster. */
	{POSTER("1", "runtime"), .words = "The time of the backward pass falls linearly with k", .published = "",
	 .family = "time", .judge = claim_linear, .members = "time method=topk fused= k=1,2,5,10,20,30,40,80,160,320",
	 .base = "", .seconds = train_backward_s},
	{POSTER("2a", "Fig. 2"),
	 .words = "On spikes of the dev loss, annealing k is less effective than annealing the "
		  "learning rate",
	 .published = "", .family = "anneal", .judge = claim_better, .members = "method=topk k=20,80 policy=anneal-k",
	 .base = "method=topk k=@ policy=anneal-lr", .vary = "k=", .less = true},
	{POSTER("2b", "Fig. 2"),
	 .words = "The epochs at which k is annealed cluster closer together than those of the "
		  "learning rate",
	 .published = "", .family = "anneal", .judge = claim_paired, .members = "method=topk k=20,80 policy=anneal-k",
	 .base = "method=topk k=@ policy=anneal-lr", .vary = "k=", .less = true, .measure = claim_event_spread,
	 .unit = " of a random spacing"},
	{POSTER("3a", "Fig. 3"),
	 .words = "Norm-limited k is worse than top-k of the nearest mean k (the poster: it performs worst)",
	 .published = "", .family = "k|tau", .judge = claim_better, .members = "method=norm tau=" STUDY_TAU_SWEEP,
	 .base = "method=topk k=" STUDY_K_TRAINED, .nearest = true, .vary = "tau=", .less = true},
	{POSTER("3b", "Fig. 3"),
	 .words = "Whatever tau, norm-limited k comes within error of dense: as near as two trainings of dense",
	 .published = "", .family = "k|tau", .judge = claim_same, .members = "method=norm tau=" STUDY_TAU_SWEEP,
	 .base = "method=dense", .vary = "tau="},
	{POSTER("3c", "Fig. 3"), .words = "Possibly tau was not high enough: .99 and .999 are better than .9 and .95",
	 .published = "", .family = "tau", .judge = claim_pooled, .members = "method=norm tau=0.99,0.999",
	 .base = "method=norm tau=0.9,0.95"},
	{POSTER("4d", "Fig. 4"), .words = "These three ratios give significantly different accuracies",
	 .published = "97.15, 97.63, 96.75", .family = "ratio", .judge = claim_differ,
	 .members = "method=topk k=15,17,17", .base = "method=topk k=11,11,15", .vary = "k="},
	{POSTER("4e", "Fig. 4"), .words = "Among these three there is no direct relation between ratio and accuracy",
	 .published = "up, then down", .family = "ratio", .judge = claim_no_trend, .members = "method=topk k=15,17",
	 .base = "method=topk k=11,15", .vary = "k="},
	{POSTER("4f", "Fig. 4"), .words = "From .02 to .16 there is no direct relation between ratio and accuracy",
	 .published = "", .family = "k|ratio", .judge = claim_no_trend, .members = "method=topk k=11,15,17,20,30,50,80",
	 .base = "method=topk k=10,11,15,17,20,30,50", .vary = "k="},
	{POSTER("5", "Fig. 5"),
	 .words = "Earlier layers benefit more: k1/k2 with k1 < k2 is better than k2/k1, on average", .published = "",
	 .family = "map", .judge = claim_pooled, .members = "method=topk k=5/20,5/80,5/500,20/80,20/500,80/500",
	 .base = "method=topk k=20/5,80/5,500/5,80/20,500/20,500/80", .vary = "k="},
	{POSTER("6a", "conclusion"), .words = "meProp alone, without dropout, improves accuracy", .published = "",
	 .family = "recipe", .judge = claim_better, .members = "method=topk k=20,80 dropout=0",
	 .base = "method=dense dropout=0", .vary = "k="},
	{POSTER("6b", "conclusion"), .words = "The same with minibatches of 10 and Glorot weights, as in the paper",
	 .published = "", .family = "paper", .judge = claim_better, .members = "method=topk k=20,80" PLAIN,
	 .base = "method=dense" PLAIN, .vary = "k="},
	{POSTER("6c", "conclusion"), .words = "It overfits less: dev loss less training loss, last epoch, no dropout",
	 .published = "", .family = "recipe", .judge = claim_paired, .members = "method=topk k=20,80 dropout=0",
	 .base = "method=dense dropout=0", .vary = "k=", .less = true, .measure = claim_overfitting, .unit = " nat"},

	/* The paper, and the README of its code. */
	{PAPER("adagrad-k10", "table 1"), .words = "AdaGrad, k = 10 is better than dense",
	 .published = "97.52 dense, 98.00", .family = "paper", .judge = claim_better,
	 .members = "method=topk k=10 optimizer=adagrad" PLAIN, .base = "method=dense optimizer=adagrad" PLAIN},
	{PAPER("adagrad-epochs", "table 1"), .words = "AdaGrad, k = 10 takes more epochs to its best dev accuracy",
	 .published = "8 dense, 16", .family = "paper", .judge = claim_paired,
	 .members = "method=topk k=10 optimizer=adagrad" PLAIN, .base = "method=dense optimizer=adagrad" PLAIN,
	 .measure = claim_best_epoch, .unit = " epochs"},
	{PAPER("adagrad-speed", "table 1"), .words = "AdaGrad, k = 10: back-propagation is 41.7 times as fast",
	 .published = "171.0 s dense, 4.1 s: 41.7x", .family = "time", .judge = claim_speed,
	 .members = "time method=topk fused= k=10 optimizer=adagrad" PLAIN, .base = "", .value = 41.7,
	 .seconds = train_backward_s},
	{PAPER("adam-k20", "table 1"), .words = "Adam, k = 20 is better than dense", .published = "97.82 dense, 98.01",
	 .family = "paper", .judge = claim_better, .members = "method=topk k=20,80" PLAIN, .base = "method=dense" PLAIN,
	 .pick = 1},
	{PAPER("adam-epochs", "table 1"), .words = "Adam, k = 20 takes fewer epochs to its best dev accuracy",
	 .published = "17 dense, 15", .family = "paper", .judge = claim_paired, .members = "method=topk k=20" PLAIN,
	 .base = "method=dense" PLAIN, .less = true, .measure = claim_best_epoch, .unit = " epochs"},
	{PAPER("adam-speed", "table 1"), .words = "Adam, k = 20: back-propagation is 21.4 times as fast",
	 .published = "169.5 s dense, 7.9 s: 21.4x", .family = "time", .judge = claim_speed,
	 .members = "time method=topk fused= k=20 batch=10", .base = "", .value = 21.4, .seconds = train_backward_s},
	{PAPER("end-to-end", "table 1"),
	 .words = "Adam, k = 20: forward and backward are 3.1 times as fast, the "
		  "update left out",
	 .published = "240 s dense, 77 s: 3.1x", .family = "time", .judge = claim_speed,
	 .members = "time method=topk fused= k=20 batch=10", .base = "", .value = 3.1, .seconds = forward_backward_s},
	{PAPER("readme-k80", "README"), .words = "Adam, k = 80 is better than dense", .published = "98.20 dense, 98.27",
	 .family = "paper", .judge = claim_better, .members = "method=topk k=20,80" PLAIN, .base = "method=dense" PLAIN,
	 .pick = 2},
	{PAPER("readme-speed", "README"), .words = "Adam, k = 80: back-propagation is 5.9 times as fast",
	 .published = "170 s dense, 29 s: 5.9x", .family = "time", .judge = claim_speed,
	 .members = "time method=topk fused= k=80 batch=10", .base = "", .value = 5.9, .seconds = train_backward_s},
	DEPTH("2", 1, "98.10 dense, 98.20"),
	DEPTH("3", 2, "98.21 dense, 98.37"),
	DEPTH("4", 3, "98.10 dense, 98.15"),
	DEPTH("5", 4, "98.05 dense, 98.21"),
	{PAPER("dropout", "dropout"), .words = "Dropout 0.2: k = 25 is better than dense",
	 .published = "98.09 dense, 98.32", .family = "paper", .judge = claim_better,
	 .members = "method=topk k=25 batch=10 dropout=0.2", .base = "method=dense batch=10 dropout=0.2"},
	{PAPER("unified-2", "unified"), .words = "Unified, 2 hidden layers: k = 30 is better than dense",
	 .published = "97.97 dense, 98.08", .family = "k|depth", .judge = claim_better,
	 .members = "method=unified_topk k=30", .base = "method=dense"},
	{PAPER("unified-5", "unified"), .words = "Unified, 5 hidden layers: k = 50 is better than dense",
	 .published = "98.09 dense, 98.36", .family = "depth", .judge = claim_better,
	 .members = "method=unified_topk k=50 layers=784-500-500-500-500-500-10",
	 .base = "method=dense layers=784-500-500-500-500-500-10"},
	{PAPER("narrow-worse", "narrow net"), .words = "Top-k with k = 20 is better than a net of 20 units a layer",
	 .published = "95.77 narrow, 98.01", .family = "paper", .judge = claim_better,
	 .members = "method=topk k=20" PLAIN, .base = "method=dense layers=784-20-20-10" PLAIN},
	{PAPER("random", "Fig. 4"), .words = "Top-k is better than random k at 1, 4 and 16 %",
	 .published = "96.0, 98.01, 98.15 against 86.9, 92.3, 96.0", .family = "paper", .judge = claim_better,
	 .members = "method=topk k=5,20,80" PLAIN, .base = "method=random_k k=@" PLAIN, .vary = "k="},

	/* Questions. */
	{OPEN("norm-cost", "poster"), .words = "What does norm-limited selection cost in time?", .published = "",
	 .family = "time", .judge = claim_select_cost, .members = "time method=norm tau=" STUDY_TAU_SWEEP, .base = "",
	 .vary = "tau="},
	{OPEN("l2", "poster"), .words = "Does L2 decay make meProp (k = 20) more accurate?", .published = "",
	 .family = "k|decay", .judge = claim_which, .members = "method=topk k=20 l2=1e-5,1e-4,1e-3",
	 .base = "method=topk k=20", .vary = "l2="},
	{OPEN("l1", "poster"), .words = "Does L1 decay make meProp (k = 20) more accurate?", .published = "",
	 .family = "k|decay", .judge = claim_which, .members = "method=topk k=20 l1=1e-6,1e-5,1e-4",
	 .base = "method=topk k=20", .vary = "l1="},
	{OPEN("l2-dense", "poster"), .words = "With the same L2 decay: is meProp (k = 20) better than dense?",
	 .published = "", .family = "decay", .judge = claim_which, .members = "method=topk k=20 l2=1e-5,1e-4,1e-3",
	 .base = "method=dense l2=@", .vary = "l2="},
	{OPEN("l1-dense", "poster"), .words = "With the same L1 decay: is meProp (k = 20) better than dense?",
	 .published = "", .family = "decay", .judge = claim_which, .members = "method=topk k=20 l1=1e-6,1e-5,1e-4",
	 .base = "method=dense l1=@", .vary = "l1="},
	{OPEN("lazy-topk", "ours"), .words = "What does the lazy optimiser do to the accuracy of top-k?",
	 .published = "", .family = "k|lazy", .judge = claim_which, .members = "method=topk k=5,20,30,80 lazy=yes",
	 .base = "method=topk k=@", .vary = "k="},
	{OPEN("lazy-unified", "ours"), .words = "What does it do to that of unified top-k?", .published = "",
	 .family = "k|depth|lazy", .judge = claim_which, .members = "method=unified_topk k=5,20,30,80 lazy=yes",
	 .base = "method=unified_topk k=@", .vary = "k="},
	{OPEN("recipe", "ours"), .words = "Which ingredient of the recipe decides how small k (20) may be?",
	 .published = "", .family = "k|recipe|paper-dropout", .judge = claim_recipe, .members = "method=topk k=20",
	 .base = ""},
	{OPEN("soonest-97.5", "ours"), .words = "What reaches 97.5 % in the fewest seconds?", .published = "",
	 .family = "k|tau|lazy|time", .judge = claim_soonest, .members = "", .base = "", .value = 0.975},
	{OPEN("soonest-98", "ours"), .words = "What reaches 98.0 % in the fewest seconds?", .published = "",
	 .family = "k|tau|lazy|time", .judge = claim_soonest, .members = "", .base = "", .value = 0.98},
	{OPEN("rnn", "poster"), .words = "Does meProp carry over to recurrent nets?", .published = "", .family = NULL,
	 .judge = claim_not_here, .members = "", .base = ""},

	/* Ours. */
	{TARGET("dense", "issue"), .words = "Dense with Adam averages 98.0 or more over ten seeds", .published = "",
	 .family = "k", .judge = claim_mean, .members = "method=dense", .base = "", .value = 98},
	{TARGET("intervals", "issue"), .words = "The accuracies of top-k over k are known to ±0.08 points",
	 .published = "", .family = "k", .judge = claim_narrow, .members = "method=topk k=" STUDY_K_SWEEP,
	 .base = "method=dense", .vary = "k=", .value = 0.08},
	{TARGET("pytorch", "PyTorch 1.13"), .words = "An epoch of dense takes half of PyTorch's time or less",
	 .published = "7.65 s, one core", .family = "time", .judge = claim_seconds, .members = "time method=dense",
	 .base = "", .value = 7.65 / 2, .seconds = train_epoch_s},
	{TARGET("half", "issue"),
	 .words = "Top-k or unified top-k, k = 30 and lazy, takes half of dense's epoch or "
		  "less",
	 .published = "", .family = "k|lazy|time", .judge = claim_any_speed,
	 .members = "time method=topk,unified_topk k=30 lazy=yes", .base = "", .value = 2, .seconds = train_epoch_s},
	{.id = NULL},
};
