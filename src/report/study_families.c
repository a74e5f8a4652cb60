/* SPDX-License-Identifier: MIT */
/*
 * What the study asks: the families of comparisons, each with the question in one sentence. Holm's correction runs
 * over a curve, and ten pairs can show nothing beyond 25 tests (the smallest two-sided p is 2/1024), so no curve is
 * longer.
 */
#include "report/study.h"

#include <stddef.h>
#include <string.h>

#define NARROW                                                                                                         \
	"784-1-1-10,784-2-2-10,784-5-5-10,784-10-10-10,784-20-20-10,784-40-40-10,784-80-80-10,784-160-160-10,"         \
	"784-320-320-10"

static const struct study_curve k_curves[] = {
	{.words = "top-k against dense",
	 .members = "method=topk k=" STUDY_K_SWEEP,
	 .base = "method=dense",
	 .wanted = 0.0008},
	{.words = "unified top-k against dense",
	 .members = "method=unified_topk k=" STUDY_K_SWEEP,
	 .base = "method=dense"},
	{.words = "random-k against dense", .members = "method=random_k k=" STUDY_K_SWEEP, .base = "method=dense"},
	{.words = "random-k rescaled by n/k against dense",
	 .members = "method=random_k settings=rescale k=20,80",
	 .base = "method=dense"},
	{.words = "narrow net against dense", .members = "method=dense layers=" NARROW, .base = "method=dense"},
	{.words = "skipping exact zeros against dense", .members = "method=relu_skip", .base = "method=dense"},
	{.words = "top-k against random-k at equal k",
	 .members = "method=topk k=" STUDY_K_SWEEP,
	 .base = "method=random_k k=@"},
	{.words = "top-k against unified top-k at equal k",
	 .members = "method=topk k=" STUDY_K_SWEEP,
	 .base = "method=unified_topk k=@"},
	{.words = "top-k against a net as narrow as k",
	 .members = "method=topk k=" STUDY_K_SWEEP,
	 .base = "method=dense layers=" NARROW},
	{.words = "random-k rescaled against plain at equal k",
	 .members = "method=random_k settings=rescale k=20,80",
	 .base = "method=random_k k=@"},
	{.words = NULL},
};

static const struct study_curve tau_curves[] = {
	{.words = "norm-limited k against dense",
	 .members = "method=norm tau=" STUDY_TAU_SWEEP,
	 .base = "method=dense"},
	{.words = "norm-limited k against top-k of the nearest mean k",
	 .members = "method=norm tau=" STUDY_TAU_SWEEP,
	 .base = "method=topk k=" STUDY_K_TRAINED,
	 .nearest = true},
	{.words = NULL},
};

static const struct study_curve anneal_curves[] = {
	{.words = "annealing against none",
	 .members = "method=topk k=20,80 policy=anneal-k,anneal-lr,anneal-both",
	 .base = "method=topk k=@"},
	{.words = "annealing k against annealing the learning rate",
	 .members = "method=topk k=20,80 policy=anneal-k",
	 .base = "method=topk k=@ policy=anneal-lr"},
	{.words = "annealing the learning rate of dense against none",
	 .members = "method=dense policy=anneal-lr",
	 .base = "method=dense"},
	{.words = NULL},
};

/* .0225, .0305 and .0340 of 500 (poster), then .02, .04, .06, .1 and .16. */
static const struct study_curve ratio_curves[] = {
	{.words = "ratios .02 to .16 of 500 against dense",
	 .members = "method=topk k=10,11,15,17,20,30,50,80",
	 .base = "method=dense"},
	{.words = "the ratios .0225, .0305, .034 (k = 11, 15, 17) against each other",
	 .members = "method=topk k=15,17,17",
	 .base = "method=topk k=11,11,15"},
	{.words = NULL},
};

static const struct study_curve map_curves[] = {
	{.words = "fewer in the first layer against fewer in the second",
	 .members = "method=topk k=5/20,5/80,5/500,20/80,20/500,80/500",
	 .base = "method=topk k=20/5,80/5,500/5,80/20,500/20,500/80"},
	{.words = "k1/k2 against dense",
	 .members = "method=topk k=5,5/20,5/80,5/500,20/5,20,20/80,20/500,80/5,80/20,80,80/500,500/5,500/20,500/80",
	 .base = "method=dense"},
	{.words = NULL},
};

