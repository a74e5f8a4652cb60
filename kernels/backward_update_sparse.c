/* SPDX-License-Identifier: MIT */
/*
 * dW of a sparse dY and the optimiser's step on it, in one: a block of a row of dW is summed up in registers, as in
 * backward_weights_sparse.c, and steps its block of the weights at once, so dW is neither written nor read. Rows that
 * no example kept are left alone, or step with a gradient of zero where moments or weights decay (not lazy).
 *
 * Each element of dW is the sum that backward_weights would form, and the step is the optimiser's own: the same bits as
 * from the two kernels one after the other. While the weights fit a cache, all rows pass one block of columns of x in
 * L1, the weights of later rows being fetched ahead; larger weights are streamed, row after row. The team splits the
 * rows, so that no two threads write near each other. Bound: reading and writing the touched rows of the weights and of
 * the optimiser's states.
 */
#include "caches.h"
#include "kernels.h"
#include "row_lists.h"
#include "update_methods.h"

/* Rows that the weights are fetched ahead. */
#define AHEAD 2

/* A block of columns: where it is in x, and in row 0 of the weights and the states. */
struct place {
	const float *x;
	ptrdiff_t pitch, x_last; /* of x: from example to example, and to the last vector of a block */
	struct update_part part;
	ptrdiff_t row, last; /* of the weights: from row to row, and to the last vector of a block */
	const int32_t *end;  /* of the rows that are fetched ahead; NULL: none */
	int blocks;	     /* that follow each other, and are stepped row by row */
	vf factor[UPDATE_FACTORS];
};

ALWAYS_INLINE struct update_part part_at(const struct update_part *p, ptrdiff_t at)
{
	return (struct update_part){
		.param = p->param + at,
		.state1 = p->state1 ? p->state1 + at : NULL,
		.state2 = p->state2 ? p->state2 + at : NULL,
	};
}

ALWAYS_INLINE void part_advance(struct update_part *p, int n_states, ptrdiff_t by)
{
	p->param += by;
	if (n_states > 0)
		p->state1 += by;
	if (n_states > 1)
		p->state2 += by;
}

ALWAYS_INLINE void fetch(const struct update_part *p, int n_states, int vectors)
{
#pragma GCC unroll 8
	for (int i = 0; i < vectors * VF; i += KERNEL_ALIGN / (int)sizeof(float)) {
		__builtin_prefetch(p->param + i, 1);
		if (n_states > 0)
			__builtin_prefetch(p->state1 + i, 1);
		if (n_states > 1)
			__builtin_prefetch(p->state2 + i, 1);
	}
}

/* The next n rows, whose lists have `length` entries each. loop and vectors are constants after inlining. */
ALWAYS_INLINE void step_rows(struct update_loop loop, int vectors, struct row_walk *w, int n, int length,
			     const struct place *p)
{
	const struct place at = *p;
	const int32_t *row = w->row, *end = row + n, *example = w->example;
	const float *value = w->value;

	for (; row < end; row++, example += length, value += length) {
		struct update_part part = part_at(&at.part, *row * at.row);
		const float *x = at.x;

		if (row + AHEAD < at.end) {
			struct update_part later = part_at(&at.part, row[AHEAD] * at.row);

			fetch(&later, loop.n_states, vectors);
		}
		for (int b = 0; b < at.blocks;
		     b++, x += vectors * VF, part_advance(&part, loop.n_states, vectors * VF)) {
			vf sums[MAX_VECTORS];

			sums_scale(sums, vectors, value[0], x + example[0] * at.pitch, at.x_last);
			for (int e = 1; e < length; e++)
				sums_add(sums, vectors, value[e], x + example[e] * at.pitch, at.x_last);
			update_block(&part, loop, at.factor, vectors, at.last, sums);
		}
	}
	*w = (struct row_walk){row, example, value};
}

typedef void step_rows_fn(struct row_walk *w, int n, int length, const struct place *p);

#define BLOCK(method, states, decays, name, vectors)                                                                   \
	static void name##_##vectors(struct row_walk *w, int n, int length, const struct place *p)                     \
	{                                                                                                              \
		step_rows((struct update_loop){states, true, decays, update_##method##_lanes}, vectors, w, n, length,  \
			  p);                                                                                          \
	}
#define BLOCKS(method, states, decays, name)                                                                           \
	BLOCK(method, states, decays, name, 1)                                                                         \
	BLOCK(method, states, decays, name, 2)                                                                         \
	BLOCK(method, states, decays, name, 3)                                                                         \
	BLOCK(method, states, decays, name, 4)                                                                         \
	BLOCK(method, states, decays, name, 5)                                                                         \
	BLOCK(method, states, decays, name, 6)                                                                         \
	BLOCK(method, states, decays, name, 7)                                                                         \
	BLOCK(method, states, decays, name, 8)                                                                         \
	static step_rows_fn *const name##_blocks[MAX_VECTORS + 1] = {                                                  \
		NULL, name##_1, name##_2, name##_3, name##_4, name##_5, name##_6, name##_7, name##_8,                  \
	};
