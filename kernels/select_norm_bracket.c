/* SPDX-License-Identifier: MIT */
/*
 * Norm-limited selection by a bracket on the key; see select_norm.c for the rule.
 * A row becomes bytes in proportion to its magnitudes, so that sums of bytes tell about where the mass crosses the
 * target. One exact pass, in double, marks and sums what is above that place and lists what is near; the list is sorted
 * and added up one by one. Where the guess was wrong or the list is long, further passes halve a bracket, at most 31:
 * linear on every input. Rows advance together, stage by stage, as in select_bracket.c.
 */
#include "select_bracket.h"
#include "select_list.h"
#include "select_mass.h"

#include <math.h>

#define NEAR 0.75F /* levels on either side of the place that are near */

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

static struct part part_ge(const float *row, int n, int32_t least)
{
	struct mass mass = {{{0}}};
	vi hits = {0};
	struct part part = {0, 0};

	for (int i = 0; i < n; i += GROUP) {
		vf v[4];

		group_load(v, row, n, i);
#pragma GCC unroll 4
		for (int r = 0; r < 4; r++) {
			vi keys = keys_of(v[r]), reach = keys >= least;

			hits -= reach;
			mass_add(&mass, r, keys & reach);
		}
	}
	for (int j = 0; j < VF; j++)
		part.count += hits[j];
	part.mass = mass_total(&mass);
	return part;
}

/* Sets the largest key of a row; returns its mass. */
static double measure_row(struct search *s, int n)
{
	struct mass mass = {{{0}}};
	vi most = {0};

	for (int i = 0; i < n; i += GROUP) {
		vf v[4];

		group_load(v, s->row, n, i);
#pragma GCC unroll 4
		for (int r = 0; r < 4; r++) {
			mass_add(&mass, r, keys_of(v[r]));
			most = vi_max(most, keys_of(v[r]));
		}
	}
	s->largest = lanes_max(most);
	return mass_total(&mass);
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
	for (int r = 0; r < rows; r++)
		s[r].target = (double)tau * measure_row(&s[r], n);
	for (int r = 0; r < rows; r++) {
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
		for (int r = 0; r < rows; r++) {
			int64_t mass = image_mass(s[r].image, n, level[r] + width);

			level[r] += width & (int)((target[r] - mass) >> 63);
		}
	for (int r = 0; r < rows; r++)
		s[r].level = level[r];
}

/* Marks and sums the keys above `near`, lists those in it until there are more than FEW. */
static struct part mark_and_list(const struct search *s, int n, struct range near, struct list *list)
{
	struct mass mass = {{{0}}};
	struct list found = *list;
	int count = 0;

	for (int i = 0; i < n && found.found <= FEW; i += GROUP) {
		uint64_t over = 0, reach = 0;
		vf v[4];

		group_load(v, s->row, n, i);
#pragma GCC unroll 4
		for (int r = 0; r < 4; r++) {
			vi keys = keys_of(v[r]), above = keys > near.most;

			over |= (uint64_t)lanes_ge(keys, vi_set(near.most + 1)) << r * VF;
			reach |= (uint64_t)lanes_ge(keys, vi_set(near.least)) << r * VF;
			mass_add(&mass, r, keys & above);
		}
		s->words[i / GROUP] = over;
		count += __builtin_popcountll(over);
		list_bits(&found, s->row, i, i + GROUP <= n ? reach & ~over : reach & ~over & bits_first(n - i));
	}
	*list = found;
	return (struct part){count, mass_total(&mass)};
}

/* Of n sorted keys, largest first, or n of one key (`same`): how many pass the target; n + 1 if all do not. */
static int take_until(const int32_t *keys, int n, bool same, double mass, double target)
{
	for (int i = 0; i < n; i++) {
		mass += mass_of(keys[same ? 0 : i]);
		if (mass > target)
			return i + 1;
	}
	return n + 1;
}

/* Keys [low, high) are undecided: `all` reach low and exceed the target, `above` reach high and do not. */
struct bracket {
	int32_t low, high;
	struct part all, above;
};

static void bracket_probe(struct bracket *b, const struct search *s, int n, int32_t key)
{
	struct part part;

	if (key <= b->low || key >= b->high)
		return;
	part = part_ge(s->row, n, key);
	if (part.mass > s->target) {
		b->low = key;
		b->all = part;
	} else {
		b->high = key;
		b->above = part;
	}
}

/* Marks by halving the bracket; `guess` is tried first: a key of many equal ones. Returns how many. */
static int mark_alone(const struct search *s, int n, int32_t guess, int32_t *keys)
{
	struct bracket b = {.low = 0, .high = s->largest + 1, .all = {n, 0}};
	int32_t key = b.low;
	int left, taken;

	bracket_probe(&b, s, n, guess);
	bracket_probe(&b, s, n, guess + 1);
	while (b.all.count - b.above.count > FEW && b.high - b.low > 1)
		bracket_probe(&b, s, n, b.low + (b.high - b.low) / 2);
	left = b.all.count - b.above.count;
	if (left > FEW) {
		key = b.low;
		taken = min_int(left, take_until(&key, left, true, b.above.mass, s->target));
	} else {
		left = collect_range(keys, s->row, n, (struct range){b.low, b.high - 1});
		sort_few(keys, keys, left);
		taken = min_int(left, take_until(keys, left, false, b.above.mass, s->target));
		key = keys[taken - 1];
	}
	words_mark_kth(s->words, s->row, n, b.above.count + taken, key);
	return b.above.count + taken;
}

static int32_t key_at(const struct search *s, float level)
{
	return key_of(fmaxf(level, 0) / s->scale);
}

/* Marks what is kept; returns how many. */
static int mark_row(const struct search *s, int n, int32_t *keys)
{
	struct range near = {key_at(s, (float)s->level - NEAR), key_at(s, (float)s->level + NEAR)};
	struct short_list few;
	struct list list = list_short(&few);
	struct part above = mark_and_list(s, n, near, &list);
	int32_t sorted[FEW];
	int taken;

	if (list.found > 0 && list.found <= FEW && above.mass <= s->target) {
		sort_few(sorted, list.value, list.found);
		taken = take_until(sorted, list.found, false, above.mass, s->target);
		if (taken <= list.found) {
			list_mark(&list, s->words, few_down_to(list.value, list.found, taken, sorted[taken - 1]));
			return above.count + taken;
		}
	}
	return mark_alone(s, n, list.found ? key_of(list.value[0]) : 0, keys);
}

static int select_row(const struct search *s, int n, int32_t *keys, struct kept_row out)
{
	if (!(s->target < (double)INFINITY))
		return emit_ge(s->row, 0, n, 0, out, 0);
	if (s->largest == 0)
		return 0;
	return emit_words(out, s->row, n, mark_row(s, n, keys), s->words);
}

static void select_together(const struct kernel_args *a, int b, int rows, char *slice)
{
	struct search s[TOGETHER];
	int n = a->n_out;

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

void ISA(select_norm_bracket)(const struct kernel_args *a, struct team team)
{
	struct span span = team_span(team, a->batch, 1);
	char *slice = thread_slice(a, team, bracket_bytes(a));
	int most = a->n_out <= TOGETHER_MOST ? TOGETHER : 1;

	for (int b = span.begin; b < span.end; b += most)
		select_together(a, b, min_int(most, span.end - b), slice);
}
