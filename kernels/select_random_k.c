/* SPDX-License-Identifier: MIT */
/*
 * k uniformly random columns of each row, by Floyd's algorithm (Bentley, Floyd 1987): k draws, no retries, a set in
 * the form of a bit per column, which also yields them in ascending order. When k is more than half, the n - k columns
 * to leave out are drawn instead. The draws of a row are a counter hashed with (seed, row): no state to carry.
 */
#include "select.h"

/* The finaliser of splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t hash64(uint64_t z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* 0 .. n-1; the bias of multiplying 32 random bits is at most n / 2^32. */
static int draw_below(uint64_t *state, int n)
{
	*state += 0x9e3779b97f4a7c15u;
	return (int)((hash64(*state) >> 32) * (uint64_t)n >> 32);
}

/* Sets m of the first n bits of a set that is empty. */
static void draw_set(uint32_t *set, int n, int m, uint64_t state)
{
	for (int j = n - m; j < n; j++) {
		int t = draw_below(&state, j + 1);

		if (set[t >> 5] >> (t & 31) & 1)
			t = j;
		set[t >> 5] |= 1u << (t & 31);
	}
}

static int emit_set(const float *row, int n, const uint32_t *set, uint32_t flip, float rescale, struct kept_row out)
{
	int at = 0, i = 0;

	for (; i + VF <= n; i += VF)
		at = emit_lanes(out, at, i, vf_load(row + i) * rescale,
				(set[i >> 5] ^ flip) >> (i & 31) & lanes_first(VF));
	if (i < n)
		at = emit_lanes(out, at, i, vf_load_part(row + i, n - i) * rescale,
				(set[i >> 5] ^ flip) >> (i & 31) & lanes_first(n - i));
	return at;
}

static size_t set_bytes(const struct kernel_args *a)
{
	return ((size_t)a->n_out + 31) / 32 * sizeof(uint32_t);
}

void ISA(select_random_k)(const struct kernel_args *a, struct team team)
{
	struct span rows = team_span(team, a->batch, 1);
	uint32_t *set = thread_slice(a, team, set_bytes(a));
	int n = a->n_out, k = max_int(0, min_int(a->k, n));
	bool most = k > n / 2;

	for (int b = rows.begin; b < rows.end; b++) {
		memset(set, 0, set_bytes(a));
		draw_set(set, n, most ? n - k : k, hash64(a->seed + hash64((uint64_t)b + 1)));
		a->kept->count[b] = emit_set(dy_row(a, b), n, set, most ? ~0u : 0, a->rescale, kept_row(a, b));
	}
}

size_t ISA(select_random_k_scratch)(const struct kernel_args *a, int team_size)
{
	return (size_t)team_size * slice_bytes(set_bytes(a));
}
