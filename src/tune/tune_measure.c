/* SPDX-License-Identifier: MIT */
/*
 * What the ways through a layer's backward pass cost, measured in some tens of milliseconds on operands like the real
 * ones. First each curve is walked upwards, a sample per point, until it is well above dense: what is never chosen need
 * not be known exactly, so the last point rests on that one sample. Then dense and all other points are timed in
 * interleaved rounds, and the median ratio of a round is the cost: a machine that slows down slows all of them.
 */
#include "tune/tuner.h"

#include "base/memory.h"
#include "measure/measure.h"
#include "measure/stats.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COPIES 4 /* of dY, so that no branch predictor learns one by heart */
#define SEED 1
#define MAX_WAYS (2 * TUNE_MAX_POINTS + 1)
#define MAX_BLOCKS 64
#define K_STEPS 64    /* k starts at this part of a row and doubles */
#define ZERO_STEPS 16 /* non-zeros likewise */
#define HOPELESS 1.25 /* times dense: the walk ends */
#define GLANCES 3
#define GLANCE_S 50e-6	/* a sample of the walk */
#define SELECT_S 20e-6	/* of a selection alone */
#define SAMPLE_S 200e-6 /* a sample of the rounds */
#define BUDGET_S 0.1	/* of the rounds, where the least number of them allows */
#define MIN_ROUNDS 3
#define MAX_ROUNDS 7
#define SELECT_ROUNDS 3
#define SELECT_ROWS 8 /* per thread: algorithms are told apart on these */
#define MAX_VARIANTS 16

/* dY with one share of zeros. */
struct gradient {
	double nonzeros; /* mean of a row */
	float *dy[COPIES];
};

/* A way through the pass at one point of a curve, or a selection alone. */
struct way {
	const struct kernel *steps[3];
	int n_steps;
	struct kernel_args args[COPIES];
	struct tune_point *point; /* its cost is to be found */
	double ns;		  /* of a call, at a glance */
};

struct bench {
	const struct tuner_params *p;
	const struct tune_layer *l;
	struct kernel_args args; /* but for dy, kept, k and dw_rows */
	struct sparse_dy kept[COPIES];
	struct row_list rows;
	struct gradient gradients[TUNE_MAX_POINTS];
	int n_gradients;
	struct way *ways; /* (MAX_WAYS): dense, then what takes part in the rounds */
	int n_ways, n_blocks;
	void *block[MAX_BLOCKS];
};

static void *take(struct bench *b, size_t rows, size_t columns, size_t size)
{
	void *p = b->n_blocks < MAX_BLOCKS ? memory_create(rows * columns, size) : NULL;

	if (p)
		b->block[b->n_blocks++] = p;
	return p;
}

static double count_nonzeros(const float *dy, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += fabsf(dy[i]) > 0;
	return sum;
}

/* Leaves about `share` of the entries as they are, the others become zero. */
static void thin_out(float *dy, size_t n, double share, uint64_t stream)
{
	struct rng r = rng_create(SEED, stream);

	for (size_t i = 0; i < n && share < 1; i++)
		if (rng_uniform(&r) >= share)
			dy[i] = 0;
}

static int add_gradient(struct bench *b, const struct dist *dist, double share)
{
	size_t batch = (size_t)b->l->batch, n_out = (size_t)b->l->n_out;
	struct gradient *g = &b->gradients[b->n_gradients++];
	float *all = memory_create(COPIES * batch * n_out, sizeof(float));
	bool ok = all != NULL;

	/* All copies are rows of one matrix, as a recording goes on from one to the next. */
	if (ok)
		dist_fill(dist, all, COPIES * b->l->batch, b->l->n_out, SEED);
	for (int c = 0; ok && c < COPIES; c++) {
		g->dy[c] = take(b, batch, n_out, sizeof(float));
		ok = g->dy[c] != NULL;
		if (!ok)
			break;
		memcpy(g->dy[c], all + (size_t)c * batch * n_out, batch * n_out * sizeof(float));
		thin_out(g->dy[c], batch * n_out, share, (uint64_t)c);
		g->nonzeros += count_nonzeros(g->dy[c], batch * n_out) / (double)(COPIES * batch);
	}
	free(all);
	return ok ? 0 : -ENOMEM;
}

