/* SPDX-License-Identifier: MIT */
/*
 * backward_data and backward_weights from a sparse dY: top-k, norm, threshold, random-k and relu_skip alike.
 *
 * Both are the same sum: a row of the result is a weighted sum of rows of a matrix. dx[b] sums the rows of w that
 * example b kept; dw[o] sums the rows of x of the examples that kept o, so its lists are kept's transposed. A block of
 * a row stays in registers over a whole list, blocks follow each other along the row: one load per multiply-add, one
 * store per element, and both in streams. (Wider blocks, one column block after the other, were slower: measured.)
 * The team splits the columns: every thread has the same work whatever the lists, and reads only its columns of w and
 * x. Bound: loads, from L1 or L2 for x and from L2 or L3 for w; and writing dw once.
 */
#include "kernels.h"

/* Vectors of a row that are summed together: enough to hide the latency of a multiply-add, few enough to stream. */
#define MAX_VECTORS 8

/* Floats of the summed matrix that are worked on at a time: half of a small L2. */
#define CHUNK_FLOATS (128 << 10)

/*
 * Blocks of `vectors` vectors, one after the other: to[...] = sum over e of value[e] * from[index[e] * row + ...].
 * The last vector of a block starts `last` after the block: where the row's width is no multiple of VF, its final block
 * overlaps itself, and computes the same bits there.
 */
struct row_sum {
	const float *from;
	ptrdiff_t row;
	int count;
	const int32_t *index;
	const float *value;
	float *to;
	int blocks;
	ptrdiff_t last;
};

/* vectors is a constant after inlining. */
ALWAYS_INLINE void row_sum_run(int vectors, const struct row_sum *s)
{
	const float *from = s->from, *value = s->value;
	const int32_t *index = s->index;
	ptrdiff_t row = s->row, last = s->last;
	float *to = s->to;

	for (int b = 0; b < s->blocks; b++, from += vectors * VF, to += vectors * VF) {
		vf acc[MAX_VECTORS];

		for (int v = 0; v < vectors; v++)
			acc[v] = (vf){0};
		for (int e = 0, n = s->count; e < n; e++) {
			const float *line = from + index[e] * row;
			vf scale = vf_set(value[e]);

			for (int v = 0; v < vectors - 1; v++)
				acc[v] += scale * vf_load(line + v * VF);
			acc[vectors - 1] += scale * vf_load(line + last);
		}
		for (int v = 0; v < vectors - 1; v++)
			vf_store(to + v * VF, acc[v]);
		vf_store(to + last, acc[vectors - 1]);
	}
}

#define ROW_SUM(vectors)                                                                                               \
	static void row_sum_##vectors(const struct row_sum *s)                                                         \
	{                                                                                                              \
		row_sum_run(vectors, s);                                                                               \
	}
ROW_SUM(1)
ROW_SUM(2)
ROW_SUM(3)
ROW_SUM(4)
ROW_SUM(5)
ROW_SUM(6)
ROW_SUM(7)
ROW_SUM(8)

typedef void row_sum_fn(const struct row_sum *s);

static row_sum_fn *const row_sums[MAX_VECTORS + 1] = {
	NULL, row_sum_1, row_sum_2, row_sum_3, row_sum_4, row_sum_5, row_sum_6, row_sum_7, row_sum_8,
};

/* Fewer columns than a vector holds. */
static void row_sum_narrow(const struct row_sum *s, int columns)
{
	float acc[VF] = {0};

	for (int e = 0; e < s->count; e++)
		for (int j = 0; j < columns; j++)
			acc[j] += s->value[e] * s->from[s->index[e] * s->row + j];
	memcpy(s->to, acc, (size_t)columns * sizeof(float));
}

/* All lists: list i has count[i] entries from entry i * stride on, and makes row i of `to`. */
struct lists {
	int n, stride;
	const int32_t *count, *index;
	const float *value;
	const float *from;
	int n_from; /* rows of `from`, if columns are to be taken in chunks that stay in L2; 0: whole rows */
	float *to;
	ptrdiff_t row;	 /* of `from` and of `to` */
	bool skip_empty; /* leave the rows of empty lists as they are */
};

/* How a thread's columns are cut: blocks of `vectors` vectors, then one of `final` that ends with the columns. */
struct cut {
	int vectors, blocks, final;
};

static struct cut cut_columns(int columns)
{
	int all = (columns + VF - 1) / VF, blocks = (all + MAX_VECTORS - 1) / MAX_VECTORS;
	int vectors = blocks ? (all + blocks - 1) / blocks : 0;

	return (struct cut){vectors, blocks - 1, all - vectors * (blocks - 1)};
}

static void sum_row(struct row_sum s, const struct cut *cut, int columns)
{
	int done = cut->blocks * cut->vectors * VF;

	if (columns < VF) {
		row_sum_narrow(&s, columns);
		return;
	}
	s.blocks = cut->blocks;
	s.last = (cut->vectors - 1) * VF;
	row_sums[cut->vectors](&s);
	s.from += done;
	s.to += done;
	s.blocks = 1;
	s.last = columns - done - VF;
	row_sums[cut->final](&s);
}

/* Rows [rows) of the result on the columns [part). */
static void sum_part(const struct lists *l, struct span rows, struct span part)
{
	struct cut cut = cut_columns(part.end - part.begin);

	for (int i = rows.begin; i < rows.end; i++) {
		ptrdiff_t at = (ptrdiff_t)i * l->stride;
		struct row_sum s = {
			.from = l->from + part.begin,
			.row = l->row,
			.count = l->count[i],
			.index = l->index + at,
			.value = l->value + at,
			.to = l->to + i * l->row + part.begin,
		};

		if (s.count > 0 || !l->skip_empty)
			sum_row(s, &cut, part.end - part.begin);
	}
}

