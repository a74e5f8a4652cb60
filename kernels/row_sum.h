/* SPDX-License-Identifier: MIT */
/*
 * Weighted sums of rows, the one shape of all sparse backward kernels: a block of a few vectors stays in registers
 * while a list of entries (row, value) adds value * row to it. One load per multiply-add.
 */
#ifndef KERNELS_ROW_SUM_H
#define KERNELS_ROW_SUM_H

#include "isa.h"

/* Vectors of a block: enough to hide the latency of a multiply-add and to share the broadcast of an entry's value. */
#define MAX_VECTORS 8

/*
 * A block of `columns` columns from `column` on. Its last vector starts `last` after it, so that it ends with the
 * columns: where they are no multiple of VF it overlaps the vector before, and the same sums are computed twice.
 */
struct block {
	int column, columns, vectors;
	ptrdiff_t last;
};

/* How many blocks of at most `most` vectors the columns need. */
ALWAYS_INLINE int block_count(int columns, int most)
{
	return (columns + most * VF - 1) / (most * VF);
}

/* Block i of n, of nearly equal size, of the columns [part). */
ALWAYS_INLINE struct block block_of(struct span part, int i, int n)
{
	struct span s = team_span((struct team){i, n}, part.end - part.begin, VF);
	int columns = s.end - s.begin;

	return (struct block){
		.column = part.begin + s.begin,
		.columns = columns,
		.vectors = (columns + VF - 1) / VF,
		.last = max_int(columns - VF, 0),
	};
}

/*
 * Keeps the compiler from fusing a product in the sums with what is added next, or not, as it likes: then every
 * kernel that sums up the same entries gets the same bits.
 */
ALWAYS_INLINE void sums_settle(vf *sums, int vectors)
{
#pragma GCC unroll 8
	for (int v = 0; v < vectors; v++)
#if defined(__x86_64__)
		__asm__("" : "+v"(sums[v]));
#elif defined(__aarch64__)
		__asm__("" : "+w"(sums[v]));
#else
		__asm__("" : "+m"(sums[v]));
#endif
}

/* vectors is a constant after inlining. */
ALWAYS_INLINE void sums_scale(vf *sums, int vectors, float value, const float *row, ptrdiff_t last)
{
	vf scale = vf_set(value);

#pragma GCC unroll 8
	for (int v = 0; v < vectors - 1; v++)
		sums[v] = scale * vf_load(row + v * VF);
	sums[vectors - 1] = scale * vf_load(row + last);
	sums_settle(sums, vectors);
}

ALWAYS_INLINE void sums_add(vf *sums, int vectors, float value, const float *row, ptrdiff_t last)
{
	vf scale = vf_set(value);

#pragma GCC unroll 8
	for (int v = 0; v < vectors - 1; v++)
		sums[v] += scale * vf_load(row + v * VF);
	sums[vectors - 1] += scale * vf_load(row + last);
}

ALWAYS_INLINE void sums_store(const vf *sums, int vectors, float *to, ptrdiff_t last)
{
#pragma GCC unroll 8
	for (int v = 0; v < vectors - 1; v++)
		vf_store(to + v * VF, sums[v]);
	vf_store(to + last, sums[vectors - 1]);
}

/*
 * The team as a grid: threads of one column of the grid share columns of the result, those of one row share rows. As
 * many columns as leave each thread a block of MAX_VECTORS, for then nothing is read by two threads.
 */
struct grid {
	struct team by_row, by_column;
};

ALWAYS_INLINE struct grid team_grid(struct team team, int columns)
{
	int n = min_int(team.size, max_int(1, columns / (MAX_VECTORS * VF)));

	while (team.size % n)
		n--;
	return (struct grid){{team.rank / n, team.size / n}, {team.rank % n, n}};
}

/* The lists of this thread: a share of the entries of all n lists, a list counting as one more. */
static inline struct span team_lists(struct team team, int n, const int32_t *count)
{
	int64_t total = n, before = 0;
	struct span s = {0, n};

	if (team.size == 1)
		return s;
	s.begin = n;
	for (int i = 0; i < n; i++)
		total += count[i];
	for (int i = 0; i < n; before += 1 + count[i++]) {
		if (s.begin == n && before * team.size >= total * team.rank)
			s.begin = i;
		if (before * team.size >= total * (team.rank + 1)) {
			s.end = i;
			break;
		}
	}
	return s;
}

#endif
