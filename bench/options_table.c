/* SPDX-License-Identifier: MIT */
/* The table of all options: parsing, defaults and help follow from it. To add an option: a field and a row. */
#include "options_table.h"

#include "data/dist.h"
#include "kernel.h"
#include "learn/init.h"
#include "learn/optimizer.h"
#include "learn/policy.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define FIELD(f) offsetof(struct options, f), sizeof(((struct options *)0)->f)
#define MEASURING (COMMANDS_OF_KERNELS | COMMAND_TRAIN)
#define OUTPUT (MEASURING | COMMAND_INFO | COMMAND_LIST | COMMAND_DIST)
#define PLANS (COMMAND_PLAN | COMMAND_TARGETS)
#define COMMON (OUTPUT | PLANS)
#define EVERYWHERE (COMMON | COMMAND_STUDY)
#define OF_KERNELS (COMMANDS_OF_KERNELS | COMMAND_PLAN)
#define FOLDERS (PLANS | COMMAND_STUDY)
#define TIMED (COMMON & ~COMMAND_DIST)
#define EVERY 0xffffffffu
#define MAX_SIZE 65536 /* of a layer, a batch */

static const char *name_method(int i)
{
	return methods[i].name;
}

static const char *name_dist(int i)
{
	return dists[i].name;
}

static const char *name_isa(int i)
{
	return i == 0 ? "auto" : kernel_sets[i - 1].isa;
}

static bool is_new_variant(const struct kernel *table, const struct kernel *at)
{
	if (at->op != OP_TOPK_SELECT || !at->variant[0])
		return false;
	for (const struct kernel *k = table; k != at; k++)
		if (k->op == at->op && !strcmp(k->variant, at->variant))
			return false;
	return true;
}

static const char *name_algorithm(int i)
{
	const struct kernel *table = kernel_sets[0].kernels;

	for (const struct kernel *k = table; k->method; k++)
		if (is_new_variant(table, k) && i-- == 0)
			return k->variant;
	return NULL;
}

static const char *name_optimizer(int i)
{
	return optimizers[i].name;
}

static const char *name_policy(int i)
{
	return policies[i].name;
}

static const char *name_init(int i)
{
	return inits[i].name;
}

static const char *name_loss(int i)
{
	static const char *const names[] = {"mean", "sum", NULL};

	return names[i];
}

static const char *name_output(int i)
{
	static const char *const names[] = {"dense", "sparse", NULL};

	return names[i];
}

static const char *name_bias(int i)
{
	static const char *const names[] = {"full", "kept", NULL};

	return names[i];
}

static const char *name_color(int i)
{
	static const char *const names[] = {"auto", "always", "never", NULL};

	return names[i];
}

