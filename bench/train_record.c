/* SPDX-License-Identifier: MIT */
/* See train_record.h: what each column of a training record means is decided here alone. */
#include "train_record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COPY(to, from) snprintf(to, sizeof(to), "%.*s", (int)sizeof(to) - 1, from)

static void describe_layers(const struct options *o, char *text, size_t size)
{
	size_t used = 0;

	for (int i = 0; i < o->layers.n && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%" PRId64, i ? "-" : "", o->layers.v[i]);
}

/* Appends a number to those of the layers before it. */
static void join(char *text, size_t size, double v)
{
	size_t used = strlen(text);

	snprintf(text + used, size - used, "%s%.6g", used ? "/" : "", v);
}

static void describe_kept(struct train_record *r, const struct train_epoch *e)
{
	r->kept_mean[0] = r->kept_p10[0] = r->kept_p50[0] = r->kept_p90[0] = '\0';
	for (int i = 0; i < e->n_kept; i++) {
		join(r->kept_mean, sizeof(r->kept_mean), e->kept[i].mean);
		join(r->kept_p10, sizeof(r->kept_p10), e->kept[i].p10);
		join(r->kept_p50, sizeof(r->kept_p50), e->kept[i].p50);
		join(r->kept_p90, sizeof(r->kept_p90), e->kept[i].p90);
	}
}

struct train_record train_record_of(const struct session *s, const struct dataset *data, const struct train_point *t)
{
	const struct options *o = s->options;
	struct train_record r = {.tau = t->tau,
				 .batch = t->batch,
				 .seed = t->seed,
				 .threads = t->threads,
				 .dropout = o->dropout,
				 .l1 = o->l1,
				 .l2 = o->l2};

	session_fill(s, &train_records, &r);
	COPY(r.experiment, t->experiment);
	COPY(r.method, t->entrant.name);
	describe_layers(o, r.layers, sizeof(r.layers));
	COPY(r.k, t->k_text);
	COPY(r.policy, o->policy);
	COPY(r.optimizer, o->optimizer);
	COPY(r.dataset, data->name);
	COPY(r.select, t->select);
	COPY(r.loss, o->loss);
	COPY(r.init, o->init);
	COPY(r.lazy, o->lazy ? "yes" : "no");
	COPY(r.fused, o->fused ? "yes" : "");
	COPY(r.settings, t->settings);
	COPY(r.output, t->sparse_output ? "sparse" : "");
	COPY(r.bias, t->kept_bias ? "kept" : "");
	return r;
}

void train_record_epoch(struct train_record *r, const struct train_epoch *e)
{
	r->epoch = e->epoch;
	r->mean_k = e->mean_k;
	r->lr = e->lr;
	r->train_loss = e->train_loss;
	r->dev_loss = e->dev_loss;
	r->dev_acc = e->dev_acc;
	r->test_acc = e->test_acc;
	r->forward_s = e->phase_s[PHASE_FORWARD];
	r->select_s = e->phase_s[PHASE_SELECT];
	r->dx_s = e->phase_s[PHASE_DX];
	r->dw_s = e->phase_s[PHASE_DW];
	r->update_s = e->phase_s[PHASE_UPDATE];
	r->other_s = e->phase_s[PHASE_OTHER];
	r->epoch_s = e->epoch_s;
	r->eval_s = e->eval_s;
	COPY(r->event, e->event);
	COPY(r->chosen, e->chosen);
	describe_kept(r, e);
	snprintf(r->weights_digest, sizeof(r->weights_digest), "%016" PRIx64, e->weights_digest);
}

bool train_record_same(const struct train_record *a, const struct train_record *b)
{
	return a->seed == b->seed && a->threads == b->threads && a->batch == b->batch && a->dropout == b->dropout &&
	       a->tau == b->tau && a->l1 == b->l1 && a->l2 == b->l2 && !strcmp(a->experiment, b->experiment) &&
	       !strcmp(a->method, b->method) && !strcmp(a->k, b->k) && !strcmp(a->select, b->select) &&
	       !strcmp(a->lazy, b->lazy) && !strcmp(a->fused, b->fused) && !strcmp(a->layers, b->layers) &&
	       !strcmp(a->dataset, b->dataset) && !strcmp(a->optimizer, b->optimizer) &&
	       !strcmp(a->policy, b->policy) && !strcmp(a->loss, b->loss) && !strcmp(a->init, b->init) &&
	       !strcmp(a->isa, b->isa) && !strcmp(a->settings, b->settings) && !strcmp(a->output, b->output) &&
	       !strcmp(a->bias, b->bias);
}
