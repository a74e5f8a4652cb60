/* SPDX-License-Identifier: MIT */
/* See points.h. */
#include "points.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define COPIES_BYTES (4.0 * 1024 * 1024)

int point_add(struct point_list *list, const struct point *p, struct failure *f)
{
	struct point *more = realloc(list->v, ((size_t)list->n + 1) * sizeof(*more));

	if (!more)
		return fail(f, -ENOMEM, "out of memory for the points");
	list->v = more;
	list->v[list->n++] = *p;
	return 0;
}

void point_note_k(const struct int_list *k, int n_out)
{
	for (int i = 0; i < k->n; i++)
		if (k->v[i] > n_out)
			fprintf(stderr, "note: k = %lld is left out where there are only %d entries in a row\n",
				(long long)k->v[i], n_out);
}

int point_copies(const struct shape *s, int least)
{
	double one = (double)s->batch * s->n_out * (double)sizeof(float), fit = COPIES_BYTES / fmax(one, 1);

	return fit >= WORKLOAD_MAX_COPIES ? WORKLOAD_MAX_COPIES : fit > least ? (int)fit : least;
}

void point_label(const struct point *p, char *label, size_t size)
{
	const char *plural = p->threads == 1 ? "" : "s";

	if (!p->dist)
		snprintf(label, size, "%d thread%s", p->threads, plural);
	else
		snprintf(label, size, "%dx%dx%d %s, %d thread%s", p->shape.batch, p->shape.n_in, p->shape.n_out,
			 p->dist->name, p->threads, plural);
}

int point_add_shapes(struct point_list *list, const struct session *s, const struct dist *dist, struct failure *f)
{
	const struct options *o = s->options;
	int err = 0;

	for (int i = 0; i < o->shape.n; i++)
		for (int t = 0; t < s->threads.n && !err && dist_fits(dist, o->shape.v[i].n_out); t++) {
			struct point p = {.shape = o->shape.v[i],
					  .threads = (int)s->threads.v[t],
					  .copies = point_copies(&o->shape.v[i], 2),
					  .dist = dist};

			err = point_add(list, &p, f);
		}
	return err;
}

static bool has_point(const struct point_list *list, const struct dist *d)
{
	for (int i = 0; i < list->n; i++)
		if (list->v[i].dist == d)
			return true;
	return false;
}

int points_check_dists(const struct point_list *list, const struct session *s, const char *flag, struct failure *f)
{
	for (int i = 0; i < s->dists.n; i++) {
		const struct dist *d = &s->dists.v[i].dist;

		if (d->recording && !has_point(list, d))
			return fail(f, -EINVAL,
				    "--dist: the rows of recording %s have %u entries; should be a length that --%s "
				    "gives too",
				    d->name, d->recording->n, flag);
	}
	return 0;
}
