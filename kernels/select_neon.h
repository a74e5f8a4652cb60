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

/* Two vectors as 16-bit values, cut to 0..65535. */
ALWAYS_INLINE uint16x8_t narrow(vi a, vi b)
{
	return vcombine_u16(vqmovun_s32((int32x4_t)a), vqmovun_s32((int32x4_t)b));
}

ALWAYS_INLINE void bytes_store(uint8_t *to, vi a, vi b, vi c, vi d)
{
	vst1q_u8(to, vcombine_u8(vqmovn_u16(narrow(a, b)), vqmovn_u16(narrow(c, d))));
}

ALWAYS_INLINE uint64_t bytes_ge(vb v, uint8_t least)
{
	const vb bit = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
	uint8x16_t bits = (uint8x16_t)((vb)(v >= (least - (vb){0})) & bit);

	return vaddv_u8(vget_low_u8(bits)) | (uint64_t)vaddv_u8(vget_high_u8(bits)) << 8;
}

ALWAYS_INLINE int bytes_sum(vb v)
{
	return vaddlvq_u8((uint8x16_t)v);
}

#define LANE(j) 4 * (j), 4 * (j) + 1, 4 * (j) + 2, 4 * (j) + 3
#define LANES(a, b, c, d)                                                                                              \
	{                                                                                                              \
		LANE(a), LANE(b), LANE(c), LANE(d)                                                                     \
	}

/* Row m: the bytes of the lanes whose bits are set in m, ascending; then whatever. */
static const uint8_t bytes_of_lanes[16][16] = {
	LANES(0, 0, 0, 0), LANES(0, 0, 0, 0), LANES(1, 0, 0, 0), LANES(0, 1, 0, 0),
	LANES(2, 0, 0, 0), LANES(0, 2, 0, 0), LANES(1, 2, 0, 0), LANES(0, 1, 2, 0),
	LANES(3, 0, 0, 0), LANES(0, 3, 0, 0), LANES(1, 3, 0, 0), LANES(0, 1, 3, 0),
	LANES(2, 3, 0, 0), LANES(0, 2, 3, 0), LANES(1, 2, 3, 0), LANES(0, 1, 2, 3),
};

ALWAYS_INLINE void compress_store(void *to, vi v, uint32_t lanes)
{
	vst1q_u8(to, vqtbl1q_u8((uint8x16_t)v, vld1q_u8(bytes_of_lanes[lanes])));
}

#endif
