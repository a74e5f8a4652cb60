/* SPDX-License-Identifier: MIT */
/*
 * The columns of all kinds of record, see record.h: one row per column, from which the CSV header, the rows, the
 * reader's checks and the dictionary all follow. Order is the order in the files.
 */
#include "report/record.h"

#include <math.h>

#define FIELD(type, f) offsetof(struct type, f), sizeof(((struct type *)0)->f)
#define KERNEL(f) #f, FIELD(kernel_record, f)
#define DIST(f) #f, FIELD(dist_record, f)
#define TRAIN(f) #f, FIELD(train_record, f)
#define TARGET(f) #f, FIELD(target_record, f)
#define HISTORY(f) #f, FIELD(history_record, f)
#define LEVEL(name, f, level) name, FIELD(kernel_record, f[level]), COLUMN_REAL, 0, INFINITY, "byte"
#define LENGTH(a) ((int)(sizeof(a) / sizeof((a)[0])))

static const struct column kernel_columns[] = {
	{KERNEL(run_id), COLUMN_TEXT, 0, 0, "", "the process that measured: UTC time, host, process id"},
	{KERNEL(command), COLUMN_TEXT, 0, 0, "", "sub-command of mepbench"},
	{KERNEL(op), COLUMN_TEXT, 0, 0, "", "operation: topk_select, backward_weights, backward_data, backward, ..."},
	{KERNEL(method), COLUMN_TEXT, 0, 0, "", "method of back-propagation, or of the ceiling"},
	{KERNEL(select), COLUMN_TEXT, 0, 0, "", "selection algorithm; empty where nothing is selected"},
	{KERNEL(isa), COLUMN_TEXT, 0, 0, "", "instruction set of the kernel"},
	{KERNEL(dataset), COLUMN_TEXT, 0, 0, "", "data set that the gradients come from; \"synthetic\" for drawn data"},
	{KERNEL(dist), COLUMN_TEXT, 0, 0, "",
	 "gradients: a distribution, or a recording and its digest; of a ceiling, the level of memory"},
	{KERNEL(batch), COLUMN_INT, 0, INFINITY, "rows", "examples in the minibatch"},
	{KERNEL(n_in), COLUMN_INT, 0, INFINITY, "", "inputs of the layer"},
	{KERNEL(n_out), COLUMN_INT, 0, INFINITY, "", "outputs of the layer"},
	{KERNEL(k), COLUMN_INT, 0, INFINITY, "",
	 "entries kept per row, the mean where it varies; n_out where all are used"},
	{KERNEL(tau), COLUMN_REAL, 0, INFINITY, "",
	 "share of the L1 norm, or magnitude; 0 where the method has no tau"},
	{KERNEL(threads), COLUMN_INT, 1, INFINITY, "", "threads of the team"},
	{KERNEL(round), COLUMN_INT, 0, INFINITY, "", "round of interleaved samples: equal rounds pair up"},
	{KERNEL(calls), COLUMN_INT, 0, INFINITY, "", "calls in the sample"},
	{KERNEL(elapsed_ns), COLUMN_INT, 0, INFINITY, "ns", "time of the sample: of all its calls together"},
	{KERNEL(flops), COLUMN_REAL, 0, INFINITY, "flop", "work of one call by the operation's definition"},
	{KERNEL(bytes), COLUMN_REAL, 0, INFINITY, "byte", "compulsory traffic of one call: each operand once"},
	{KERNEL(check), COLUMN_TEXT, 0, 0, "", "against the reference: ok, fail, none"},
	{KERNEL(max_err), COLUMN_REAL, 0, INFINITY, "tolerance", "largest error in units of the tolerance"},
	{KERNEL(seed), COLUMN_UINT, 0, INFINITY, "", "seed of the run"},
	/* more */
	{KERNEL(dw), COLUMN_TEXT, 0, 0, "",
	 "dW written: full, rows (only touched rows), fused (consumed by the update at once), empty if no output"},
	{KERNEL(library), COLUMN_TEXT, 0, 0, "", "BLAS that ran; empty for our own kernels"},
	{KERNEL(cache), COLUMN_TEXT, 0, 0, "", "caches at the start of a call: warm, cold"},
	{KERNEL(position), COLUMN_INT, 0, INFINITY, "", "place of the sample in its round"},
	{KERNEL(migrations), COLUMN_INT, 0, INFINITY, "", "threads seen off their processor"},
	{KERNEL(switches), COLUMN_INT, 0, INFINITY, "", "involuntary context switches, all threads"},
	{KERNEL(steal_ticks), COLUMN_INT, 0, INFINITY, "ticks", "time stolen by the hypervisor, whole machine"},
	{KERNEL(throttled), COLUMN_INT, 0, INFINITY, "", "times the cgroup's quota stopped us"},
	{KERNEL(rejected), COLUMN_INT, 0, INFINITY, "",
	 "0: a good sample; else not to be used: 1 migrated, 2 preempted, 3 throttled"},
	{KERNEL(imbalance), COLUMN_REAL, 0, 1, "fraction", "(slowest - fastest thread) / slowest"},
	{KERNEL(bind), COLUMN_TEXT, 0, 0, "", "binding of the threads"},
	{KERNEL(cpu), COLUMN_TEXT, 0, 0, "", "CPU model"},
	{KERNEL(compiler), COLUMN_TEXT, 0, 0, "", "compiler and version"},
	{KERNEL(commit), COLUMN_TEXT, 0, 0, "", "commit of the program, -dirty if modified"},
	{KERNEL(degraded), COLUMN_TEXT, 0, 0, "", "degraded conditions; empty if none"},
	{LEVEL("l1_read", read, MEMORY_L1), "read of `bytes`: operands that one core's L1 holds"},
	{LEVEL("l2_read", read, MEMORY_L2), "read of `bytes`: larger operands that its L2 holds"},
	{LEVEL("l3_read", read, MEMORY_L3), "read of `bytes`: larger operands that its L3 holds"},
	{LEVEL("memory_read", read, MEMORY_MAIN), "read of `bytes`: operands that no cache holds"},
	{LEVEL("l1_written", written, MEMORY_L1), "written of `bytes`: operands that one core's L1 holds"},
	{LEVEL("l2_written", written, MEMORY_L2), "written of `bytes`: larger operands that its L2 holds"},
	{LEVEL("l3_written", written, MEMORY_L3), "written of `bytes`: larger operands that its L3 holds"},
	{LEVEL("memory_written", written, MEMORY_MAIN), "written of `bytes`: operands that no cache holds"},
	{KERNEL(chosen), COLUMN_TEXT, 0, 0, "", "what method auto chose; empty for others"},
	{KERNEL(optimizer), COLUMN_TEXT, 0, 0, "", "optimiser whose step is timed; empty if none is"},
	{KERNEL(build), COLUMN_TEXT, 0, 0, "",
	 "whose kernels: empty: those under test; base: of the library --against; twin: of a copy of the first"},
	{KERNEL(code), COLUMN_TEXT, 0, 0, "",
	 "hash of all machine code and constants that its kernels can reach; empty: not known"},
	{KERNEL(instructions), COLUMN_INT, 0, INFINITY, "",
	 "instructions of one call, counted by valgrind; 0: not counted"},
	{KERNEL(injected), COLUMN_REAL, 0, INFINITY, "fraction",
	 "work added to the twin, as a share of its own time: a self-test; 0 none"},
};

