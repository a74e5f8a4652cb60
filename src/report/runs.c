/* SPDX-License-Identifier: MIT */
/* See runs.h. One sort brings recipe, experiment, seed and epoch together; runs and experiments are stretches of it. */
#include "report/runs.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

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
	d = d ? d : strcmp(a->run_id, b->run_id);
	return d ? d : (a > b) - (a < b);
}

bool train_is_dense(const struct train_record *r)
{
	/* dense/topk is a net of which one layer is dense. */
	return strncmp(r->method, "dense", 5) == 0 && !strchr(r->method, '/');
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

/* Epochs of one command took turns on the machine; those of two commands have nothing to do with each other's time. */
static bool same_time(const struct train_record *a, const struct train_record *b)
{
	return !strcmp(a->run_id, b->run_id);
}

static void sort_records(const struct train_record **order, const struct train_record *records, size_t n)
{
	for (size_t i = 0; i < n; i++)
		order[i] = &records[i];
	qsort(order, n, sizeof(*order), compare_order);
}

/* Older records have no digests. */
static bool have_other_weights(const struct train_record *a, const struct train_record *b)
{
	return a->weights_digest[0] && b->weights_digest[0] && strcmp(a->weights_digest, b->weights_digest) != 0;
}

/* Of two records of an epoch the one that was timed, then the later. */
static const struct train_record *choose(const struct train_record *kept, const struct train_record *later)
{
	return train_is_timed(kept) && !train_is_timed(later) ? kept : later;
}

/* `before`: the record before this one if it is of the same run, else NULL. */
static void add_epoch(struct run *r, const struct train_record *before, const struct train_record *key)
{
	bool again = before && before->epoch == key->epoch;

	r->other_weights = r->other_weights || (again && have_other_weights(before, key));
	r->n_copies -= again && same_time(before, key);
	r->copies[r->n_copies++] = key;
	if (again)
		r->epochs[r->n - 1] = choose(r->epochs[r->n - 1], key);
	else
		r->epochs[r->n++] = key;
}

static void cut_runs(struct experiment_list *list, int n_records)
{
	const struct train_record *before = NULL;
	const struct train_record **epochs = list->epochs;
	struct experiment *e = list->v - 1;
	struct run *r = list->runs - 1;

	for (int i = 0; i < n_records; i++) {
		const struct train_record *key = list->order[i];
		bool same = before && compare_run(before, key) == 0;

		if (!before || compare_experiment(before, key) != 0) {
			*++e = (struct experiment){.key = key, .runs = r + 1};
			list->n++;
		}
		if (!same) {
			epochs += before ? r->n : 0;
			*++r = (struct run){.epochs = epochs, .copies = &list->order[i]};
			e->n++;
		}
		add_epoch(r, same ? before : NULL, key);
		e->key = key < e->key ? key : e->key;
		before = key;
	}
}

static void find_best(struct run *r)
{
	r->best = r->epochs[0];
	for (int i = 1; i < r->n; i++)
		r->best = r->epochs[i]->dev_acc > r->best->dev_acc ? r->epochs[i] : r->best;
}

static void measure_runs(struct experiment *e)
{
	for (int i = 0; i < e->n; i++) {
		find_best(&e->runs[i]);
		e->n_epochs = e->runs[i].n > e->n_epochs ? e->runs[i].n : e->n_epochs;
	}
	for (int i = 0; i < e->n; i++)
		e->runs[i].whole = e->runs[i].n == e->n_epochs;
}

/* By recipe, dense first, then in the order in which the experiments were run: run_id begins with the time. */
static int compare_appearance(const void *pa, const void *pb)
{
	const struct experiment *a = pa, *b = pb;
	int d = experiment_compare_recipe(a->key, b->key);

	d = d ? d : train_is_dense(b->key) - train_is_dense(a->key);
	d = d ? d : strcmp(a->key->run_id, b->key->run_id);
	return d ? d : (a->key > b->key) - (a->key < b->key);
}

static bool is_of_command(const struct run *r, const struct train_record *like)
{
	for (int i = 0; i < r->n_copies; i++)
		if (same_time(r->copies[i], like))
			return true;
	return false;
}

/* Whether one command ran both: with this run from its first epoch on. */
static bool share_time(const struct experiment *a, const struct run *r)
{
	for (int i = 0; i < r->n_copies && r->copies[i]->epoch == r->copies[0]->epoch; i++)
		for (int j = 0; j < a->n; j++)
			if (is_of_command(&a->runs[j], r->copies[i]))
				return true;
	return false;
}

static bool share_times(const struct experiment *a, const struct experiment *b)
{
	for (int i = 0; i < b->n; i++)
		if (share_time(a, &b->runs[i]))
			return true;
	return false;
}

/* Whether a is the better base for `like`: one whose time can be compared, then the faster. */
static bool better_base(const struct experiment *a, const struct experiment *b, const struct experiment *like)
{
	bool near_a = share_times(a, like), near_b = share_times(b, like);

	if (near_a != near_b)
		return near_a;
	return experiment_mean(a, train_epoch_s) < experiment_mean(b, train_epoch_s);
}

static const struct experiment *fastest_dense(const struct experiment_list *list, const struct experiment *like)
{
	const struct experiment *best = NULL;

	for (int i = 0; i < list->n; i++) {
		const struct experiment *e = &list->v[i];

		if (train_is_dense(e->key) && experiment_compare_recipe(e->key, like->key) == 0 &&
		    first_lr(e) == first_lr(like) && (!best || better_base(e, best, like)))
			best = e;
	}
	return best;
}

int experiment_list_create(struct experiment_list *list, const struct train_record *records, size_t n)
{
	*list = (struct experiment_list){0};
	list->order = calloc(n + 1, sizeof(*list->order));
	list->epochs = calloc(n + 1, sizeof(*list->epochs));
	list->runs = calloc(n + 1, sizeof(*list->runs));
	list->v = calloc(n + 1, sizeof(*list->v));
	if (!list->order || !list->epochs || !list->runs || !list->v) {
		experiment_list_destroy(list);
		return -ENOMEM;
	}
	sort_records(list->order, records, n);
	cut_runs(list, (int)n);
	for (int i = 0; i < list->n; i++)
		measure_runs(&list->v[i]);
	qsort(list->v, (size_t)list->n, sizeof(*list->v), compare_appearance);
	for (int i = 0; i < list->n; i++)
		list->v[i].dense = fastest_dense(list, &list->v[i]);
	return 0;
}

void experiment_list_destroy(struct experiment_list *list)
{
	free(list->v);
	free(list->runs);
	free(list->epochs);
	free(list->order);
	*list = (struct experiment_list){0};
}

/* Earlier versions also told of spikes at the floor, where nothing is left to change. */
bool run_struck(const struct run *r, int i)
{
	const struct train_record *own = r->epochs[i], *next = i + 1 < r->n ? r->epochs[i + 1] : own;

	return own->event[0] && (next->lr != own->lr || next->mean_k != own->mean_k);
}

int experiment_seeds(const struct experiment *e)
{
	int n = 0;

	for (int i = 0; i < e->n; i++)
		n += e->runs[i].whole;
	return n;
}

int experiment_short(const struct experiment *e)
{
	return e->n - experiment_seeds(e);
}

int experiment_unreproduced(const struct experiment *e)
{
	int n = 0;

	for (int i = 0; i < e->n; i++)
		n += e->runs[i].other_weights;
	return n;
}

const struct run *experiment_run(const struct experiment *e, uint64_t seed)
{
	for (int i = 0; i < e->n; i++)
		if (e->runs[i].best->seed == seed)
			return &e->runs[i];
	return NULL;
}

const struct run *run_partner(const struct run *r, const struct experiment *base)
{
	const struct run *other = experiment_run(base, r->best->seed);

	if (!r->whole || !other || other->n != r->n || other->epochs[r->n - 1]->epoch != r->epochs[r->n - 1]->epoch ||
	    strcmp(other->best->dataset, r->best->dataset) != 0)
		return NULL;
	return other;
}
