/* SPDX-License-Identifier: MIT */
/*
 * The elements of a row near the cut: taken out with their places, so that when it is known which are chosen, only
 * these few bits are added to the row's words.
 */
#ifndef KERNELS_SELECT_LIST_H
#define KERNELS_SELECT_LIST_H

#include "select_network.h"
#include "select_words.h"

/* Arrays have room for GROUP entries past what is asked for, and for FEW at least. */
struct list {
	float *value;
	int32_t *place;
	int found;
};

/* Room for FEW. */
struct short_list {
	float value[FEW + GROUP + AT_ONCE];
	int32_t place[FEW + GROUP + AT_ONCE];
};

ALWAYS_INLINE struct list list_short(struct short_list *few)
{
	return (struct list){few->value, few->place, 0};
}

/* Lists the chosen ones of row[i ...]. */
ALWAYS_INLINE void list_bits(struct list *list, const float *row, int i, uint64_t bits)
{
	int at = list->found, end = at + __builtin_popcountll(bits);

	do {
		for (int j = at; j < at + AT_ONCE; j++) {
			int place = i + lowest_bit(bits);

			list->place[j] = place;
			list->value[j] = row[place];
			bits &= bits - 1;
		}
		at += AT_ONCE;
	} while (at < end);
	list->found = end;
}

ALWAYS_INLINE void mark_place(uint64_t *words, int place, uint64_t bit)
{
	words[place / GROUP] |= bit << place % GROUP;
}

/* Marks the entries j <= FEW of the list whose bit j is set. */
static inline void list_mark(const struct list *list, uint64_t *words, uint64_t chosen)
{
	for (int j = 0; j < list->found; j++)
		mark_place(words, list->place[j], chosen >> j & 1);
}

#endif
