/* SPDX-License-Identifier: MIT */
/*
 * backward_data and backward_weights from a sparse dY: top-k, norm, threshold, random-k and relu_skip alike.
 *
 * Both are the same sum: a row of the result is a weighted sum of rows of a matrix. dx[b] sums the rows of w that
 * example b kept; dw[o] sums the rows of x of the examples that kept o, so its lists are kept's transposed. A block of
 * a row stays in registers over a whole list, blocks follow each other along the row: one load per multiply-add, one
 * store per element, and both in streams. (Wider blocks, one column block after the other, were slower: measured.)
 * The team splits dx by columns: the same work for every thread whatever the lists, and each reads only its columns of
 * w. It splits dw by rows, as many entries for each: every thread makes the lists of its rows for itself, and shares
 * nothing. Bound: loads, from L1 or L2 for x and from L2 or L3 for w; and writing dw once.
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

/* All lists: list i has count[i] entries from entry start[i] (NULL: i * stride) on, and makes row i of `to`. */
struct lists {
	const int32_t *count, *start, *index;
	const float *value;
	const float *from;
	float *to;
	ptrdiff_t stride, row; /* row: of `from` and of `to` */
	bool skip_empty;       /* leave the rows of empty lists as they are */
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
		ptrdiff_t at = l->start ? l->start[i] : i * l->stride;
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

/* Columns at a time, whole blocks: each row of w comes several times, and its part of all rows should stay in L2. */
static int chunk_columns(int n_out)
{
	int block = MAX_VECTORS * VF, fit = CHUNK_FLOATS / max_int(n_out, 1);

	return max_int(fit / block, 1) * block;
}

/* Each thread takes its columns of every row (or of some rows, if there are more threads than vectors). */
void ISA(backward_data_sparse)(const struct kernel_args *a, struct team team)
{
	const struct lists l = {
		.count = a->kept->count,
		.stride = a->kept->stride,
		.index = a->kept->index,
		.value = a->kept->value,
		.from = a->w,
		.to = a->dx,
		.row = a->n_in,
	};
	int column_teams = min_int(team.size, max_int(1, a->n_in / VF)), chunk = chunk_columns(a->n_out);
	struct team by_column = {team.rank % column_teams, column_teams};
	struct team by_row = {team.rank / column_teams, (team.size + column_teams - 1 - by_column.rank) / column_teams};
	struct span part = team_span(by_column, a->n_in, VF), rows = team_span(by_row, a->batch, 1);
	int n = (part.end - part.begin + chunk - 1) / chunk;

	for (int c = 0; c < n; c++) {
		struct span columns = team_span((struct team){c, n}, part.end - part.begin, VF);

		sum_part(&l, rows, (struct span){part.begin + columns.begin, part.begin + columns.end});
	}
}

/* kept, transposed: for each column of dY the examples that kept it. A thread fills the lists of its rows of dw. */
struct transposed {
	int32_t *count, *start, *fill; /* (n_out) this thread's own */
	int32_t *index;		       /* all entries, row after row of dw: the team's */
	float *value;
};

static size_t lines(size_t n)
{
	return (n * sizeof(float) + KERNEL_ALIGN - 1) / KERNEL_ALIGN * KERNEL_ALIGN;
}

static struct transposed transposed_in(const struct kernel_args *a, struct team team)
{
	size_t columns = lines((size_t)a->n_out), entries = lines((size_t)a->n_out * (size_t)a->batch);
	char *own = (char *)a->scratch + 2 * entries + 3 * columns * (size_t)team.rank;

