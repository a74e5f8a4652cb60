/* SPDX-License-Identifier: MIT */
/*
 * dropout: y (batch, n_out) times 1 / (1 - share), or times 0 where an entry is dropped. Whether entry i is depends on
 * a hash of (seed, i), the finaliser of MurmurHash3, so that any thread can ask and vectors are drawn at once: the same
 * entries on every instruction set and for every team. Inverted dropout: what stays is scaled up here, and evaluation
 * needs nothing. Bound: the hash's two multiplications, while y is in L2.
 */
#include "kernels.h"

#define LINE 16 /* floats: threads do not share lines */

struct draw {
	uint32_t key, limit;
	float scale;
};

/* y[i ...] times what the draw says of entries i and up. */
ALWAYS_INLINE vf dropped(vf y, uint32_t i, struct draw d)
{
	vu h, lane;

	for (int l = 0; l < VF; l++)
		lane[l] = (uint32_t)l;
	h = d.key ^ ((i + lane) * 0x9e3779b1u);
	h = (h ^ (h >> 16)) * 0x85ebca6bu;
	h = (h ^ (h >> 13)) * 0xc2b2ae35u;
	h ^= h >> 16;
	return y * (vf)((vi)vf_set(d.scale) & (vi)(h >= d.limit));
}

void ISA(dropout_hash)(const struct kernel_args *a, struct team team)
{
	const struct draw d = {(uint32_t)a->seed, (uint32_t)((double)a->dropout * 0x1p32), 1 / (1 - a->dropout)};
	struct span s = team_span(team, a->batch * a->n_out, LINE);
	float *y = a->y;
	int i = s.begin;

	for (; i + VF <= s.end; i += VF)
		vf_store(y + i, dropped(vf_load(y + i), (uint32_t)i, d));
	if (i < s.end) {
		size_t bytes = (size_t)(s.end - i) * sizeof(float);
		vf rest = {0};

		memcpy(&rest, y + i, bytes);
		rest = dropped(rest, (uint32_t)i, d);
		memcpy(y + i, &rest, bytes);
	}
}

struct kernel_cost ISA(dropout_cost)(const struct kernel_args *a)
{
	double n = (double)a->batch * a->n_out;

	return (struct kernel_cost){.flops = n, .bytes = {[OPERAND_Y] = {4 * n, 4 * n}}};
}
