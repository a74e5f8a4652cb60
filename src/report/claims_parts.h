/* SPDX-License-Identifier: MIT */
/* What the evaluators of claims share among themselves; the contract is claims.h. */
#ifndef REPORT_CLAIMS_PARTS_H
#define REPORT_CLAIMS_PARTS_H

#include "report/claims.h"

/* The comparisons of a claim, judged together; those that it picks are v[0..n-1]. */
struct claim_tests {
	struct study_comparison *all, *v;
	int n;
};

int claim_tests_create(struct claim_tests *t, const struct claim *claim, const struct experiment_list *list);
void claim_tests_destroy(struct claim_tests *t);

/* Says what is missing, if anything is, and returns whether. */
bool claim_is_incomplete(const struct claim_tests *t, struct claim_finding *out);
/*
 * Of n comparisons so many speak for the claim, so many against it: confirmed if all are for it, refuted if none is and
 * one against it, no difference seen if there is none of either, else mixed.
 */
enum claim_verdict claim_weigh(int n, int in_favour, int against);
int claim_count(const struct claim_tests *t, enum study_verdict verdict);
/* "of 6: 2 for, 1 against, 3 no difference seen" */
void claim_tell_weights(int n, int in_favour, int against, struct claim_finding *out);

#define CLAIM_POINTS 64
/* All members, timed; returns how many the spec asks for, *there how many were run. */
int claim_find_timed(const struct claim *claim, const struct experiment_list *list, const struct experiment **found,
		     int *there);
/* Says how many are missing, if any is, and returns whether. */
bool claim_is_untimed(int there, int n, struct claim_finding *out);

/* No difference seen: what so many seeds could have shown. */
void claim_tell_noise(const struct claim_tests *t, struct claim_finding *out);

/* "k=20": what sets the i-th of the tests apart; "" if there is but one. */
struct claim_label {
	char s[96];
} claim_label(const struct claim *claim, int i);

/* Appends to text of this size, cut if it does not fit. */
void claim_append(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
#define CLAIM_APPEND(text, ...) claim_append(text, sizeof(text), __VA_ARGS__)

/* `-0.06 ±0.07`, of a fraction, in points. */
struct claim_label claim_points(struct interval r);
/* `98.05 ±0.06`, of a fraction, in percent. */
struct claim_label claim_percent(struct interval r);

/* 2^(1-n) must be below 0.05: fewer pairs prove nothing. */
#define CLAIM_LEAST_SEEDS 6
/* The least n where so many tests are corrected together (Holm): tests x 2^(1-n) must be below 0.05. */
int claim_least_pairs(int tests);

#endif
