/* SPDX-License-Identifier: MIT */
/*
 * kept, transposed: for each row of dw the examples that kept it. Rows come by the length of their lists: then a
 * processor guesses where a list ends, and short lists run through code made for their length.
 * A thread makes the lists of its own rows and shares nothing.
 */
#ifndef KERNELS_ROW_LISTS_H
#define KERNELS_ROW_LISTS_H

#include "row_sum.h"

/* Lists up to this length, the most frequent ones where dy is sparse, run through code of their own length. */
#define SHORT_LIST 4

struct row_lists {
	const int32_t *touched; /* (n_touched) every row of dw that has entries, ascending */
	int n_touched;
	struct span own;  /* those that are this thread's */
	struct span rows; /* the rows of dw from its first one to the next thread's first one: all rows belong to one */
	int longest;	  /* entries of the longest one */
	const int32_t *of_length; /* (longest + 1) how many have so many entries */
	const int32_t *row;	  /* the rows, by the length of their lists, then ascending */
	const int32_t *example;	  /* entries, list after list; a list's examples ascend, so that sums have one order */
	const float *value;
};

/* Where a thread's lists lie in its scratch. */
struct row_lists_memory {
	int32_t *count, *fill;			    /* (n_out) by row of dw */
	int32_t *touched, *length;		    /* (n_out) rows that have entries, and how many */
	int32_t *row;				    /* (n_out) */
	int32_t *of_length, *next_row, *next_entry; /* (batch + 1) */
	int32_t *example;			    /* (n_out * batch) */
	float *value;
};

static inline size_t row_lists_lines(size_t n)
{
	return (n * sizeof(float) + KERNEL_ALIGN - 1) / KERNEL_ALIGN * KERNEL_ALIGN;
}

/* Scratch for the lists of one thread, a multiple of KERNEL_ALIGN. */
static inline size_t row_lists_bytes(const struct kernel_args *a)
{
	size_t n_out = (size_t)a->n_out, batch = (size_t)a->batch;

	return 5 * row_lists_lines(n_out) + 3 * row_lists_lines(batch + 1) + 2 * row_lists_lines(n_out * batch);
}

static inline struct row_lists_memory row_lists_memory(const struct kernel_args *a, void *scratch)
{
	size_t rows = row_lists_lines((size_t)a->n_out), lengths = row_lists_lines((size_t)a->batch + 1);
	size_t entries = row_lists_lines((size_t)a->n_out * (size_t)a->batch);
	char *by_row = scratch, *by_length = by_row + 5 * rows, *by_entry = by_length + 3 * lengths;

	return (struct row_lists_memory){
		.count = (void *)by_row,
		.fill = (void *)(by_row + rows),
		.touched = (void *)(by_row + 2 * rows),
		.length = (void *)(by_row + 3 * rows),
		.row = (void *)(by_row + 4 * rows),
		.of_length = (void *)by_length,
		.next_row = (void *)(by_length + lengths),
		.next_entry = (void *)(by_length + 2 * lengths),
		.example = (void *)by_entry,
		.value = (void *)(by_entry + entries),
	};
}

/* How many examples kept each column of dy. */
static inline void row_lists_count(const struct kernel_args *a, int32_t *count)
{
	memset(count, 0, (size_t)a->n_out * sizeof(int32_t));
	for (int b = 0; b < a->batch; b++) {
		const int32_t *index = a->kept->index + (ptrdiff_t)b * a->kept->stride;

		for (int e = 0, n = a->kept->count[b]; e < n; e++)
			count[index[e]]++;
	}
}

/* Lists the rows that have entries, and returns how many. Without branches: which rows they are is no pattern. */
static inline int row_lists_touch(int n_out, const struct row_lists_memory *m)
{
	int n = 0;

	for (int o = 0; o < n_out; o++) {
		m->touched[n] = o;
		m->length[n] = m->count[o];
		n += m->count[o] > 0;
	}
	return n;
}

/* Counts this thread's lists of each length, and returns the longest. */
static inline int row_lists_measure(int batch, struct span own, const struct row_lists_memory *m)
{
	int longest = 0;

	memset(m->of_length, 0, ((size_t)batch + 1) * sizeof(int32_t));
	for (int i = own.begin; i < own.end; i++) {
		m->of_length[m->length[i]]++;
		longest = max_int(longest, m->length[i]);
	}
	return longest;
}

/* Gives each of this thread's rows its place in the order, and its list the entries from `fill` on. */
static inline void row_lists_place(int longest, struct span own, const struct row_lists_memory *m)
{
	int32_t row = 0, entry = 0;

	for (int length = 1; length <= longest; length++) {
		m->next_row[length] = row;
		m->next_entry[length] = entry;
		row += m->of_length[length];
		entry += m->of_length[length] * length;
	}
	for (int i = own.begin; i < own.end; i++) {
		int o = m->touched[i], length = m->length[i];

		m->row[m->next_row[length]++] = o;
		m->fill[o] = m->next_entry[length];
		m->next_entry[length] += length;
	}
}

