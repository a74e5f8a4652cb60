/* SPDX-License-Identifier: MIT */
/*
 * Is a kernel's output right? Asked after an untimed call and before any timed one; nothing is timed after a "no".
 * Selections are held against their definition entry by entry. Products are held against the double-precision
 * reference (kernels/reference.h) on whole rows, as many as a fixed amount of work allows, and every row, sampled or
 * not, must pass a random-projection test (Freivalds 1977), whose bound is the sum of the entries' own tolerances.
 */
#ifndef MEASURE_CHECK_H
#define MEASURE_CHECK_H

#include "kernel.h"

struct check {
	bool ok;
	double max_err; /* in units of the tolerance: <= 1 passes */
	char why[160];	/* what is wrong, "" if nothing */
	bool no_memory; /* not judged at all; ok is false */
};

/*
 * Fills the outputs of `op` with NaN and impossible counts before the call that is checked, so that neither what an
 * earlier kernel left there nor what was never written can pass.
 */
void check_poison(enum kernel_op op, const struct kernel_args *args);

/*
 * Checks what `op` has written into args' outputs. Only finite operands can be judged.
 * OP_TOPK_SELECT: args->kept by the definition of `method` (a selection method; sparse_dy's invariants included).
 * OP_FORWARD: args->y. OP_BACKWARD_DATA, _WEIGHTS: args->dx, args->dw from dY masked by args->kept (NULL: whole dY);
 * with args->dw_rows the list must be exactly the rows with a kept entry, and no other row of dw may have been written.
 * seed: chooses sampled rows and the projection. Other operations have no check here: ok is false.
 */
struct check check_kernel(enum kernel_op op, const char *method, const struct kernel_args *args, uint64_t seed);

/*
 * An optimiser's step works in place, so what was there before is needed to judge it: begin copies the parameter and
 * the states (NULL when out of memory), end puts them back, lest a wrong step spoil the next one, and frees the copy.
 */
struct update_before;
struct update_before *check_update_begin(const struct update_args *args);
void check_update_end(struct update_before *before, const struct update_args *args);

/*
 * Checks what OP_UPDATE has made of args->update by the named optimiser. update.grad NULL: OP_BACKWARD_UPDATE did it,
 * whose gradient is dW by args->kept (NULL: whole dY) and args->x. before NULL counts as out of memory.
 */
struct check check_update(const char *optimizer, const struct kernel_args *args, const struct update_before *before,
			  uint64_t seed);

/* Of check_kernel, for selections. */
struct check check_selection(const char *method, const struct kernel_args *args, uint64_t seed);

/* keep[(batch, n_out)] = 1 where kept has an entry. False if kept breaks its invariants (then why says how). */
bool check_kept_mask(const struct kernel_args *args, uint8_t *keep, struct check *c);

/* A failed or passed check; returns it so that `return check_fail(c, ...)` reads well. */
bool check_fail(struct check *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

bool check_no_memory(struct check *c);

/* Ascending distinct rows out of n, m of them (all if m >= n), chosen by seed; returns how many. rows has room for n.
 */
int check_sample_rows(int n, double m, uint64_t seed, int32_t *rows);

#endif
