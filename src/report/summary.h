/* SPDX-License-Identifier: MIT */
/*
 * From records to the tables that people read; used by the commands of mepbench at their end and by mepreport.
 */
#ifndef REPORT_SUMMARY_H
#define REPORT_SUMMARY_H

#include "report/record.h"
#include "report/table.h"
#include "report/verdict.h"

struct table_list {
	int count;
	struct table *tables;
	struct verdict_list verdicts; /* what they say, in words */
};

/*
 * The tables that these records support: ceilings; selection (algorithm x k, ns per row and per element, best marked);
 * per shape: speed-up over the best dense at the same threads (threads x k per method, with intervals, `~` where the
 * interval covers 1, break-even k* as last column), absolute GFLOP/s and % of the roofline, the ledger select | dX | dW
 * | clear; where several instruction sets competed, each kernel's time on each. Rejected samples and check != ok are never used. Rates and ledgers are marked as detail. 0 or -ENOMEM;
 * release with table_list_destroy.
 */
int summary_kernel(const struct kernel_record *records, size_t n, struct table_list *out);

/*
 * Per experiment over its seeds: test accuracy at the best dev epoch (mean and 95 % interval), paired difference to
 * dense, seconds per epoch, end-to-end and backward-only speed-up over dense; then the seconds by phase.
 */
int summary_train(const struct train_record *records, size_t n, struct table_list *out);

/* What gradients look like: zeros, and the entries that hold most of a row. */
int summary_dist(const struct dist_record *records, size_t n, struct table_list *out);

void table_list_destroy(struct table_list *list);

#endif
