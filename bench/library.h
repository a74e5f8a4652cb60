/* SPDX-License-Identifier: MIT */
/*
 * A libmepkernels.so, opened beside other kernels. What is mapped is a private copy of the file: so the same file
 * opened twice is in memory twice, and a build that writes a new one meanwhile does no harm.
 */
#ifndef BENCH_LIBRARY_H
#define BENCH_LIBRARY_H

#include "base/failure.h"
#include "kernel_library.h"

struct library {
	int fd; /* of the copy; it stays open, as its number names what is mapped */
	void *handle;
	const struct kernel_library *kernels; /* NULL: not open */
};

/*
 * 0, or a negative errno and a sentence that names the flag and the file: no such file, no library of this machine's
 * kind, none of kernels, or one whose kernels take other operands.
 */
int library_open(struct library *l, const char *flag, const char *path, struct failure *f);
/* May be called again, and on one that is all zero. */
void library_close(struct library *l);

#endif
