/* SPDX-License-Identifier: MIT */
/*
 * See stage_yardstick.h. What a step of the yardstick takes is the slope between a short and a long call, so that the
 * barrier behind a call does not count; per round, as the machine drifts, and the median of the rounds.
 */
#include "stage_yardstick.h"

#include "measure/measure.h"
#include "measure/stats.h"
#include "yardstick.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 11
#define LONG 4 /* times YARDSTICK_STEPS */

static bool injects(const struct stage *s)
{
	return s->lineup->session->options->inject > 0;
}

int stage_yardstick_create(struct stage *s, struct failure *f)
{
	size_t n = (size_t)s->lineup->point.threads * YARDSTICK_FLOATS;
	int err;

	if (!(s->lineup->ops & 1u << OP_YARDSTICK) && !injects(s))
		return 0;
	err = workload_floats(&s->workload, n, &s->yardstick_x, f);
	return err ? err : workload_floats(&s->workload, n, &s->yardstick_y, f);
}

static struct kernel_args args_of(const struct stage *s, int steps)
{
	return (struct kernel_args){
		.batch = s->lineup->point.threads, .k = steps, .x = s->yardstick_x, .y = s->yardstick_y};
}

void stage_yardstick_args(const struct stage *s, struct trial *t)
{
	for (int c = 0; c < t->copies; c++)
		t->args[c] = args_of(s, YARDSTICK_STEPS);
}

/* The twins, then a short and a long yardstick. */
struct calibration {
	const struct stage *stage;
	struct trial *yardstick; /* (2) */
	struct trial **twins;
	struct contender *contenders;
	struct sample *samples; /* (ROUNDS, n_twins + 2) */
	double *steps;		/* (ROUNDS) */
	struct measure_params params;
	int n_twins, rounds;
};

static void calibration_destroy(struct calibration *c)
{
	free(c->yardstick);
	free(c->twins);
	free(c->contenders);
	free(c->samples);
	free(c->steps);
}

static int calibration_create(struct calibration *c, const struct stage *s)
{
	struct lineup *l = s->lineup;
	size_t n = (size_t)l->n_trials + 2;

	*c = (struct calibration){.stage = s};
	c->yardstick = calloc(2, sizeof(*c->yardstick));
	c->twins = calloc(n, sizeof(struct trial *));
	c->contenders = calloc(n, sizeof(*c->contenders));
	c->samples = calloc(n * ROUNDS, sizeof(*c->samples));
	c->steps = calloc(ROUNDS, sizeof(*c->steps));
	if (!c->yardstick || !c->twins || !c->contenders || !c->samples || !c->steps)
		return -ENOMEM;
	for (int i = 0; i < l->n_trials; i++)
		if (l->trials[i].build == &l->session->builds[BUILD_TWIN] && l->trials[i].check.ok)
			c->twins[c->n_twins++] = &l->trials[i];
	for (int i = 0; i < 2; i++)
		c->yardstick[i] = (struct trial){.steps = {&yardsticks.kernels[0]},
						 .n_steps = 1,
						 .copies = 1,
						 .args = {args_of(s, YARDSTICK_STEPS * (i ? LONG : 1))}};
	for (int i = 0; i < c->n_twins + 2; i++) {
		struct trial *t = i < c->n_twins ? c->twins[i] : &c->yardstick[i - c->n_twins];

		c->contenders[i] = (struct contender){t->name, trial_run, t, 0};
	}
	return 0;
}

static void run_rounds(struct team team, void *arg)
{
	struct calibration *c = arg;
	int rejected, rounds = measure_rounds(c->contenders, c->n_twins + 2, &c->params,
					      &c->stage->lineup->session->binding, team, c->samples, &rejected);

	if (team.rank == 0)
		c->rounds = rounds;
}

static double call_ns(const struct calibration *c, int round, int contender)
{
	const struct sample *s = &c->samples[round * (c->n_twins + 2) + contender];

	return s->calls > 0 ? (double)s->elapsed_ns / (double)s->calls : NAN;
}

/* How many steps of the yardstick take as long as a call of this twin. */
static double steps_of(const struct calibration *c, int twin)
{
	int n = 0;

	for (int r = 0; r < c->rounds; r++) {
		double slope =
			(call_ns(c, r, c->n_twins + 1) - call_ns(c, r, c->n_twins)) / (YARDSTICK_STEPS * (LONG - 1));

		if (slope > 0)
			c->steps[n++] = call_ns(c, r, twin) / slope;
	}
	return n ? stats_median(c->steps, n) : 0;
}

int stage_inject(const struct stage *s, const volatile int *stop, struct failure *f)
{
	const struct options *o = s->lineup->session->options;
	struct calibration c;
	int err = 0;

	if (!injects(s))
		return 0;
	if (calibration_create(&c, s))
		err = fail(f, -ENOMEM, "out of memory for --inject");
	c.params = (struct measure_params){.min_time_s = o->min_time_s,
					   .fixed_calls = o->fixed_calls,
					   .rounds = ROUNDS,
					   .seed = o->seed,
					   .stop = stop};
	if (!err && c.n_twins)
		err = team_run(s->workload.p.binding, s->workload.p.threads, run_rounds, &c, NULL, f);
	if (!err && c.rounds < 0)
		err = fail(f, c.rounds, "--inject could not be calibrated: %s", strerror(-c.rounds));
	for (int i = 0; i < c.n_twins && !err && c.rounds; i++)
		c.twins[i]->extra = args_of(s, (int)fmin(fmax(1, rint(steps_of(&c, i) * o->inject / 100)), 1e9));
	calibration_destroy(&c);
	return err;
}
