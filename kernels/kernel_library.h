/* SPDX-License-Identifier: MIT */
/*
 * libmepkernels.so: all kernels as a library of their own, so that one process can time those of two revisions in the
 * same rounds. It exports one descriptor, under the name KERNEL_LIBRARY_SYMBOL. The harness that opens it may be of
 * another revision: it reads what stands before `sets` first, and goes on only where both agree.
 */
#ifndef KERNELS_LIBRARY_H
#define KERNELS_LIBRARY_H

#include "kernel.h"

#define KERNEL_LIBRARY_SYMBOL "mepkernels"
#define KERNEL_LIBRARY_MAGIC "mep kernels"

/*
 * To be raised when a field of kernel.h changes its meaning, or an enumerator its number, and no size tells. New
 * operations go to the end of enum kernel_op.
 */
#define KERNEL_LIBRARY_VERSION 1

/* What both sides must have alike: the sizes and the last fields of all that they hand to each other. */
#define KERNEL_LIBRARY_LAYOUT                                                                                          \
	{                                                                                                              \
		sizeof(struct kernel_args), offsetof(struct kernel_args, scratch), sizeof(struct update_args),         \
			offsetof(struct update_args, l2), sizeof(struct tinyprop), sizeof(struct sparse_dy),           \
			sizeof(struct row_list), sizeof(struct caches), sizeof(struct team), sizeof(struct kernel),    \
			offsetof(struct kernel, scratch_bytes), sizeof(struct kernel_cost), sizeof(struct kernel_set), \
			SPARSE_PAD, N_OPERANDS                                                                         \
	}
#define KERNEL_LIBRARY_N_LAYOUT 15

/* Of whose making the barriers are: a team of one runtime does not wait in those of another. */
#ifdef __clang__
#define KERNEL_LIBRARY_OPENMP "libomp"
#else
#define KERNEL_LIBRARY_OPENMP "libgomp"
#endif

struct kernel_library {
	char magic[16];
	uint32_t version;
	uint32_t layout[KERNEL_LIBRARY_N_LAYOUT];
	char openmp[16];
	/* compared before anything below is read */
	const char *compiler, *commit;
	const struct kernel_set *sets; /* ends with isa == NULL */
};

#endif
