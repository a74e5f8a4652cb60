/* SPDX-License-Identifier: MIT */
/*
 * See workload.h. Every operand is a block of rows in its own mapping; each thread first touches its share of the rows.
 * Blocks start at different offsets within a page, lest they alias in the caches.
 */
#include "workload.h"
#include "base/rng.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GUARD_BYTES 256
#define GUARD_BYTE 0xc5
#define STAGGER_BYTES 320 /* odd number of cache lines */
#define STAGGERS 13
#define VF_ROW 16 /* floats in a cache line */

/* Streams of random numbers: one per operand, row by row. */
enum draw { DRAW_X = 1, DRAW_W, DRAW_BIAS, DRAW_FLOATS, DRAW_STATE, DRAW_GRAD, DRAW_DY = 16 };

struct workload_block {
	struct workload_block *next;
	struct memory_map map;
	const char *name;
	char *data;
	int rows;
	size_t row_bytes;
};

/* The rows [begin, end) of this thread. */
struct stretch {
	int begin, end;
};

static struct stretch rows_of(struct team team, int rows)
{
	return (struct stretch){(int)((int64_t)rows * team.rank / team.size),
				(int)((int64_t)rows * (team.rank + 1) / team.size)};
}

static size_t block_bytes(const struct workload_block *b)
{
	return (size_t)b->rows * b->row_bytes;
}

static void block_guard(struct workload_block *b)
{
	memset(b->data - GUARD_BYTES, GUARD_BYTE, GUARD_BYTES);
	memset(b->data + block_bytes(b), GUARD_BYTE, GUARD_BYTES);
}

static void block_touch(struct team team, void *arg)
{
	struct workload_block *b = arg;
	struct stretch s = rows_of(team, b->rows);

	memset(b->data + (size_t)s.begin * b->row_bytes, 0, (size_t)(s.end - s.begin) * b->row_bytes);
}

static int on_team(const struct workload *w, team_body *body, void *arg, struct failure *f)
{
	int unbound;

	return team_run(w->p.binding, w->p.threads, body, arg, &unbound, f);
}

static int block_create(struct workload *w, const char *name, int rows, size_t row_bytes, void **data,
			struct failure *f)
{
	struct workload_block *b = calloc(1, sizeof(*b));
	size_t n = 0, offset, bytes;
	int err;

	for (const struct workload_block *i = w->blocks; i; i = i->next)
		n++;
	offset = GUARD_BYTES + n % STAGGERS * STAGGER_BYTES;
	if (!b || __builtin_mul_overflow((size_t)rows, row_bytes, &bytes) ||
	    memory_map(&b->map, bytes + offset + GUARD_BYTES)) {
		free(b);
		return fail(f, -ENOMEM, "out of memory for %s of %dx%dx%d", name, w->p.shape.batch, w->p.shape.n_in,
			    w->p.shape.n_out);
	}
	b->next = w->blocks;
	b->name = name;
	b->rows = rows;
	b->row_bytes = row_bytes;
	b->data = (char *)b->map.data + offset;
	w->blocks = b;
	*data = b->data;
	err = on_team(w, block_touch, b, f);
	block_guard(b);
	return err;
}

/* `at`: the number of the row, counted on over the copies of an operand. */
typedef void fill_row_fn(float *row, int n, int64_t at, struct rng *r, const struct workload *w);

/* Post-activation inputs: what a ReLU layer hands to the next. */
static void fill_x(float *row, int n, int64_t at, struct rng *r, const struct workload *w)
{
	(void)at;
	(void)w;
	for (int i = 0; i < n; i++)
		row[i] = (float)fmax(0, 2 * rng_uniform(r) - 1);
}

/* Glorot's uniform initialisation. */
static void fill_w(float *row, int n, int64_t at, struct rng *r, const struct workload *w)
{
	(void)at;
	double limit = sqrt(6.0 / (w->p.shape.n_in + w->p.shape.n_out));

	for (int i = 0; i < n; i++)
		row[i] = (float)(limit * (2 * rng_uniform(r) - 1));
}

/* Moments that have settled: positive, as sums of squares are. */
static void fill_state(float *row, int n, int64_t at, struct rng *r, const struct workload *w)
{
	(void)at;
	(void)w;
	for (int i = 0; i < n; i++)
		row[i] = (float)(0.5 + rng_uniform(r));
}

static void fill_dy(float *row, int n, int64_t at, struct rng *r, const struct workload *w)
{
	dist_fill_row(w->p.dist, row, n, at, r);
}

struct filling {
	const struct workload *w;
	float *m;
	int rows, cols;
	uint64_t operand;
	fill_row_fn *row;
};

