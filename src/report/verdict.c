/* SPDX-License-Identifier: MIT */
/* See verdict.h. Judges nothing that the tables do not show: marks, intervals and counts are theirs. */
#include "report/verdict.h"

#include "report/runs.h"
#include "report/summary_parts.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define PAPER_K 20

char *verdict_list_add(struct verdict_list *out)
{
	char(*v)[256] = realloc(out->v, sizeof(*v) * (size_t)(out->count + 1));

	if (!v)
		return NULL;
	out->v = v;
	v[out->count][0] = '\0';
	return v[out->count++];
}

static void append(char *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void append(char *line, const char *format, ...)
{
	size_t used = strlen(line), size = sizeof(((struct verdict_list *)0)->v[0]);
	va_list args;

	va_start(args, format);
	vsnprintf(line + used, size - used, format, args);
	va_end(args);
}

/* `ours 105`, `BLIS 98`: of a library only its name. */
static void append_dense(char *line, const struct series *s, const char *unit)
{
	const char *name = strcmp(s->key->method, "dense") == 0 ? "ours"
			   : s->key->library[0]			? s->key->library
								: s->key->method;

	append(line, "%.*s %s%s", (int)strcspn(name, " "), name, format_3(s->key->flops / s->ns).s, unit);
}

static void append_all_dense(char *line, const struct series *v, int n, const struct series *best)
{
	int others = 0;

	append(line, "best dense ");
	append_dense(line, best, " GFLOP/s");
	for (int i = 0; i < n; i++) {
		if (!series_is_dense(v[i].key) || &v[i] == best)
			continue;
		append(line, others++ ? ", " : " (");
		append_dense(line, &v[i], "");
	}
	append(line, others ? ")" : "");
}

static bool is_topk(const struct series *s)
{
	return strcmp(s->key->method, "topk") == 0 && s->key->k > 0;
}

/* How far from what the verdict is about: the paper's k, with the touched rows of dW. */
static double distance(const struct series *s)
{
	return fabs(log((double)s->key->k / PAPER_K)) + 1e-6 * (strcmp(s->key->dw, "full") == 0);
}

/* The top-k nearest to what the verdict is about of those that pair with base; of equals the fastest. */
static const struct series *find_topk(const struct series *v, int n, const struct series *base)
{
	const struct series *best = NULL;

	for (int i = 0; i < n; i++) {
		double ahead;

		if (!is_topk(&v[i]) || !isfinite(series_speedup(&v[i], base, NULL).mid))
			continue;
		ahead = best ? distance(best) - distance(&v[i]) : 1;
		if (ahead > 0 || (ahead == 0 && v[i].ns < best->ns))
			best = &v[i];
	}
	return best;
}

/* The sweep over k of the way of s; the series of one way and team follow each other by ascending k. */
static int sweep_of(const struct series *v, int n, const struct series *s, const struct series *base,
		    struct sweep_point *points)
{
	int count = 0;

	for (int i = 0; i < n; i++) {
		struct interval r;

		if (series_compare_way(v[i].key, s->key) != 0 || v[i].key->k <= 0)
			continue;
		r = series_speedup(&v[i], base, NULL);
		if (isfinite(r.mid))
			points[count++] = (struct sweep_point){(double)v[i].key->k, r};
	}
	return count;
}

static int append_topk(char *line, const struct series *v, int n, const struct series *base)
{
	const struct series *s = find_topk(v, n, base);
	struct sweep_point *points;
	int count;

	if (!s)
		return 0;
	points = calloc((size_t)n, sizeof(*points));
	if (!points)
		return -ENOMEM;
	count = sweep_of(v, n, s, base, points);
	append(line, "; top-k %s at k=%lld", format_ratio(series_speedup(s, base, NULL)).s, (long long)s->key->k);
	if (count > 1)
		append(line, ", break-even k* %s",
		       format_break_even(series_break_even(points, count), points[0].k, points[count - 1].k).s);
	free(points);
	return 0;
}

static bool has_topk(const struct series *v, int n)
{
	for (int i = 0; i < n; i++) {
		if (strcmp(v[i].key->op, "backward") == 0 && is_topk(&v[i]))
			return true;
	}
	return false;
}

int verdict_kernel(const struct series_list *list, struct verdict_list *out)
{
	bool dense_alone = !has_topk(list->v, list->n);
	int rc = 0;

	for (int i = 0, end; i < list->n && rc == 0; i = end) {
		const struct series *v = &list->v[i], *base = series_best_dense(list, v->key);
		char *line;

		end = series_group_end(list, i, compare_workload_and_threads);
		if (strcmp(v->key->op, "backward") != 0 || !base || !(dense_alone || has_topk(v, end - i)))
			continue;
		line = verdict_list_add(out);
		if (!line)
			return -ENOMEM;
		append(line, "%s: ", label_workload(v->key, v->key->threads).s);
		append_all_dense(line, v, end - i, base);
		rc = append_topk(line, v, end - i, base);
	}
	return rc;
}

static int train_line(const struct experiment *e, struct verdict_list *out)
{
	char *line = verdict_list_add(out);

	if (!line)
		return -ENOMEM;
	append(line, "Training %s: test accuracy %.2f%% (dense %.2f%%), whole epochs %s, backward only %s (%d seed%s)",
	       e->key->experiment, 100 * experiment_accuracy(e).mid, 100 * experiment_accuracy(e->dense).mid,
	       format_ratio(experiment_speedup(e, train_epoch_s)).s,
	       format_ratio(experiment_speedup(e, train_backward_s)).s, experiment_seeds(e),
	       experiment_seeds(e) == 1 ? "" : "s");
	return 0;
}

int verdict_train(const struct experiment_list *list, struct verdict_list *out)
{
	int rc = 0;

	for (int i = 0; i < list->n && rc == 0; i++) {
		if (list->v[i].dense && strcmp(list->v[i].key->method, "topk") == 0)
			rc = train_line(&list->v[i], out);
	}
	return rc;
}

void verdict_list_destroy(struct verdict_list *list)
{
	free(list->v);
	*list = (struct verdict_list){0};
}
