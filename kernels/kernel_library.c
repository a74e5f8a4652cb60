/* SPDX-License-Identifier: MIT */
/* The one thing that libmepkernels.so exports by intent, see kernel_library.h; the kernels follow from it. */
#include "kernel_library.h"

#include "library_commit.h"

extern const struct kernel_library mepkernels;

const struct kernel_library mepkernels = {
	.magic = KERNEL_LIBRARY_MAGIC,
	.version = KERNEL_LIBRARY_VERSION,
	.layout = KERNEL_LIBRARY_LAYOUT,
	.openmp = KERNEL_LIBRARY_OPENMP,
	.compiler = LIBRARY_COMPILER,
	.commit = LIBRARY_COMMIT,
	.sets = kernel_sets,
};
