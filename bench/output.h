/* SPDX-License-Identifier: MIT */
/*
 * The end of a measuring command: the header block and the tables on standard output (nothing there with --csv=-), and
 * the files of --markdown and --json.
 */
#ifndef BENCH_OUTPUT_H
#define BENCH_OUTPUT_H

#include "report/summary.h"
#include "session.h"

int output_kernel(const struct session *s, const struct kernel_record *records, size_t n,
		  const struct table_list *tables, struct failure *f);

/* The same for tables alone: stdout and --markdown. */
int output_tables(const struct session *s, const struct table_list *tables, struct failure *f);

#endif