static const struct column train_columns[] = {
	{TRAIN(run_id), COLUMN_TEXT, 0, 0, "", "the process that measured: UTC time, host, process id"},
	{TRAIN(experiment), COLUMN_TEXT, 0, 0, "", "name of the experiment"},
	{TRAIN(method), COLUMN_TEXT, 0, 0, "", "method of back-propagation"},
	{TRAIN(layers), COLUMN_TEXT, 0, 0, "", "sizes of the layers, input to output"},
	{TRAIN(k), COLUMN_TEXT, 0, 0, "", "k at the start, one per hidden layer if they differ"},
	{TRAIN(tau), COLUMN_REAL, 0, INFINITY, "", "share of the L1 norm, or magnitude; 0 where the method has no tau"},
	{TRAIN(policy), COLUMN_TEXT, 0, 0, "", "how k and the learning rate change over time"},
	{TRAIN(optimizer), COLUMN_TEXT, 0, 0, "", "optimiser"},
	{TRAIN(batch), COLUMN_INT, 1, INFINITY, "rows", "examples in the minibatch"},
	{TRAIN(seed), COLUMN_UINT, 0, INFINITY, "", "seed of initialisation, order and dropout"},
	{TRAIN(threads), COLUMN_INT, 1, INFINITY, "", "threads of the team"},
	{TRAIN(dataset), COLUMN_TEXT, 0, 0, "", "data set"},
	{TRAIN(epoch), COLUMN_INT, 1, INFINITY, "", "epoch, from 1"},
	{TRAIN(mean_k), COLUMN_REAL, 0, INFINITY, "",
	 "entries kept per row, mean over the epoch and the hidden layers"},
	{TRAIN(lr), COLUMN_REAL, 0, INFINITY, "", "learning rate of the epoch"},
	{TRAIN(train_loss), COLUMN_REAL, 0, INFINITY, "nat", "mean cross-entropy over the epoch's examples"},
	{TRAIN(dev_loss), COLUMN_REAL, 0, INFINITY, "nat", "mean cross-entropy on the development set"},
	{TRAIN(dev_acc), COLUMN_REAL, 0, 1, "fraction", "accuracy on the development set"},
	{TRAIN(test_acc), COLUMN_REAL, 0, 1, "fraction", "accuracy on the test set"},
	{TRAIN(forward_s), COLUMN_REAL, 0, INFINITY, "s", "forward pass"},
	{TRAIN(select_s), COLUMN_REAL, 0, INFINITY, "s", "selection"},
	{TRAIN(dx_s), COLUMN_REAL, 0, INFINITY, "s", "gradient of the activations"},
	{TRAIN(dw_s), COLUMN_REAL, 0, INFINITY, "s", "gradient of the weights"},
	{TRAIN(update_s), COLUMN_REAL, 0, INFINITY, "s", "optimiser"},
	{TRAIN(other_s), COLUMN_REAL, 0, INFINITY, "s", "everything else within epoch_s"},
	{TRAIN(epoch_s), COLUMN_REAL, 0, INFINITY, "s", "the epoch's training, measured independently of its parts"},
	/* more */
	{TRAIN(select), COLUMN_TEXT, 0, 0, "", "selection algorithm; empty where nothing is selected"},
	{TRAIN(isa), COLUMN_TEXT, 0, 0, "", "instruction set of the kernels"},
	{TRAIN(loss), COLUMN_TEXT, 0, 0, "", "gradient over the batch: sum, mean"},
	{TRAIN(init), COLUMN_TEXT, 0, 0, "", "initialisation of the weights"},
	{TRAIN(lazy), COLUMN_TEXT, 0, 0, "", "optimiser updates only touched rows: yes, no"},
	{TRAIN(event), COLUMN_TEXT, 0, 0, "", "what the policy did after the epoch"},
	{TRAIN(dropout), COLUMN_REAL, 0, 1, "fraction", "dropout rate"},
	{TRAIN(weights_digest), COLUMN_TEXT, 0, 0, "", "64-bit FNV-1a of all weights after the epoch"},
	{TRAIN(bind), COLUMN_TEXT, 0, 0, "", "binding of the threads"},
	{TRAIN(cpu), COLUMN_TEXT, 0, 0, "", "CPU model"},
	{TRAIN(compiler), COLUMN_TEXT, 0, 0, "", "compiler and version"},
	{TRAIN(commit), COLUMN_TEXT, 0, 0, "", "commit of the program, -dirty if modified"},
	{TRAIN(degraded), COLUMN_TEXT, 0, 0, "", "degraded conditions; empty if none; parallel or pool: no times"},
	{TRAIN(eval_s), COLUMN_REAL, 0, INFINITY, "s", "evaluation on the dev and test sets, not in epoch_s"},
	{TRAIN(chosen), COLUMN_TEXT, 0, 0, "",
	 "what method auto chose last, of each hidden layer; ~: it was another before in this epoch"},
	{TRAIN(fused), COLUMN_TEXT, 0, 0, "",
	 "sparse dW and the optimiser's step in one, counted in dw_s: yes; else empty"},
	{TRAIN(settings), COLUMN_TEXT, 0, 0, "", "what differs from the defaults and has no column of its own"},
	{TRAIN(output), COLUMN_TEXT, 0, 0, "", "sparse: the method is applied to the output layer too; else empty"},
	{TRAIN(bias), COLUMN_TEXT, 0, 0, "", "kept: the gradient of the bias is that of the kept entries; else empty"},
	{TRAIN(kept_mean), COLUMN_TEXT, 0, 0, "", "entries kept per row, mean over the epoch, of each hidden layer"},
	{TRAIN(kept_p10), COLUMN_TEXT, 0, 0, "", "10 % quantile of the same: a tenth of the rows kept at most so many"},
	{TRAIN(kept_p50), COLUMN_TEXT, 0, 0, "", "the median of the same"},
	{TRAIN(kept_p90), COLUMN_TEXT, 0, 0, "", "90 % quantile of the same"},
	{TRAIN(l1), COLUMN_REAL, 0, INFINITY, "", "weight decay: the gradient of each weight has l1 sign(w) more"},
	{TRAIN(l2), COLUMN_REAL, 0, INFINITY, "", "weight decay: the gradient of each weight has l2 w more"},
};

