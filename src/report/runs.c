/* SPDX-License-Identifier: MIT */
/* See runs.h. One sort brings recipe, experiment, seed and epoch together; runs and experiments are stretches of it. */
#include "report/runs.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL 0.95

static int compare_real(double a, double b)
{
	return (a > b) - (a < b);
}

/* The first that is not 0. */
static int first_difference(const int *differences, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (differences[i])
			return differences[i];
	}
	return 0;
}

/* By what one of the settings is set to; those that do not set it are alike. */
static int compare_setting(const struct train_record *a, const struct train_record *b, const char *name)
{
	const char *at = strstr(a->settings, name), *other = strstr(b->settings, name);
	size_t n = at ? strcspn(at, " ") : 0, n_other = other ? strcspn(other, " ") : 0;
	int d = strncmp(at ? at : "", other ? other : "", n < n_other ? n : n_other);

	return d ? d : (n > n_other) - (n < n_other);
}

int experiment_compare_recipe(const struct train_record *a, const struct train_record *b)
{
	const int d[] = {
		strcmp(a->dataset, b->dataset),
		strcmp(a->layers, b->layers),
		compare_real((double)a->batch, (double)b->batch),
		strcmp(a->optimizer, b->optimizer),
		compare_setting(a, b, "momentum="),
		strcmp(a->loss, b->loss),
		strcmp(a->init, b->init),
		compare_real(a->dropout, b->dropout),
		compare_real(a->l1, b->l1),
		compare_real(a->l2, b->l2),
		strcmp(a->isa, b->isa),
		compare_real((double)a->threads, (double)b->threads),
	};

	return first_difference(d, sizeof(d) / sizeof(d[0]));
}

/* A rate that stays the same belongs to the experiment; one that a policy moves does not tell experiments apart. */
static int compare_lr(const struct train_record *a, const struct train_record *b)
{
	bool constant = a->policy[0] == '\0' || strcmp(a->policy, "constant") == 0;

	return constant ? compare_real(a->lr, b->lr) : 0;
}

/* The rate that the trainings began with, as far as that is known. */
static double first_lr(const struct experiment *e)
{
	return e->runs[0].epochs[0]->lr;
}

static int compare_experiment(const struct train_record *a, const struct train_record *b)
{
	const int d[] = {
		experiment_compare_recipe(a, b),
		strcmp(a->experiment, b->experiment),
		strcmp(a->method, b->method),
		strcmp(a->select, b->select),
		strcmp(a->k, b->k),
		compare_real(a->tau, b->tau),
		strcmp(a->policy, b->policy),
		compare_lr(a, b),
		strcmp(a->lazy, b->lazy),
		strcmp(a->fused, b->fused),
		strcmp(a->settings, b->settings),
		strcmp(a->output, b->output),
		strcmp(a->bias, b->bias),
	};

	return first_difference(d, sizeof(d) / sizeof(d[0]));
}

static int compare_run(const struct train_record *a, const struct train_record *b)
{
	int d = compare_experiment(a, b);

	return d ? d : (a->seed > b->seed) - (a->seed < b->seed);
}

static int compare_order(const void *pa, const void *pb)
{
	const struct train_record *a = *(const struct train_record *const *)pa;
	const struct train_record *b = *(const struct train_record *const *)pb;
	int d = compare_run(a, b);

	d = d ? d : (a->epoch > b->epoch) - (a->epoch < b->epoch);
	return d ? d : (a > b) - (a < b);
}

static bool is_dense(const struct train_record *r)
{
	/* dense/topk is a net of which one layer is dense. */
	return strncmp(r->method, "dense", 5) == 0 && !strchr(r->method, '/');
}

/* Epochs of one command took turns on the machine; those of two commands have nothing to do with each other's time. */
static bool same_time(const struct train_record *a, const struct train_record *b)
{
	return !strcmp(a->run_id, b->run_id);
}

/* Sorts, and drops all but the last of equal epochs of one command; returns how many remain. */
static int sort_epochs(const struct train_record **order, const struct train_record *records, size_t n)
{
	int kept = 0;

	for (size_t i = 0; i < n; i++)
		order[i] = &records[i];
	qsort(order, n, sizeof(const struct train_record *), compare_order);
	for (size_t i = 0; i < n; i++) {
		bool repeated = i + 1 < n && compare_run(order[i], order[i + 1]) == 0 &&
				order[i]->epoch == order[i + 1]->epoch && same_time(order[i], order[i + 1]);

		if (!repeated)
			order[kept++] = order[i];
	}
	return kept;
}