const struct option option_table[] = {
	{"threads", OPTION_INTS, FIELD(threads), 1, 1024, NULL, COMMON, "LIST",
	 "team sizes (default: 1, 2, 4 ... usable cores)", NULL},
	{"bind", OPTION_TEXT, FIELD(bind), 0, 0, NULL, EVERYWHERE, "POLICY",
	 "none, compact, scatter, core, or an hwloc location such as core:0-3.pu:0", NULL},
	{"seed", OPTION_UINT, FIELD(seed), 0, 0, "1", COMMON, "N", "fixes every random number", NULL},
	{"order-seed", OPTION_UINT, FIELD(order_seed), 0, 0, "0", OF_KERNELS, "N",
	 "fixes the order within the rounds alone, the operands stay those of --seed; 0: as --seed", NULL},
	{"csv", OPTION_TEXT, FIELD(csv), 0, 0, NULL, OUTPUT, "FILE",
	 "append the records to FILE; - is standard output, and nothing else goes there", NULL},
	{"json", OPTION_TEXT, FIELD(json), 0, 0, NULL, OUTPUT & ~COMMAND_DIST, "FILE",
	 "write FILE in Google Benchmark's JSON", NULL},
	{"markdown", OPTION_TEXT, FIELD(markdown), 0, 0, NULL, OUTPUT | COMMAND_STUDY, "FILE", "write the tables as Markdown", NULL},
	{"filter", OPTION_TEXT, FIELD(filter), 0, 0, NULL, COMMON, "REGEX",
	 "only what matches this extended regular expression", NULL},
	{"dry-run", OPTION_FLAG, FIELD(dry_run), 0, 0, NULL, EVERYWHERE, NULL, "say what would run, run nothing", NULL},
	{"min-time", OPTION_TIME, FIELD(min_time_s), 0, 3600, "2ms", TIMED, "TIME",
	 "least duration of a sample, as 0.5s or 20ms; or its calls, as 200x", NULL},
	{"repetitions", OPTION_INT, FIELD(repetitions), 1, 100000, "20", TIMED, "N", "interleaved rounds", NULL},
	{"isa", OPTION_WORDS, FIELD(isa), 0, 0, "auto", EVERYWHERE, "NAMES",
	 "instruction sets of the kernels; several compete (auto: the best, all: what this CPU runs)", name_isa},
	{"no-progress", OPTION_FLAG, FIELD(no_progress), 0, 0, NULL, EVERYWHERE, NULL, "no progress on stderr", NULL},
	{"color", OPTION_WORD, FIELD(color), 0, 0, "auto", EVERYWHERE, "WHEN", "colours in the tables", name_color},
	{"cold-cache", OPTION_FLAG, FIELD(cold_cache), 0, 0, NULL,
	 COMMAND_SELECT | COMMAND_BACKWARD | COMMAND_FORWARD | COMMAND_UPDATE, NULL,
	 "evict the caches before each call", NULL},

	{"kernels", OPTION_TEXT, FIELD(kernels), 0, 0, NULL, OF_KERNELS, "FILE",
	 "take the kernels of this libmepkernels.so in place of those built in", NULL},
	{"against", OPTION_TEXT, FIELD(against), 0, 0, NULL, OF_KERNELS, "FILE",
	 "enter those of another revision's libmepkernels.so in the same rounds, as build `base`", NULL},
	{"twin", OPTION_FLAG, FIELD(twin), 0, 0, NULL, OF_KERNELS, NULL,
	 "enter those of --kernels once more, from a copy of the file, as build `twin`: what noise makes of equal code",
	 NULL},
	{"yardstick", OPTION_FLAG, FIELD(yardstick), 0, 0, NULL, OF_KERNELS, NULL,
	 "enter work that never changes in every round, for comparisons with runs of other days", NULL},
	{"inject", OPTION_REAL, FIELD(inject), 0.1, 1000, NULL, OF_KERNELS, "PERCENT",
	 "add so much real work to each call of the twins: would it be found?", NULL},
	{"check", OPTION_FLAG, FIELD(check), 0, 0, NULL, COMMANDS_CHECKED | COMMAND_PLAN, NULL,
	 "verify every contender, time none; status 4 if one is wrong", NULL},
	{"against-first", OPTION_FLAG, FIELD(against_first), 0, 0, NULL, OF_KERNELS, NULL,
	 "load the library of --against before that of --kernels, so that processes can take turns", NULL},
	{"count", OPTION_FLAG, FIELD(count), 0, 0, NULL, COMMANDS_CHECKED | COMMAND_PLAN, NULL,
	 "count the instructions of one call under valgrind, by teams of one thread; nothing is timed", NULL},

	{"columns", OPTION_FLAG, FIELD(columns), 0, 0, NULL, COMMAND_LIST, NULL, "the columns of the CSV files", NULL},

	{"n", OPTION_INTS, FIELD(n), 1, 1 << 24, NULL, COMMAND_SELECT, "LIST",
	 "entries in a row (default: as in the recordings, else 500)", NULL},
	{"n", OPTION_INT, FIELD(drawn_n), 1, 1 << 24, "500", COMMAND_DIST, "N", "entries in a drawn row", NULL},
	{"batch", OPTION_INT, FIELD(drawn_rows), 1, MAX_SIZE, "600", COMMAND_DIST, "N", "drawn rows", NULL},
	{"dist", OPTION_DISTS, FIELD(dist), 0, 0, "all", COMMAND_DIST, "NAMES",
	 "gradients: distributions, or recordings of train --record-gradients by file", name_dist},
	{"batch", OPTION_INTS, FIELD(batch), 1, MAX_SIZE, "64", COMMAND_SELECT, "LIST", "rows", NULL},
	{"k", OPTION_INTS, FIELD(k), 0, 1 << 24, "5,10,20,40,80", COMMAND_SELECT, "LIST", "entries kept per row", NULL},
	{"algo", OPTION_WORDS, FIELD(algo), 0, 0, "all", COMMAND_SELECT, "NAMES", "selection algorithms",
	 name_algorithm},
	{"dist", OPTION_DISTS, FIELD(dist), 0, 0, "gaussian,relu", COMMAND_SELECT, "NAMES",
	 "gradients: distributions, or recordings of train --record-gradients by file", name_dist},

	{"shape", OPTION_SHAPES, FIELD(shape), 1, MAX_SIZE, "64x784x500,64x500x500",
	 COMMAND_BACKWARD | COMMAND_FORWARD | COMMAND_UPDATE, "SHAPES", "layers, BATCHxN_INxN_OUT", NULL},
	{"k", OPTION_INTS, FIELD(k), 0, MAX_SIZE, "10,20,40,80", COMMAND_BACKWARD, "LIST", "entries kept per row",
	 NULL},
	{"method", OPTION_WORDS, FIELD(method), 0, 0, "all", COMMAND_BACKWARD, "NAMES", "methods of back-propagation",
	 name_method},
	{"dist", OPTION_DISTS, FIELD(dist), 0, 0, "relu", COMMAND_BACKWARD, "NAMES",
	 "gradients: distributions, or recordings of train --record-gradients by file", name_dist},

	{"k", OPTION_INTS, FIELD(k), 0, MAX_SIZE, "20", COMMAND_UPDATE, "LIST", "entries kept per row", NULL},
	{"method", OPTION_WORDS, FIELD(method), 0, 0, "dense,topk", COMMAND_UPDATE, "NAMES",
	 "methods of back-propagation: whose rows have a gradient", name_method},
	{"dist", OPTION_DISTS, FIELD(dist), 0, 0, "relu", COMMAND_UPDATE, "NAMES",
	 "gradients that methods select from, as in backward", name_dist},
	{"optimizer", OPTION_WORDS, FIELD(optimizers), 0, 0, "all", COMMAND_UPDATE, "NAMES", "optimisers",
	 name_optimizer},

	{"method", OPTION_LAYER_WORDS, FIELD(method), 0, 0, "dense,topk", COMMAND_TRAIN, "NAMES",
	 "methods of back-propagation; topk/dense gives one per hidden layer", name_method},
	{"k", OPTION_K_LAYERS, FIELD(k_layers), 0, MAX_SIZE, "20", COMMAND_TRAIN, "LIST",
	 "entries kept per row; 20/40 gives one per hidden layer", NULL},
	{"ratio", OPTION_REALS, FIELD(ratio), 0, 1, NULL, COMMAND_TRAIN, "LIST",
	 "instead of --k: share of each hidden layer's width", NULL},
	{"select", OPTION_WORDS, FIELD(select), 0, 0, NULL, COMMAND_BACKWARD | COMMAND_TRAIN, "NAMES",
	 "selection algorithms (default: the best of each method; auto takes its own)", name_algorithm},
	{"tau", OPTION_REALS, FIELD(tau), 0, 1e30, NULL, COMMAND_BACKWARD | COMMAND_TRAIN, "LIST",
	 "norm: share of the L1 norm; threshold: magnitude", NULL},
	{"tuning", OPTION_TEXT, FIELD(tuning), 0, 0, NULL, COMMAND_BACKWARD | COMMAND_TRAIN | PLANS, "FILE",
	 "method auto: take the costs in FILE and add what is missing (default: a cache of this machine's; of a plan: "
	 "tuning.json with the results)",
	 NULL},
	{"retune", OPTION_FLAG, FIELD(retune), 0, 0, NULL, COMMAND_BACKWARD | COMMAND_TRAIN | PLANS, NULL,
	 "method auto: measure all costs anew", NULL},
	{"layers", OPTION_SIZES, FIELD(layers), 1, MAX_SIZE, "784,500,500,10", COMMAND_TRAIN, "LIST",
	 "sizes, input to output", NULL},
	{"batch", OPTION_INTS, FIELD(batch), 1, MAX_SIZE, "50", COMMAND_TRAIN, "LIST", "examples in a minibatch", NULL},
	{"epochs", OPTION_INT, FIELD(epochs), 1, 100000, "20", COMMAND_TRAIN | COMMAND_STUDY, "N", "passes over the training set; of study: instead of those of the lines without --alone",
	 NULL},
	{"seeds", OPTION_INTS, FIELD(seeds), 0, 9e15, NULL, COMMAND_TRAIN | COMMAND_STUDY, "LIST",
	 "one training for each (default: --seed); of study: instead of those of the lines without --alone", NULL},
	{"optimizer", OPTION_WORD, FIELD(optimizer), 0, 0, "adam", COMMAND_TRAIN, "NAME", "optimiser", name_optimizer},
	{"lr", OPTION_REAL, FIELD(lr), 0, 1e6, "0", COMMAND_TRAIN, "X", "learning rate; 0: the optimiser's own default",
	 NULL},
	{"momentum", OPTION_REAL, FIELD(momentum), 0, 1, "0.9", COMMAND_TRAIN, "X", "of the momentum optimiser", NULL},
	{"lazy", OPTION_FLAG, FIELD(lazy), 0, 0, NULL, COMMAND_TRAIN, NULL,
	 "the optimiser leaves rows without gradient alone", NULL},
	{"fused", OPTION_FLAG, FIELD(fused), 0, 0, NULL, COMMAND_TRAIN, NULL,
	 "sparse dW and the optimiser's step in one kernel: the same results, dW is never stored", NULL},
	{"rescale", OPTION_FLAG, FIELD(rescale), 0, 0, NULL, COMMAND_BACKWARD | COMMAND_TRAIN, NULL,
	 "random_k: multiply what is kept by n/k", NULL},
	{"tinyprop-min", OPTION_REAL, FIELD(tinyprop_min), 0, 1, "0.1",
	 COMMAND_BACKWARD | COMMAND_UPDATE | COMMAND_TRAIN, "X", "tinyprop: share kept of a row of norm 0", NULL},
	{"tinyprop-max", OPTION_REAL, FIELD(tinyprop_max), 0, 1, "0.9",
	 COMMAND_BACKWARD | COMMAND_UPDATE | COMMAND_TRAIN, "X", "tinyprop: share kept of the row of largest norm", NULL},
	{"tinyprop-damp", OPTION_REAL, FIELD(tinyprop_damp), 0, 1, "0.5", COMMAND_TRAIN, "X",
	 "tinyprop: factor on both for each layer further from the output", NULL},
	{"memory", OPTION_REAL, FIELD(memory), 0, 1, "0.8", COMMAND_TRAIN, "X",
	 "error_feedback: share of what was dropped that comes back at the next step", NULL},
	{"output", OPTION_WORD, FIELD(output), 0, 0, "dense", COMMAND_TRAIN, "NAME",
	 "dY of the output layer: whole, as in the authors' code, or through the method too; --k=20/20/5 gives its k "
	 "(default: the same share of it as of the last hidden layer, 1 or more)",
	 name_output},
	{"bias", OPTION_WORD, FIELD(bias), 0, 0, "full", COMMAND_TRAIN, "NAME",
	 "gradient of the biases: of all of dY, as in the authors' code, or of what is kept", name_bias},
	{"init", OPTION_WORD, FIELD(init), 0, 0, "glorot", COMMAND_TRAIN, "NAME", "how weights start", name_init},
	{"loss", OPTION_WORD, FIELD(loss), 0, 0, "mean", COMMAND_TRAIN, "NAME", "gradient over the batch", name_loss},
	{"dropout", OPTION_REAL, FIELD(dropout), 0, 0.99, "0", COMMAND_TRAIN, "X", "rate behind each hidden layer",
	 NULL},
	{"l1", OPTION_REAL, FIELD(l1), 0, 1e6, "0", COMMAND_TRAIN, "X",
	 "weight decay: the loss has X |w| more for each weight (biases do not decay)", NULL},
	{"l2", OPTION_REAL, FIELD(l2), 0, 1e6, "0", COMMAND_TRAIN, "X",
	 "weight decay: the loss has X/2 w^2 more for each weight", NULL},
	{"policy", OPTION_WORD, FIELD(policy), 0, 0, "constant", COMMAND_TRAIN, "NAME",
	 "how k and the learning rate change over time", name_policy},
	{"spike", OPTION_REAL, FIELD(spike), 0, 1e6, "0.05", COMMAND_TRAIN, "X",
	 "anneal when dev_loss > (1 + X) times the best so far", NULL},
	{"anneal-factor", OPTION_REAL, FIELD(anneal_factor), 0, 1, "0.5", COMMAND_TRAIN, "X",
	 "what k or the learning rate is multiplied by", NULL},
	{"floor", OPTION_REAL, FIELD(floor), 0, 1, "0.05", COMMAND_TRAIN, "X",
	 "annealing stops at this share of the start", NULL},
	{"record-gradients", OPTION_FOLDER, FIELD(record_gradients), 0, 0, NULL, COMMAND_TRAIN, "FOLDER",
	 "record dY of each hidden layer into files there, for --dist (without a value: gradients)", NULL},
	{"record-at", OPTION_MOMENTS, FIELD(record_at), 1, 9e15, "step1,epoch1,epoch10", COMMAND_TRAIN, "LIST",
	 "when: from a minibatch on, or at the end of an epoch", NULL},
	{"record-minibatches", OPTION_INT, FIELD(record_minibatches), 1, 10000, "12", COMMAND_TRAIN, "N",
	 "how many minibatches each time", NULL},
	{"alone", OPTION_FLAG, FIELD(alone), 0, 0, NULL, COMMAND_TRAIN, NULL,
	 "in a study: after all others and with nothing beside it, for its times", NULL},
	{"experiment", OPTION_TEXT, FIELD(experiment), 0, 0, NULL, COMMAND_TRAIN, "NAME", "label in the records", NULL},
	{"data", OPTION_TEXT, FIELD(data), 0, 0, NULL, COMMAND_TRAIN | COMMAND_INFO | FOLDERS, "DIR",
	 "folder with MNIST (default: $MNIST_DIR, data/mnist, Fashion-MNIST)", NULL},

	{"out", OPTION_TEXT, FIELD(out), 0, 0, NULL, FOLDERS, "DIR",
	 "folder for the results (default: results/<date>-<host>-<commit>)", NULL},
	{"lines", OPTION_TEXT, FIELD(lines), 0, 0, NULL, FOLDERS, "REGEX",
	 "only the lines of the plan whose name matches", NULL},
	{"jobs", OPTION_INT, FIELD(jobs), 1, 256, NULL, COMMAND_STUDY, "N",
	 "trainings at a time (default: one per usable core)", NULL},
	{"runs", OPTION_INT, FIELD(runs), 1, 20, "1", COMMAND_TARGETS, "N", "passes over the plan; the median of them counts", NULL},
	{"resume", OPTION_FLAG, FIELD(resume), 0, 0, NULL, FOLDERS | COMMAND_TRAIN, NULL,
	 "skip what is finished in the files", NULL},
	{"help", OPTION_FLAG, FIELD(help), 0, 0, NULL, EVERY, NULL, "this text", NULL},
	{.name = NULL},
};

