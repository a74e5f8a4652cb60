/* SPDX-License-Identifier: MIT */
/* Kernel records of made-up gates, for the tests of mepcompare: what each build's time was is known. */
#ifndef TESTS_GATE_RECORDS_H
#define TESTS_GATE_RECORDS_H

#include "compare.h"

#include <stdio.h>

#define ROUNDS 20
#define SET(field, text) snprintf(field, sizeof(field), "%s", text)

struct gate_records {
	size_t n;
	struct kernel_record v[4000];
};

/* One contender in one process; a zero means what stands behind it. */
struct contender_rounds {
	const char *build, *method, *run_id;		      /* "", topk, p1 */
	double ns, noise;				      /* 1000; 0.001: rounds vary by so much to either side */
	int rounds;					      /* ROUNDS */
	const char *code, *check, *cpu, *compiler, *isa, *op; /* "", ok, cpu one, gcc 12, avx2, backward */
	int64_t instructions;
	double injected;
	int64_t k; /* 1 */
};

/* Appends the rounds; returns the first. */
struct kernel_record *gate_add(struct gate_records *g, const struct contender_rounds *c);
struct record_list gate_list(struct gate_records *g);
/* Writes all to dir/name, replacing it. */
void gate_store(const struct gate_records *g, const char *dir, const char *name);
/* A process of the gate: "" takes `ratio` times as long as base; with a twin of `bias` times, unless that is 0. */
void gate_process(struct gate_records *g, const char *method, const char *run_id, double ratio, double bias);
/* Builds against each other, in the same rounds. */
struct comparison gate_compare_builds(struct gate_records *g);
/* Two runs, against each other. */
struct comparison gate_compare_runs(struct gate_records *old, struct gate_records *new);
/* What is found of the only cell of a comparison, which is released. */
void gate_expect(struct comparison c, enum verdict verdict, enum tier tier, const char *why, int status);

#endif
