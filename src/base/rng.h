/* SPDX-License-Identifier: MIT */
/*
 * Random numbers: splitmix64 to derive independent streams from (seed, stream), xoshiro256** to draw
 * (Blackman, Vigna 2018). One seed given by the user fixes everything; no stream is shared between threads.
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdint.h>

struct rng {
	uint64_t s[4];
};

/* A generator whose sequence is a function of (seed, stream) alone. */
struct rng rng_create(uint64_t seed, uint64_t stream);
uint64_t rng_next(struct rng *r);
uint32_t rng_below(struct rng *r, uint32_t n);	      /* uniform in 0..n-1, unbiased; n >= 1 */
double rng_uniform(struct rng *r);		      /* [0, 1) */
double rng_gaussian(struct rng *r);		      /* mean 0, variance 1 */
void rng_shuffle(struct rng *r, uint32_t *v, int n); /* Fisher-Yates */

#endif