static const struct column target_columns[] = {
	{TARGET(target), COLUMN_TEXT, 0, 0, "", "short name of the target"},
	{TARGET(words), COLUMN_TEXT, 0, 0, "", "what is measured"},
	{TARGET(cell), COLUMN_TEXT, 0, 0, "", "operation, workload, method, k and threads"},
	{TARGET(rule), COLUMN_TEXT, 0, 0, "", ">= or <="},
	{TARGET(wanted), COLUMN_REAL, 0, INFINITY, "", "the bound of the target"},
	{TARGET(measured), COLUMN_REAL, 0, INFINITY, "", "median; of several runs the median of theirs"},
	{TARGET(low), COLUMN_REAL, 0, INFINITY, "", "of several runs the smallest, of one the interval's end"},
	{TARGET(high), COLUMN_REAL, 0, INFINITY, "", "of several runs the largest, of one the interval's end"},
	{TARGET(unit), COLUMN_TEXT, 0, 0, "", "x: a ratio; empty: a share of 1"},
	{TARGET(runs), COLUMN_INT, 0, INFINITY, "", "runs that measured it"},
	{TARGET(verdict), COLUMN_TEXT, 0, 0, "", "met, missed, not judged"},
	{TARGET(why), COLUMN_TEXT, 0, 0, "", "why it was not judged"},
	{TARGET(run_id), COLUMN_TEXT, 0, 0, "", "the first of the runs"},
	{TARGET(cpu), COLUMN_TEXT, 0, 0, "", "CPU model"},
	{TARGET(compiler), COLUMN_TEXT, 0, 0, "", "compiler and version"},
	{TARGET(commit), COLUMN_TEXT, 0, 0, "", "commit of the program, -dirty if modified"},
	{TARGET(samples), COLUMN_INT, 0, INFINITY, "", "samples, or pairs of them, of the run that has the fewest"},
};