/* The gradients of the point at hand, or as in training: fewer and fewer zeros. */
static int create_gradients(struct bench *b)
{
	int rc = 0;

	if (b->l->dist)
		return add_gradient(b, b->l->dist, 1);
	for (int part = ZERO_STEPS; part >= 1 && !rc; part /= 2)
		rc = add_gradient(b, dist_find("gaussian"), 1.0 / part);
	return rc;
}

static int create_kept(struct bench *b)
{
	int batch = b->l->batch, stride = (b->l->n_out + 2 * SPARSE_PAD - 1) / SPARSE_PAD * SPARSE_PAD;

	for (int c = 0; c < COPIES; c++) {
		struct sparse_dy *kept = &b->kept[c];

		kept->stride = stride;
		if (!(kept->count = take(b, (size_t)batch, 1, sizeof(int32_t))) ||
		    !(kept->index = take(b, (size_t)batch, (size_t)stride, sizeof(int32_t))) ||
		    !(kept->value = take(b, (size_t)batch, (size_t)stride, sizeof(float))))
			return -ENOMEM;
	}
	b->rows.row = take(b, (size_t)b->l->n_out, 1, sizeof(int32_t));
	return b->rows.row ? 0 : -ENOMEM;
}

static int create_matrices(struct bench *b)
{
	size_t batch = (size_t)b->l->batch, n_in = (size_t)b->l->n_in, n_out = (size_t)b->l->n_out;
	const struct dist *gaussian = dist_find("gaussian"), *relu = dist_find("relu");
	float *x = take(b, batch, n_in, sizeof(float)), *w = take(b, n_out, n_in, sizeof(float));
	struct kernel_args *a = &b->args;

	*a = (struct kernel_args){.batch = b->l->batch, .n_in = b->l->n_in, .n_out = b->l->n_out, .rescale = 1};
	a->x = x;
	a->w = w;
	a->dx = take(b, batch, n_in, sizeof(float));
	a->dw = take(b, n_out, n_in, sizeof(float));
	a->kept = &b->kept[0];
	a->dw_rows = &b->rows;
	a->scratch = take(b, choice_scratch_bytes(b->l->kernels, a, b->l->threads) + KERNEL_ALIGN, 1, 1);
	if (!x || !w || !a->dx || !a->dw || !a->scratch)
		return -ENOMEM;
	dist_fill(relu, x, b->l->batch, b->l->n_in, SEED);
	dist_fill(gaussian, w, b->l->n_out, b->l->n_in, SEED);
	b->ways = take(b, MAX_WAYS, 1, sizeof(*b->ways));
	return b->ways ? 0 : -ENOMEM;
}

static void run_way(void *arg, int64_t call, struct team team)
{
	const struct way *w = arg;
	const struct kernel_args *a = &w->args[call % COPIES];

	w->steps[0]->run(a, team);
	for (int i = 1; i < w->n_steps; i++) {
		team_barrier(team);
		w->steps[i]->run(a, team);
	}
}

/* One measurement of several ways, and what it yields. */
struct heat {
	const struct bench *bench;
	struct contender contenders[MAX_WAYS];
	struct measure_params params;
	struct sample *samples; /* (rounds, n) */
	int n, rounds, rejected;
};

static void heat_body(struct team team, void *arg)
{
	struct heat *h = arg;
	int rounds =
		measure_rounds(h->contenders, h->n, &h->params, h->bench->p->binding, team, h->samples, &h->rejected);

	if (team.rank == 0)
		h->rounds = rounds;
}

/* ns[(rounds, n)] of a call. */
static int time_ways(const struct bench *b, struct way *ways, int n, double min_time_s, int rounds, double *ns,
		     struct failure *f)
{
	struct heat h = {.bench = b, .params = {.min_time_s = min_time_s, .rounds = rounds, .seed = SEED}, .n = n};
	int rc;

