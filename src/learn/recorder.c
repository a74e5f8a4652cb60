/* SPDX-License-Identifier: MIT */
/*
 * See recorder.h. A moment is a stretch of minibatches; each of its layers has a tape, which is allocated at the start
 * (calloc: pages that are never used cost nothing), filled by rank 0 between minibatches, and written after the epoch.
 */
#include "learn/recorder.h"

#include "data/recording.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One layer at one moment. */
struct tape {
	struct recording recording;
	int64_t first, last; /* minibatches */
	bool whole, written;
	char path[640];
};

struct recorder {
	int n_tapes;
	struct tape *tapes;
};

bool recorder_reaches(const struct train_params *p, const struct moment *m)
{
	return m->at >= 1 && m->at <= (m->epoch ? p->epochs : p->epochs * train_minibatches(p));
}

static int64_t min_int64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* A step: that minibatch and those behind it. An epoch: its last minibatches. */
static void place(struct tape *tape, const struct recorder_params *p, const struct moment *m)
{
	int64_t per_epoch = train_minibatches(p->train), n = p->minibatches;

	if (m->epoch) {
		tape->last = m->at * per_epoch;
		tape->first = tape->last - min_int64(n, per_epoch) + 1;
	} else {
		tape->first = m->at;
		tape->last = min_int64(m->at + n - 1, p->train->epochs * per_epoch);
	}
	tape->recording.step = (uint64_t)tape->first;
	tape->recording.epoch = (uint32_t)((tape->first - 1) / per_epoch + 1);
}

static void label(struct recording *r, const struct recorder_params *p, int layer)
{
	const struct net_params *net = &p->train->net;

	r->layer = (uint32_t)layer + 1;
	r->n = (uint32_t)net->width[layer + 1];
	r->batch = (uint32_t)net->batch;
	r->seed = net->seed;
	snprintf(r->training, sizeof(r->training), "%.63s", p->training);
	snprintf(r->dataset, sizeof(r->dataset), "%.47s", p->train->data->name);
	snprintf(r->dataset_digest, sizeof(r->dataset_digest), "%.39s", p->train->data->digest);
}

/* A file that is there already will be replaced; of another training, not silently. */
static void note_replaced(const struct tape *tape)
{
	const struct recording *mine = &tape->recording;
	struct recording found;
	struct failure f;

	if (access(tape->path, F_OK) || recording_read(&found, tape->path, &f))
		return;
	if (strcmp(found.training, mine->training) || found.seed != mine->seed)
		fprintf(stderr, "note: %s is of '%s', seed %" PRIu64 "; it will be replaced\n", tape->path,
			found.training, found.seed);
	recording_release(&found);
}

static int tape_create(struct tape *tape, const struct recorder_params *p, const struct moment *m, int layer,
		       struct failure *f)
{
	struct recording *r = &tape->recording;
	int64_t rows;
	int n;

	place(tape, p, m);
	label(r, p, layer);
	rows = (tape->last - tape->first + 1) * r->batch;
	n = snprintf(tape->path, sizeof(tape->path), "%s-layer%d-%s%" PRId64 RECORDING_SUFFIX, p->stem, layer + 1,
		     m->epoch ? "epoch" : "step", m->at);
	if (n < 0 || (size_t)n >= sizeof(tape->path))
		return fail(f, -EINVAL, "'%.80s...' is too long for the name of a recording", p->stem);
	if (rows > RECORDING_MAX_ROWS || (size_t)rows * r->n * sizeof(float) > RECORDING_MAX_BYTES)
		return fail(f, -EINVAL,
			    "%s: %" PRId64 " rows of %u values; should be at most %d rows and %zu bytes: fewer "
			    "minibatches",
			    tape->path, rows, r->n, RECORDING_MAX_ROWS, RECORDING_MAX_BYTES);
	note_replaced(tape);
	r->dy = calloc((size_t)rows * r->n, sizeof(*r->dy));
	return r->dy ? 0 : fail(f, -ENOMEM, "%s: out of memory for %" PRId64 " rows", tape->path, rows);
}

static int create_tapes(struct recorder *recorder, const struct recorder_params *p, struct failure *f)
{
	int hidden = p->train->net.n_layers - 1, rc = 0;

	for (int i = 0; i < p->n_moments; i++)
		for (int layer = 0; layer < hidden && !rc && recorder_reaches(p->train, &p->moments[i]); layer++)
			rc = tape_create(&recorder->tapes[recorder->n_tapes++], p, &p->moments[i], layer, f);
	return rc;
}

int recorder_create(struct recorder **recorder, const struct recorder_params *p, struct failure *f)
{
	struct recorder *r = calloc(1, sizeof(*r));
	int rc;

	if (r)
		r->tapes = calloc((size_t)(p->n_moments * p->train->net.n_layers + 1), sizeof(*r->tapes));
	if (!r || !r->tapes) {
		free(r);
		return fail(f, -ENOMEM, "out of memory for a recorder");
	}
	rc = create_tapes(r, p, f);
	if (rc)
		recorder_destroy(r);
	else
		*recorder = r;
	return rc;
}

void recorder_destroy(struct recorder *recorder)
{
	if (!recorder)
		return;
	for (int i = 0; i < recorder->n_tapes; i++)
		recording_release(&recorder->tapes[i].recording);
	free(recorder->tapes);
	free(recorder);
}

void recorder_observe(void *recorder, const struct net *net, const struct minibatch *m)
{
	struct recorder *r = recorder;

	for (int i = 0; i < r->n_tapes; i++) {
		struct tape *tape = &r->tapes[i];
		struct recording *to = &tape->recording;

		if (m->step < tape->first || m->step > tape->last)
			continue;
		memcpy(to->dy + (size_t)to->rows * to->n, net->layer[to->layer - 1].dy,
		       (size_t)m->count * to->n * sizeof(*to->dy));
		to->rows += (uint32_t)m->count;
		tape->whole = m->step == tape->last;
	}
}

static bool is_finite(const struct recording *r)
{
	for (size_t i = 0; i < (size_t)r->rows * r->n; i++)
		if (!isfinite(r->dy[i]))
			return false;
	return true;
}

int recorder_write(struct recorder *recorder, struct failure *f)
{
	int rc = 0;

	for (int i = 0; i < recorder->n_tapes && !rc; i++) {
		struct tape *tape = &recorder->tapes[i];

		if (!tape->whole || tape->written)
			continue;
		if (is_finite(&tape->recording))
			rc = recording_write(&tape->recording, tape->path, f);
		else
			fprintf(stderr, "note: %s is left out: the training diverged, its dY is not finite\n",
				tape->path);
		recording_release(&tape->recording);
		tape->written = true;
	}
	return rc;
}
