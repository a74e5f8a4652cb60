/* SPDX-License-Identifier: MIT */
/*
 * The few vector operations of selection that C cannot say well: a compare to a bit mask, and the kept lanes moved
 * together ("compress"). AVX-512 has it as an instruction, AVX2 and NEON permute by a table, portable C loops over the
 * lanes.
 * Everything above this file is written once, in these words.
 *
 * A key is a float's bits without the sign: keys order as magnitudes do, NaN is largest, -0 equals 0. Keys are
 * below 2^31, so signed compares serve.
 */
#ifndef KERNELS_SELECT_SIMD_H
#define KERNELS_SELECT_SIMD_H

#include "isa.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#define KEY_MASK 0x7fffffff

ALWAYS_INLINE int32_t key_of(float x)
{
	int32_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits & KEY_MASK;
}

ALWAYS_INLINE vi vi_set(int32_t s)
{
	return s - (vi){0};
}

ALWAYS_INLINE vi vi_load(const int32_t *p)
{
	vi v;

	memcpy(&v, p, sizeof(v));
	return v;
}

ALWAYS_INLINE int32_t lanes_max(vi v)
{
	int32_t most = v[0];

#if defined(__AVX512F__)
	most = _mm512_reduce_max_epi32((__m512i)v);
#else
	for (int j = 1; j < VF; j++)
		most = max_int(most, v[j]);
#endif
	return most;
}

ALWAYS_INLINE vi keys_of(vf v)
{
	return (vi)v & KEY_MASK;
}

/* 0, 1, 2, ... */
ALWAYS_INLINE vi vi_iota(void)
{
#if VF == 16
	return (vi){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
#elif VF == 8
	return (vi){0, 1, 2, 3, 4, 5, 6, 7};
#else
	return (vi){0, 1, 2, 3};
#endif
}

/* Lanes are bit masks: bit j stands for lane j. */
ALWAYS_INLINE uint32_t lanes_first(int n)
{
	return (1u << n) - 1;
}

ALWAYS_INLINE uint64_t bits_first(int n)
{
	return n < 64 ? ((uint64_t)1 << n) - 1 : ~(uint64_t)0;
}

/* The lowest n of the bits set. */
ALWAYS_INLINE uint64_t bits_lowest(uint64_t bits, int n)
{
#if defined(__BMI2__)
	return _pdep_u64(bits_first(n), bits);
#else
	uint64_t rest = bits;

	for (; n > 0; n--)
		rest &= rest - 1;
	return bits ^ rest;
#endif
}

ALWAYS_INLINE int lanes_count(uint32_t lanes)
{
#if VF == 4
	return 0x4332322132212110 >> 4 * lanes & 7; /* a table: neither SSE2 nor NEON counts bits in one instruction */
#else
	return __builtin_popcount(lanes);
#endif
}

/* The number of the lowest bit set, 0 if none is; without a branch where the CPU can. */
ALWAYS_INLINE int lowest_bit(uint64_t bits)
{
#if defined(__AVX2__)
	return (int)_tzcnt_u64(bits) & 63;
#else
	return bits ? __builtin_ctzll(bits) : 0;
#endif
}

/* The lanes whose number has bit d (1, 2, 4, ...) set; none for d >= VF. */
ALWAYS_INLINE uint32_t lanes_with_bit(int d)
{
	return (d == 1 ? 0xaaaau : d == 2 ? 0xccccu : d == 4 ? 0xf0f0u : d == 8 ? 0xff00u : 0) & lanes_first(VF);
}

#if defined(__AVX512F__)

/* The first n < VF lanes from memory, the others 0; reads nothing past them. */
ALWAYS_INLINE vf vf_load_part(const float *p, int n)
{
	return (vf)_mm512_maskz_loadu_ps((__mmask16)lanes_first(n), p);
}

/*
 * The empty asm hides that the mask has 16 bits. GCC 12 takes it for zero-extended even after a spill of 16 bits, and
 * then counts what else lies in the stack's 32 (seen with sanitizers, whose code spills more).
 */
ALWAYS_INLINE uint32_t lanes_ge(vi a, vi b)
{
	uint32_t lanes = _mm512_cmpge_epi32_mask((__m512i)a, (__m512i)b);

	__asm__("" : "+r"(lanes));
	return lanes;
}

/*
 * Stores the chosen lanes side by side; writes VF lanes whatever the mask is. Not compress-store: to memory the
 * instruction is microcoded on Zen 4.
 */
ALWAYS_INLINE void compress_store(void *to, vi v, uint32_t lanes)
{
	_mm512_storeu_si512(to, _mm512_maskz_compress_epi32((__mmask16)lanes, (__m512i)v));
}

ALWAYS_INLINE vi vi_max(vi a, vi b)
{
	return (vi)_mm512_max_epi32((__m512i)a, (__m512i)b);
}

ALWAYS_INLINE vi vi_min(vi a, vi b)
{
	return (vi)_mm512_min_epi32((__m512i)a, (__m512i)b);
}

/* Compares lane j with lane j ^ d: the lanes of `larger` keep the larger of the two, the others the smaller. */
ALWAYS_INLINE vi vi_exchange(vi v, int d, uint32_t larger)
{
	__m512i a = (__m512i)v, b;

	if (d == 1)
		b = _mm512_shuffle_epi32(a, 0xb1);
	else if (d == 2)
		b = _mm512_shuffle_epi32(a, 0x4e);
	else if (d == 4)
		b = _mm512_shuffle_i32x4(a, a, 0xb1);
	else
		b = _mm512_shuffle_i32x4(a, a, 0x4e);
	return (vi)_mm512_mask_max_epi32(_mm512_min_epi32(a, b), (__mmask16)larger, a, b);
}

/* The numbers of the lanes, ascending, side by side; what follows them is any lane. */
ALWAYS_INLINE vi lanes_order(uint32_t lanes)
{
	return (vi)_mm512_maskz_compress_epi32((__mmask16)lanes, (__m512i)vi_iota());
}

/* Lane j of the result is lane order[j] of v. */
ALWAYS_INLINE vf vf_permute(vf v, vi order)
{
	return (vf)_mm512_permutexvar_ps((__m512i)order, (__m512)v);
}

#elif defined(__AVX2__)

ALWAYS_INLINE vf vf_load_part(const float *p, int n)
{
	return (vf)_mm256_maskload_ps(p, (__m256i)(vi_iota() < n));
}

ALWAYS_INLINE uint32_t lanes_ge(vi a, vi b)
{
	return (uint32_t)_mm256_movemask_ps((__m256)(a >= b));
}

ALWAYS_INLINE vi vi_max(vi a, vi b)
{
	return (vi)_mm256_max_epi32((__m256i)a, (__m256i)b);
}

ALWAYS_INLINE vi vi_min(vi a, vi b)
{
	return (vi)_mm256_min_epi32((__m256i)a, (__m256i)b);
}

ALWAYS_INLINE vi vi_exchange(vi v, int d, uint32_t larger)
{
	const vi bit = {1, 2, 4, 8, 16, 32, 64, 128};
	__m256i a = (__m256i)v, b;

	if (d == 1)
		b = _mm256_shuffle_epi32(a, 0xb1);
	else if (d == 2)
		b = _mm256_shuffle_epi32(a, 0x4e);
	else
		b = _mm256_permute4x64_epi64(a, 0x4e);
	return (vi)_mm256_blendv_epi8(_mm256_min_epi32(a, b), _mm256_max_epi32(a, b),
				      (__m256i)((vi_set((int32_t)larger) & bit) != 0));
}

/* Entry m: the numbers of the bits set in m, ascending, a byte each. (A pext would do, but is slow before Zen 3.) */
#define BIT_AT(m, b) ((uint64_t)((m) >> (b)&1) * (b) << 8 * __builtin_popcount((m) & ((1 << (b)) - 1)))
#define BITS_OF(m)                                                                                                     \
	(BIT_AT(m, 1) | BIT_AT(m, 2) | BIT_AT(m, 3) | BIT_AT(m, 4) | BIT_AT(m, 5) | BIT_AT(m, 6) | BIT_AT(m, 7))
#define BITS_OF_4(m) BITS_OF(m), BITS_OF((m) + 1), BITS_OF((m) + 2), BITS_OF((m) + 3)
#define BITS_OF_16(m) BITS_OF_4(m), BITS_OF_4((m) + 4), BITS_OF_4((m) + 8), BITS_OF_4((m) + 12)
#define BITS_OF_64(m) BITS_OF_16(m), BITS_OF_16((m) + 16), BITS_OF_16((m) + 32), BITS_OF_16((m) + 48)

static const uint64_t bits_of_mask[256] = {BITS_OF_64(0), BITS_OF_64(64), BITS_OF_64(128), BITS_OF_64(192)};

ALWAYS_INLINE vi lanes_order(uint32_t lanes)
{
	return (vi)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)&bits_of_mask[lanes]));
}

