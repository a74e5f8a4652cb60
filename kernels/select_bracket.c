/* SPDX-License-Identifier: MIT */
/*
 * Top-k by brackets: the fastest exact selection here. A row becomes bytes, levels of its magnitudes; the level of the
 * k-th is found by halving; what is above it is chosen, of the few in it the largest (select_levels.h).
 * Short rows advance together, stage by stage, so that the waits of one are filled with the work of the others. A row
 * with many elements in that level, as zeros and ties make them, leaves the group and goes on alone.
 * TinyProp gives each row a k of its own and goes the same way, after a pass that adds up the row.
 * Bound: the read of the row; the stages each cost about as much, the writing of the entries up to three times that.
 */
#include "select_bracket.h"
#include "select_list.h"
#include "select_mass.h"
#include "select_maxima.h"

#include <math.h>

#define LISTED_FROM 16 /* elements in a level that are few, and one more for each group */

/* One row on its way; the arrays are in the thread's slice of the scratch. */
struct search {
	const float *row;
	int8_t *image;
	uint64_t *words; /* the chosen ones */
	int k;
	struct scale scale;
	int level; /* of the k-th largest */
	int above; /* chosen without a look at the list */
	struct list list;
	bool listed; /* else the row goes on alone */
	struct short_list few;
};

static void make_images(struct search *s, int rows, int n)
{
	for (int r = 0; r < rows; r++)
		s[r].scale = scale_of_sample(s[r].row, n);
	for (int r = 0; r < rows; r++)
		image_fill(s[r].image, s[r].row, n, s[r].scale);
}

static void find_levels(struct search *s, int rows, int n)
{
	int level[TOGETHER] = {0};

	if (words_of(n) >= LONG_GROUPS) {
		for (int r = 0; r < rows; r++)
			s[r].level = image_search_long(s[r].image, n, s[r].k);
		return;
	}
	for (int width = LEVELS / 2; width > 0; width /= 2)
		for (int r = 0; r < rows; r++)
			level[r] += step_if_reached(width, image_count(s[r].image, n, 1, level[r] + width), s[r].k);
	for (int r = 0; r < rows; r++)
		s[r].level = level[r];
}

/*
 * Marks what is above the level, lists what is in it (and was marked before, if `marked`); gives up when that is more
 * than `most`. Returns success.
 */
ALWAYS_INLINE bool mark_and_list(struct search *s, int n, struct list list, int most, bool marked)
{
	const float *row = s->row;
	const int8_t *image = s->image;
	uint64_t *words = s->words;
	const int level = s->level;
	int above = 0;

	for (int i = 0; i < n && list.found <= most; i += GROUP) {
		vb v = vb_load(image + i);
		uint64_t in = bytes_eq(v, level), over = bytes_ge(v, level) & ~in;

		if (marked)
			in &= words[i / GROUP];
		words[i / GROUP] = over;
		above += __builtin_popcountll(over);
		list_bits(&list, row, i, i + GROUP <= n ? in : in & bits_first(n - i));
	}
	s->above = above;
	s->list = list;
	return list.found <= most;
}

static void list_levels(struct search *s, int rows, int n)
{
	int most = min_int(LISTED_FROM + words_of(n), FEW);

	for (int r = 0; r < rows; r++)
		s[r].listed = s[r].level > 0 && mark_and_list(&s[r], n, list_short(&s[r].few), most, false);
}

/* Marks the `missing` largest of a list, ties to the first. */
static void mark_listed(struct search *s, int missing, int32_t *keys)
{
	const struct list *list = &s->list;

	if (list->found <= FEW) {
		list_mark(list, s->words, few_largest(list->value, list->found, missing));
	} else {
		int32_t key = kth_key(list->value, list->found, missing, keys, s->image);

		for (int j = 0; j < list->found; j++)
			missing -= key_of(list->value[j]) > key;
		for (int j = 0; j < list->found; j++) {
			int32_t other = key_of(list->value[j]);

			mark_place(s->words, list->place[j], other > key || (other == key && missing-- > 0));
		}
	}
}

/* The key that zeros or ties suggest as the k-th: 0, or that of all the listed; -1 for none. */
static int32_t guess_tie(const struct search *s)
{
	struct range range = {0, 0};

	if (s->level > 0)
		range = range_of(s->list.value, s->list.found);
	return range.least == range.most ? range.least : -1;
}

