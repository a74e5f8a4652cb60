/* SPDX-License-Identifier: MIT */
/*
 * The definitions of the selection methods as tests of a finished kept set: linear time, so that every row is tested.
 * The quadratic reference_keep is consulted as well on as many rows as CHECK_WORK comparisons pay for.
 */
#include "measure/check.h"
#include "reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHECK_WORK 2e6

static uint32_t magnitude(float x)
{
	uint32_t bits;

	memcpy(&bits, &x, sizeof(bits));
	return bits & 0x7fffffffu;
}

static size_t row_start(int row, int cols)
{
	return (size_t)row * (size_t)cols;
}

static bool row_is_valid(const struct kernel_args *a, int b, struct check *c)
{
	const struct sparse_dy *s = a->kept;
	const int32_t *index = s->index + row_start(b, s->stride);
	int n = s->count[b];

	if (n < 0 || n > a->n_out)
		return check_fail(c, "row %d: count %d is not in 0..%d", b, n, a->n_out);
	for (int j = 0; j < n; j++) {
		if (index[j] < 0 || index[j] >= a->n_out)
			return check_fail(c, "row %d: column %d is not in 0..%d", b, index[j], a->n_out - 1);
		if (j && index[j] <= index[j - 1])
			return check_fail(c, "row %d: columns are not ascending (%d after %d)", b, index[j],
					  index[j - 1]);
	}
	return true;
}

bool check_kept_mask(const struct kernel_args *a, uint8_t *keep, struct check *c)
{
	memset(keep, 0, row_start(a->batch, a->n_out));
	for (int b = 0; b < a->batch; b++) {
		if (!row_is_valid(a, b, c))
			return false;
		for (int j = 0; j < a->kept->count[b]; j++)
			keep[row_start(b, a->n_out) +
			     (size_t)a->kept->index[row_start(b, a->kept->stride) + (size_t)j]] = 1;
	}
	return true;
}

/* The values must be dY's own bits at the kept columns (random_k: times rescale, one rounding). */
static bool values_match(const struct kernel_args *a, int b, float scale, struct check *c)
{
	const struct sparse_dy *s = a->kept;
	size_t at = row_start(b, s->stride);

	for (int j = 0; j < s->count[b]; j++, at++) {
		float want = a->dy[row_start(b, a->n_out) + (size_t)s->index[at]] * scale;

		if (memcmp(&want, &s->value[at], sizeof(want)))
			return check_fail(c, "row %d: value %g at column %d is not dY's %g", b, (double)s->value[at],
					  s->index[at], (double)want);
	}
	return true;
}

/* One row of the question: is `keep` what the method keeps of `dy`? */
struct row {
	const struct kernel_args *args;
	int b, count;
	const float *dy;
	const uint8_t *keep, *keep_first; /* of this row, of row 0 */
};

static bool count_is(const struct row *r, int want, struct check *c)
{
	return r->count == want || check_fail(c, "row %d keeps %d entries, should keep %d", r->b, r->count, want);
}

/* Every kept entry comes before every other in the order: larger magnitude first, ties to the lowest index. */
static bool is_prefix(const struct row *r, struct check *c)
{
	int worst_kept = -1, best_left = -1, n = r->args->n_out;

	for (int i = 0; i < n; i++) {
		uint32_t m = magnitude(r->dy[i]);

		if (r->keep[i] && (worst_kept < 0 || m <= magnitude(r->dy[worst_kept])))
			worst_kept = i;
		if (!r->keep[i] && (best_left < 0 || m > magnitude(r->dy[best_left])))
			best_left = i;
	}
	if (worst_kept < 0 || best_left < 0)
		return true;
	if (magnitude(r->dy[worst_kept]) > magnitude(r->dy[best_left]) ||
	    (magnitude(r->dy[worst_kept]) == magnitude(r->dy[best_left]) && worst_kept < best_left))
		return true;
	return check_fail(c, "row %d keeps column %d (%g) but not column %d (%g)", r->b, worst_kept,
			  (double)r->dy[worst_kept], best_left, (double)r->dy[best_left]);
}

