/* SPDX-License-Identifier: MIT */
/*
 * Records: what is stored. One column table per kind yields the CSV header, its rows, the reader and the dictionary.
 * The names of the columns before `/ * more * /` are a contract with scripts outside: add, never rename.
 */
#ifndef REPORT_RECORD_H
#define REPORT_RECORD_H

#include "base/failure.h"
#include "machine/machine.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One round of one contender. */
struct kernel_record {
	char run_id[48], command[16], op[24], method[24], select[24], isa[16], dataset[48], dist[64];
	int64_t batch, n_in, n_out, k;
	double tau;
	int64_t threads, round, calls, elapsed_ns; /* elapsed_ns: of the sample, all its calls */
	double flops, bytes;			   /* of one call; bytes: each operand once */
	char check[8];				   /* ok, fail, none */
	double max_err;				   /* in units of the tolerance: <= 1 passes */
	uint64_t seed;
	/* more */
	char dw[8];	  /* full: all of dW written; rows: only touched rows; fused: consumed at once; "" no output */
	char library[48]; /* name and version of the BLAS that ran, "" for our own */
	char cache[8];	  /* warm, cold */
	int64_t position, migrations, switches, steal_ticks, throttled, rejected;
	double imbalance; /* (slowest - fastest thread) / slowest */
	char bind[32], cpu[64], compiler[48], commit[48], degraded[64];
	double read[N_MEMORY_LEVELS], written[N_MEMORY_LEVELS]; /* bytes, by the level that the operand lives in */
	char chosen[32];      /* what method auto chose: "topk bracket"; "" for other methods */
	char optimizer[24];   /* update: whose step; its ceiling: the same, and `select` says whose rows */
	char build[8];	      /* "": the kernels under test; base: those of --against; twin: of a copy of the library */
	char code[20];	      /* hash of the machine code of its kernels, hex; "" unknown */
	int64_t instructions; /* of one call, counted under valgrind; 0: not counted */
	double injected;      /* share of work that was added, a self-test of the gate */
};

/* One epoch of one training. */
struct train_record {
	char run_id[48], experiment[640], method[24], layers[112], k[96];
	double tau;
	char policy[48], optimizer[24];
	int64_t batch;
	uint64_t seed;
	int64_t threads;
	char dataset[48];
	int64_t epoch;						    /* 1, 2, ... */
	double mean_k, lr, train_loss, dev_loss, dev_acc, test_acc; /* accuracies: fractions */
	double forward_s, select_s, dx_s, dw_s, update_s, other_s, epoch_s;
	/* more */
	char select[24], isa[16], loss[8], init[16], lazy[8],
		event[24]; /* event: what the policy did, e.g. "anneal_k" */
	double dropout;
	char weights_digest[20]; /* 64-bit FNV-1a of all weights after the epoch, hex: proof of reproducibility */
	char bind[32], cpu[64], compiler[48], commit[48], degraded[64];
	double eval_s;	    /* evaluation on dev and test, not in epoch_s */
	char chosen[256];   /* what method auto chose, one per hidden layer: "topk bracket/relu_skip" */
	char fused[8];	    /* yes: dw_s holds the step on the weights of layers whose dW is sparse */
	char settings[256]; /* what differs from the defaults and has no column: "lr=0.01 spike=0.1 rescale" */
	char output[8];	    /* sparse: the output layer's dY goes through the method too; "" if not */
	char bias[8];	    /* kept: db is computed from what was kept of dY; "" from all of it */
	/* entries kept per row and epoch, one number per hidden layer joined by /: mean and 10, 50, 90 % quantiles */
	char kept_mean[160], kept_p10[96], kept_p50[96], kept_p90[96];
	double l1, l2; /* weight decay */
};

/* The verdict on one cell of one target, see targets.h. */
struct target_record {
	char target[8], words[96], cell[160], rule[4];
	double wanted, measured, low, high; /* low, high: of several runs the extremes, of one the 95 % interval */
	char unit[4];
	int64_t runs;
	char verdict[16], why[64]; /* met, missed, not judged */
	char run_id[48], cpu[64], compiler[48], commit[48];
	/* more */
	int64_t samples;
};

