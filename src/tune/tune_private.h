/* SPDX-License-Identifier: MIT */
/* Shared by the files of this room only: an entry of the tuning file, and the file as a list of them. */
#ifndef TUNE_PRIVATE_H
#define TUNE_PRIVATE_H

#include "tune/tuner.h"

#include <stdbool.h>

/* Who measured what. Costs hold for equal keys alone. */
struct tune_key {
	char cpu[96], isa[16], compiler[96];
	char program[80]; /* commit and digest of the executable */
	char bind[64], dist[64];
	int threads, batch, n_in, n_out;
	int dx; /* 0 or 1 */
};

struct tune_cell {
	struct tune_key key;
	struct tune_table table;
	bool fresh; /* measured by this process */
};

/* Cells are allocated one by one, so that their tables stay where they are. */
struct tune_cells {
	int n;
	struct tune_cell **v;
};

int tune_cells_add(struct tune_cells *cells, const struct tune_cell *cell); /* a copy; 0 or -ENOMEM */
void tune_cells_destroy(struct tune_cells *cells);

/* Equal keys; `loose`: whatever the processor, instruction set, compiler, program and binding. */
bool tune_key_equal(const struct tune_key *a, const struct tune_key *b, bool loose);

/* Appends what is in the file; one that does not exist is empty. -EINVAL with a sentence that names it, or -ENOMEM. */
int tune_file_read(const char *path, struct tune_cells *cells, struct failure *f);
/* Whether a file that is not there yet can be made; -EINVAL with a sentence if not. */
int tune_file_check(const char *path, bool *missing, struct failure *f);
/* Replaces the file as a whole, its folder being made if `folder`. */
int tune_file_write(const char *path, bool folder, const struct tune_cells *cells, struct failure *f);

#endif
