/* SPDX-License-Identifier: MIT */
/* See gemm.h. From the inside out: tile (gemm_tile.h), packing (gemm_pack.h), results, block, this thread's part. */
#include "gemm_pack.h"

/* Floats of packed B per thread: a strip, which all rows of A reuse, stays in L2, and what is fetched of the next. */
#define STRIP (GEMM_DEPTH * 128)

/* B is read in place for fewer rows of A than this: few for narrow vectors, whose short steps hide less. */
#define ROWS_WORTH_PACKING (VF == 16 ? 256 : 48)

/* Costs in vector multiply-adds: of fetching so many elements, one; of a row of C that two threads share, so many. */
#define ELEMENTS_PER_FMA 4
#define FMAS_PER_SHARED_ROW 300

/* Rows that are a multiple of this apart share a few sets of L1, so that the rows of a tile drive each other out. */
#define CROWDED_FLOATS 512

static bool crowded(ptrdiff_t row)
{
	return row % CROWDED_FLOATS == 0;
}

/* Rows of A copied side by side are this much further apart than they are long: a line, to spread them over L1. */
#define A_GAP 16
#define A_FLOATS (TILE_ROWS * (GEMM_DEPTH + A_GAP))

/* One block of the inner dimension times one strip of columns. */
struct strip {
	int p, depth; /* steps [p, p + depth) */
	int j, n;     /* columns [j, j + n) */
	bool in_place, copy_a;
	float *packed;	   /* STRIP floats, not used in place */
	float *a;	   /* A_FLOATS, for copy_a */
	const float *next; /* where B goes on after this strip */
};

static int whole_vectors(int columns)
{
	return (columns + VF - 1) / VF * VF;
}

/* The last panel, if it is not whole, holds the last whole vectors of the strip (see last_tile). */
static void pack(const struct gemm *g, const struct strip *s)
{
	int partial = s->n % PANEL, last = min_int(whole_vectors(partial), s->n), whole = s->n - partial;

	if (g->b_transposed) {
		pack_columns(g, s->p, s->depth, s->j, s->n, s->packed);
	} else if (!s->in_place) {
		pack_rows(g, s->p, s->depth, s->j, whole, s->packed);
		pack_rows(g, s->p, s->depth, s->j + s->n - last, last, s->packed + whole * s->depth);
	}
}

/* Where the last vector is not whole: by way of a tile aside, of which C takes columns [skip, skip + n). */
static void edge_tile(struct tile_row t, int rows, int skip, int n)
{
	float aside[TILE_ROWS * PANEL], *c[TILE_ROWS];

	for (int r = 0; r < rows; r++) {
		c[r] = t.c[r];
		t.c[r] = aside + r * PANEL;
		if (t.add)
			memcpy(t.c[r] + skip, c[r], (size_t)n * sizeof(float));
	}
	tiles[(n - 1) / VF][rows - 1](&t);
	for (int r = 0; r < rows; r++)
		memcpy(c[r], t.c[r] + skip, (size_t)n * sizeof(float));
}

typedef int32_t v4i __attribute__((vector_size(16)));

/* How the sums of a tile reach C. */
struct finish {
	bool add, relu; /* to what C holds; C = max(0, .) */
};

ALWAYS_INLINE void put1(float *c, float sum, float bias, struct finish f)
{
	sum += f.add ? *c : bias;
	*c = f.relu && sum < 0 ? 0 : sum;
}

/* `rows` rows (4, or 2 of 4) and four columns of a tile into C, where rows lie side by side. */
ALWAYS_INLINE void put4(int rows, float *c, ptrdiff_t c_col, const float *tile, const float *bias, struct finish f)
{
	const size_t bytes = (size_t)rows * sizeof(float);
	v4 in[4], sum[4], start = {0};

	if (bias)
		memcpy(&start, bias, bytes);
	load4(tile, PANEL, in);
	transpose4(in, sum);
	for (int e = 0; e < 4; e++, c += c_col) {
		if (f.add)
			memcpy(&start, c, bytes);
		sum[e] += start;
		if (f.relu)
			sum[e] = (v4)((v4i)sum[e] & ~(sum[e] < 0));
		memcpy(c, &sum[e], bytes);
	}
}