/* First entry of an example's ascending indices that is >= column. */
static inline int row_lists_from(const int32_t *index, int n, int column)
{
	int low = 0, high = n;

	while (low < high) {
		int mid = (low + high) / 2;

		if (index[mid] < column)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static inline void row_lists_fill(const struct kernel_args *a, struct span rows, const struct row_lists_memory *m)
{
	for (int b = 0; b < a->batch; b++) {
		const int32_t *index = a->kept->index + (ptrdiff_t)b * a->kept->stride;
		const float *value = a->kept->value + (ptrdiff_t)b * a->kept->stride;
		int n = a->kept->count[b], e = rows.begin == 0 ? 0 : row_lists_from(index, n, rows.begin);
		int end = rows.end == a->n_out ? n : row_lists_from(index, n, rows.end);

		for (; e < end; e++) {
			int32_t at = m->fill[index[e]]++;

			m->example[at] = b;
			m->value[at] = value[e];
		}
	}
}

/* Row `i` of those touched, or the end of all. */
static inline int row_lists_row(const struct row_lists *l, int i, int n_out)
{
	return i < l->n_touched ? l->touched[i] : n_out;
}

/* The lists of this thread's share of the rows of dw. */
static inline struct row_lists row_lists_make(const struct kernel_args *a, struct team by_row, void *scratch)
{
	struct row_lists_memory m = row_lists_memory(a, scratch);
	struct row_lists l = {
		.touched = m.touched,
		.of_length = m.of_length,
		.row = m.row,
		.example = m.example,
		.value = m.value,
	};

	row_lists_count(a, m.count);
	l.n_touched = row_lists_touch(a->n_out, &m);
	l.own = team_lists(by_row, l.n_touched, m.length);
	l.longest = row_lists_measure(a->batch, l.own, &m);
	row_lists_place(l.longest, l.own, &m);
	l.rows.begin = by_row.rank == 0 ? 0 : row_lists_row(&l, l.own.begin, a->n_out);
	l.rows.end = row_lists_row(&l, l.own.end, a->n_out);
	row_lists_fill(a, l.rows, &m);
	return l;
}

/* What becomes of the sums of a row of dw, a block of it at a time. */
typedef void row_sums_fn(const void *context, int row, int vectors, const vf *sums);

struct row_walk {
	const int32_t *row, *example;
	const float *value;
};

/* The next n rows, whose lists have `length` entries each. */
ALWAYS_INLINE void row_lists_walk(struct row_walk *w, int n, int length, int vectors, const float *x, row_sums_fn *done,
				  const void *context)
{
	const int32_t *row = w->row, *end = row + n, *example = w->example;
	const float *value = w->value;
	ptrdiff_t pitch = vectors * VF, last = pitch - VF;

	for (; row < end; row++, example += length, value += length) {
		vf sums[MAX_VECTORS];

		sums_scale(sums, vectors, value[0], x + example[0] * pitch, last);
		for (int e = 1; e < length; e++)
			sums_add(sums, vectors, value[e], x + example[e] * pitch, last);
		done(context, *row, vectors, sums);
	}
	*w = (struct row_walk){row, example, value};
}

/*
 * Sums the lists of all rows over x (batch, vectors * VF), a block of columns packed. vectors and done are constants
 * after inlining.
 */
ALWAYS_INLINE void row_lists_visit(const struct row_lists *l, int vectors, const float *x, row_sums_fn *done,
				   const void *context)
{
	struct row_walk w = {l->row, l->example, l->value};

#pragma GCC unroll 8
	for (int length = 1; length <= SHORT_LIST; length++)
		if (length <= l->longest)
			row_lists_walk(&w, l->of_length[length], length, vectors, x, done, context);
	for (int length = SHORT_LIST + 1; length <= l->longest; length++)
		row_lists_walk(&w, l->of_length[length], length, vectors, x, done, context);
}

/* Fewer vectors of a block share the broadcasts of values too badly: better a block in L2. */
#define MIN_VECTORS 4

/* How many vectors wide a block of x may be to fit so many bytes. */
static inline int row_lists_vectors(const struct kernel_args *a, size_t bytes)
{
	size_t fit = bytes / ((size_t)max_int(a->batch, 1) * VF * sizeof(float));

	return fit < MIN_VECTORS ? MIN_VECTORS : fit < MAX_VECTORS ? (int)fit : MAX_VECTORS;
}

/* Room for the widest block of x. */
static inline size_t row_lists_packed_bytes(const struct kernel_args *a)
{
	return (size_t)a->batch * MAX_VECTORS * VF * sizeof(float);
}

/* The columns of a block of x, packed: (batch, b->vectors * VF), the rest of a vector zero. */
static inline void row_lists_pack(const struct kernel_args *a, const struct block *b, float *to)
{
	int whole = b->columns < VF ? 0 : b->vectors;

	for (int e = 0; e < a->batch; e++, to += b->vectors * VF) {
		const float *x = a->x + (ptrdiff_t)e * a->n_in + b->column;

		for (int v = 0; v < whole; v++)
			vf_store(to + v * VF, vf_load(x + (v < whole - 1 ? v * VF : b->last)));
		if (!whole) {
			memset(to, 0, VF * sizeof(float));
			memcpy(to, x, (size_t)b->columns * sizeof(float));
		}
	}
}

#endif
