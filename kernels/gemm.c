/* SPDX-License-Identifier: MIT */
/* See gemm.h. From the inside out: tile, row of tiles, packing, block, this thread's part. */
#include "gemm.h"

#if VF == 16
#define TILE_ROWS 10 /* 20 accumulators of 32 registers; one address register per row */
#else
#define TILE_ROWS 6 /* 12 accumulators of 16 registers */
#endif

/* Floats of packed B per thread; a strip of B that is reused for all rows of A stays in L2. */
#define STRIP (GEMM_DEPTH * 256)

/* B is read in place for fewer rows of A than this, and if its lines are not a page or more apart. */
#define ROWS_WORTH_PACKING 256
#define PAGE_FLOATS 1024

/* One row of tiles: `rows` rows of C across a strip of whole panels. */
struct tile_row {
	const float *a, *b;
	ptrdiff_t a_row, a_col;
	ptrdiff_t b_row;   /* from one step's line of a panel to the next */
	ptrdiff_t b_panel; /* from one panel to the next */
	int depth, panels;
	bool add;	     /* C += instead of C = */
	float *c[TILE_ROWS]; /* the rows of C at the strip's first column */
};

/* rows is a constant after inlining, and so is the stride of A that is 1. */
ALWAYS_INLINE void tile_sum(int rows, int depth, const float *a, ptrdiff_t a_row, ptrdiff_t a_col, const float *b,
			    ptrdiff_t b_row, vf acc[TILE_ROWS][PANEL_VECTORS])
{
	for (int i = 0; i < rows; i++)
		for (int v = 0; v < PANEL_VECTORS; v++)
			acc[i][v] = (vf){0};
	for (int p = 0; p < depth; p++) {
		vf line[PANEL_VECTORS];

		for (int v = 0; v < PANEL_VECTORS; v++)
			line[v] = vf_load(b + p * b_row + v * VF);
		for (int i = 0; i < rows; i++) {
			vf s = vf_set(a[i * a_row + p * a_col]);

			for (int v = 0; v < PANEL_VECTORS; v++)
				acc[i][v] += s * line[v];
		}
	}
}

ALWAYS_INLINE void tile_store(float *c, const vf *acc, bool add)
{
	for (int v = 0; v < PANEL_VECTORS; v++)
		vf_store(c + v * VF, add ? vf_load(c + v * VF) + acc[v] : acc[v]);
}

ALWAYS_INLINE void tile_row_run(int rows, const struct tile_row *t)
{
	const float *a = t->a, *b = t->b;
	ptrdiff_t a_row = t->a_row, a_col = t->a_col, b_row = t->b_row;
	int depth = t->depth;
	bool add = t->add;

	for (int j = 0; j < t->panels; j++, b += t->b_panel) {
		vf acc[TILE_ROWS][PANEL_VECTORS];

		if (a_row == 1)
			tile_sum(rows, depth, a, 1, a_col, b, b_row, acc);
		else
			tile_sum(rows, depth, a, a_row, 1, b, b_row, acc);
		for (int i = 0; i < rows; i++)
			tile_store(t->c[i] + j * PANEL, acc[i], add);
	}
}

#define TILE(rows)                                                                                                     \
	static void tile_##rows(const struct tile_row *t)                                                              \
	{                                                                                                              \
		tile_row_run(rows, t);                                                                                 \
	}
TILE(1)
TILE(2)
TILE(3)
TILE(4)
TILE(5)
TILE(6)
#if TILE_ROWS > 6
TILE(7)
TILE(8)
TILE(9)
TILE(10)
#endif

typedef void tile_fn(const struct tile_row *t);

static tile_fn *const tiles[TILE_ROWS + 1] = {
	NULL,	tile_1, tile_2, tile_3,	 tile_4, tile_5, tile_6,
#if TILE_ROWS > 6
	tile_7, tile_8, tile_9, tile_10,
#endif
};