static void cut_runs(struct experiment_list *list, int n_epochs)
{
	struct experiment *e = list->v - 1;
	struct run *r = list->runs - 1;

	for (int i = 0; i < n_epochs; i++) {
		const struct train_record *key = list->order[i];

		if (i == 0 || compare_experiment(list->order[i - 1], key) != 0) {
			*++e = (struct experiment){.key = key, .runs = r + 1};
			list->n++;
		}
		if (i == 0 || compare_run(list->order[i - 1], key) != 0) {
			*++r = (struct run){.best = key, .epochs = &list->order[i]};
			e->n++;
		}
		r->n++;
		r->best = key->dev_acc > r->best->dev_acc ? key : r->best;
		e->key = key < e->key ? key : e->key;
	}
}

/* By recipe, dense first, then in the order in which the experiments were run: run_id begins with the time. */
static int compare_appearance(const void *pa, const void *pb)
{
	const struct experiment *a = pa, *b = pb;
	int d = experiment_compare_recipe(a->key, b->key);

	d = d ? d : is_dense(b->key) - is_dense(a->key);
	d = d ? d : strcmp(a->key->run_id, b->key->run_id);
	return d ? d : (a->key > b->key) - (a->key < b->key);
}

static bool share_time(const struct experiment *a, const struct experiment *b)
{
	for (int i = 0; i < a->n; i++)
		for (int j = 0; j < a->runs[i].n; j++)
			for (int k = 0; k < b->n; k++)
				if (same_time(a->runs[i].epochs[j], b->runs[k].epochs[0]))
					return true;
	return false;
}

/* Whether a is the better base for `like`: one whose time can be compared, then the faster. */
static bool better_base(const struct experiment *a, const struct experiment *b, const struct experiment *like)
{
	bool near_a = share_time(a, like), near_b = share_time(b, like);

	if (near_a != near_b)
		return near_a;
	return experiment_mean(a, train_epoch_s) < experiment_mean(b, train_epoch_s);
}

static const struct experiment *fastest_dense(const struct experiment_list *list, const struct experiment *like)
{
	const struct experiment *best = NULL;

	for (int i = 0; i < list->n; i++) {
		const struct experiment *e = &list->v[i];

		if (is_dense(e->key) && experiment_compare_recipe(e->key, like->key) == 0 &&
		    first_lr(e) == first_lr(like) && (!best || better_base(e, best, like)))
			best = e;
	}
	return best;
}

int experiment_list_create(struct experiment_list *list, const struct train_record *records, size_t n)
{
	*list = (struct experiment_list){0};
	list->order = calloc(n + 1, sizeof(*list->order));
	list->runs = calloc(n + 1, sizeof(*list->runs));
	list->v = calloc(n + 1, sizeof(*list->v));
	if (!list->order || !list->runs || !list->v) {
		experiment_list_destroy(list);
		return -ENOMEM;
	}
	cut_runs(list, sort_epochs(list->order, records, n));
	qsort(list->v, (size_t)list->n, sizeof(*list->v), compare_appearance);
	for (int i = 0; i < list->n; i++)
		list->v[i].dense = fastest_dense(list, &list->v[i]);
	return 0;
}

void experiment_list_destroy(struct experiment_list *list)
{
	free(list->v);
	free(list->runs);
	free(list->order);
	*list = (struct experiment_list){0};
}

/* Earlier versions also told of spikes at the floor, where nothing is left to change. */
bool run_struck(const struct run *r, int i)
{
	const struct train_record *own = r->epochs[i];

	for (int next = i + 1; next < r->n && own->event[0]; next++)
		if (r->epochs[next]->epoch > own->epoch)
			return r->epochs[next]->lr != own->lr || r->epochs[next]->mean_k != own->mean_k;
	return false;
}

static double forward_s(const struct train_record *r)
{
	return r->forward_s;
}

static double select_s(const struct train_record *r)
{
	return r->select_s;
}

static double dx_s(const struct train_record *r)
{
	return r->dx_s;
}

static double dw_s(const struct train_record *r)
{
	return r->dw_s;
}

static double update_s(const struct train_record *r)
{
	return r->update_s;
}

static double other_s(const struct train_record *r)
{
	return r->other_s;
}

double train_epoch_s(const struct train_record *r)
{
	return r->epoch_s;
}