static bool topk_row(const struct row *r, struct check *c)
{
	return count_is(r, r->args->k < r->args->n_out ? r->args->k : r->args->n_out, c) && is_prefix(r, c);
}

static bool magnitude_row(const struct row *r, uint32_t least, struct check *c)
{
	for (int i = 0; i < r->args->n_out; i++)
		if (r->keep[i] != (magnitude(r->dy[i]) >= least))
			return check_fail(c, "row %d: column %d (%g) is %s", r->b, i, (double)r->dy[i],
					  r->keep[i] ? "kept, should not be" : "not kept, should be");
	return true;
}

static bool nonzero_row(const struct row *r, struct check *c)
{
	return magnitude_row(r, 1, c);
}

static bool threshold_row(const struct row *r, struct check *c)
{
	return magnitude_row(r, magnitude(r->args->tau), c);
}

/*
 * The shortest prefix whose mass exceeds tau * L1. Kernels sum in float: a prefix one entry off is right when the mass
 * at the border differs from tau * L1 by no more than that rounding.
 */
static bool norm_row(const struct row *r, struct check *c)
{
	double total = 0, mass = 0, least = INFINITY, slack;
	int n = r->args->n_out;

	for (int i = 0; i < n; i++) {
		double m = fabs((double)r->dy[i]);

		total += m;
		mass += r->keep[i] ? m : 0;
		least = r->keep[i] ? fmin(least, m) : least;
	}
	if (!isfinite(total))
		return count_is(r, n, c);
	if (total <= 0)
		return count_is(r, 0, c);
	slack = 0x1p-24 * (n + 8) * total;
	if (mass + slack <= (double)r->args->tau * total && r->count < n)
		return check_fail(c, "row %d keeps %.9g of its L1 norm, should keep more than tau", r->b, mass / total);
	if (r->count && mass - least - slack > (double)r->args->tau * total)
		return check_fail(c, "row %d keeps %.9g of its L1 norm, fewer entries would do", r->b, mass / total);
	return is_prefix(r, c);
}

/* What struct tinyprop rounds, at this share of the largest norm. */
static double tinyprop_entries(const struct kernel_args *a, double of_largest)
{
	const struct tinyprop *t = &a->tinyprop;

	return a->n_out * (t->least + (t->most - t->least) * of_largest) * (double)a->tau;
}

/* Whether some number between the two, which may come in either order, rounds to n, or to less than 1 or more than all
 * and n is that end. */
static bool rounds_between(double one, double other, int n, int all)
{
	double low = fmin(one, other), high = fmax(one, other);

	return n >= 1 && n <= all && (n == all || low < n + 0.5) && (n == 1 || high >= n - 0.5);
}

/*
 * The k is judged by what it rounds, not computed. Kernels round the norm to float: where that decides, both are right.
 */
static bool tinyprop_row(const struct row *r, struct check *c)
{
	const struct kernel_args *a = r->args;
	double l1 = 0, slack = 0x1p-22, of_largest;

	for (int i = 0; i < a->n_out; i++)
		l1 += fabs((double)r->dy[i]);
	of_largest = l1 < (double)a->tinyprop.l1_seen ? l1 / (double)a->tinyprop.l1_seen : 1;
	if (!rounds_between(tinyprop_entries(a, of_largest * (1 - slack)),
			    tinyprop_entries(a, fmin(1, of_largest * (1 + slack))), r->count, a->n_out))
		return check_fail(c, "row %d keeps %d entries, should keep %.9g, rounded", r->b, r->count,
				  tinyprop_entries(a, of_largest));
	if (a->tinyprop.l1 && isfinite(l1) && !(fabs((double)a->tinyprop.l1[r->b] - l1) <= slack * l1))
		return check_fail(c, "row %d: norm %g should be %g", r->b, (double)a->tinyprop.l1[r->b], l1);
	return is_prefix(r, c);
}

static bool random_row(const struct row *r, struct check *c)
{
	return count_is(r, r->args->k < r->args->n_out ? r->args->k : r->args->n_out, c);
}