static const struct study_curve paper_curves[] = {
	{.words = "Adam, minibatches of 10, no dropout",
	 .members = "method=topk k=5,20,80 batch=10 init=glorot dropout=0",
	 .base = "method=dense batch=10 init=glorot dropout=0"},
	{.words = "Adam, minibatches of 10, no dropout: random-k against dense",
	 .members = "method=random_k k=5,20,80 batch=10 init=glorot dropout=0",
	 .base = "method=dense batch=10 init=glorot dropout=0"},
	{.words = "Adam, minibatches of 10, no dropout: top-k against random-k at equal k",
	 .members = "method=topk k=5,20,80 batch=10 init=glorot dropout=0",
	 .base = "method=random_k k=@ batch=10 init=glorot dropout=0"},
	{.words = "Adam, minibatches of 10, no dropout: top-k against a net as narrow as k",
	 .members = "method=topk k=20 batch=10 init=glorot dropout=0",
	 .base = "method=dense layers=784-20-20-10 batch=10 init=glorot dropout=0"},
	{.words = "AdaGrad, minibatches of 10, no dropout",
	 .members = "method=topk k=10 optimizer=adagrad batch=10 init=glorot dropout=0",
	 .base = "method=dense optimizer=adagrad batch=10 init=glorot dropout=0"},
	{.words = "Adam, minibatches of 10, dropout 0.1",
	 .members = "method=topk k=20,25,80 batch=10",
	 .base = "method=dense batch=10"},
	{.words = "Adam, minibatches of 10, dropout 0.2",
	 .members = "method=topk k=25 batch=10 dropout=0.2",
	 .base = "method=dense batch=10 dropout=0.2"},
	{.words = NULL},
};

static const struct study_curve depth_curves[] = {
	{.words = "top-k against dense of the same depth",
	 .members = "method=topk k=25 layers=" STUDY_DEPTHS,
	 .base = "method=dense layers=@"},
	{.words = "unified top-k against dense, two hidden layers",
	 .members = "method=unified_topk k=30",
	 .base = "method=dense"},
	{.words = "unified top-k against dense, five hidden layers",
	 .members = "method=unified_topk k=50 layers=784-500-500-500-500-500-10",
	 .base = "method=dense layers=784-500-500-500-500-500-10"},
	{.words = NULL},
};

static const struct study_curve decay_curves[] = {
	{.words = "L2 decay against none, dense", .members = "method=dense l2=1e-5,1e-4,1e-3", .base = "method=dense"},
	{.words = "L1 decay against none, dense", .members = "method=dense l1=1e-6,1e-5,1e-4", .base = "method=dense"},
	{.words = "L2 decay against none, top-k",
	 .members = "method=topk k=20 l2=1e-5,1e-4,1e-3",
	 .base = "method=topk k=20"},
	{.words = "L1 decay against none, top-k",
	 .members = "method=topk k=20 l1=1e-6,1e-5,1e-4",
	 .base = "method=topk k=20"},
	{.words = "top-k against dense, the same L2 decay",
	 .members = "method=topk k=20 l2=1e-5,1e-4,1e-3",
	 .base = "method=dense l2=@"},
	{.words = "top-k against dense, the same L1 decay",
	 .members = "method=topk k=20 l1=1e-6,1e-5,1e-4",
	 .base = "method=dense l1=@"},
	{.words = NULL},
};

static const struct study_curve lazy_curves[] = {
	{.words = "lazy against dense optimiser, top-k",
	 .members = "method=topk lazy=yes k=5,20,30,80",
	 .base = "method=topk k=@"},
	{.words = "lazy against dense optimiser, unified top-k",
	 .members = "method=unified_topk lazy=yes k=5,20,30,80",
	 .base = "method=unified_topk k=@"},
	{.words = "lazy optimiser against dense training",
	 .members = "method=topk,unified_topk lazy=yes k=5,20,30,80",
	 .base = "method=dense"},
	{.words = NULL},
};

