/* SPDX-License-Identifier: MIT */
/* How large the caches are that a kernel's blocks should fit: the caller's word, or a usual size. */
#ifndef KERNELS_CACHES_H
#define KERNELS_CACHES_H

#include "kernel.h"

#define USUAL_L1_BYTES ((size_t)32 << 10)
#define USUAL_L2_BYTES ((size_t)1 << 20)
#define USUAL_L3_BYTES ((size_t)32 << 20)

static inline size_t l1_bytes(const struct kernel_args *a)
{
	return a->caches.l1_bytes ? a->caches.l1_bytes : USUAL_L1_BYTES;
}

static inline size_t l2_bytes(const struct kernel_args *a)
{
	return a->caches.l2_bytes ? a->caches.l2_bytes : USUAL_L2_BYTES;
}

static inline size_t l3_bytes(const struct kernel_args *a)
{
	return a->caches.l3_bytes ? a->caches.l3_bytes : USUAL_L3_BYTES;
}

/* Bytes of w, and of dw. */
static inline size_t weight_matrix_bytes(const struct kernel_args *a)
{
	return (size_t)a->n_out * (size_t)a->n_in * sizeof(float);
}

#endif
