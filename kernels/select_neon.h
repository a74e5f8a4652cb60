/* SPDX-License-Identifier: MIT */
/*
 * The vector operations of selection in NEON; what each does is said at its twins in select_simd.h, which includes this
 * file. NEON has no mask registers: lanes that passed keep one bit each, and a sum across the vector gathers them. It
 * permutes bytes by a table, so that compressing is a look-up of the order in 16 rows.
 */
#ifndef KERNELS_SELECT_NEON_H
#define KERNELS_SELECT_NEON_H

#include <arm_neon.h>

ALWAYS_INLINE uint32_t lanes_ge(vi a, vi b)
{
	return vaddvq_u32((uint32x4_t)((a >= b) & (vi){1, 2, 4, 8}));
}

ALWAYS_INLINE vi vi_max(vi a, vi b)
{
	return (vi)vmaxq_s32((int32x4_t)a, (int32x4_t)b);
}

ALWAYS_INLINE vi vi_min(vi a, vi b)
{
	return (vi)vminq_s32((int32x4_t)a, (int32x4_t)b);
}

ALWAYS_INLINE vi vi_exchange(vi v, int d, uint32_t larger)
{
	int32x4_t a = (int32x4_t)v, b = d == 1 ? vrev64q_s32(a) : vextq_s32(a, a, 2);
	vi keeps_larger = (vi_set((int32_t)larger) & (vi){1, 2, 4, 8}) != 0;

	return (vi)vbslq_s32((uint32x4_t)keeps_larger, vmaxq_s32(a, b), vminq_s32(a, b));
}

/* Row m: the numbers of the bits set in m, ascending; then whatever. */
static const int32_t lanes_of_mask[16][4] = {
	{0, 0, 0, 0}, {0, 0, 0, 0}, {1, 0, 0, 0}, {0, 1, 0, 0}, {2, 0, 0, 0}, {0, 2, 0, 0}, {1, 2, 0, 0}, {0, 1, 2, 0},
	{3, 0, 0, 0}, {0, 3, 0, 0}, {1, 3, 0, 0}, {0, 1, 3, 0}, {2, 3, 0, 0}, {0, 2, 3, 0}, {1, 2, 3, 0}, {0, 1, 2, 3},
};

ALWAYS_INLINE vi lanes_order(uint32_t lanes)
{
	return vi_load(lanes_of_mask[lanes]);
}

/* Lane j is at bytes 4j, 4j + 1, ... */
ALWAYS_INLINE vf vf_permute(vf v, vi order)
{
	return (vf)vqtbl1q_u8((uint8x16_t)v, (uint8x16_t)(order * 0x04040404 + 0x03020100));
}

ALWAYS_INLINE void compress_store(void *to, vi v, uint32_t lanes)
{
	vf_store(to, vf_permute((vf)v, lanes_order(lanes)));
}

#endif