/* What the rows of one distribution or recording of gradients look like. */
struct dist_record {
	char run_id[48], dist[64], dataset[48], training[64]; /* training: what was trained, "" where drawn */
	int64_t rows, n, batch, layer, step;		      /* from batch on: 0 where drawn */
	uint64_t seed;
	double zeros, tiny;   /* shares of all entries: exactly zero; denormal */
	double k50, k90, k99; /* entries that hold this share of a row's L1 norm, mean over the rows */
	/* more */
	char commit[48];
};

/*
 * One cell of one accepted process: how fast it was in units of what ran in the same rounds. The columns from cpu to
 * isa are the machine, those from op to against the cell; report/history.c relies on that order.
 */
struct history_record {
	char date[24], run_id[48], commit[48]; /* date: when the process began, UTC */
	char cpu[64], compiler[48], flags[256], isa[16];
	char op[24], method[24], select[24], dw[8], library[48], dataset[48], dist[64];
	int64_t batch, n_in, n_out, k;
	double tau;
	int64_t threads;
	char optimizer[24], cache[8], bind[32];
	char against[24];	 /* "best dense", "yardstick compute", "yardstick stream" */
	double ratio, low, high; /* time of that / time of this: above 1 is faster; median and 95 % interval */
	int64_t rounds;
	char degraded[64];
	/* more */
	char base[96]; /* which one the best dense was; the machine code of the yardstick */
};

enum column_type { COLUMN_TEXT, COLUMN_INT, COLUMN_UINT, COLUMN_REAL };

struct column {
	const char *name;
	size_t offset, size;
	enum column_type type;
	double min, max; /* of numbers; a real may also be nan (unknown, diverged) or, if max is, infinite */
	const char *unit, *meaning;
};

struct record_kind {
	const char *name; /* "kernel", "train", "target", "dist", "history" */
	size_t size;
	const struct column *columns;
	int n_columns, n_contract; /* the first n_contract names are the contract */
};

extern const struct record_kind kernel_records, train_records, target_records, dist_records, history_records;
extern const struct record_kind *const record_kinds[]; /* all of them, then NULL */

/*
 * Appends records to a CSV file (RFC 4180, through libcsv), each flushed; "-" is standard output. A file that exists
 * must have our header (else -EINVAL) and is appended to; a torn last line is cut off first. Reals are written with
 * the fewest digits that read back the same; texts must hold no control characters. One writer per file at a time.
 */
struct record_writer;
int record_writer_create(struct record_writer **writer, const char *path, const struct record_kind *kind,
			 struct failure *f);
int record_write(struct record_writer *writer, const void *record, struct failure *f);
int record_writer_destroy(struct record_writer *writer, struct failure *f); /* also reports a failed close */
/* Cuts a torn last line off, as record_writer_create does, so that record_read takes what an interrupted run left. The
 * columns may be those of an earlier version. */
int record_cut_torn(const char *path, struct failure *f);

/*
 * Reads a whole file, plain or gzip, into *records (count records of kind->size bytes; free() it). Strict: names file
 * and line. Columns may come in any order; those of the contract must all be there, later ones stay zero where they are
 * absent. A byte order mark and CRLF, as spreadsheets write them, are fine; a row must be one line.
 */
int record_read(const char *path, const struct record_kind *kind, void **records, size_t *count, struct failure *f);
/* The same, but a last line that is torn, as by a full disk, is left out, and *torn says so. */
int record_read_whole(const char *path, const struct record_kind *kind, void **records, size_t *count, bool *torn,
		      struct failure *f);

/* The kind of a CSV file, by its header: 0, -ENOMSG where it has none of our columns, -ENOENT, or -EINVAL where it cannot
 * be read. */
int record_detect(const char *path, const struct record_kind **kind, struct failure *f);

#endif