/* A tile of C transposed: rows from i on, columns from j on. The tile has lines for 3 more rows. */
static void put(const struct gemm *g, int i, int rows, int j, int columns, const float *tile, struct finish f)
{
	const float *bias = g->bias ? g->bias + i : NULL;
	float *c = g->c + j * g->c_col + i;
	ptrdiff_t c_col = g->c_col;
	int e = 0;

	for (; e + 4 <= columns; e += 4, c += 4 * c_col) {
		int r = 0;

		for (; r + 4 <= rows; r += 4)
			put4(4, c + r, c_col, tile + r * PANEL + e, bias ? bias + r : NULL, f);
		for (; r + 2 <= rows; r += 2)
			put4(2, c + r, c_col, tile + r * PANEL + e, bias ? bias + r : NULL, f);
		for (int k = 0; r < rows && k < 4; k++)
			put1(c + k * c_col + r, tile[r * PANEL + e + k], bias ? bias[r] : 0, f);
	}
	for (; e < columns; e++, c += c_col)
		for (int r = 0; r < rows; r++)
			put1(c + r, tile[r * PANEL + e], bias ? bias[r] : 0, f);
}

/* A row of tiles of which C takes the transposes. */
static void transposed_tiles(const struct gemm *g, struct tile_row t, int rows, int i, const struct strip *s)
{
	struct finish f = {.add = s->p > 0, .relu = g->relu && s->p + s->depth == g->k};
	float aside[(TILE_ROWS + 3) * PANEL];

	for (int r = 0; r < rows; r++)
		t.c[r] = aside + r * PANEL;
	t.panels = 1;
	for (int j = 0; j < s->n; j += PANEL, t.b += t.b_panel, t.ahead.from += t.ahead.panel) {
		int columns = min_int(PANEL, s->n - j);

		tiles[(columns - 1) / VF][rows - 1](&t);
		put(g, i, rows, s->j + j, columns, aside, f);
	}
}

/*
 * The last tile of a row of tiles, less than a panel wide. It begins earlier, where it can, to end where B does: the
 * columns before are summed twice, to the same bits, and so may be stored twice unless C already holds a part of them.
 */
static void last_tile(struct tile_row t, int rows, const struct strip *s)
{
	int columns = s->n % PANEL, width = whole_vectors(columns), before = width - columns;

	t.panels = 1;
	if (s->in_place)
		t.b -= before;
	if (before && (t.add || s->n < width)) {
		edge_tile(t, rows, s->in_place || s->n >= width ? before : 0, columns);
		return;
	}
	for (int r = 0; r < rows; r++)
		t.c[r] -= before;
	tiles[width / VF - 1][rows - 1](&t);
}

static void plain_tiles(const struct gemm *g, struct tile_row t, int rows, int i, const struct strip *s)
{
	t.panels = s->n / PANEL;
	t.add = s->p > 0;
	for (int r = 0; r < rows; r++)
		t.c[r] = g->c + (g->c_rows ? g->c_rows[i + r] : i + r) * g->c_row + s->j;
	tiles[PANEL_VECTORS - 1][rows - 1](&t);
	if (s->n % PANEL == 0)
		return;
	t.b += t.panels * t.b_panel;
	for (int r = 0; r < rows; r++)
		t.c[r] += t.panels * PANEL;
	last_tile(t, rows, s);
}

/* Rows of A that crowd a few sets of L1 are read from a copy. */
static void copy_a(struct tile_row *t, int rows, float *to)
{
	ptrdiff_t row = t->depth + A_GAP;

	for (int r = 0; r < rows; r++)
		memcpy(to + r * row, t->a + r * t->a_row, (size_t)t->depth * sizeof(float));
	t->a = to;
	t->a_row = row;
}

/* Rows of A shorter than this are not worth fetching one by one. */
#define DEPTH_WORTH_FETCHING 128

/* The first row of tiles of a strip fetches what follows of B; the others the next rows of A, from a on. */
static struct ahead ahead_of(const struct gemm *g, const struct strip *s, int tile, const float *a)
{
	const float *b = s->in_place ? g->b + s->p * g->b_row + s->j + PANEL : s->next;

	if (tile == 0 && !g->b_transposed && !g->b_rows)
		return (struct ahead){.from = b, .step = g->b_row, .panel = PANEL, .chunk = s->depth};
	if (g->a_col != 1 || s->depth < DEPTH_WORTH_FETCHING)
		return (struct ahead){.from = a, .step = g->a_col, .chunk = s->depth};
	return (struct ahead){
		.from = a, .step = LINE, .row = g->a_row, .chunk = (s->depth + TILE_ROWS - 1) / TILE_ROWS};
}

/*
 * Where tile i of n ends. Rows are dealt to tiles as evenly as can be; but where C is transposed tiles are whole, as
 * they are written by fours.
 */
static int tile_end(const struct gemm *g, struct span m, int i, int n)
{
	if (g->c_transposed)
		return min_int(m.end, m.begin + (i + 1) * TILE_ROWS);
	return m.begin + (int)((int64_t)(m.end - m.begin) * (i + 1) / n);
}

