/* SPDX-License-Identifier: MIT */
/*
 * The columns of the speed-up tables: one per k. Methods set by tau stand in the column of the k that they kept on
 * average, so that all methods are in one table; those set by nothing stand in a last column of their own.
 */
#include "report/summary_parts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define K_NEAR 0.15 /* how far a mean k may lie from the k of its column */

static bool is_near(int64_t k, int64_t column)
{
	return (double)llabs(k - column) <= K_NEAR * (double)column;
}

/* A series of the same way and team that lies nearer to the column than s: the place is its. */
static bool has_nearer(const struct series *v, int n, const struct series *s, int64_t column)
{
	for (int i = 0; i < n; i++) {
		const struct kernel_record *key = v[i].key;

		if (compare_threads_and_way(key, s->key) == 0 && llabs(key->k - column) < llabs(s->key->k - column))
			return true;
	}
	return false;
}

static int64_t column_of(const struct series *v, int n, const struct series *s)
{
	int64_t best = s->key->k;

	if (series_takes_k(s->key))
		return s->key->k;
	if (!series_takes_tau(s->key))
		return COLUMN_ALL;
	for (int i = 0; i < n; i++) {
		int64_t k = v[i].key->k;

		if (series_takes_k(v[i].key) && !series_is_dense(v[i].key) && is_near(s->key->k, k) &&
		    !has_nearer(v, n, s, k) && (best == s->key->k || llabs(k - s->key->k) < llabs(best - s->key->k)))
			best = k;
	}
	return best;
}

int columns_create(struct columns *c, const struct series *v, int n)
{
	c->keys = calloc((size_t)n + 1, sizeof(*c->keys));
	c->v = calloc((size_t)n + 1, sizeof(*c->v));
	if (!c->keys || !c->v) {
		columns_destroy(c);
		return -ENOMEM;
	}
	for (int i = 0; i < n; i++) {
		c->keys[i] = *v[i].key;
		c->keys[i].k = column_of(v, n, &v[i]);
		c->v[i] = v[i];
		c->v[i].key = &c->keys[i];
	}
	return 0;
}

void columns_destroy(struct columns *c)
{
	free(c->keys);
	free(c->v);
	*c = (struct columns){0};
}