	h.samples = calloc((size_t)n * (size_t)rounds, sizeof(*h.samples));
	if (!h.samples)
		return fail(f, -ENOMEM, "out of memory for tuning");
	for (int i = 0; i < n; i++)
		h.contenders[i] = (struct contender){"", run_way, &ways[i], 0};
	rc = team_run(b->p->binding, b->l->threads, heat_body, &h, NULL, f);
	if (!rc && h.rounds < rounds)
		rc = fail(f, -ENOMEM, "out of memory for tuning");
	for (int i = 0; !rc && i < n * rounds; i++)
		ns[i] = (double)h.samples[i].elapsed_ns / (double)h.samples[i].calls;
	free(h.samples);
	return rc;
}

/* A way with these kernels; select NULL: dense. No dX in the first layer of a net. */
static struct way way_of(struct bench *b, const struct gradient *g, const struct kernel *select, int k)
{
	const char *method = select ? "sparse" : "dense";
	struct way w = {.n_steps = 0};

	if (select)
		w.steps[w.n_steps++] = select;
	w.steps[w.n_steps++] = kernel_find(b->l->kernels, OP_BACKWARD_WEIGHTS, method, NULL);
	if (b->l->dx)
		w.steps[w.n_steps++] = kernel_find(b->l->kernels, OP_BACKWARD_DATA, method, NULL);
	for (int c = 0; c < COPIES; c++) {
		w.args[c] = b->args;
		w.args[c].dy = g->dy[c];
		w.args[c].k = k;
		w.args[c].kept = &b->kept[c];
		w.args[c].dw_rows = select ? &b->rows : NULL;
	}
	return w;
}

/* The fastest algorithm for this k; all return the same entries, so selection alone decides. */
static int pick_selection(struct bench *b, const struct gradient *g, int k, const struct kernel **best,
			  struct failure *f)
{
	struct way ways[MAX_VARIANTS];
	double ns[SELECT_ROUNDS * MAX_VARIANTS], least = INFINITY;
	int n = 0, rows = SELECT_ROWS * b->l->threads, rc;

	for (const struct kernel *s = b->l->kernels->kernels; s->method && n < MAX_VARIANTS; s++) {
		if (s->op != OP_TOPK_SELECT || strcmp(s->method, "topk"))
			continue;
		ways[n] = way_of(b, g, s, k);
		ways[n].n_steps = 1;
		for (int c = 0; c < COPIES; c++)
			ways[n].args[c].batch = rows < b->l->batch ? rows : b->l->batch;
		n++;
	}
	rc = time_ways(b, ways, n, SELECT_S, SELECT_ROUNDS, ns, f);
	for (int i = 0; i < n && !rc; i++) {
		double rounds[SELECT_ROUNDS], median;

		for (int r = 0; r < SELECT_ROUNDS; r++)
			rounds[r] = ns[r * n + i];
		median = stats_median(rounds, SELECT_ROUNDS);
		if (median < least)
			*best = ways[i].steps[0];
		least = fmin(least, median);
	}
	return rc;
}

/* A way that seems hopeless gets a second look: something may have come between. */
static int glance(const struct bench *b, struct way *w, struct failure *f)
{
	double again[GLANCES];
	int rc = time_ways(b, w, 1, GLANCE_S, 1, &w->ns, f);

	if (rc || w->ns <= HOPELESS * b->ways[0].ns)
		return rc;
	rc = time_ways(b, w, 1, GLANCE_S, GLANCES, again, f);
	for (int i = 0; i < GLANCES && !rc; i++)
		w->ns = fmin(w->ns, again[i]);
	return rc;
}

/* Glances at a way, and appends its point; unless that is hopeless it takes part in the rounds. */
static int add_way(struct bench *b, const struct way *w, struct tune_curve *curve, const struct tune_point *point,
		   struct failure *f)
{
	struct way *way = &b->ways[b->n_ways];
	int rc;

	*way = *w;
	way->point = &curve->v[curve->n];
	rc = glance(b, way, f);
	if (rc)
		return rc;
	curve->v[curve->n] = *point;
	curve->v[curve->n++].cost = way->ns / b->ways[0].ns;
	b->n_ways += way->ns <= HOPELESS * b->ways[0].ns;
	return 0;
}

static bool hopeless(const struct tune_curve *c)
{
	return c->v[c->n - 1].cost > HOPELESS;
}