ALWAYS_INLINE vf vf_permute(vf v, vi order)
{
	return (vf)_mm256_permutevar8x32_ps((__m256)v, (__m256i)order);
}

ALWAYS_INLINE void compress_store(void *to, vi v, uint32_t lanes)
{
	vf_store(to, vf_permute((vf)v, lanes_order(lanes)));
}

#elif defined(KERNEL_NEON)
#include "select_neon.h"
#else

ALWAYS_INLINE vi vi_max(vi a, vi b)
{
	vi less = a < b;

	return (a & ~less) | (b & less);
}

ALWAYS_INLINE vi vi_min(vi a, vi b)
{
	vi less = a < b;

	return (b & ~less) | (a & less);
}

ALWAYS_INLINE vi vi_exchange(vi v, int d, uint32_t larger)
{
	vi other, mask = -(vi_set((int32_t)larger) >> vi_iota() & 1);

	for (int j = 0; j < VF; j++)
		other[j] = v[j ^ d];
	return (vi_max(v, other) & mask) | (vi_min(v, other) & ~mask);
}

ALWAYS_INLINE uint32_t lanes_ge(vi a, vi b)
{
	vi ge = a >= b;

	return (uint32_t)((ge[0] & 1) | (ge[1] & 2) | (ge[2] & 4) | (ge[3] & 8));
}

ALWAYS_INLINE vi lanes_order(uint32_t lanes)
{
	int32_t order[VF + 1] = {0};

	for (int j = 0, at = 0; j < VF; j++) {
		order[at] = j;
		at += (int)(lanes >> j & 1);
	}
	return vi_load(order);
}

ALWAYS_INLINE vf vf_permute(vf v, vi order)
{
	vf r;

	for (int j = 0; j < VF; j++)
		r[j] = v[order[j]];
	return r;
}

ALWAYS_INLINE void compress_store(void *to, vi v, uint32_t lanes)
{
	vf_store(to, vf_permute((vf)v, lanes_order(lanes)));
}

#endif

#if VF == 4
ALWAYS_INLINE vf vf_load_part(const float *p, int n)
{
	vf v = {0};

	for (int j = 0; j < n; j++)
		v[j] = p[j];
	return v;
}
#endif
#endif