BLOCKS(sgd, 0, false, sgd)
BLOCKS(sgd, 0, true, sgd_decayed)
BLOCKS(momentum, 1, false, momentum)
BLOCKS(momentum, 1, true, momentum_decayed)
BLOCKS(adagrad, 1, false, adagrad)
BLOCKS(adagrad, 1, true, adagrad_decayed)
BLOCKS(adam, 2, false, adam)
BLOCKS(adam, 2, true, adam_decayed)

/* One thread's work. */
struct task {
	const struct kernel_args *a;
	const struct update_rule *rule;
	step_rows_fn *const *blocks;
	float factor[UPDATE_FACTORS];
	struct row_lists lists;
	struct span columns;
};

static struct place place_of(const struct task *t, const struct block *b)
{
	struct place p = {
		.x = t->a->x + b->column,
		.pitch = t->a->n_in,
		.x_last = b->last,
		.part = ISA(update_part_of)(&t->a->update, t->rule, 0, 0, NULL),
		.row = t->a->n_in,
		.last = b->last,
		.blocks = 1,
	};

	p.part = part_at(&p.part, b->column);
	for (int i = 0; i < UPDATE_FACTORS; i++)
		p.factor[i] = vf_set(t->factor[i]);
	return p;
}

/*
 * Block after block of columns, all rows in each. The block of x is packed in half of L1, for the weights and the
 * states pass through it too.
 */
static void step_by_blocks(const struct task *t, float *packed)
{
	const struct row_lists *l = &t->lists;
	int n = block_count(t->columns.end - t->columns.begin, row_lists_vectors(t->a, l1_bytes(t->a) / 2));

	for (int i = 0; i < n; i++) {
		struct block b = block_of(t->columns, i, n);
		struct place p = place_of(t, &b);
		struct row_walk w = {l->row, l->example, l->value};

		row_lists_pack(t->a, &b, packed);
		p.x = packed;
		p.pitch = b.vectors * VF;
		p.x_last = p.pitch - VF;
		p.end = l->row + (l->own.end - l->own.begin);
		for (int length = 1; length <= l->longest; length++)
			t->blocks[b.vectors](&w, l->of_length[length], length, &p);
	}
}

/* A row as blocks: whole ones that follow each other, and a tail of two, or one, that ends with the columns. */
struct row_blocks {
	int n, vectors[3];
	struct place place[3];
};

static struct row_blocks row_blocks_of(const struct task *t)
{
	struct span columns = t->columns;
	int all = (columns.end - columns.begin + VF - 1) / VF,
	    n = block_count(columns.end - columns.begin, MAX_VECTORS);
	int vectors = (all + n - 1) / n, whole = max_int(n - 2, 0), begin = columns.begin + whole * vectors * VF;
	struct block first = {columns.begin, vectors * VF, vectors, (vectors - 1) * VF};
	struct row_blocks blocks = {0};

	if (whole) {
		blocks.vectors[0] = vectors;
		blocks.place[0] = place_of(t, &first);
		blocks.place[0].blocks = whole;
		blocks.n = 1;
	}
	for (int i = 0; i < n - whole; i++) {
		struct block b = block_of((struct span){begin, columns.end}, i, n - whole);

		blocks.vectors[blocks.n] = b.vectors;
		blocks.place[blocks.n++] = place_of(t, &b);
	}
	return blocks;
}

/* Row after row. */
static void step_by_rows(const struct task *t)
{
	const struct row_lists *l = &t->lists;
	const struct row_blocks blocks = row_blocks_of(t);
	struct row_walk w = {l->row, l->example, l->value};

	for (int length = 1; length <= l->longest; length++)
		for (int r = 0; r < l->of_length[length]; r++) {
			struct row_walk next = w;

			for (int i = 0; i < blocks.n; i++) {
				next = w;
				t->blocks[blocks.vectors[i]](&next, 1, length, &blocks.place[i]);
			}
			w = next;
		}
}

/* Rows that follow each other, as one stretch; grad NULL: zero. */
static void step_stretch(const struct task *t, struct span rows, const float *grad)
{
	ptrdiff_t n = (ptrdiff_t)(rows.end - rows.begin) * t->a->n_in;
	struct update_part part = ISA(update_part_of)(&t->a->update, t->rule, rows.begin, n, grad);

	t->rule->step(&part, t->factor);
}

