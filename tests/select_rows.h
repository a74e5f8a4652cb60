/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the selections share: hostile rows of dY, calls with poisoned outputs and canaries past what a
 * kernel may write, and two checks of what was kept. dY has no slack, so that a sanitizer sees a read past its end.
 */
#ifndef TESTS_SELECT_ROWS_H
#define TESTS_SELECT_ROWS_H

#include "base/rng.h"
#include "kernel.h"

#define ROWS_KINDS 17	     /* kinds of rows: gaussian, zeros, ties, sorted, NaN, ... */
#define ROWS_FINITE_KINDS 13 /* the first so many have finite values only */
#define ROWS_SIZES 23

/* Row sizes around the widths of vectors, words and groups, the net's layers, and a long one. */
extern const int rows_sizes[ROWS_SIZES];

/* One call's operands, all owned here. */
struct rows {
	struct kernel_args args;
	struct sparse_dy kept;
	float *dy;     /* (batch, n_out) */
	uint8_t *keep; /* (batch, n_out) room for reference_keep */
};

void rows_create(struct rows *p, int batch, int n);
void rows_destroy(struct rows *p);
float *rows_at(const struct rows *p, int b); /* row b of dY */
int32_t rows_bits(float x);

/* Fills row b with kind b % kinds. */
void rows_fill(struct rows *p, int kinds, struct rng *r);
void rows_fill_gaussian(float *row, int n, struct rng *r);
void rows_fill_ties(float *row, int n, struct rng *r);

/* Poisons the outputs and calls the kernel with a team; or by the calling thread alone, with no team made. */
void rows_run(struct rows *p, const struct kernel *kernel, int threads);
void rows_run_alone(struct rows *p, const struct kernel *kernel);

/* Gives a copy of `struct rows` outputs of its own; it shares dy and keep with what it was copied from. */
void rows_outputs(struct rows *p);
void rows_outputs_destroy(struct rows *p);

/* Checks return NULL, or what is wrong: against the flags in `keep`; by the rule of exact top-k in O(n); the padding.
 */
const char *rows_check_keep(const struct rows *p);
const char *rows_check_rule(const struct rows *p);
const char *rows_check_row(const struct rows *p, int b); /* the rule, for one row and without the padding */
const char *rows_check_canaries(const struct rows *p);

/* Fails the test, with all that tells the case apart, unless `wrong` is NULL. */
void rows_demand(const char *wrong, const struct rows *p, const struct kernel *kernel, int threads);

/* Calls the body with every kernel of the method, of every instruction set of this CPU; returns how many there are. */
typedef void rows_body(struct rows *p, const struct kernel *kernel);
int rows_for_kernels(const char *method, struct rows *p, rows_body *body);

/* Every kernel of the method, with teams of 1 to 3 at some sizes, keeps what reference_keep says. */
void rows_against_reference(struct rows *p, const char *method);

#endif