void option_describe(const struct option *row, char *text, size_t size)
{
	/* What stands before and behind the range, if there is one. */
	static const struct {
		const char *before;
		bool range;
		const char *behind;
	} forms[] = {
		[OPTION_FLAG] = {"given without a value", false, ""},
		[OPTION_INT] = {"a number ", true, ""},
		[OPTION_UINT] = {"a number 0..18446744073709551615", false, ""},
		[OPTION_REAL] = {"a number ", true, ""},
		[OPTION_TEXT] = {"plain text", false, ""},
		[OPTION_WORD] = {"one of ", false, ""},
		[OPTION_INTS] = {"a number ", true, " or a list such as 1,2,4 or 1-8 or 8-256*2 or 10-50+10"},
		[OPTION_SIZES] = {"a number ", true, " or a list such as 784,500,500,10"},
		[OPTION_REALS] = {"a number ", true, " or a list such as 0.1,0.5"},
		[OPTION_WORDS] = {"all, or a list of ", false, ""},
		[OPTION_LAYER_WORDS] = {"all, or a list of words or of one per hidden layer such as topk/dense, of ",
					false, ""},
		[OPTION_SHAPES] = {"BATCHxN_INxN_OUT such as 64x784x500, or a list; each size ", true, ""},
		[OPTION_TIME] = {"a time such as 0.5s or 20ms, or calls such as 200x", false, ""},
		[OPTION_DISTS] = {"all, or a list of files (with a dot or a slash) or of ", false, ""},
		[OPTION_MOMENTS] = {"a list of step or epoch with a number, such as step1,epoch10", false, ""},
		[OPTION_FOLDER] = {"a folder", false, ""},
		[OPTION_K_LAYERS] = {"a number ", true, ", or 20/40 (one per hidden layer), or a list of them"},
	};
	char range[64] = "";
	size_t used;

	if (forms[row->type].range)
		snprintf(range, sizeof(range), "%.10g..%.10g", row->min, row->max);
	snprintf(text, size, "%s%s%s", forms[row->type].before, range, forms[row->type].behind);
	for (int i = 0; row->names && row->names(i); i++) {
		used = strlen(text);
		snprintf(text + used, size - used, "%s%s", i ? ", " : "", row->names(i));
	}
}
