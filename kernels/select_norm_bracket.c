/* SPDX-License-Identifier: MIT */
/*
 * Norm-limited selection by a bracket on the key; see select_norm.c for the rule.
 * A row becomes bytes in proportion to its magnitudes, so that sums of bytes tell about where the mass crosses the
 * target. One exact pass, in double, counts and sums on both sides of that place; where the guess was wrong or too many
 * keys are left, further passes halve the bracket, at most 31: linear on every input. What is left is sorted and added
 * up one by one. Rows advance together, stage by stage, as in select_bracket.c.
 */
#include "select_bracket.h"

#include <math.h>

/* The half of a vector that converts to one of doubles. */
#define VH (VF / 2)
typedef float vh __attribute__((vector_size(VH * 4)));
typedef int32_t vhi __attribute__((vector_size(VH * 4)));
typedef double vd __attribute__((vector_size(VH * 8)));

/* The keys that reach some bound: how many, and their sum. */
struct part {
	int count;
	double mass;
};

/* One row on its way; image and words are in the thread's slice of the scratch. */
struct search {
	const float *row;
	int8_t *image;
	uint64_t *words;
	double target; /* the mass to exceed */
	int32_t largest;
	float scale; /* levels to a unit of magnitude */
	int level;   /* about where the mass of the larger reaches the target */
};

static double mass_of(int32_t key)
{
	float x;

	memcpy(&x, &key, sizeof(x));
	return (double)x;
}

ALWAYS_INLINE vhi half_keys(const float *row, int n, int i)
{
	float part[VH] = {0};
	vhi keys;

	if (i + VH <= n)
		memcpy(&keys, row + i, sizeof(keys));
	else {
		for (int j = i; j < n; j++)
			part[j - i] = row[j];
		memcpy(&keys, part, sizeof(keys));
	}
	return keys & KEY_MASK;
}

ALWAYS_INLINE void part_add(vhi *hits, vd *mass, vhi keys, int32_t least)
{
	vhi reach = keys >= least;

	*hits -= reach;
	*mass += __builtin_convertvector((vh)(keys & reach), vd);
}

ALWAYS_INLINE struct part part_sum(vhi hits, vd mass)
{
	struct part part = {0, 0};

	for (int j = 0; j < VH; j++) {
		part.count += hits[j];
		part.mass += mass[j];
	}
	return part;
}

static struct part part_ge(const float *row, int n, int32_t least)
{
	vd mass = {0};
	vhi hits = {0};

	for (int i = 0; i < n; i += VH)
		part_add(&hits, &mass, half_keys(row, n, i), least);
	return part_sum(hits, mass);
}

/* Two bounds at once, for little more than one. */
static void parts_ge(struct part parts[2], const float *row, int n, const int32_t least[2])
{
	vd mass[2] = {{0}};
	vhi hits[2] = {{0}};

	for (int i = 0; i < n; i += VH) {
		vhi keys = half_keys(row, n, i);

		part_add(&hits[0], &mass[0], keys, least[0]);
		part_add(&hits[1], &mass[1], keys, least[1]);
	}
	parts[0] = part_sum(hits[0], mass[0]);
	parts[1] = part_sum(hits[1], mass[1]);
}

static int32_t largest_key(const float *row, int n)
{
	vi most = {0};

	for (int i = 0; i < n; i += VF)
		most = vi_max(most, keys_at(row, n, i));
	return lanes_max(most);
}

/* Keys [low, high) are undecided: `all` reach low and exceed the target, `above` reach high and do not. */
struct bracket {
	int32_t low, high;
	struct part all, above;
};

static void bracket_narrow(struct bracket *b, int32_t key, struct part part, double target)
{
	if (key <= b->low || key >= b->high)
		return;
	if (part.mass > target) {
		b->low = key;
		b->all = part;
	} else {
		b->high = key;
		b->above = part;
	}
}

static bool bracket_is_wide(const struct bracket *b)
{
	return b->all.count - b->above.count > FEW && b->high - b->low > 1;
}

/* Of the row's keys, how many to keep, and the smallest of those. */
struct cut {
	int kept;
	int32_t key;
};

/* Takes keys, largest first, until the mass passes the target. Keys are sorted, or all the same (`same`). */
static struct cut take_until(const int32_t *keys, int n, bool same, struct part above, double target)
{
	int i = 0;

