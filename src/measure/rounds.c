/* SPDX-License-Identifier: MIT */
/*
 * The order of n contenders within each round. Rounds come in pairs, an order and its reverse (ABBA), so that a steady
 * drift cancels; the pairs walk through the rotations of a permutation (a Latin square), so that every contender takes
 * every place equally often; after n pairs a new permutation is drawn.
 */
#include "measure_private.h"

#include "base/rng.h"

void round_order(uint64_t seed, int round, int n, uint32_t *order, uint32_t *scratch)
{
	int block = round / (2 * n), pair = round % (2 * n) / 2, reversed = round & 1;
	struct rng rng = rng_create(seed, (uint64_t)block);

	for (int i = 0; i < n; i++)
		scratch[i] = (uint32_t)i;
	rng_shuffle(&rng, scratch, n);
	for (int i = 0; i < n; i++)
		order[reversed ? n - 1 - i : i] = scratch[(i + pair) % n];
}