/* Columns at a time: whole blocks. For dx, each row of w comes several times; for dw, whole rows are written in one
 * stream. */
static int chunk_columns(const struct lists *l)
{
	int block = MAX_VECTORS * VF, fit = CHUNK_FLOATS / max_int(l->n_from, 1);

	return max_int(fit / block, 1) * block;
}

/* This thread's part of the result: its columns of every row (or of some, if there are more threads than vectors). */
static void sum_lists(const struct lists *l, struct team team)
{
	int column_teams = min_int(team.size, max_int(1, (int)(l->row / VF))), chunk = chunk_columns(l);
	struct team by_column = {team.rank % column_teams, column_teams};
	struct team by_row = {team.rank / column_teams, (team.size + column_teams - 1 - by_column.rank) / column_teams};
	struct span part = team_span(by_column, (int)l->row, VF), rows = team_span(by_row, l->n, 1);
	int n = (part.end - part.begin + chunk - 1) / chunk;

	for (int c = 0; c < n; c++) {
		struct team chunks = {c, n};
		struct span columns = team_span(chunks, part.end - part.begin, VF);

		sum_part(l, rows, (struct span){part.begin + columns.begin, part.begin + columns.end});
	}
}

void ISA(backward_data_sparse)(const struct kernel_args *a, struct team team)
{
	const struct lists l = {
		.n = a->batch,
		.stride = a->kept->stride,
		.count = a->kept->count,
		.index = a->kept->index,
		.value = a->kept->value,
		.from = a->w,
		.n_from = a->n_out,
		.to = a->dx,
		.row = a->n_in,
	};

	sum_lists(&l, team);
}

/* kept, transposed: for each column of dY the examples that kept it; room for all of them in each list. */
struct transposed {
	int32_t *count, *index;
	float *value;
};

static size_t lines(size_t n)
{
	return (n * sizeof(float) + KERNEL_ALIGN - 1) / KERNEL_ALIGN * KERNEL_ALIGN;
}

static struct transposed transposed_in(const struct kernel_args *a)
{
	size_t entries = (size_t)a->n_out * (size_t)a->batch;
	char *at = a->scratch;

	return (struct transposed){(void *)at, (void *)(at + lines((size_t)a->n_out)),
				   (void *)(at + lines((size_t)a->n_out) + lines(entries))};
}

/* First entry of a row's ascending indices that is >= column. */
static int first_from(const int32_t *index, int n, int column)
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

/* This thread's columns of kept, as lists. Examples come in order, so the sums have one order. */
static void transpose(const struct kernel_args *a, struct team team, const struct transposed *t)
{
	struct span part = team_span(team, a->n_out, 1);

	memset(t->count + part.begin, 0, (size_t)(part.end - part.begin) * sizeof(int32_t));
	for (int b = 0; b < a->batch; b++) {
		const int32_t *index = a->kept->index + (ptrdiff_t)b * a->kept->stride;
		const float *value = a->kept->value + (ptrdiff_t)b * a->kept->stride;
		int n = a->kept->count[b], e = part.begin == 0 ? 0 : first_from(index, n, part.begin);

		for (; e < n && index[e] < part.end; e++) {
			ptrdiff_t at = (ptrdiff_t)index[e] * a->batch + t->count[index[e]]++;

			t->index[at] = b;
			t->value[at] = value[e];
		}
	}
}

static void list_touched(const int32_t *count, int n, struct row_list *rows)
{
	rows->count = 0;
	for (int o = 0; o < n; o++)
		if (count[o] > 0)
			rows->row[rows->count++] = o;
}

void ISA(backward_weights_sparse)(const struct kernel_args *a, struct team team)
{
	struct transposed t = transposed_in(a);
	const struct lists l = {
		.n = a->n_out,
		.stride = a->batch,
		.count = t.count,
		.index = t.index,
		.value = t.value,
		.from = a->x,
		.to = a->dw,
		.row = a->n_in,
		.skip_empty = a->dw_rows != NULL,
	};

	transpose(a, team, &t);
#pragma omp barrier
	if (team.rank == 0 && a->dw_rows)
		list_touched(t.count, a->n_out, a->dw_rows);
	sum_lists(&l, team);
}

size_t ISA(backward_weights_sparse_scratch_bytes)(const struct kernel_args *a, int team_size)
{
	(void)team_size;
	return lines((size_t)a->n_out) + 2 * lines((size_t)a->n_out * (size_t)a->batch);
}

static double entries_kept(const struct kernel_args *a)
{
	double sum = 0;

	for (int b = 0; b < a->batch; b++)
		sum += a->kept->count[b];
	return sum;
}

/* Rows of w (of dw) that some example kept. */
static double rows_touched(const struct kernel_args *a)
{
	double rows = 0;

	for (int o = 0; o < a->n_out; o++) {
		bool touched = false;

		for (int b = 0; b < a->batch && !touched; b++) {
			const int32_t *index = a->kept->index + (ptrdiff_t)b * a->kept->stride;
			int e = first_from(index, a->kept->count[b], o);

			touched = e < a->kept->count[b] && index[e] == o;
		}
		rows += touched;
	}
	return rows;
}

/* Compulsory: x or dx (batch, n_in), the rows of w or dw that are touched, and the entries kept. */
struct kernel_cost ISA(backward_sparse_cost)(const struct kernel_args *a)
{
	double entries = entries_kept(a), n_in = a->n_in;

	return (struct kernel_cost){2 * entries * n_in, 4 * (a->batch * n_in + rows_touched(a) * n_in + 2 * entries)};
}