/* The right edge: a panel of which only `columns` columns exist, by way of a whole tile aside. */
static void edge_tile(struct tile_row t, int rows, int columns)
{
	float aside[TILE_ROWS * PANEL], *c[TILE_ROWS];

	for (int r = 0; r < rows; r++) {
		c[r] = t.c[r];
		t.c[r] = aside + r * PANEL;
		if (t.add)
			memcpy(t.c[r], c[r], (size_t)columns * sizeof(float));
	}
	t.panels = 1;
	tiles[rows](&t);
	for (int r = 0; r < rows; r++)
		memcpy(c[r], t.c[r], (size_t)columns * sizeof(float));
}

/* One block of the inner dimension times one strip of columns. */
struct strip {
	int p, depth; /* steps [p, p + depth) */
	int j, n;     /* columns [j, j + n) */
	bool in_place;
	float *packed; /* all panels, or (in_place) only the last, partial one */
};

/* Packs whole rows of B: columns [j, j + n) into panels, zeros beyond the last. */
static void pack_rows(const struct gemm *g, const struct strip *s, int j, int n)
{
	for (int p = 0; p < s->depth; p++) {
		const float *row = g->b + (g->b_rows ? g->b_rows[s->p + p] : s->p + p) * g->b_row + j;
		float *to = s->packed + p * PANEL;
		int c = 0;

		for (; c + PANEL <= n; c += PANEL, to += s->depth * PANEL)
			for (int v = 0; v < PANEL_VECTORS; v++)
				vf_store(to + v * VF, vf_load(row + c + v * VF));
		for (int e = 0; c < n && e < PANEL; e++)
			to[e] = c + e < n ? row[c + e] : 0;
	}
}

typedef float v4 __attribute__((vector_size(16)));

/* to(4 steps, 4 columns) from from(4 columns, 4 steps). */
ALWAYS_INLINE void transpose4(const float *from, ptrdiff_t from_row, float *to)
{
	v4 in[4], lo[2], hi[2], out[4];

	for (int i = 0; i < 4; i++)
		memcpy(&in[i], from + i * from_row, sizeof(v4));
	for (int i = 0; i < 2; i++) {
		lo[i] = __builtin_shufflevector(in[2 * i], in[2 * i + 1], 0, 4, 1, 5);
		hi[i] = __builtin_shufflevector(in[2 * i], in[2 * i + 1], 2, 6, 3, 7);
	}
	out[0] = __builtin_shufflevector(lo[0], lo[1], 0, 1, 4, 5);
	out[1] = __builtin_shufflevector(lo[0], lo[1], 2, 3, 6, 7);
	out[2] = __builtin_shufflevector(hi[0], hi[1], 0, 1, 4, 5);
	out[3] = __builtin_shufflevector(hi[0], hi[1], 2, 3, 6, 7);
	for (int i = 0; i < 4; i++)
		memcpy(to + i * PANEL, &out[i], sizeof(v4));
}

/* Packs B given by columns, in blocks of 4 x 4; zeros beyond the last column. */
static void pack_columns(const struct gemm *g, const struct strip *s)
{
	for (int c = 0; c < s->n; c += 4) {
		const float *column = g->b + (s->j + c) * g->b_col + s->p;
		float *to = s->packed + (ptrdiff_t)(c / PANEL) * PANEL * s->depth + c % PANEL;
		int p = 0, n = min_int(4, s->n - c);

		for (; n == 4 && p + 4 <= s->depth; p += 4)
			transpose4(column + p, g->b_col, to + p * PANEL);
		for (; p < s->depth; p++)
			for (int e = 0; e < 4; e++)
				to[p * PANEL + e] = e < n ? column[e * g->b_col + p] : 0;
	}
	for (int c = (s->n + 3) / 4 * 4; c % PANEL; c++)
		for (int p = 0; p < s->depth; p++)
			s->packed[(ptrdiff_t)(c / PANEL) * PANEL * s->depth + p * PANEL + c % PANEL] = 0;
}

static void pack(const struct gemm *g, const struct strip *s)
{
	int partial = s->n % PANEL;

	if (g->b_col != 1)
		pack_columns(g, s);
	else if (!s->in_place)
		pack_rows(g, s, s->j, s->n);
	else if (partial)
		pack_rows(g, s, s->j + s->n - partial, partial);
}

