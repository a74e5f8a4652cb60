/* SPDX-License-Identifier: MIT */
/* See toy_study.h. */
#include "toy_study.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SET(field, text) snprintf(field, sizeof(field), "%s", text)

/* Numbers between -1 and 1 that look like nothing: of a text and a seed. */
static double drawn(const char *text, int seed)
{
	uint64_t h = 1469598103934665603u;

	for (const char *c = text; *c; c++)
		h = (h ^ (uint64_t)*c) * 1099511628211u;
	h = (h ^ (uint64_t)seed) * 1099511628211u;
	h ^= h >> 29;
	h *= 0xbf58476d1ce4e5b9u;
	h ^= h >> 32;
	return (double)(h >> 11) * 0x1p-52 - 1;
}

static struct train_record start(const struct toy *t)
{
	struct train_record r = {.tau = t->tau, .batch = t->batch ? t->batch : 50, .threads = 1};

	SET(r.run_id, t->run_id ? t->run_id : "run");
	SET(r.method, t->method);
	SET(r.k, t->k ? t->k : "0");
	SET(r.layers, t->layers ? t->layers : "784-500-500-10");
	SET(r.policy, t->policy ? t->policy : "constant");
	SET(r.optimizer, t->optimizer ? t->optimizer : "adam");
	SET(r.init, t->init ? t->init : "port");
	SET(r.lazy, t->lazy ? t->lazy : "no");
	SET(r.fused, t->fused ? t->fused : "");
	SET(r.dataset, "mnist");
	SET(r.loss, "mean");
	SET(r.isa, "avx512");
	SET(r.degraded, t->parallel ? "parallel" : "");
	r.dropout = t->dropout;
	r.lr = 0.001;
	r.mean_k = t->mean_k > 0 ? t->mean_k : atof(r.k);
	return r;
}

/* Unlike for experiments that differ in any column. */
static void name(struct train_record *r, const struct toy *t)
{
	char text[512];

	snprintf(text, sizeof(text), "%s k=%s tau=%g %s lazy=%s %s %s b%d %s dropout=%g", r->method, r->k, r->tau,
		 r->policy, r->lazy, r->optimizer, r->layers, (int)r->batch, r->init, r->dropout);
	snprintf(r->experiment, sizeof(r->experiment), "%.159s", t->experiment ? t->experiment : text);
}

static void take_times(struct train_record *r, double epoch_s)
{
	r->epoch_s = epoch_s;
	r->update_s = epoch_s / 10;
	r->forward_s = epoch_s * 0.45;
	r->dw_s = epoch_s * 0.2;
	r->dx_s = epoch_s * 0.15;
	r->select_s = epoch_s * 0.1;
}

void toy_study_add(struct toy_study *study, const struct toy *t)
{
	int seeds = t->seeds ? t->seeds : 10, epochs = t->epochs ? t->epochs : 20;
	struct train_record r = start(t);
	char own[256];

	name(&r, t);
	snprintf(own, sizeof(own), "%s %s %s %g", r.method, r.k, r.layers, r.tau);
	study->v = realloc(study->v, sizeof(r) * (study->n + (size_t)(seeds * epochs)));
	assert_non_null(study->v);
	for (int seed = 1; seed <= seeds; seed++) {
		double last = t->accuracy + 0.001 * drawn("luck", seed) + t->noise * drawn(own, seed);

		r.lr = 0.001;
		for (int epoch = 1; epoch <= epochs; epoch++) {
			r.seed = (uint64_t)seed;
			r.epoch = epoch;
			r.dev_acc = r.test_acc = fmin(1, last - t->climb * (epochs - epoch));
			r.dev_loss = 1 - r.dev_acc;
			r.train_loss = r.dev_loss - t->overfits - t->noise * drawn(own, 1000 + seed);
			SET(r.event, t->strikes && (size_t)epoch <= strlen(t->strikes) && t->strikes[epoch - 1] == 'x'
					     ? "anneal"
					     : "");
			take_times(&r, t->epoch_s);
			study->v[study->n++] = r;
			r.lr *= r.event[0] ? 0.5 : 1;
		}
	}
}

void toy_study_free(struct toy_study *study)
{
	free(study->v);
	*study = (struct toy_study){0};
}