double train_backward_s(const struct train_record *r)
{
	return r->select_s + r->dx_s + r->dw_s;
}

const struct train_phase train_phases[N_PHASES] = {{"forward", forward_s}, {"select", select_s}, {"dX", dx_s},
						   {"dW", dw_s},	   {"update", update_s}, {"other", other_s}};

double experiment_mean(const struct experiment *e, double (*value)(const struct train_record *r))
{
	double sum = 0;
	int n = 0;

	for (int i = 0; i < e->n; i++) {
		for (int j = 0; j < e->runs[i].n; j++)
			sum += value(e->runs[i].epochs[j]);
		n += e->runs[i].n;
	}
	return n ? sum / n : NAN;
}

static const struct run *run_of_seed(const struct experiment *e, uint64_t seed)
{
	for (int i = 0; i < e->n; i++) {
		if (e->runs[i].best->seed == seed)
			return &e->runs[i];
	}
	return NULL;
}

/* Mean over the seeds of the accuracy, less that of `base` with the same seed if there is a base. */
static struct interval mean_accuracy(const struct experiment *e, const struct experiment *base, int *n)
{
	struct interval r = {.mid = NAN, .low = NAN, .high = NAN};
	double *v = malloc(sizeof(*v) * (size_t)(e->n + 1));

	*n = 0;
	for (int i = 0; v && i < e->n; i++) {
		const struct run *other = base ? run_of_seed(base, e->runs[i].best->seed) : NULL;

		if (!base || other)
			v[(*n)++] = e->runs[i].best->test_acc - (other ? other->best->test_acc : 0);
	}
	if (*n == 1)
		r = (struct interval){.mid = v[0], .low = v[0], .high = v[0]};
	else if (*n > 1)
		r = stats_mean_interval(v, *n, LEVEL);
	free(v);
	return r;
}

struct interval experiment_accuracy(const struct experiment *e)
{
	int n;

	return mean_accuracy(e, NULL, &n);
}

struct interval experiment_gain(const struct experiment *e, int *pairs)
{
	*pairs = 0;
	if (!e->dense)
		return (struct interval){.mid = NAN, .low = NAN, .high = NAN};
	return mean_accuracy(e, e->dense, pairs);
}

/* Words are separated by commas. */
static bool has_word(const char *words, const char *word)
{
	size_t n = strlen(word);

	for (; *words; words += strspn(words, ", ")) {
		size_t length = strcspn(words, ", ");

		if (length == n && strncmp(words, word, n) == 0)
			return true;
		words += length;
	}
	return false;
}

bool train_is_timed(const struct train_record *r)
{
	return !has_word(r->degraded, "parallel") && !has_word(r->degraded, "pool");
}

/* Appends the pairs of equal epochs of two runs within one command; returns the new count. */
static int pair_epochs(const struct run *dense, const struct run *own, double (*value)(const struct train_record *r),
		       double *a, double *b, int n)
{
	for (int j = 0; j < own->n; j++)
		for (int i = 0; i < dense->n; i++) {
			const struct train_record *d = dense->epochs[i], *o = own->epochs[j];

			if (d->epoch != o->epoch || !same_time(d, o) || !train_is_timed(d) || !train_is_timed(o) ||
			    !(value(d) > 0) || !(value(o) > 0))
				continue;
			a[n] = value(d);
			b[n++] = value(o);
			break;
		}
	return n;
}

struct interval experiment_ratio(const struct experiment *e, const struct experiment *base,
				 double (*value)(const struct train_record *r))
{
	struct interval r = {.mid = NAN, .low = NAN, .high = NAN};
	int n = 0, epochs = 0;
	double *a, *b;

	for (int i = 0; i < e->n; i++)
		epochs += e->runs[i].n;
	a = malloc(sizeof(*a) * 2 * (size_t)(epochs + 1));
	b = a ? a + epochs : NULL;
	for (int i = 0; a && base && i < e->n; i++) {
		const struct run *other = run_of_seed(base, e->runs[i].best->seed);

		n = other ? pair_epochs(other, &e->runs[i], value, a, b, n) : n;
	}
	if (n > 0)
		r = stats_ratio_interval(a, b, n, LEVEL);
	free(a);
	return r;
}

struct interval experiment_speedup(const struct experiment *e, double (*value)(const struct train_record *r))
{
	return experiment_ratio(e, e->dense, value);
}