static void fill_rows(struct team team, void *arg)
{
	const struct filling *g = arg;
	struct stretch s = rows_of(team, g->rows);
	int64_t copy = g->operand > OPERAND_DY ? (int64_t)(g->operand - OPERAND_DY) : 0;

	for (int b = s.begin; b < s.end; b++) {
		struct rng r = rng_create(g->w->p.seed, g->operand << 40 | (uint64_t)b);

		g->row(g->m + (size_t)b * (size_t)g->cols, g->cols, copy * g->rows + b, &r, g->w);
	}
}

/* One float matrix: created, placed and, if `row` is given, filled. */
static int matrix_create(struct workload *w, const char *name, int rows, int cols, uint64_t operand, fill_row_fn *row,
			 float **m, struct failure *f)
{
	struct filling g = {w, NULL, rows, cols, operand, row};
	void *data = NULL;
	int err = block_create(w, name, rows, (size_t)cols * sizeof(float), &data, f);

	if (err)
		return err;
	*m = g.m = data;
	return row ? on_team(w, fill_rows, &g, f) : 0;
}

#define STEPS (1u << OP_UPDATE | 1u << OP_BACKWARD_UPDATE)
#define READS_DY                                                                                                       \
	(1u << OP_TOPK_SELECT | 1u << OP_BACKWARD_DATA | 1u << OP_BACKWARD_WEIGHTS | 1u << OP_BACKWARD |               \
	 1u << OP_BACKWARD_UPDATE)
#define READS_X (1u << OP_FORWARD | 1u << OP_BACKWARD_WEIGHTS | 1u << OP_BACKWARD | 1u << OP_BACKWARD_UPDATE)
#define READS_W (1u << OP_FORWARD | 1u << OP_BACKWARD_DATA | 1u << OP_BACKWARD | STEPS)
#define WRITES_DX (1u << OP_BACKWARD_DATA | 1u << OP_BACKWARD)
#define WRITES_DW (1u << OP_BACKWARD_WEIGHTS | 1u << OP_BACKWARD)

#define N_MATRICES 9

/* Every operand but dy: one line each. */
static int operands_create(struct workload *w, float *v[N_MATRICES], struct failure *f)
{
	struct shape s = w->p.shape;
	const struct {
		const char *name;
		unsigned ops;
		int rows, cols;
		uint64_t operand;
		fill_row_fn *row;
	} table[N_MATRICES] = {
		{"x", READS_X, s.batch, s.n_in, DRAW_X, fill_x},
		{"w", READS_W, s.n_out, s.n_in, DRAW_W, fill_w},
		{"bias", 1u << OP_FORWARD, 1, s.n_out, DRAW_BIAS, fill_w},
		{"y", 1u << OP_FORWARD, s.batch, s.n_out, 0, NULL},
		{"dx", WRITES_DX, s.batch, s.n_in, 0, NULL},
		{"dw", WRITES_DW, s.n_out, s.n_in, 0, NULL},
		{"grad", 1u << OP_UPDATE, s.n_out, s.n_in, DRAW_GRAD, fill_w},
		{"state1", w->p.n_states > 0 ? STEPS : 0, s.n_out, s.n_in, DRAW_STATE, fill_state},
		{"state2", w->p.n_states > 1 ? STEPS : 0, s.n_out, s.n_in, DRAW_STATE, fill_state},
	};
	int err = 0;

	for (int i = 0; i < N_MATRICES && !err; i++)
		if (w->p.ops & table[i].ops)
			err = matrix_create(w, table[i].name, table[i].rows, table[i].cols, table[i].operand,
					    table[i].row, &v[i], f);
	return err;
}

static int dy_create(struct workload *w, struct failure *f)
{
	struct shape s = w->p.shape;
	float *dy;
	int err = 0;

	for (int c = 0; c < w->p.copies && !err && w->p.ops & READS_DY; c++) {
		err = matrix_create(w, "dy", s.batch, s.n_out, (uint64_t)(DRAW_DY + c), fill_dy, &dy, f);
		w->args[c].dy = err ? NULL : dy;
	}
	return err;
}

static int dw_rows_create(struct workload *w, struct failure *f)
{
	return w->p.ops & WRITES_DW ? workload_rows(w, &w->dw_rows, f) : 0;
}