/* Rows [m) of C in one strip; the rows are dealt to tiles as evenly as can be. */
static void block(const struct gemm *g, struct span m, const struct strip *s)
{
	int rows = m.end - m.begin, n_tiles = (rows + TILE_ROWS - 1) / TILE_ROWS, full = s->n / PANEL;
	ptrdiff_t packed_panel = (ptrdiff_t)PANEL * s->depth;

	for (int i = 0; i < n_tiles; i++) {
		int begin = m.begin + (int)((int64_t)rows * i / n_tiles);
		int height = m.begin + (int)((int64_t)rows * (i + 1) / n_tiles) - begin;
		struct tile_row t = {
			.a = g->a + begin * g->a_row + s->p * g->a_col,
			.a_row = g->a_row,
			.a_col = g->a_col,
			.b = s->in_place ? g->b + s->p * g->b_row + s->j : s->packed,
			.b_row = s->in_place ? g->b_row : PANEL,
			.b_panel = s->in_place ? PANEL : packed_panel,
			.depth = s->depth,
			.panels = full,
			.add = s->p > 0,
		};

		for (int r = 0; r < height; r++)
			t.c[r] = g->c + (g->c_rows ? g->c_rows[begin + r] : begin + r) * g->c_row + s->j;
		tiles[height](&t);
		if (s->n % PANEL == 0)
			continue;
		t.b = s->packed + (s->in_place ? 0 : packed_panel * full);
		t.b_row = PANEL;
		for (int r = 0; r < height; r++)
			t.c[r] += full * PANEL;
		edge_tile(t, height, s->n % PANEL);
	}
}

/* The part of C one thread computes. */
struct part {
	struct span m, n;
};

/* Splits C over the team in a grid: the least work for the busiest thread; by columns first, which shares no packing.
 */
static struct part part_of(const struct gemm *g, struct team team)
{
	int64_t row_tiles = (g->m + TILE_ROWS - 1) / TILE_ROWS, panels = (g->n + PANEL - 1) / PANEL, best = INT64_MAX;
	int across = 1;

	for (int c = team.size; c >= 1; c--) {
		int r = team.size / c;
		int64_t busiest = ((panels + c - 1) / c) * ((row_tiles + r - 1) / r);

		if (team.size % c == 0 && busiest < best) {
			best = busiest;
			across = c;
		}
	}
	return (struct part){
		team_span((struct team){team.rank / across, team.size / across}, g->m, TILE_ROWS),
		team_span((struct team){team.rank % across, across}, g->n, PANEL),
	};
}

/* An empty sum is zero. */
static void clear(const struct gemm *g, struct part part)
{
	for (int i = part.m.begin; i < part.m.end; i++)
		memset(g->c + (g->c_rows ? g->c_rows[i] : i) * g->c_row + part.n.begin, 0,
		       (size_t)(part.n.end - part.n.begin) * sizeof(float));
}

void ISA(gemm)(const struct gemm *g, struct team team, void *scratch)
{
	struct part part = part_of(g, team);
	struct strip s = {.packed = (float *)scratch + (size_t)team.rank * STRIP};

	s.in_place = g->b_col == 1 && !g->b_rows && g->m < ROWS_WORTH_PACKING && g->b_row < PAGE_FLOATS;
	if (part.m.begin == part.m.end || part.n.begin == part.n.end)
		return;
	if (g->k == 0)
		clear(g, part);
	for (s.p = 0; s.p < g->k; s.p += s.depth) {
		s.depth = min_int(GEMM_DEPTH, g->k - s.p);
		for (s.j = part.n.begin; s.j < part.n.end; s.j += s.n) {
			s.n = min_int(STRIP / s.depth / PANEL * PANEL, part.n.end - s.j);
			pack(g, &s);
			block(g, part.m, &s);
		}
	}
}

size_t ISA(gemm_scratch_bytes)(int team_size)
{
	return (size_t)team_size * STRIP * sizeof(float);
}