static int walk_relu_skip(struct bench *b, struct tune_curve *curve, struct failure *f)
{
	const struct kernel *select = kernel_find(b->l->kernels, OP_TOPK_SELECT, "relu_skip", NULL);
	int rc = 0;

	for (int i = 0; i < b->n_gradients && !rc && !(curve->n && hopeless(curve)); i++) {
		const struct gradient *g = &b->gradients[i];
		const struct tune_point point = {.kept = g->nonzeros};
		struct way w = way_of(b, g, select, 0);

		/* Tiny layers may draw the same number of non-zeros twice. */
		if (!curve->n || g->nonzeros > curve->v[curve->n - 1].kept)
			rc = add_way(b, &w, curve, &point, f);
	}
	return rc;
}

static int walk_topk(struct bench *b, const struct gradient *g, struct tune_curve *curve, struct failure *f)
{
	int n = b->l->n_out, k = n / K_STEPS > 0 ? n / K_STEPS : 1, rc = 0;

	for (bool last = false; !last && !rc; k = 2 * k < n ? 2 * k : n) {
		const struct kernel *select = NULL;
		struct tune_point point = {.kept = k};
		struct way w;

		rc = pick_selection(b, g, k, &select, f);
		if (rc)
			return rc;
		strncpy(point.select, select->variant, sizeof(point.select) - 1);
		w = way_of(b, g, select, k);
		rc = add_way(b, &w, curve, &point, f);
		last = k == n || (!rc && hopeless(curve));
	}
	return rc;
}

/* As many rounds as the budget allows; a sample costs an untimed call too, and calibration about two samples. */
static int rounds_for(const struct bench *b)
{
	double round_s = 0;

	for (int i = 0; i < b->n_ways; i++)
		round_s += b->ways[i].ns * 1e-9 + fmax(b->ways[i].ns * 1e-9, SAMPLE_S);
	return (int)fmax(MIN_ROUNDS, fmin(MAX_ROUNDS, BUDGET_S / round_s - 2));
}

/* Dense and the points in rounds: the costs, and dense's own time. */
static int time_rounds(struct bench *b, struct tune_table *out, struct failure *f)
{
	int n = b->n_ways, rounds = rounds_for(b), rc;
	double ns[MAX_ROUNDS * MAX_WAYS], v[MAX_ROUNDS];

	rc = time_ways(b, b->ways, n, SAMPLE_S, rounds, ns, f);
	for (int i = 0; i < n && !rc; i++) {
		for (int r = 0; r < rounds; r++)
			v[r] = i ? ns[r * n + i] / ns[r * n] : ns[r * n];
		*(i ? &b->ways[i].point->cost : &out->dense_ns) = stats_median(v, rounds);
	}
	return rc;
}

static int measure_all(struct bench *b, struct tune_table *out, struct failure *f)
{
	/* Top-k meets half zeros in training: a ReLU's share at the start. */
	const struct gradient *g = &b->gradients[b->n_gradients > 1 ? b->n_gradients - 2 : 0];
	int rc;

	b->ways[b->n_ways++] = way_of(b, g, NULL, 0);
	rc = time_ways(b, b->ways, 1, GLANCE_S, 1, &b->ways[0].ns, f);
	rc = rc ? rc : walk_relu_skip(b, &out->relu_skip, f);
	rc = rc ? rc : walk_topk(b, g, &out->topk, f);
	out->nonzeros = g->nonzeros;
	return rc ? rc : time_rounds(b, out, f);
}

int tune_measure(const struct tuner_params *p, const struct tune_layer *l, struct tune_table *out, struct failure *f)
{
	struct bench b = {.p = p, .l = l};
	int rc = create_matrices(&b);

	rc = rc ? rc : create_kept(&b);
	rc = rc ? rc : create_gradients(&b);
	rc = rc ? fail(f, rc, "out of memory for tuning %dx%dx%d", l->batch, l->n_in, l->n_out) : 0;
	*out = (struct tune_table){.dense_ns = 0};
	rc = rc ? rc : measure_all(&b, out, f);
	for (int i = 0; i < b.n_blocks; i++)
		free(b.block[i]);
	return rc;
}