static const struct column dist_columns[] = {
	{DIST(run_id), COLUMN_TEXT, 0, 0, "", "the process that looked: UTC time, host, process id"},
	{DIST(dist), COLUMN_TEXT, 0, 0, "", "gradients: a distribution, or a recording and its digest"},
	{DIST(dataset), COLUMN_TEXT, 0, 0, "", "data set that the gradients come from; \"synthetic\" for drawn data"},
	{DIST(training), COLUMN_TEXT, 0, 0, "", "what was trained; empty where drawn"},
	{DIST(rows), COLUMN_INT, 0, INFINITY, "rows", "rows looked at"},
	{DIST(n), COLUMN_INT, 0, INFINITY, "", "entries in a row"},
	{DIST(batch), COLUMN_INT, 0, INFINITY, "rows", "examples in the recorded minibatches"},
	{DIST(layer), COLUMN_INT, 0, INFINITY, "", "hidden layer, from 1"},
	{DIST(step), COLUMN_INT, 0, INFINITY, "", "minibatch of the first row, from 1 over the whole training"},
	{DIST(seed), COLUMN_UINT, 0, INFINITY, "", "seed of the training, or of the drawing"},
	{DIST(zeros), COLUMN_REAL, 0, 1, "fraction", "entries that are exactly zero"},
	{DIST(tiny), COLUMN_REAL, 0, 1, "fraction", "entries that are denormal numbers"},
	{DIST(k50), COLUMN_REAL, 0, INFINITY, "", "fewest entries that hold 50 % of a row's L1 norm, mean"},
	{DIST(k90), COLUMN_REAL, 0, INFINITY, "", "the same for 90 %"},
	{DIST(k99), COLUMN_REAL, 0, INFINITY, "", "the same for 99 %"},
	/* more */
	{DIST(commit), COLUMN_TEXT, 0, 0, "", "commit of the program, -dirty if modified"},
};