/* Rows [m) of C in one strip. */
static void block(const struct gemm *g, struct span m, const struct strip *s)
{
	int n_tiles = (m.end - m.begin + TILE_ROWS - 1) / TILE_ROWS;

	for (int i = 0, begin = m.begin; i < n_tiles; i++) {
		int end = tile_end(g, m, i, n_tiles);
		struct tile_row t = {
			.a = g->a + begin * g->a_row + s->p * g->a_col,
			.a_row = g->a_row,
			.a_col = g->a_col,
			.b = !s->in_place ? s->packed : g->b + (g->b_rows ? 0 : s->p) * g->b_row + s->j,
			.b_rows = s->in_place && g->b_rows ? g->b_rows + s->p : NULL,
			.b_row = s->in_place ? g->b_row : PANEL,
			.b_panel = s->in_place ? PANEL : (ptrdiff_t)PANEL * s->depth,
			.depth = s->depth,
		};

		t.ahead = ahead_of(g, s, i, t.a + (end - begin) * g->a_row);
		if (s->copy_a)
			copy_a(&t, end - begin, s->a);
		(g->c_transposed ? transposed_tiles : plain_tiles)(g, t, end - begin, begin, s);
		begin = end;
	}
}

/* The part of C one thread computes. */
struct part {
	struct span m, n;
};

/*
 * The work of the busiest thread if C is cut in `across` columns and `down` rows of parts. Where parts meet within a
 * row of memory, threads write and prefetch each other's lines.
 */
static int64_t cost_of(const struct gemm *g, int across, int down)
{
	int64_t wide = ((g->n + VF - 1) / VF + across - 1) / across, high = (g->m + down - 1) / down;
	int64_t shared = g->c_transposed ? (down > 1 ? wide * VF : 0) : (across > 1 ? high : 0);

	return g->k * (wide * high + (wide * VF + high) / ELEMENTS_PER_FMA) + shared * FMAS_PER_SHARED_ROW;
}

/* Splits C over the team in a grid. */
static struct part part_of(const struct gemm *g, struct team team)
{
	int64_t best = INT64_MAX;
	int across = 1;

	for (int c = team.size; c >= 1; c--) {
		int64_t cost = team.size % c ? INT64_MAX : cost_of(g, c, team.size / c);

		if (cost < best) {
			best = cost;
			across = c;
		}
	}
	return (struct part){
		team_span((struct team){team.rank / across, team.size / across}, g->m, g->c_transposed ? TILE_ROWS : 1),
		team_span((struct team){team.rank % across, across}, g->n, VF),
	};
}

/* What C is where there is nothing to add up. */
static void empty_sum(const struct gemm *g, struct part part)
{
	for (int i = part.m.begin; i < part.m.end; i++)
		for (int j = part.n.begin; j < part.n.end; j++) {
			float start = g->bias ? g->bias[i] : 0;

			g->c[(g->c_rows ? g->c_rows[i] : i) * g->c_row + j * g->c_col] =
				g->relu && start < 0 ? 0 : start;
		}
}

/* Blocks as even as can be, of a whole number of 4 steps; k >= 1. */
static int depth_of(int k)
{
	int blocks = (k + GEMM_DEPTH - 1) / GEMM_DEPTH, fours = (k + 3) / 4;

	return (fours + blocks - 1) / blocks * 4;
}

/* Strips of a block of the inner dimension: pack, multiply. */
static void strips(const struct gemm *g, struct part part, struct strip *s)
{
	int widest = STRIP / s->depth / PANEL * PANEL;

	for (s->j = part.n.begin; s->j < part.n.end; s->j += s->n) {
		s->n = min_int(widest, part.n.end - s->j);
		s->next = g->b + s->p * g->b_row + s->j + s->n;
		if (s->j + s->n == part.n.end)
			s->next = g->b + (s->p + s->depth) * g->b_row + part.n.begin;
		pack(g, s);
		block(g, part.m, s);
	}
}

void ISA(gemm)(const struct gemm *g, struct team team, void *scratch)
{
	struct part part = part_of(g, team);
	float *mine = (float *)scratch + (size_t)team.rank * (STRIP + A_FLOATS);
	struct strip s = {.packed = mine, .a = mine + STRIP};

	if (part.m.begin == part.m.end || part.n.begin == part.n.end)
		return;
	if (g->k == 0) {
		empty_sum(g, part);
		return;
	}
	s.in_place = !g->b_transposed && g->n >= PANEL &&
		     (g->m <= TILE_ROWS || (g->m < ROWS_WORTH_PACKING && !crowded(g->b_row)));
	s.copy_a = g->a_col == 1 && crowded(g->a_row);
	for (int depth = depth_of(g->k); s.p < g->k; s.p += depth) {
		s.depth = min_int(depth, g->k - s.p);
		strips(g, part, &s);
	}
}

size_t ISA(gemm_scratch_bytes)(int team_size)
{
	return (size_t)team_size * (STRIP + A_FLOATS) * sizeof(float);
}
