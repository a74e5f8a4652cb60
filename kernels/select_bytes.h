/* SPDX-License-Identifier: MIT */
/*
 * Vectors of bytes for the images of rows (select_levels.h): four vectors of numbers cut to bytes, compares to bit
 * masks, counts and sums. A byte is a level 0..255 less 128, as compares of signed bytes are cheaper.
 */
#ifndef KERNELS_SELECT_BYTES_H
#define KERNELS_SELECT_BYTES_H

#include "select_simd.h"

/* 4 VF bytes. */
typedef int8_t vb __attribute__((vector_size(VF * 4)));

ALWAYS_INLINE vb vb_load(const int8_t *p)
{
	vb v;

	memcpy(&v, p, sizeof(v));
	return v;
}

#if defined(__AVX512F__)

/* Stores 4 VF values, cut to levels. */
ALWAYS_INLINE void bytes_store(int8_t *to, vi a, vi b, vi c, vi d)
{
	const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
	__m512i ab = _mm512_packus_epi32((__m512i)a, (__m512i)b), cd = _mm512_packus_epi32((__m512i)c, (__m512i)d);
	/* The packs leave runs of four in the order of their 128-bit lanes. */
	__m512i levels = _mm512_permutexvar_epi32(order, _mm512_packus_epi16(ab, cd));

	_mm512_storeu_si512(to, _mm512_xor_si512(levels, _mm512_set1_epi8(-128)));
}

/* Bit j: byte j is at least this level. */
ALWAYS_INLINE uint64_t bytes_ge(vb v, int level)
{
	return _mm512_cmpge_epi8_mask((__m512i)v, _mm512_set1_epi8((char)(level - 128)));
}

ALWAYS_INLINE uint64_t bytes_eq(vb v, int level)
{
	return _mm512_cmpeq_epi8_mask((__m512i)v, _mm512_set1_epi8((char)(level - 128)));
}

#elif defined(__AVX2__)

ALWAYS_INLINE void bytes_store(int8_t *to, vi a, vi b, vi c, vi d)
{
	const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
	__m256i ab = _mm256_packus_epi32((__m256i)a, (__m256i)b), cd = _mm256_packus_epi32((__m256i)c, (__m256i)d);
	__m256i levels = _mm256_permutevar8x32_epi32(_mm256_packus_epi16(ab, cd), order);

	_mm256_storeu_si256((__m256i *)to, _mm256_xor_si256(levels, _mm256_set1_epi8(-128)));
}

ALWAYS_INLINE uint64_t bytes_ge(vb v, int level)
{
	return (uint32_t)_mm256_movemask_epi8((__m256i)(v >= ((int8_t)(level - 128) - (vb){0})));
}

ALWAYS_INLINE uint64_t bytes_eq(vb v, int level)
{
	return (uint32_t)_mm256_movemask_epi8((__m256i)(v == ((int8_t)(level - 128) - (vb){0})));
}

#elif defined(KERNEL_NEON)

/* Two vectors as 16-bit values, cut to 0..65535. */
ALWAYS_INLINE uint16x8_t narrow(vi a, vi b)
{
	return vcombine_u16(vqmovun_s32((int32x4_t)a), vqmovun_s32((int32x4_t)b));
}

ALWAYS_INLINE void bytes_store(int8_t *to, vi a, vi b, vi c, vi d)
{
	uint8x16_t levels = vcombine_u8(vqmovn_u16(narrow(a, b)), vqmovn_u16(narrow(c, d)));

	vst1q_s8(to, (int8x16_t)veorq_u8(levels, vdupq_n_u8(128)));
}

/* One bit of each byte that passed, gathered by sums. */
ALWAYS_INLINE uint64_t bytes_bits(vb passed)
{
	const vb bit = {1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128};
	uint8x16_t bits = (uint8x16_t)(passed & bit);

	return vaddv_u8(vget_low_u8(bits)) | (uint64_t)vaddv_u8(vget_high_u8(bits)) << 8;
}

ALWAYS_INLINE uint64_t bytes_ge(vb v, int level)
{
	return bytes_bits(v >= ((int8_t)(level - 128) - (vb){0}));
}

ALWAYS_INLINE uint64_t bytes_eq(vb v, int level)
{
	return bytes_bits(v == ((int8_t)(level - 128) - (vb){0}));
}

#else

ALWAYS_INLINE void bytes_store(int8_t *to, vi a, vi b, vi c, vi d)
{
	const vi v[4] = {a, b, c, d};

	for (int r = 0; r < 4; r++) {
		vi cut = vi_min(vi_max(v[r], vi_set(0)), vi_set(255));

		for (int j = 0; j < VF; j++)
			to[r * VF + j] = (int8_t)(cut[j] - 128);
	}
}

ALWAYS_INLINE uint64_t bytes_ge(vb v, int level)
{
	uint64_t bits = 0;

	for (int j = 0; j < 4 * VF; j++)
		bits |= (uint64_t)(v[j] >= level - 128) << j;
	return bits;
}

ALWAYS_INLINE uint64_t bytes_eq(vb v, int level)
{
	return bytes_ge(v, level) & ~bytes_ge(v, level + 1);
}

#endif

/* Bytes that are counted or added up: 32 at once are faster than 64 on CPUs that halve the latter. */
#define COUNTED (VF >= 8 ? 32 : 16)
typedef int8_t vcount __attribute__((vector_size(COUNTED)));
typedef uint8_t vtally __attribute__((vector_size(COUNTED)));
typedef int64_t vsum __attribute__((vector_size(COUNTED)));

ALWAYS_INLINE vcount vcount_load(const int8_t *p)
{
	vcount v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Adds up the bytes, taken as 0..255. */
ALWAYS_INLINE vsum vsum_add(vsum sum, vcount v)
{
#if defined(__AVX2__)
	return sum + (vsum)_mm256_sad_epu8((__m256i)v, _mm256_setzero_si256());
#elif defined(KERNEL_NEON)
	return (vsum)vpadalq_u32((uint64x2_t)sum, vpaddlq_u16(vpaddlq_u8((uint8x16_t)v)));
#else
	for (int j = 0; j < COUNTED; j++)
		sum[j / 8] += (uint8_t)v[j];
	return sum;
#endif
}

ALWAYS_INLINE int64_t vsum_total(vsum v)
{
#if defined(__AVX2__)
	__m128i pair = _mm_add_epi64(_mm256_castsi256_si128((__m256i)v), _mm256_extracti128_si256((__m256i)v, 1));

	return _mm_cvtsi128_si64(_mm_add_epi64(pair, _mm_unpackhi_epi64(pair, pair)));
#else
	return v[0] + v[1];
#endif
}

#endif
