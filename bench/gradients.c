/* SPDX-License-Identifier: MIT */
/* See gradients.h. */
#include "gradients.h"

#include "base/folder.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* "epoch10" or "step1"; the option parser has seen to it that it is one of them. */
static struct moment parse_moment(const char *word)
{
	struct moment m = {.epoch = word[0] == 'e'};

	m.at = strtoll(word + strcspn(word, "0123456789"), NULL, 10);
	return m;
}

static int check_folder(const char *path, struct failure *f)
{
	struct stat st;

	if (stat(path, &st) ? errno == ENOENT : S_ISDIR(st.st_mode))
		return 0;
	return fail(f, -EINVAL, "--record-gradients=%s is no folder; should be one, or a new name", path);
}

int gradients_check(const struct options *o, const struct train_params *p, struct failure *f)
{
	int reached = 0, rc;

	if (!o->record_gradients[0])
		return 0;
	rc = check_folder(o->record_gradients, f);
	if (rc)
		return rc;
	if (p->net.n_layers < 2)
		return fail(f, -EINVAL,
			    "--record-gradients has nothing to record; --layers should have a hidden layer");
	for (int i = 0; i < o->record_at.n; i++) {
		struct moment m = parse_moment(o->record_at.v[i]);

		if (recorder_reaches(p, &m))
			reached++;
		else
			fprintf(stderr, "note: %s is not recorded: the training ends before\n", o->record_at.v[i]);
	}
	return reached ? 0
		       : fail(f, -EINVAL, "--record-at names no moment that is reached; should be within %d epochs",
			      p->epochs);
}

struct stem {
	char text[600];
	size_t used;
};

static void append(struct stem *stem, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(struct stem *stem, const char *format, ...)
{
	size_t room = sizeof(stem->text) - stem->used;
	va_list list;
	int n;

	va_start(list, format);
	n = vsnprintf(stem->text + stem->used, room, format, list);
	va_end(list);
	stem->used += n > 0 && (size_t)n < room ? (size_t)n : room - 1;
}

static void name_files(struct stem *stem, const struct train_point *t, const struct options *o)
{
	size_t folder;

	append(stem, "%s/", o->record_gradients);
	folder = stem->used;
	append(stem, "%s", t->entrant.name);
	if (t->entrant.method->takes_k)
		append(stem, "-k%s", t->k_text);
	if (train_method_asks_tau(t->entrant.method))
		append(stem, "-tau%g", t->tau);
	if (o->select.n && t->select[0])
		append(stem, "-%s", t->select);
	if (o->batch.n > 1)
		append(stem, "-batch%d", t->batch);
	if (o->threads.n > 1 && t->threads != o->threads.v[0])
		append(stem, "-threads%d", t->threads);
	if (o->seeds.n > 1)
		append(stem, "-seed%" PRIu64, t->seed);
	for (char *c = stem->text + folder; *c; c++)
		*c = isalnum((unsigned char)*c) || strchr("-_.", *c) ? *c : '-';
}

int gradients_recorder(struct recorder **recorder, const struct train_point *t, const struct session *s,
		       const struct train_params *p, struct failure *f)
{
	const struct options *o = s->options;
	struct stem stem = {.used = 0};
	struct recorder_params r = {
		.train = p, .training = t->experiment, .stem = stem.text, .minibatches = o->record_minibatches};
	int rc;

	*recorder = NULL;
	if (!o->record_gradients[0])
		return 0;
	name_files(&stem, t, o);
	for (int i = 0; i < o->record_at.n && i < RECORDER_MAX_MOMENTS; i++)
		r.moments[r.n_moments++] = parse_moment(o->record_at.v[i]);
	rc = folder_create(o->record_gradients, f);
	return rc ? rc : recorder_create(recorder, &r, f);
}
