/* SPDX-License-Identifier: MIT */
/* Records whose ratios are known, and the words of the tests about the tables made of them. */
#ifndef TESTS_SUMMARY_TABLES_H
#define TESTS_SUMMARY_TABLES_H

#include "report/summary_parts.h"

#include <stdbool.h>
#include <stdio.h>

#define ROUNDS 12
#define SET(field, text) snprintf(field, sizeof(field), "%s", text)

struct kernels {
	size_t n;
	struct kernel_record v[4096];
};

/* One contender of op `backward` or its parts on one thread. */
struct point {
	const char *op, *method, *select, *dw;
	int64_t k;
	double tau, ns, wobble; /* rounds alternate between ns * (1 - wobble) and ns * (1 + wobble) */
	const char *check;
	int64_t threads;
	const char *isa; /* NULL: avx2 */
};

/* The machine drifts by up to 2x between rounds: ratios within rounds must not see it. */
void add_rounds(struct kernels *k, const struct point *p, int rounds);
void add(struct kernels *k, const struct point *p);
struct kernels *kernels_create(void);
char *render(const struct table_list *list);
/* The tables of k, which is released; nothing like a NaN may be printed. */
struct table_list tables_of(struct kernels *k);
const struct table *find_table(const struct table_list *list, const char *title);
bool has_table(const struct table_list *list, const char *title);
/* The cell in the row and the column of these names. */
const struct cell *find_cell(const struct table *t, const char *row, const char *col);
void expect(const struct table *t, const char *row, const char *col, const char *text, enum cell_mark mark);

#define DENSE(time)                                                                                                    \
	&(struct point)                                                                                                \
	{                                                                                                              \
		.op = "backward", .method = "dense", .dw = "full", .k = 500, .ns = time                                \
	}
#define TOPK(kept, time)                                                                                               \
	&(struct point)                                                                                                \
	{                                                                                                              \
		.op = "backward", .method = "topk", .select = "radix", .dw = "full", .k = kept, .ns = time             \
	}

#endif
