/* SPDX-License-Identifier: MIT */
/*
 * What differs between instruction sets, for sources that are built once per set (-DKERNEL_ISA=avx2 ...).
 * `vf` is the widest vector of floats, VF lanes wide, in the compiler's vector extension: arithmetic on it is plain C.
 * NEON is part of every aarch64, so the portable set uses it too; KERNEL_NEON tells the set that is tuned to it.
 */
#ifndef KERNELS_ISA_H
#define KERNELS_ISA_H

#include "kernel.h"

#include <string.h>

#define ISA_PASTE2(a, b) a##_##b
#define ISA_PASTE(a, b) ISA_PASTE2(a, b)
#define ISA_TEXT2(a) #a
#define ISA_TEXT(a) ISA_TEXT2(a)
/* The name of a function in this set: ISA(forward_dense) is forward_dense_avx2. */
#define ISA(name) ISA_PASTE(name, KERNEL_ISA)
#define ISA_NAME ISA_TEXT(KERNEL_ISA)

#if defined(__AVX512F__)
#define VF 16
#elif defined(__AVX2__)
#define VF 8
#else
#define VF 4
#endif

/* Vector registers that a kernel may fill with sums, operands included. */
#if defined(__AVX512F__) || defined(KERNEL_NEON)
#define VECTOR_REGISTERS 32
#else
#define VECTOR_REGISTERS 16
#endif

typedef float vf __attribute__((vector_size(VF * 4)));
typedef int32_t vi __attribute__((vector_size(VF * 4)));
typedef uint32_t vu __attribute__((vector_size(VF * 4)));

#define ALWAYS_INLINE static inline __attribute__((always_inline))

ALWAYS_INLINE vf vf_load(const float *p)
{
	vf v;

	memcpy(&v, p, sizeof(v));
	return v;
}

ALWAYS_INLINE void vf_store(float *p, vf v)
{
	memcpy(p, &v, sizeof(v));
}

ALWAYS_INLINE vf vf_set(float s)
{
	return s - (vf){0};
}

ALWAYS_INLINE int min_int(int a, int b)
{
	return a < b ? a : b;
}

ALWAYS_INLINE int max_int(int a, int b)
{
	return a > b ? a : b;
}

/* The part [begin, end) of n items that belongs to this thread, in multiples of `grain` items. */
struct span {
	int begin, end;
};

ALWAYS_INLINE struct span team_span(struct team team, int n, int grain)
{
	int64_t grains = (n + grain - 1) / grain;
	int begin = (int)(grains * team.rank / team.size) * grain;
	int end = (int)(grains * (team.rank + 1) / team.size) * grain;

	return (struct span){min_int(begin, n), min_int(end, n)};
}

#endif
