/* SPDX-License-Identifier: MIT */
/*
 * mepbench select: the selection algorithms against each other, and against the time it takes to read the rows once.
 * One point per n x batch x distribution x team size; all algorithms of top-k and all k meet in the same rounds.
 */
#include "commands.h"
#include "kernel_run.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define MAX_VARIANTS 16
#define LEAST_COPIES 8
#define DEFAULT_N 500

static int add_k(struct lineup *l, const struct kernel *const *variants, int n, int k, struct failure *f)
{
	const struct method *topk = method_find("topk");
	int set = lineup_set(l, topk, k, NAN), err = 0;

	if (set < 0)
		return fail(f, set, "out of memory for the contenders");
	for (int i = 0; i < n && !err; i++)
		err = lineup_add(l,
				 &(struct trial){.op = OP_TOPK_SELECT,
						 .method = topk->name,
						 .select = variants[i]->variant,
						 .steps = {variants[i]},
						 .n_steps = 1,
						 .set = set},
				 f);
	return err;
}

/* The one-pass bound: the fastest read of the same rows. */
static int add_read_bound(struct lineup *l, struct failure *f)
{
	const struct kernel *read = kernel_find(l->kernels, OP_BANDWIDTH, "read", NULL);

	return lineup_add(l,
			  &(struct trial){.op = OP_BANDWIDTH,
					  .method = "read",
					  .select = "",
					  .steps = {read},
					  .n_steps = 1,
					  .set = -1,
					  .reads_dy = true},
			  f);
}

static int enter_select(struct lineup *l, struct failure *f)
{
	const struct options *o = l->session->options;
	const struct kernel *variants[MAX_VARIANTS];
	int n = lineup_variants(l->kernels, "topk", &o->algo, variants, MAX_VARIANTS), err = 0;

	for (int i = 0; i < o->k.n && !err; i++)
		if (o->k.v[i] <= l->point.shape.n_out)
			err = add_k(l, variants, n, (int)o->k.v[i], f);
	return err || !l->n_trials ? err : add_read_bound(l, f);
}

static int add_sizes(const struct session *s, struct point_list *list, struct point p, struct failure *f)
{
	const struct options *o = s->options;
	int err = 0;

	for (int b = 0; b < o->batch.n; b++)
		for (int d = 0; d < s->dists.n; d++)
			for (int t = 0; t < s->threads.n && !err; t++) {
				p.shape.batch = (int)o->batch.v[b];
				p.dist = &s->dists.v[d].dist;
				if (!dist_fits(p.dist, p.shape.n_out))
					continue;
				p.threads = (int)s->threads.v[t];
				err = point_add(list, &p, f);
			}
	return err;
}

/* The parser knows every selection algorithm; here only those of top-k compete. */
static int check_algorithms(const struct session *s, struct failure *f)
{
	const struct word_list *algo = &s->options->algo;

	for (int i = 0; i < algo->n; i++)
		if (strcmp(algo->v[i], "all") && !kernel_find(s->kernels, OP_TOPK_SELECT, "topk", algo->v[i]))
			return fail(f, -EINVAL,
				    "invalid value '%s' for --algo; should be an algorithm of topk, see mepbench list",
				    algo->v[i]);
	return 0;
}

static int select_points(const struct session *s, struct point_list *list, struct failure *f)
{
	const struct recording *recorded = dists_recording(&s->dists);
	struct int_list n = s->options->n;
	int err = check_algorithms(s, f);

	if (!n.n)
		n.v[n.n++] = recorded ? recorded->n : DEFAULT_N;
	for (int i = 0; i < n.n && !err; i++) {
		struct point p = {.shape = {.n_in = 0, .n_out = (int)n.v[i]}, .copies = LEAST_COPIES};

		point_note_k(&s->options->k, p.shape.n_out);
		err = add_sizes(s, list, p, f);
	}
	return err ? err : points_check_dists(list, s, "n", f);
}

int cmd_select(const struct options *o, struct failure *f)
{
	static const struct kernel_plan plan = {"select", select_points, enter_select, false};

	return kernel_run(o, &plan, f);
}
