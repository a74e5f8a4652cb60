/* SPDX-License-Identifier: MIT */
/*
 * Norm-limited selection: per row the fewest entries whose magnitudes sum to more than tau of the row's L1 norm.
 * A quickselect on mass: partition, sum the upper part, go on in the part where the sum crosses the target; linear on
 * every input (see select_partition.h). Sums are in double, so their order matters only where the crossing is decided
 * by the last bits of a double. A row of zeros keeps none, a row whose norm is not finite all.
 */
#include "select_partition.h"

#include <math.h>

static double mass_of(int32_t key)
{
	float x;

	memcpy(&x, &key, sizeof(x));
	return (double)x;
}

static double mass_sum(const int32_t *v, int n)
{
	double sum[4] = {0};
	int i = 0;

	for (; i + 4 <= n; i += 4)
		for (int j = 0; j < 4; j++)
			sum[j] += mass_of(v[i + j]);
	for (; i < n; i++)
		sum[0] += mass_of(v[i]);
	return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* The entries taken so far: how many, their mass, and the smallest of them. */
struct taken {
	int count;
	int32_t key;
	double mass;
};

/* Takes keys v[0, n), largest first, until the mass exceeds the target; true if it does. */
static bool take_until(struct taken *taken, const int32_t *v, int n, double target)
{
	for (int i = 0; i < n; i++) {
		taken->count++;
		taken->key = v[i];
		taken->mass += mass_of(v[i]);
		if (taken->mass > target)
			return true;
	}
	return false;
}

/* The fewest of the largest keys that exceed the target mass; all n if none do. */
static struct taken take_mass(int32_t *v, int n, double target)
{
	struct taken taken = {0, 0, 0};
	int64_t budget = 4 * (int64_t)n;

	while (n > TINY) {
		struct parts p;
		double high;

		budget -= n;
		p = partition(v, n, budget < 0 ? pivot_guaranteed(v, n) : pivot_sampled(v, n));
		high = mass_sum(v, p.high);
		if (taken.mass + high > target) {
			n = p.high;
			continue;
		}
		taken.mass += high;
		taken.count += p.high;
		if (take_until(&taken, v + p.high, p.low - p.high, target))
			return taken;
		v += p.low;
		n -= p.low;
	}
	sort_short(v, n);
	take_until(&taken, v, n, target);
	return taken;
}

static int select_row(const float *row, int n, float tau, int32_t *work, struct kept_row out)
{
	struct taken taken;
	double total;

	for (int i = 0; i < n; i++)
		work[i] = key_of(row[i]);
	total = mass_sum(work, n);
	if (!(total < (double)INFINITY))
		return emit_ge(row, 0, n, 0, out, 0);
	if (total == 0)
		return 0;
	taken = take_mass(work, n, (double)tau * total);
	return emit_kth(row, n, taken.count, taken.key, count_above(row, n, taken.key), out);
}

void ISA(select_norm_quickselect)(const struct kernel_args *a, struct team team)
{
	struct span rows = team_span(team, a->batch, 1);
	int32_t *work = thread_slice(a, team, select_key_bytes(a));

	for (int b = rows.begin; b < rows.end; b++)
		a->kept->count[b] = select_row(dy_row(a, b), a->n_out, a->tau, work, kept_row(a, b));
}
