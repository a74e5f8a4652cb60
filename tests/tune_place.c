/* SPDX-License-Identifier: MIT */
/* See tune_place.h. */
#include "tune_place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

const struct tune_table example = {
	.relu_skip = {2, {{20, 0.25, ""}, {60, 1.25, ""}}},
	.topk = {3, {{10, 0.2, "bracket"}, {40, 0.8, "bracket"}, {80, 1.6, "radix"}}},
	.dense_ns = 1e6,
	.nonzeros = 50,
};

int n_measured;

static int invent(const struct tuner_params *p, const struct tune_layer *l, struct tune_table *out, struct failure *f)
{
	(void)p;
	(void)f;
	n_measured++;
	*out = example;
	out->dense_ns = 1000 * l->threads + l->batch;
	return 0;
}

void place_create(struct place *p)
{
	struct failure f;

	memset(p, 0, sizeof(*p));
	snprintf(p->folder, sizeof(p->folder), "/tmp/test_tune_XXXXXX");
	assert_non_null(mkdtemp(p->folder));
	snprintf(p->file, sizeof(p->file), "%s/tuning.json", p->folder);
	assert_int_equal(setenv("MEPBENCH_CACHE", p->folder, 1), 0);
	assert_int_equal(machine_create(&p->machine, NULL, &f), 0);
	assert_int_equal(binding_create(&p->binding, p->machine, NULL, &f), 0);
	snprintf(p->conditions.cpu, sizeof(p->conditions.cpu), "a \"processor\"");
	snprintf(p->conditions.compiler, sizeof(p->conditions.compiler), "cc 1");
	snprintf(p->conditions.commit, sizeof(p->conditions.commit), "abc");
	n_measured = 0;
}

void place_destroy(struct place *p)
{
	machine_destroy(p->machine);
	unlink(p->file);
	assert_int_equal(rmdir(p->folder), 0); /* nothing else was left behind */
}

struct tuner_params params_of(const struct place *p)
{
	return (struct tuner_params){.binding = &p->binding, .conditions = &p->conditions, .measure = invent};
}

struct tune_layer layer_of(int threads, const char *dist)
{
	return (struct tune_layer){.kernels = kernel_set_find(NULL),
				   .batch = 3,
				   .n_in = 50,
				   .n_out = 100,
				   .threads = threads,
				   .dx = true,
				   .dist = dist ? dist_find(dist) : NULL};
}

/* What a new tuner says of a layer. */
struct tune_table ask(const struct tuner_params *p, const struct tune_layer *l)
{
	const struct tune_table *table = NULL, *again;
	struct tune_table copy;
	struct tuner *t;
	struct failure f;

	if (tuner_create(&t, p, &f) || tuner_table(t, l, &table, &f))
		fail_msg("%s", f.text);
	assert_int_equal(tuner_table(t, l, &again, &f), 0);
	assert_ptr_equal(table, again);
	copy = *table;
	tuner_destroy(t);
	return copy;
}

bool same_curve(const struct tune_curve *a, const struct tune_curve *b)
{
	bool same = a->n == b->n;

	for (int i = 0; same && i < a->n; i++)
		same = !memcmp(&a->v[i].kept, &b->v[i].kept, sizeof(double)) &&
		       !memcmp(&a->v[i].cost, &b->v[i].cost, sizeof(double)) && !strcmp(a->v[i].select, b->v[i].select);
	return same;
}
