/* SPDX-License-Identifier: MIT */
/*
 * What the ways through a layer's backward pass cost, measured in some tens of milliseconds on operands like the real
 * ones. First each curve is walked upwards, a sample per point, until it is well above dense: what is never chosen need
 * not be known exactly, so the last point rests on that one sample. Then dense and all other points are timed in
 * interleaved rounds, the points near dense in more of them, and the median ratio of a round is the cost: a machine
 * that slows down slows all of them.
 */
#include "tune/tune_operands.h"

#include "measure/measure.h"
#include "measure/stats.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WAYS (2 * TUNE_MAX_POINTS + 1)
#define K_STEPS 64	/* k starts at this part of a row and doubles */
#define HOPELESS 1.25	/* times dense: the walk ends */
#define GLANCE_S 50e-6	/* a sample of the walk */
#define SELECT_S 20e-6	/* of a selection alone */
#define SAMPLE_S 200e-6 /* a sample of the rounds */
#define BUDGET_S 0.1	/* of the rounds, where the least number of them allows */
#define MIN_ROUNDS 3
#define MAX_ROUNDS 7 /* of all points, then of those near dense */
#define NEAR_ROUNDS 12
#define NEAR 1.5 /* times dense, or dense times this */
#define MAX_RATIOS (MAX_ROUNDS + NEAR_ROUNDS)
#define SELECT_ROUNDS 3
#define SELECT_ROWS 8 /* per thread: algorithms are told apart on these */
#define MAX_VARIANTS 16

/* A way through the pass at one point of a curve, or a selection alone. */
struct way {
	const struct kernel *steps[3];
	int n_steps;
	struct kernel_args args[TUNE_COPIES];
	double *cost;		  /* where the median ratio goes */
	double ns;		  /* of a call, at a glance */
	double ratio[MAX_RATIOS]; /* to dense in the same round; of dense itself: ns of a call */
	int n_ratios;
};

struct bench {
	const struct tuner_params *p;
	const struct tune_layer *l;
	struct tune_operands operands;
	struct way ways[MAX_WAYS]; /* dense, then what takes part in the rounds */
	int n_ways;
};

static void run_way(void *arg, int64_t call, struct team team)
{
	const struct way *w = arg;
	const struct kernel_args *a = &w->args[call % TUNE_COPIES];

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
	struct heat h = {.bench = b,
			 .params = {.min_time_s = min_time_s, .rounds = rounds, .seed = TUNE_SEED, .stop = b->p->stop},
			 .n = n};
	int rc;

	h.samples = calloc((size_t)n * (size_t)rounds, sizeof(*h.samples));
	if (!h.samples)
		return fail(f, -ENOMEM, "out of memory for tuning");
	for (int i = 0; i < n; i++)
		h.contenders[i] = (struct contender){"", run_way, &ways[i], 0};
	rc = team_run(b->p->binding, b->l->threads, heat_body, &h, NULL, f);
	if (!rc && h.rounds < 0)
		rc = fail(f, -ENOMEM, "out of memory for tuning");
	if (!rc && h.rounds < rounds)
		rc = fail(f, -EINTR, "tuning was stopped");
	for (int i = 0; !rc && i < n * rounds; i++)
		ns[i] = (double)h.samples[i].elapsed_ns / (double)h.samples[i].calls;
	free(h.samples);
	return rc;
}

/* A way with these kernels; select NULL: dense. No dX in the first layer of a net. */
static struct way way_of(struct bench *b, const struct tune_gradient *g, const struct kernel *select, int k)
{
	const char *method = select ? "sparse" : "dense";
	struct way w = {.n_steps = 0};

	if (select)
		w.steps[w.n_steps++] = select;
	w.steps[w.n_steps++] = kernel_find(b->l->kernels, OP_BACKWARD_WEIGHTS, method, NULL);
	if (b->l->dx)
		w.steps[w.n_steps++] = kernel_find(b->l->kernels, OP_BACKWARD_DATA, method, NULL);
	for (int c = 0; c < TUNE_COPIES; c++) {
		w.args[c] = b->operands.args;
		w.args[c].dy = g->dy[c];
		w.args[c].k = k;
		w.args[c].kept = &b->operands.kept[c];
		w.args[c].dw_rows = select ? &b->operands.rows : NULL;
	}
	return w;
}

/* The fastest algorithm for this k; all return the same entries, so selection alone decides. */
static int pick_selection(struct bench *b, const struct tune_gradient *g, int k, const struct kernel **best,
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
		for (int c = 0; c < TUNE_COPIES; c++)
			ways[n].args[c].batch = rows < b->l->batch ? rows : b->l->batch;
		n++;
	}
	rc = time_ways(b, ways, n, SELECT_S, SELECT_ROUNDS, ns, f);
	for (int i = 0; i < n && !rc; i++) {
		double rounds[SELECT_ROUNDS], median;

		for (int r = 0; r < SELECT_ROUNDS; r++)
			rounds[r] = ns[r * n + i];
		median = stats_median(rounds, SELECT_ROUNDS);
		rc = isnan(median) ? fail(f, -ENOMEM, "out of memory for tuning") : 0;
		if (median < least)
			*best = ways[i].steps[0];
		least = fmin(least, median);
	}
	return rc;
}