static double column_sum(const struct kernel_args *a, int o)
{
	double sum = 0;

	for (int b = 0; b < a->batch; b++)
		sum += fabs((double)a->dy[row_start(b, a->n_out) + (size_t)o]);
	return sum;
}

/* Row 0 carries the test of the column sums (within the rounding of a float sum), the others must equal it. */
static bool unified_row(const struct row *r, struct check *c)
{
	const struct kernel_args *a = r->args;
	double least = INFINITY, most = 0;

	if (!count_is(r, a->k < a->n_out ? a->k : a->n_out, c))
		return false;
	if (r->b)
		return !memcmp(r->keep, r->keep_first, (size_t)a->n_out) ||
		       check_fail(c, "row %d keeps other columns than row 0", r->b);
	for (int o = 0; o < a->n_out; o++) {
		double sum = column_sum(a, o);

		least = r->keep[o] ? fmin(least, sum) : least;
		most = r->keep[o] ? most : fmax(most, sum);
	}
	return least >= most * (1 - 0x1p-23 * (a->batch + 8)) ||
	       check_fail(c, "a column of sum %.9g is kept, one of %.9g is not", least, most);
}

static const struct rule {
	const char *method;
	bool (*row)(const struct row *r, struct check *c);
	bool exact;    /* reference_keep has the one answer */
	bool rescales; /* the kept values are dY times args->rescale */
} rules[] = {
	{"topk", topk_row, true, false},	   {"relu_skip", nonzero_row, true, false},
	{"threshold", threshold_row, true, false}, {"norm", norm_row, false, false},
	{"tinyprop", tinyprop_row, false, false},  {"unified_topk", unified_row, false, false},
	{"random_k", random_row, false, true},
};

static const struct rule *rule_find(const char *method)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (!strcmp(rules[i].method, method))
			return &rules[i];
	return NULL;
}

/* reference_keep on the sampled row alone. */
static bool row_matches_reference(const char *method, const struct row *r, uint8_t *want, struct check *c)
{
	struct kernel_args one = *r->args;

	one.batch = 1;
	one.dy = r->dy;
	if (!reference_keep(method, &one, want))
		return check_no_memory(c); /* rule_find has found it, so that it has a reference */
	return !memcmp(want, r->keep, (size_t)one.n_out) ||
	       check_fail(c, "row %d differs from the reference of %s", r->b, method);
}

static bool rows_are_right(const struct rule *rule, const struct kernel_args *a, uint64_t seed, uint8_t *keep,
			   int32_t *sampled, struct check *c)
{
	double pays = CHECK_WORK / fmax(1, (double)a->n_out * a->n_out);
	int n = rule->exact ? check_sample_rows(a->batch, pays, seed, sampled) : 0, next = 0;
	uint8_t *want = keep + row_start(a->batch, a->n_out);

	for (int b = 0; b < a->batch; b++) {
		struct row r = {
			a, b, a->kept->count[b], a->dy + row_start(b, a->n_out), keep + row_start(b, a->n_out), keep};

		if (!values_match(a, b, rule->rescales ? a->rescale : 1, c) || !rule->row(&r, c))
			return false;
		if (next < n && sampled[next] == b && next++ < n && !row_matches_reference(rule->method, &r, want, c))
			return false;
	}
	return true;
}

struct check check_selection(const char *method, const struct kernel_args *args, uint64_t seed)
{
	struct check c = {.ok = false, .max_err = INFINITY};
	const struct rule *rule = rule_find(method);
	uint8_t *keep = malloc(row_start(args->batch + 1, args->n_out) + 1);
	int32_t *sampled = malloc(((size_t)args->batch + 1) * sizeof(*sampled));

	if (!rule)
		check_fail(&c, "no definition of the selection %s to check against", method);
	else if (!keep || !sampled)
		check_no_memory(&c);
	else
		c.ok = check_kept_mask(args, keep, &c) && rows_are_right(rule, args, seed, keep, sampled, &c);
	if (c.ok)
		c.max_err = 0;
	free(keep);
	free(sampled);
	return c;
}