	return (struct transposed){
		.count = (void *)own,
		.start = (void *)(own + columns),
		.fill = (void *)(own + 2 * columns),
		.index = a->scratch,
		.value = (void *)((char *)a->scratch + entries),
	};
}

/* How many examples kept each column, and where its list begins. */
static void count_columns(const struct kernel_args *a, const struct transposed *t)
{
	int32_t sum = 0;

	memset(t->count, 0, (size_t)a->n_out * sizeof(int32_t));
	for (int b = 0; b < a->batch; b++) {
		const int32_t *index = a->kept->index + (ptrdiff_t)b * a->kept->stride;

		for (int e = 0, n = a->kept->count[b]; e < n; e++)
			t->count[index[e]]++;
	}
	for (int o = 0; o < a->n_out; o++) {
		t->start[o] = t->fill[o] = sum;
		sum += t->count[o];
	}
}

/* The rows of dw of this thread: a share of the entries, a row written counting as one more. */
static struct span balanced_rows(const struct kernel_args *a, struct team team, const struct transposed *t)
{
	struct span rows = {a->n_out, a->n_out};
	int64_t total = a->n_out, before = 0;

	for (int o = 0; o < a->n_out; o++)
		total += t->count[o];
	for (int o = 0; o < a->n_out; before += 1 + t->count[o++]) {
		if (rows.begin == a->n_out && before * team.size >= total * team.rank)
			rows.begin = o;
		if (before * team.size >= total * (team.rank + 1)) {
			rows.end = o;
			break;
		}
	}
	return rows;
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

/* The lists of these rows of dw. Examples come in order, so the sums have one order. */
static void transpose(const struct kernel_args *a, struct span rows, const struct transposed *t)
{
	for (int b = 0; b < a->batch; b++) {
		const int32_t *index = a->kept->index + (ptrdiff_t)b * a->kept->stride;
		const float *value = a->kept->value + (ptrdiff_t)b * a->kept->stride;
		int n = a->kept->count[b], e = rows.begin == 0 ? 0 : first_from(index, n, rows.begin);

		for (; e < n && index[e] < rows.end; e++) {
			int32_t at = t->fill[index[e]]++;

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
	struct transposed t = transposed_in(a, team);
	const struct lists l = {
		.count = t.count,
		.start = t.start,
		.index = t.index,
		.value = t.value,
		.from = a->x,
		.to = a->dw,
		.row = a->n_in,
		.skip_empty = a->dw_rows != NULL,
	};
	struct span rows;

	count_columns(a, &t);
	rows = balanced_rows(a, team, &t);
	transpose(a, rows, &t);
	if (team.rank == 0 && a->dw_rows)
		list_touched(t.count, a->n_out, a->dw_rows);
	sum_part(&l, rows, (struct span){0, a->n_in});
}

size_t ISA(backward_weights_sparse_scratch_bytes)(const struct kernel_args *a, int team_size)
{
	return 3 * lines((size_t)a->n_out) * (size_t)team_size + 2 * lines((size_t)a->n_out * (size_t)a->batch);
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

/* Compulsory: the entries, the rows of w that some example kept, and dx. */
struct kernel_cost ISA(backward_data_sparse_cost)(const struct kernel_args *a)
{
	double entries = entries_kept(a), n_in = a->n_in;

	return (struct kernel_cost){
		.flops = 2 * entries * n_in,
		.bytes = {[OPERAND_KEPT] = {.read = 8 * entries},
			  [OPERAND_W] = {.read = 4 * rows_touched(a) * n_in},
			  [OPERAND_DX] = {.written = 4 * a->batch * n_in}},
	};
}

/* Compulsory: the entries, x, and the rows of dw that are written. */
struct kernel_cost ISA(backward_weights_sparse_cost)(const struct kernel_args *a)
{
	double entries = entries_kept(a), n_in = a->n_in, rows = a->dw_rows ? rows_touched(a) : a->n_out;

	return (struct kernel_cost){
		.flops = 2 * entries * n_in,
		.bytes = {[OPERAND_KEPT] = {.read = 8 * entries},
			  [OPERAND_X] = {.read = 4 * a->batch * n_in},
			  [OPERAND_DW] = {.written = 4 * rows * n_in}},
	};
}