/* Fewer columns than a vector holds: the block of x is padded, and so are the sums. */
static void step_narrow(const struct task *t, float *packed)
{
	const struct row_lists *l = &t->lists;
	struct block b = block_of(t->columns, 0, 1);
	const int32_t *row = l->row, *example = l->example;
	const float *value = l->value;
	float grad[VF];

	row_lists_pack(t->a, &b, packed);
	for (int length = 1; length <= l->longest; length++)
		for (int r = 0; r < l->of_length[length]; r++, example += length, value += length) {
			vf sum;

			sums_scale(&sum, 1, value[0], packed + example[0] * VF, 0);
			for (int e = 1; e < length; e++)
				sums_add(&sum, 1, value[e], packed + example[e] * VF, 0);
			vf_store(grad, sum);
			step_stretch(t, (struct span){*row, *row + 1}, grad);
			row++;
		}
}

/* The rows without a gradient: those between this thread's rows. */
static void step_others(const struct task *t)
{
	const struct row_lists *l = &t->lists;
	int begin = l->rows.begin;

	for (int i = l->own.begin; i < l->own.end; i++) {
		step_stretch(t, (struct span){begin, l->touched[i]}, NULL);
		begin = l->touched[i] + 1;
	}
	step_stretch(t, (struct span){begin, l->rows.end}, NULL);
}

static double weight_bytes(const struct task *t)
{
	return sizeof(float) * (1.0 + t->rule->n_states) * t->a->n_out * t->a->n_in;
}

/* Not inlined: see update_tiny_begin. */
__attribute__((noinline)) static void step_all(const struct task *t, float *packed)
{
	if (t->columns.end - t->columns.begin < VF)
		step_narrow(t, packed);
	else if (weight_bytes(t) > (double)l3_bytes(t->a) / 2)
		step_by_rows(t);
	else
		step_by_blocks(t, packed);
	if (update_takes_all(&t->a->update, t->rule))
		step_others(t);
}

static void run(const struct kernel_args *a, struct team team, const struct update_rule *rule,
		step_rows_fn *const *blocks)
{
	struct task t = {.a = a, .rule = rule, .blocks = blocks, .columns = {0, a->n_in}};
	char *own = (char *)a->scratch + (row_lists_bytes(a) + row_lists_packed_bytes(a)) * (size_t)team.rank;
	float *packed = (float *)(void *)(own + row_lists_bytes(a));
	uint64_t before;

	if (t.columns.begin == t.columns.end)
		return;
	t.lists = row_lists_make(a, team, own);
	ISA(update_factors)(&a->update, rule, t.factor);
	before = update_tiny_begin();
	step_all(&t, packed);
	update_tiny_end(before);
}

size_t ISA(backward_update_sparse_scratch_bytes)(const struct kernel_args *a, int team_size)
{
	return (row_lists_bytes(a) + row_lists_packed_bytes(a)) * (size_t)team_size;
}

/* Compulsory: the entries, x, and each stepped row of the weights and of the states, in and out. */
static struct kernel_cost cost(const struct kernel_args *a, const struct update_rule *rule)
{
	struct kernel_args touched = *a;
	struct kernel_cost c;
	double rows, bytes;

	touched.dw_rows = &(struct row_list){0, NULL};
	c = ISA(backward_weights_sparse_cost)(&touched);
	rows = update_takes_all(&a->update, rule) ? a->n_out
						  : c.bytes[OPERAND_DW].written / (4.0 * max_int(a->n_in, 1));
	bytes = 4 * rows * a->n_in;
	c.flops += rows * a->n_in * rule->flops;
	c.bytes[OPERAND_DW] = (struct traffic){0, 0};
	c.bytes[OPERAND_W] = (struct traffic){bytes, bytes};
	c.bytes[OPERAND_STATE] = (struct traffic){rule->n_states * bytes, rule->n_states * bytes};
	return c;
}

#define FUSED(method)                                                                                                  \
	void ISA(backward_update_sparse_##method)(const struct kernel_args *args, struct team team)                    \
	{                                                                                                              \
		bool decays = args->update.l1 > 0 || args->update.l2 > 0;                                              \
                                                                                                                       \
		run(args, team, &ISA(update_rule_##method), decays ? method##_decayed_blocks : method##_blocks);       \
	}                                                                                                              \
	struct kernel_cost ISA(backward_update_sparse_##method##_cost)(const struct kernel_args *args)                 \
	{                                                                                                              \
		return cost(args, &ISA(update_rule_##method));                                                         \
	}
FUSED(sgd)
FUSED(momentum)
FUSED(adagrad)
FUSED(adam)