int workload_create(struct workload *w, const struct workload_params *p, struct failure *f)
{
	float *v[N_MATRICES] = {NULL};
	int err;

	*w = (struct workload){.p = *p};
	err = operands_create(w, v, f);
	for (int c = 0; c < p->copies; c++)
		w->args[c] = (struct kernel_args){.batch = p->shape.batch,
						  .n_in = p->shape.n_in,
						  .n_out = p->shape.n_out,
						  .caches = machine_caches(p->binding->machine),
						  .rescale = 1,
						  .seed = p->seed + (uint64_t)c, /* random_k draws anew for each copy */
						  .x = v[0],
						  .w = v[1],
						  .bias = v[2],
						  .relu = true,
						  .y = v[3],
						  .dx = v[4],
						  .dw = v[5],
						  .update = {.param = v[1],
							     .grad = v[6],
							     .state1 = v[7],
							     .state2 = v[8],
							     .rows = p->shape.n_out,
							     .cols = p->shape.n_in}};
	err = err ? err : dy_create(w, f);
	err = err ? err : dw_rows_create(w, f);
	if (err)
		workload_destroy(w);
	return err;
}

void workload_destroy(struct workload *w)
{
	for (struct workload_block *b = w->blocks, *next; b; b = next) {
		next = b->next;
		memory_unmap(&b->map);
		free(b);
	}
	*w = (struct workload){.blocks = NULL};
}

double workload_bytes(const struct workload_params *p)
{
	double batch = p->shape.batch, n_in = p->shape.n_in, n_out = p->shape.n_out;
	double floats = p->ops & READS_DY ? p->copies * batch * n_out : 0;

	floats += (p->ops & READS_X ? batch * n_in : 0) + (p->ops & READS_W ? n_in * n_out : 0);
	floats += (p->ops & WRITES_DX ? batch * n_in : 0) + (p->ops & WRITES_DW ? n_in * n_out : 0);
	floats += (p->ops & STEPS ? p->n_states * n_in * n_out : 0) + (p->ops & 1u << OP_UPDATE ? n_in * n_out : 0);
	return sizeof(float) * (floats + (p->ops & 1u << OP_FORWARD ? batch * n_out : 0));
}

double workload_kept_bytes(const struct workload_params *p)
{
	return (double)(sizeof(int32_t) + sizeof(float)) * p->shape.batch * (p->shape.n_out + SPARSE_PAD);
}

int workload_rows(struct workload *w, struct row_list *list, struct failure *f)
{
	void *rows = NULL;
	int err = block_create(w, "dw_rows", w->p.shape.n_out, sizeof(int32_t), &rows, f);

	*list = (struct row_list){0, err ? NULL : rows};
	return err;
}

int workload_kept(struct workload *w, struct sparse_dy *kept, struct failure *f)
{
	int batch = w->p.shape.batch, stride = (w->p.shape.n_out + 2 * SPARSE_PAD - 1) / SPARSE_PAD * SPARSE_PAD;
	void *count = NULL, *index = NULL, *value = NULL;
	int err = block_create(w, "kept.count", batch, sizeof(int32_t), &count, f);

	err = err ? err : block_create(w, "kept.index", batch, (size_t)stride * sizeof(int32_t), &index, f);
	err = err ? err : block_create(w, "kept.value", batch, (size_t)stride * sizeof(float), &value, f);
	if (!err)
		*kept = (struct sparse_dy){stride, count, index, value};
	return err;
}

int workload_floats(struct workload *w, size_t n, float **floats, struct failure *f)
{
	return matrix_create(w, "floats", (int)((n + VF_ROW - 1) / VF_ROW), VF_ROW, DRAW_FLOATS, fill_x, floats, f);
}

int workload_scratch(struct workload *w, size_t bytes, struct failure *f)
{
	int err;

	if (bytes <= w->scratch_bytes)
		return 0;
	err = block_create(w, "scratch", (int)((bytes + KERNEL_ALIGN - 1) / KERNEL_ALIGN), KERNEL_ALIGN, &w->scratch,
			   f);
	if (err)
		return err;
	w->scratch_bytes = bytes;
	for (int c = 0; c < w->p.copies; c++)
		w->args[c].scratch = w->scratch;
	return 0;
}

static bool guard_is_whole(const char *guard)
{
	for (int i = 0; i < GUARD_BYTES; i++)
		if ((unsigned char)guard[i] != GUARD_BYTE)
			return false;
	return true;
}

bool workload_intact(struct workload *w, const char **what)
{
	bool intact = true;

	for (struct workload_block *b = w->blocks; b; b = b->next) {
		if (guard_is_whole(b->data - GUARD_BYTES) && guard_is_whole(b->data + block_bytes(b)))
			continue;
		*what = b->name;
		block_guard(b);
		intact = false;
	}
	return intact;
}
