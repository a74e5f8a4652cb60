/* SPDX-License-Identifier: MIT */
/*
 * What the study asks: the families of comparisons, each with the question in one sentence. Holm's correction runs
 * over a curve, and ten pairs can show nothing beyond 25 tests (the smallest two-sided p is 2/1024), so no curve is
 * longer.
 */
#include "report/study.h"

#include <stddef.h>
#include <string.h>

#define K_SWEEP "1,2,5,10,20,40,80,160,320"
#define TAU_SWEEP "0.1,0.3,0.5,0.7,0.8,0.9,0.95,0.99,0.999"
#define NARROW                                                                                                         \
	"784-1-1-10,784-2-2-10,784-5-5-10,784-10-10-10,784-20-20-10,784-40-40-10,784-80-80-10,784-160-160-10,"         \
	"784-320-320-10"
#define DEPTHS "784-500-500-10,784-500-500-500-10,784-500-500-500-500-10,784-500-500-500-500-500-10"

static const struct study_curve k_curves[] = {
	{"top-k against dense", "method=topk k=" K_SWEEP, "method=dense", false},
	{"unified top-k against dense", "method=unified_topk k=" K_SWEEP, "method=dense", false},
	{"random-k against dense", "method=random_k k=" K_SWEEP, "method=dense", false},
	{"random-k rescaled by n/k against dense", "method=random_k settings=rescale k=" K_SWEEP, "method=dense",
	 false},
	{"narrow net against dense", "method=dense layers=" NARROW, "method=dense", false},
	{"skipping exact zeros against dense", "method=relu_skip", "method=dense", false},
	{"top-k against random-k at equal k", "method=topk k=" K_SWEEP, "method=random_k k=@", false},
	{"top-k against unified top-k at equal k", "method=topk k=" K_SWEEP, "method=unified_topk k=@", false},
	{"top-k against a net as narrow as k", "method=topk k=" K_SWEEP, "method=dense layers=" NARROW, false},
	{"random-k rescaled against plain at equal k", "method=random_k settings=rescale k=" K_SWEEP,
	 "method=random_k k=@", false},
	{.words = NULL},
};

static const struct study_curve tau_curves[] = {
	{"norm-limited k against dense", "method=norm tau=" TAU_SWEEP, "method=dense", false},
	{"norm-limited k against top-k of the nearest mean k", "method=norm tau=" TAU_SWEEP, "method=topk k=" K_SWEEP,
	 true},
	{.words = NULL},
};

static const struct study_curve anneal_curves[] = {
	{"annealing against none", "method=topk k=20,80 policy=anneal-k,anneal-lr,anneal-both", "method=topk k=@",
	 false},
	{"annealing k against annealing the learning rate", "method=topk k=20,80 policy=anneal-k",
	 "method=topk k=@ policy=anneal-lr", false},
	{"annealing the learning rate of dense against none", "method=dense policy=anneal-lr", "method=dense", false},
	{.words = NULL},
};

/* .0225, .0305 and .0340 of 500 (poster), then .02, .04, .06, .1 and .16. */
static const struct study_curve ratio_curves[] = {
	{"ratios against dense", "method=topk k=10,11,15,17,20,30,50,80", "method=dense", false},
	{"the poster's ratios against each other", "method=topk k=15,17,17", "method=topk k=11,11,15", false},
	{.words = NULL},
};

static const struct study_curve map_curves[] = {
	{"fewer in the first layer against fewer in the second", "method=topk k=5/20,5/80,5/500,20/80,20/500,80/500",
	 "method=topk k=20/5,80/5,500/5,80/20,500/20,500/80", false},
	{"k1/k2 against dense",
	 "method=topk k=5,5/20,5/80,5/500,20/5,20,20/80,20/500,80/5,80/20,80,80/500,500/5,500/20,500/80",
	 "method=dense", false},
	{.words = NULL},
};

static const struct study_curve paper_curves[] = {
	{"Adam, minibatches of 10, no dropout", "method=topk k=20,80 batch=10 init=glorot dropout=0",
	 "method=dense batch=10 init=glorot dropout=0", false},
	{"AdaGrad, minibatches of 10, no dropout", "method=topk k=10 optimizer=adagrad batch=10 init=glorot dropout=0",
	 "method=dense optimizer=adagrad batch=10 init=glorot dropout=0", false},
	{"Adam, minibatches of 10, dropout 0.1", "method=topk k=20,25,80 batch=10", "method=dense batch=10", false},
	{"Adam, minibatches of 10, dropout 0.2", "method=topk k=25 batch=10 dropout=0.2",
	 "method=dense batch=10 dropout=0.2", false},
	{.words = NULL},
};

