/* SPDX-License-Identifier: MIT */
/*
 * Stores that go past the caches to memory, for results that no cache would hold until they are read: the lines are not
 * read first, and nothing else is evicted. Where an instruction set has none they are plain stores.
 */
#ifndef KERNELS_STREAM_H
#define KERNELS_STREAM_H

#include "isa.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

/* p: aligned to the vector's size. */
ALWAYS_INLINE void vf_stream(float *p, vf v)
{
#if defined(__AVX512F__)
	_mm512_stream_ps(p, (__m512)v);
#elif defined(__AVX2__)
	_mm256_stream_ps(p, (__m256)v);
#elif defined(__SSE2__)
	_mm_stream_ps(p, (__m128)v);
#else
	vf_store(p, v);
#endif
}

/* After the last vf_stream, before a barrier: other threads see what was stored. */
ALWAYS_INLINE void stream_end(void)
{
#if defined(__SSE2__)
	_mm_sfence();
#endif
}

#endif