/* A row on its own: of many equal keys, as a rule zeros, or with levels that fit it badly. */
static void mark_alone(struct search *s, int n, char *slice)
{
	size_t array = bracket_array(n);
	int32_t key = guess_tie(s);

	if (key >= 0 && words_mark_ties(s->words, s->row, n, s->k, key))
		return;
	/* Of a level 0 the zeros are out: the others are marked by now. */
	mark_and_list(s, n, (struct list){(float *)slice, (int32_t *)(slice + array), 0}, n, s->level == 0);
	mark_listed(s, s->k - s->above, (int32_t *)(slice + 2 * array));
}

static void select_levels(const struct kernel_args *a, int b, int rows, const int *k, char *slice)
{
	struct search s[TOGETHER];
	int n = a->n_out;

	for (int r = 0; r < rows; r++) {
		s[r].row = dy_row(a, b + r);
		s[r].words = bracket_words(slice, n, r);
		s[r].image = bracket_image(slice, n, r);
		s[r].k = k[r];
	}
	make_images(s, rows, n);
	find_levels(s, rows, n);
	list_levels(s, rows, n);
	for (int r = 0; r < rows; r++) {
		if (s[r].listed)
			mark_listed(&s[r], k[r] - s[r].above, (int32_t *)slice);
		else
			mark_alone(&s[r], n, slice);
	}
	for (int r = 0; r < rows; r++)
		a->kept->count[b + r] = emit_words(kept_row(a, b + r), s[r].row, n, k[r], s[r].words);
}

/* Whether the row was selected without a search: nothing, all, or few by maxima. */
static bool select_easy(const struct kernel_args *a, int b, int k)
{
	int count = -1;

	if (select_trivial(a, b, k))
		return true;
	if (k <= MAXIMA_MOST && a->n_out >= MAXIMA_FROM)
		count = select_by_maxima(dy_row(a, b), a->n_out, k, kept_row(a, b));
	a->kept->count[b] = count;
	return count >= 0;
}

/* Rows b, ..., b + rows - 1, each with its k; neighbours that need a search advance together. */
static void select_some(const struct kernel_args *a, int b, int rows, const int *k, char *slice)
{
	int waiting = 0;

	for (int r = 0; r < rows; r++) {
		bool easy = select_easy(a, b + r, k[r]);

		waiting += !easy;
		if (waiting && (easy || r + 1 == rows)) {
			int first = r + !easy - waiting;

			select_levels(a, b + first, waiting, k + first, slice);
			waiting = 0;
		}
	}
}

void ISA(select_topk_bracket)(const struct kernel_args *a, struct team team)
{
	struct span span = team_span(team, a->batch, 1);
	char *slice = thread_slice(a, team, bracket_bytes(a));
	int most = a->n_out <= TOGETHER_MOST ? TOGETHER : 1, k[TOGETHER];

	for (int r = 0; r < TOGETHER; r++)
		k[r] = a->k;
	for (int b = span.begin; b < span.end; b += most)
		select_some(a, b, min_int(most, span.end - b), k, slice);
}

/* TinyProp: what row b keeps follows from its L1 norm; see struct tinyprop. */
static int tinyprop_k(const struct kernel_args *a, int b)
{
	const struct tinyprop *t = &a->tinyprop;
	float l1 = (float)mass_of_row(dy_row(a, b), a->n_out);
	double share = l1 < t->l1_seen ? (double)l1 / (double)t->l1_seen : 1;
	double k = round(a->n_out * (t->least + (t->most - t->least) * share) * (double)a->tau);

	if (t->l1)
		t->l1[b] = l1;
	return (int)fmin(fmax(k, 1), a->n_out);
}

void ISA(select_tinyprop_bracket)(const struct kernel_args *a, struct team team)
{
	struct span span = team_span(team, a->batch, 1);
	char *slice = thread_slice(a, team, bracket_bytes(a));
	int most = a->n_out <= TOGETHER_MOST ? TOGETHER : 1, k[TOGETHER];

	for (int b = span.begin; b < span.end; b += most) {
		int rows = min_int(most, span.end - b);

		for (int r = 0; r < rows; r++)
			k[r] = tinyprop_k(a, b + r);
		select_some(a, b, rows, k, slice);
	}
}

size_t ISA(select_bracket_scratch)(const struct kernel_args *a, int team_size)
{
	return (size_t)team_size * slice_bytes(bracket_bytes(a));
}
