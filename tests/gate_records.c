/* SPDX-License-Identifier: MIT */
/* See gate_records.h. */
#include "gate_records.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static const char * or (const char *text, const char *otherwise)
{
	return text ? text : otherwise;
}

struct kernel_record *gate_add(struct gate_records *g, const struct contender_rounds *c)
{
	struct kernel_record *first = &g->v[g->n];
	const double ns = c->ns > 0 ? c->ns : 1000, noise = c->noise > 0 ? c->noise : 0.001;
	const int rounds = c->rounds ? c->rounds : ROUNDS;

	assert_true(g->n + (size_t)rounds <= sizeof(g->v) / sizeof(g->v[0]));
	for (int round = 0; round < rounds; round++) {
		struct kernel_record *r = &g->v[g->n++];
		/* builds vary in step with the round, but not with each other */
		double wave = sin(round * 2.4 + (double) or (c->build, "")[0]);

		*r = (struct kernel_record){.batch = 8,
					    .n_in = 4,
					    .n_out = 2,
					    .k = c->k ? c->k : 1,
					    .threads = 1,
					    .round = round,
					    .calls = 1000,
					    .elapsed_ns = llround(1000 * ns * (1 + noise * wave)),
					    .instructions = c->instructions,
					    .injected = c->injected};
		SET(r->run_id, or (c->run_id, "p1"));
		SET(r->command, "backward");
		SET(r->op, or (c->op, "backward"));
		SET(r->method, or (c->method, "topk"));
		SET(r->isa, or (c->isa, "avx2"));
		SET(r->check, or (c->check, "ok"));
		SET(r->cpu, or (c->cpu, "cpu one"));
		SET(r->compiler, or (c->compiler, "gcc 12"));
		SET(r->build, or (c->build, ""));
		SET(r->code, or (c->code, ""));
		SET(r->dist, "relu");
	}
	return first;
}

struct record_list gate_list(struct gate_records *g)
{
	return (struct record_list){.v = g->v, .n = g->n};
}

void gate_store(const struct gate_records *g, const char *dir, const char *name)
{
	struct record_writer *writer;
	struct failure f = {""};
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
	assert_int_equal(record_writer_create(&writer, path, &kernel_records, &f), 0);
	for (size_t i = 0; i < g->n; i++)
		assert_int_equal(record_write(writer, &g->v[i], &f), 0);
	assert_int_equal(record_writer_destroy(writer, &f), 0);
}

void gate_process(struct gate_records *g, const char *method, const char *run_id, double ratio, double bias)
{
	gate_add(g, &(struct contender_rounds){.method = method, .run_id = run_id, .ns = 1000 * ratio});
	gate_add(g, &(struct contender_rounds){.method = method, .run_id = run_id, .build = "base"});
	if (bias > 0)
		gate_add(g, &(struct contender_rounds){
				    .method = method, .run_id = run_id, .build = "twin", .ns = 1000 * ratio * bias});
}

struct comparison gate_compare_builds(struct gate_records *g)
{
	const struct record_list list = gate_list(g);
	struct comparison c;

	assert_int_equal(comparison_create(&c, NULL, &list, &rule_default), 0);
	return c;
}

struct comparison gate_compare_runs(struct gate_records *old, struct gate_records *new)
{
	const struct record_list a = gate_list(old), b = gate_list(new);
	struct comparison c;

	assert_int_equal(comparison_create(&c, &a, &b, &rule_default), 0);
	return c;
}

void gate_expect(struct comparison c, enum verdict verdict, enum tier tier, const char *why, int status)
{
	assert_int_equal(c.n, 1);
	assert_string_equal(verdict_name(c.cells[0].verdict), verdict_name(verdict));
	assert_string_equal(tier_name(c.cells[0].tier), tier_name(tier));
	assert_string_equal(c.cells[0].why, why);
	assert_int_equal(comparison_exit_status(&c), status);
	assert_int_equal(c.counts[verdict], 1);
	comparison_destroy(&c);
}