static const struct study_curve depth_curves[] = {
	{"top-k against dense of the same depth", "method=topk k=25 layers=" DEPTHS, "method=dense layers=@", false},
	{"unified top-k against dense, two hidden layers", "method=unified_topk k=30", "method=dense", false},
	{"unified top-k against dense, five hidden layers",
	 "method=unified_topk k=50 layers=784-500-500-500-500-500-10", "method=dense layers=784-500-500-500-500-500-10",
	 false},
	{.words = NULL},
};

static const struct study_curve decay_curves[] = {
	{"L2 decay against none, dense", "method=dense l2=1e-6,1e-5,1e-4,1e-3", "method=dense", false},
	{"L1 decay against none, dense", "method=dense l1=1e-7,1e-6,1e-5,1e-4", "method=dense", false},
	{"L2 decay against none, top-k", "method=topk k=20 l2=1e-6,1e-5,1e-4,1e-3", "method=topk k=20", false},
	{"L1 decay against none, top-k", "method=topk k=20 l1=1e-7,1e-6,1e-5,1e-4", "method=topk k=20", false},
	{"top-k against dense, the same L2 decay", "method=topk k=20 l2=1e-6,1e-5,1e-4,1e-3", "method=dense l2=@",
	 false},
	{"top-k against dense, the same L1 decay", "method=topk k=20 l1=1e-7,1e-6,1e-5,1e-4", "method=dense l1=@",
	 false},
	{.words = NULL},
};

static const struct study_curve lazy_curves[] = {
	{"lazy against dense optimiser, top-k", "method=topk lazy=yes k=5,20,80", "method=topk k=@", false},
	{"lazy against dense optimiser, unified top-k", "method=unified_topk lazy=yes k=5,20,30,80",
	 "method=unified_topk k=@", false},
	{"lazy optimiser against dense training", "method=topk,unified_topk lazy=yes k=20,80", "method=dense", false},
	{.words = NULL},
};

/* Each ingredient against the base recipe's, whatever the others are; then meProp within each recipe. */
static const struct study_curve recipe_curves[] = {
	{"dropout 0.1 against none, dense", "method=dense init=port,glorot,wide loss=mean,sum",
	 "method=dense dropout=0 init=@ loss=@", false},
	{"dropout 0.1 against none, top-k", "method=topk k=20,80 init=port,glorot,wide loss=mean,sum",
	 "method=topk k=@ dropout=0 init=@ loss=@", false},
	{"other initial weights against port, dense", "method=dense init=glorot,wide dropout=0,0.1 loss=mean,sum",
	 "method=dense dropout=@ loss=@", false},
	{"other initial weights against port, top-k",
	 "method=topk k=20,80 init=glorot,wide dropout=0,0.1 loss=mean,sum", "method=topk k=@ dropout=@ loss=@", false},
	{"summed loss against mean, dense", "method=dense loss=sum init=port,glorot,wide dropout=0,0.1",
	 "method=dense init=@ dropout=@", false},
	{"summed loss against mean, top-k", "method=topk k=20,80 loss=sum init=port,glorot,wide dropout=0,0.1",
	 "method=topk k=@ init=@ dropout=@", false},
	{"top-k against dense of the same recipe",
	 "method=topk k=20,80 init=port,glorot,wide dropout=0,0.1 loss=mean,sum",
	 "method=dense init=@ dropout=@ loss=@", false},
	{.words = NULL},
};

static const struct study_curve other_curves[] = {
	{"threshold against dense", "method=threshold tau=1e-5,1e-4,1e-3", "method=dense", false},
	{"tinyprop against dense", "method=tinyprop", "method=dense", false},
	{"error feedback against plain top-k", "method=error_feedback k=5,20,80", "method=topk k=@", false},
	{"schedules of k against constant k", "method=topk k=20 policy=linear,cosine,step,warmup", "method=topk k=20",
	 false},
	{"a sparse output layer against a dense one", "method=topk k=20,80 output=sparse", "method=topk k=@", false},
	{"db of what is kept against db of all", "method=topk k=20,80 bias=kept", "method=topk k=@", false},
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
