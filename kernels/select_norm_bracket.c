/* SPDX-License-Identifier: MIT */
/*
 * Norm-limited selection by a bracket on the key: one pass counts and sums what reaches a key, in vectors, and tells
 * on which side of the target its mass lies; halving leaves few keys after some passes, which are sorted and added up
 * one by one. At most 31 passes: linear on every input. See select_norm.c for the rule; sums are in double.
 */
#include "select_bracket.h"

#include <math.h>

typedef double vd __attribute__((vector_size(VF * 8)));

#define FIRST_OCTAVES (3 << 23) /* how far below the largest key the first probe is */

/* The keys that reach some bound: how many, and their sum. */
struct part {
	int count;
	double mass;
};

static struct part part_ge(const float *row, int n, int32_t key)
{
	vd mass = {0};
	vi hits = {0};
	struct part part = {0, 0};

	for (int i = 0; i < n; i += VF) {
		vi keys = keys_at(row, n, i), reach = keys >= key;

		hits -= reach;
		mass += __builtin_convertvector((vf)(keys & reach), vd);
	}
	for (int j = 0; j < VF; j++) {
		part.count += hits[j];
		part.mass += mass[j];
	}
	return part;
}

static int32_t largest_key(const float *row, int n)
{
	vi most = {0};
	int32_t largest = 0;

	for (int i = 0; i < n; i += VF)
		most = vi_max(most, keys_at(row, n, i));
	for (int j = 0; j < VF; j++)
		largest = max_int(largest, most[j]);
	return largest;
}

static double mass_of(int32_t key)
{
	float x;

	memcpy(&x, &key, sizeof(x));
	return (double)x;
}

/* Takes keys, largest first, until the mass passes the target. Keys are sorted, or all the same (`same`). */
static struct cut take_until(const int32_t *keys, int n, bool same, struct part above, double target)
{
	int i = 0, first = 0;

	for (double mass = above.mass; i < n; i++) {
		if (i > 0 && !same && keys[i] != keys[i - 1])
			first = i;
		mass += mass_of(keys[same ? 0 : i]);
		if (mass > target)
			break;
	}
	i = min_int(i, n - 1);
	return (struct cut){keys[same ? 0 : i], above.count + first, above.count + i + 1};
}

/* `reach` of the result is the number to keep: the fewest largest keys whose mass exceeds the target. */
static struct cut cut_by_mass(const float *row, int n, double target, int32_t *keys)
{
	int32_t low = 0, high = largest_key(row, n) + 1; /* keys in [low, high) are undecided */
	struct part all = {n, 0}, above = {0, 0};

	for (int32_t probe = max_int(1, high - FIRST_OCTAVES); all.count - above.count > FEW && high - low > 1;
	     probe = low + (high - low) / 2) {
		struct part part = part_ge(row, n, probe);

		if (part.mass > target) {
			low = probe;
			all = part;
		} else {
			high = probe;
			above = part;
		}
	}
	if (all.count - above.count > FEW)
		return take_until(&low, all.count - above.count, true, above, target);
	n = collect_range(keys, row, n, low, high - 1);
	sort_few(keys, keys, n);
	return take_until(keys, n, false, above, target);
}

static int select_row(const float *row, int n, float tau, int32_t *work, struct kept_row out)
{
	double total = part_ge(row, n, 0).mass;
	struct cut cut;

	if (!(total < (double)INFINITY))
		return emit_ge(row, 0, n, 0, out, 0);
	if (total == 0)
		return 0;
	cut = cut_by_mass(row, n, (double)tau * total, work);
	return emit_kth(row, n, cut.reach, cut.key, cut.above, out);
}

void ISA(select_norm_bracket)(const struct kernel_args *a, struct team team)
{
	struct span rows = team_span(team, a->batch, 1);
	int32_t *work = thread_slice(a, team, bracket_bytes(a));

	for (int b = rows.begin; b < rows.end; b++)
		a->kept->count[b] = select_row(dy_row(a, b), a->n_out, a->tau, work, kept_row(a, b));
}