	for (double mass = above.mass; i < n; i++) {
		mass += mass_of(keys[same ? 0 : i]);
		if (mass > target)
			break;
	}
	i = min_int(i, n - 1);
	return (struct cut){above.count + i + 1, keys[same ? 0 : i]};
}

static int32_t key_at(const struct search *s, int level)
{
	return key_of((float)max_int(level, 0) / s->scale);
}

static struct cut cut_by_mass(const struct search *s, int n, int32_t *keys)
{
	struct bracket b = {.low = 0, .high = s->largest + 1, .all = {n, 0}};
	int32_t guess[2] = {key_at(s, s->level - 1), key_at(s, s->level + 1)};
	struct part parts[2];

	parts_ge(parts, s->row, n, guess);
	bracket_narrow(&b, guess[0], parts[0], s->target);
	bracket_narrow(&b, guess[1], parts[1], s->target);
	while (bracket_is_wide(&b)) {
		int32_t key = b.low + (b.high - b.low) / 2;

		bracket_narrow(&b, key, part_ge(s->row, n, key), s->target);
	}
	if (b.all.count - b.above.count > FEW)
		return take_until(&b.low, b.all.count - b.above.count, true, b.above, s->target);
	n = collect_range(keys, s->row, n, (struct range){b.low, b.high - 1});
	sort_few(keys, keys, n);
	return take_until(keys, n, false, b.above, s->target);
}

/* Bytes in proportion to magnitudes, the largest 255; rounded, so that their sums are not biased. */
static void image_fill_linear(int8_t *image, const float *row, int n, float scale)
{
	for (int i = 0; i < n; i += GROUP) {
		vf v[4];
		vi level[4];

		group_load(v, row, n, i);
#pragma GCC unroll 4
		for (int r = 0; r < 4; r++)
			level[r] = __builtin_convertvector((vf)keys_of(v[r]) * scale + 0.5F, vi);
		bytes_store(image + i, level[0], level[1], level[2], level[3]);
	}
}

static void make_images(struct search *s, int rows, int n, float tau)
{
	for (int r = 0; r < rows; r++) {
		s[r].target = (double)tau * part_ge(s[r].row, n, 0).mass;
		s[r].largest = largest_key(s[r].row, n);
		s[r].scale = (float)((LEVELS - 1) / fmax(mass_of(s[r].largest), 1e-30));
		image_fill_linear(s[r].image, s[r].row, n, s[r].scale);
	}
}

static void find_levels(struct search *s, int rows, int n, float tau)
{
	int64_t target[TOGETHER];
	int level[TOGETHER] = {0};

	for (int r = 0; r < rows; r++)
		target[r] = (int64_t)((double)tau * (double)image_mass(s[r].image, n, 1));
	for (int width = LEVELS / 2; width > 0; width /= 2)
		for (int r = 0; r < rows; r++)
			level[r] += image_mass(s[r].image, n, level[r] + width) > target[r] ? width : 0;
	for (int r = 0; r < rows; r++)
		s[r].level = level[r];
}

static int select_row(const struct search *s, int n, int32_t *keys, struct kept_row out)
{
	struct cut cut;

	if (!(s->target < (double)INFINITY))
		return emit_ge(s->row, 0, n, 0, out, 0);
	if (s->largest == 0)
		return 0;
	cut = cut_by_mass(s, n, keys);
	words_mark_kth(s->words, s->row, n, cut.kept, cut.key);
	return emit_words(out, s->row, n, cut.kept, s->words);
}

void ISA(select_norm_bracket)(const struct kernel_args *a, struct team team)
{
	struct span span = team_span(team, a->batch, 1);
	int n = a->n_out;
	char *slice = thread_slice(a, team, bracket_bytes(a));
	struct search s[TOGETHER];

	for (int b = span.begin; b < span.end; b += TOGETHER) {
		int rows = min_int(TOGETHER, span.end - b);

		for (int r = 0; r < rows; r++) {
			s[r].row = dy_row(a, b + r);
			s[r].words = bracket_words(slice, n, r);
			s[r].image = bracket_image(slice, n, r);
		}
		make_images(s, rows, n, a->tau);
		find_levels(s, rows, n, a->tau);
		for (int r = 0; r < rows; r++)
			a->kept->count[b + r] = select_row(&s[r], n, (int32_t *)slice, kept_row(a, b + r));
	}
}
