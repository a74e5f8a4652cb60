/* SPDX-License-Identifier: MIT */
/*
 * The rows of a study: parts rows-1.csv, rows-2.csv, ... in its folder, one per process that trained, plain or packed
 * (rows-1.csv.gz). Whoever reads them takes them all.
 */
#ifndef BENCH_STUDY_ROWS_H
#define BENCH_STUDY_ROWS_H

#include "report/record.h"

#include <stdbool.h>

struct study_rows {
	struct train_record *v; /* of earlier processes, then of this one */
	size_t n, n_earlier;
	struct record_writer *writer; /* NULL before the first row of this process */
};

/* All parts of the folder. mend: a torn last line of a part, of a process that was killed, is cut off first. 0, or a
 * negative errno with a sentence. */
int study_rows_read(struct study_rows *rows, const char *dir, bool mend, struct failure *f);
/* Adds a row, to a part of its own. */
int study_rows_add(struct study_rows *rows, const char *dir, const struct train_record *r, struct failure *f);
int study_rows_close(struct study_rows *rows, struct failure *f); /* also reports a failed close */
void study_rows_destroy(struct study_rows *rows);

#endif