/* A way that seems hopeless gets a second look: something may have come between. */
static int glance(const struct bench *b, struct way *w, struct failure *f)
{
	double again = INFINITY;
	int rc = time_ways(b, w, 1, GLANCE_S, 1, &w->ns, f);

	if (!rc && w->ns > HOPELESS * b->ways[0].ns)
		rc = time_ways(b, w, 1, GLANCE_S, 1, &again, f);
	w->ns = fmin(w->ns, again);
	return rc;
}

/* Glances at a way, and appends its point; unless that is hopeless it takes part in the rounds. */
static int add_way(struct bench *b, const struct way *w, struct tune_curve *curve, const struct tune_point *point,
		   struct failure *f)
{
	struct way *way = &b->ways[b->n_ways];
	int rc;

	*way = *w;
	way->cost = &curve->v[curve->n].cost;
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

	for (int i = 0; i < b->operands.n_gradients && !rc && !(curve->n && hopeless(curve)); i++) {
		const struct tune_gradient *g = &b->operands.gradients[i];
		const struct tune_point point = {.kept = g->nonzeros};
		struct way w = way_of(b, g, select, 0);

		/* Tiny layers may draw the same number of non-zeros twice. */
		if (!curve->n || g->nonzeros > curve->v[curve->n - 1].kept)
			rc = add_way(b, &w, curve, &point, f);
	}
	return rc;
}

static int walk_topk(struct bench *b, const struct tune_gradient *g, struct tune_curve *curve, struct failure *f)
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
static int rounds_for(const struct bench *b, int n, int least, int most)
{
	double round_s = 0;

	for (int i = 0; i < n; i++)
		round_s += b->ways[i].ns * 1e-9 + fmax(b->ways[i].ns * 1e-9, SAMPLE_S);
	return (int)fmax(least, fmin(most, BUDGET_S / round_s - 2));
}

/* Dense and the n - 1 ways behind it in rounds: what they cost so far. */
static int time_rounds(struct bench *b, int n, int rounds, struct failure *f)
{
	double ns[MAX_RATIOS * MAX_WAYS];
	int rc;

	if (!rounds)
		return 0;
	rc = time_ways(b, b->ways, n, SAMPLE_S, rounds, ns, f);
	for (int i = 0; i < n && !rc; i++) {
		struct way *w = &b->ways[i];

		for (int r = 0; r < rounds; r++)
			w->ratio[w->n_ratios++] = i ? ns[r * n + i] / ns[r * n] : ns[r * n];
		*w->cost = stats_median(w->ratio, w->n_ratios);
		rc = isnan(*w->cost) ? fail(f, -ENOMEM, "out of memory for tuning") : 0;
	}
	return rc;
}

/* Moves the ways that may be chosen or not for a few percent to the front, behind dense; returns how many with it. */
static int gather_near(struct bench *b)
{
	int n = 1;

	for (int i = 1; i < b->n_ways; i++) {
		struct way w = b->ways[i];
		double cost = *w.cost;

		if (cost > NEAR || cost < 1 / NEAR)
			continue;
		b->ways[i] = b->ways[n];
		b->ways[n++] = w;
	}
	return n;
}

static int measure_all(struct bench *b, struct tune_table *out, struct failure *f)
{
	/* Top-k meets half zeros in training: a ReLU's share at the start. */
	const struct tune_gradient *g =
		&b->operands.gradients[b->operands.n_gradients > 1 ? b->operands.n_gradients - 2 : 0];
	int near, rc;

	b->ways[b->n_ways++] = way_of(b, g, NULL, 0);
	b->ways[0].cost = &out->dense_ns;
	rc = time_ways(b, b->ways, 1, GLANCE_S, 1, &b->ways[0].ns, f);
	rc = rc ? rc : walk_relu_skip(b, &out->relu_skip, f);
	rc = rc ? rc : walk_topk(b, g, &out->topk, f);
	rc = rc ? rc : time_rounds(b, b->n_ways, rounds_for(b, b->n_ways, MIN_ROUNDS, MAX_ROUNDS), f);
	if (rc)
		return rc;
	out->nonzeros = g->nonzeros;
	near = gather_near(b);
	if (near == 1)
		return 0;
	/* Long calls are past the budget here, and steady. */
	return time_rounds(b, near, rounds_for(b, near, 0, NEAR_ROUNDS), f);
}

int tune_measure(const struct tuner_params *p, const struct tune_layer *l, struct tune_table *out, struct failure *f)
{
	struct bench b = {.p = p, .l = l};
	int rc = tune_operands_create(&b.operands, l, p->conditions->memory_bytes, f);

	if (rc)
		return rc;
	*out = (struct tune_table){.dense_ns = 0};
	rc = measure_all(&b, out, f);
	tune_operands_destroy(&b.operands);
	return rc;
}