/* Each ingredient against the base recipe's, whatever the others are; then meProp within each recipe. */
static const struct study_curve recipe_curves[] = {
	{.words = "dropout 0.1 against none, dense",
	 .members = "method=dense init=port,glorot,wide",
	 .base = "method=dense dropout=0 init=@"},
	{.words = "dropout 0.1 against none, top-k",
	 .members = "method=topk k=20,80 init=port,glorot,wide",
	 .base = "method=topk k=@ dropout=0 init=@"},
	{.words = "other initial weights against port, dense",
	 .members = "method=dense init=glorot,wide dropout=0,0.1",
	 .base = "method=dense dropout=@"},
	{.words = "other initial weights against port, top-k",
	 .members = "method=topk k=20,80 init=glorot,wide dropout=0,0.1",
	 .base = "method=topk k=@ dropout=@"},
	{.words = "summed loss against mean, dense", .members = "method=dense loss=sum", .base = "method=dense"},
	{.words = "summed loss against mean, top-k",
	 .members = "method=topk k=20,80 loss=sum",
	 .base = "method=topk k=@"},
	{.words = "top-k against dense of the same recipe",
	 .members = "method=topk k=20,80 init=port,glorot,wide dropout=0,0.1",
	 .base = "method=dense init=@ dropout=@"},
	{.words = "top-k against dense, summed loss",
	 .members = "method=topk k=20,80 loss=sum",
	 .base = "method=dense loss=sum"},
	{.words = NULL},
};

static const struct study_curve other_curves[] = {
	{.words = "threshold against dense", .members = "method=threshold tau=1e-5,1e-4,1e-3", .base = "method=dense"},
	{.words = "tinyprop against dense", .members = "method=tinyprop", .base = "method=dense"},
	{.words = "tinyprop against top-k of the nearest mean k",
	 .members = "method=tinyprop",
	 .base = "method=topk k=" STUDY_K_TRAINED,
	 .nearest = true},
	{.words = "error feedback against plain top-k",
	 .members = "method=error_feedback k=5,20,80",
	 .base = "method=topk k=@"},
	{.words = "schedules of k against constant k",
	 .members = "method=topk k=20 policy=linear,cosine,step,warmup",
	 .base = "method=topk k=20"},
	{.words = "a sparse output layer against a dense one",
	 .members = "method=topk k=20/20/2,20/20/5 output=sparse",
	 .base = "method=topk k=20"},
	{.words = "db of what is kept against db of all",
	 .members = "method=topk k=20,80 bias=kept",
	 .base = "method=topk k=@"},
	{.words = NULL},
};

const struct study_family study_families[] = {
	{"k", "Small k", "How few entries per row still train as well as all of them, and does it matter which?",
	 k_curves},
	{"tau", "Norm-limited k", "Does it lose accuracy to keep a share of each row's L1 norm, and does tau matter?",
	 tau_curves},
	{"anneal", "Annealing", "On a spike of the development loss: is it better to reduce k or the learning rate?",
	 anneal_curves},
	{"ratio", "k as a share of the layer", "Do the poster's ratios differ from each other, and from dense?",
	 ratio_curves},
	{"map", "k of each layer", "Do early layers profit more from a small k than late ones?", map_curves},
	{"paper", "The paper's settings", "Does meProp gain accuracy in the settings that the paper used?",
	 paper_curves},
	{"depth", "Depth", "Does meProp gain more, the deeper the net?", depth_curves},
	{"decay", "Weight decay", "Do L1 or L2 decay and meProp help each other, or stand in for each other?",
	 decay_curves},
	{"lazy", "Lazy optimiser", "What does it cost to leave rows without gradient alone?", lazy_curves},
	{"recipe", "Recipes", "Which ingredient decides how small a k still learns: initial weights, dropout or loss?",
	 recipe_curves},
	{"other", "Other variants", "What do the variants bring that neither paper nor poster tried?", other_curves},
	{.id = NULL},
};

const struct study_family *study_family_find(const char *id)
{
	const struct study_family *f = study_families;

	while (f->id && strcmp(f->id, id))
		f++;
	return f->id ? f : NULL;
}