static const struct column history_columns[] = {
	{HISTORY(date), COLUMN_TEXT, 0, 0, "", "when the process began, UTC"},
	{HISTORY(run_id), COLUMN_TEXT, 0, 0, "", "the process that measured: UTC time, host, process id"},
	{HISTORY(commit), COLUMN_TEXT, 0, 0, "", "commit of the program"},
	{HISTORY(cpu), COLUMN_TEXT, 0, 0, "", "CPU model"},
	{HISTORY(compiler), COLUMN_TEXT, 0, 0, "", "compiler and version"},
	{HISTORY(flags), COLUMN_TEXT, 0, 0, "", "flags of the compiler"},
	{HISTORY(isa), COLUMN_TEXT, 0, 0, "", "instruction set of the kernel"},
	{HISTORY(op), COLUMN_TEXT, 0, 0, "", "operation"},
	{HISTORY(method), COLUMN_TEXT, 0, 0, "", "method of back-propagation"},
	{HISTORY(select), COLUMN_TEXT, 0, 0, "", "selection algorithm; empty where nothing is selected"},
	{HISTORY(dw), COLUMN_TEXT, 0, 0, "", "dW written: full, rows, fused, empty if no output"},
	{HISTORY(library), COLUMN_TEXT, 0, 0, "", "BLAS that ran; empty for our own kernels"},
	{HISTORY(dataset), COLUMN_TEXT, 0, 0, "", "data set that the gradients come from"},
	{HISTORY(dist), COLUMN_TEXT, 0, 0, "", "gradients: a distribution, or a recording and its digest"},
	{HISTORY(batch), COLUMN_INT, 0, INFINITY, "rows", "examples in the minibatch"},
	{HISTORY(n_in), COLUMN_INT, 0, INFINITY, "", "inputs of the layer"},
	{HISTORY(n_out), COLUMN_INT, 0, INFINITY, "", "outputs of the layer"},
	{HISTORY(k), COLUMN_INT, 0, INFINITY, "", "entries kept per row"},
	{HISTORY(tau), COLUMN_REAL, 0, INFINITY, "",
	 "share of the L1 norm, or magnitude; 0 where the method has no tau"},
	{HISTORY(threads), COLUMN_INT, 1, INFINITY, "", "threads of the team"},
	{HISTORY(optimizer), COLUMN_TEXT, 0, 0, "", "optimiser whose step is timed; empty if none is"},
	{HISTORY(cache), COLUMN_TEXT, 0, 0, "", "caches at the start of a call: warm, cold"},
	{HISTORY(bind), COLUMN_TEXT, 0, 0, "", "binding of the threads"},
	{HISTORY(against), COLUMN_TEXT, 0, 0, "",
	 "what the ratio is to: best dense, yardstick compute, yardstick stream"},
	{HISTORY(ratio), COLUMN_REAL, 0, INFINITY, "",
	 "time of that / time of this, median over rounds: above 1 is faster"},
	{HISTORY(low), COLUMN_REAL, 0, INFINITY, "",
	 "lower end of its 95 % interval; nan where there are too few rounds"},
	{HISTORY(high), COLUMN_REAL, 0, INFINITY, "", "upper end of the same"},
	{HISTORY(rounds), COLUMN_INT, 1, INFINITY, "", "rounds that both were timed in"},
	{HISTORY(degraded), COLUMN_TEXT, 0, 0, "", "degraded conditions; empty if none"},
	/* more */
	{HISTORY(base), COLUMN_TEXT, 0, 0, "",
	 "which one the best dense was; of a yardstick the hash of its machine code"},
};

const struct record_kind kernel_records = {
	"kernel", sizeof(struct kernel_record), kernel_columns, LENGTH(kernel_columns), 22,
};

const struct record_kind train_records = {
	"train", sizeof(struct train_record), train_columns, LENGTH(train_columns), 26,
};

const struct record_kind target_records = {
	"target", sizeof(struct target_record), target_columns, LENGTH(target_columns), LENGTH(target_columns) - 1,
};

const struct record_kind dist_records = {
	"dist", sizeof(struct dist_record), dist_columns, LENGTH(dist_columns), 15,
};

const struct record_kind history_records = {
	"history", sizeof(struct history_record), history_columns, LENGTH(history_columns), LENGTH(history_columns) - 1,
};

const struct record_kind *const record_kinds[] = {&kernel_records, &train_records,   &target_records,
						  &dist_records,   &history_records, NULL};
