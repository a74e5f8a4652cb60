/* SPDX-License-Identifier: MIT */
/*
 * The walk of an optimiser's step over the rows of a parameter. Neighbouring rows are contiguous, so they are stepped
 * as one stretch: with a dense gradient each thread has a single one, cut at cache lines. Bound: each array is read
 * once, and all but the gradient are written once.
 */
#include "update.h"

#include "kernels.h"

#define LINE 16 /* floats */

struct update_part ISA(update_part_of)(const struct update_args *a, const struct update_rule *rule, int row,
				       ptrdiff_t n, const float *grad)
{
	ptrdiff_t at = (ptrdiff_t)row * a->cols;

	return (struct update_part){
		.param = a->param + at,
		.state1 = rule->n_states > 0 ? a->state1 + at : NULL,
		.state2 = rule->n_states > 1 ? a->state2 + at : NULL,
		.grad = grad,
		.n = n,
	};
}

/* Where the part of this thread begins, of n elements. */
static ptrdiff_t line_of(ptrdiff_t n, int rank, int size)
{
	ptrdiff_t lines = (n + LINE - 1) / LINE, at = lines * rank / size * LINE;

	return at < n ? at : n;
}

/* Every element has a gradient: the parameter is one long row. */
static void step_all(const struct update_args *a, struct team team, const struct update_rule *rule, const float *factor)
{
	ptrdiff_t n = (ptrdiff_t)a->rows * a->cols, begin = line_of(n, team.rank, team.size);
	struct update_args rest = *a;
	struct update_part part;

	rest.param += begin;
	if (rule->n_states > 0)
		rest.state1 += begin;
	if (rule->n_states > 1)
		rest.state2 += begin;
	part = ISA(update_part_of)(&rest, rule, 0, line_of(n, team.rank + 1, team.size) - begin, a->grad + begin);
	rule->step(&part, factor);
}

static void step_rows(const struct update_args *a, const struct update_rule *rule, const float *factor,
		      struct span rows, bool has_grad)
{
	ptrdiff_t n = (ptrdiff_t)(rows.end - rows.begin) * a->cols;
	const float *grad = has_grad ? a->grad + (ptrdiff_t)rows.begin * a->cols : NULL;
	struct update_part part = ISA(update_part_of)(a, rule, rows.begin, n, grad);

	rule->step(&part, factor);
}

/* The end of the run of consecutive rows that begins at entry i of the list. */
static int run_end(const struct row_list *list, int i, int end)
{
	int first = i;

	while (i < end && list->row[i] - list->row[first] == i - first)
		i++;
	return i;
}

/* Steps the rows that have a gradient, and no other. */
static void step_touched(const struct update_args *a, struct team team, const struct update_rule *rule,
			 const float *factor)
{
	struct span s = team_span(team, a->touched->count, 1);

	for (int i = s.begin, end; i < s.end; i = end) {
		int row = a->touched->row[i];

		end = run_end(a->touched, i, s.end);
		step_rows(a, rule, factor, (struct span){row, row + end - i}, true);
	}
}

/* Steps every row; those not in `touched` with a gradient of zero, so that their moments and weights decay. */
static void step_every(const struct update_args *a, struct team team, const struct update_rule *rule,
		       const float *factor)
{
	struct span s = team_span(team, a->rows, 1);
	const struct row_list *list = a->touched;
	int next = 0;

	while (next < list->count && list->row[next] < s.begin)
		next++;
	for (int r = s.begin, end; r < s.end; r = end) {
		bool has = next < list->count && list->row[next] == r;
		int last = has ? run_end(list, next, list->count) : next;

		end = has ? r + last - next : next < list->count ? list->row[next] : s.end;
		end = min_int(end, s.end);
		step_rows(a, rule, factor, (struct span){r, end}, has);
		next = last;
	}
}

void ISA(update_run)(const struct kernel_args *args, struct team team, const struct update_rule *rule)
{
	const struct update_args *a = &args->update;
	float factor[UPDATE_FACTORS] = {0};
	uint64_t before;

	ISA(update_factors)(a, rule, factor);
	before = update_tiny_begin();
	if (!a->touched)
		step_all(a, team, rule, factor);
	else if (update_takes_all(a, rule))
		step_every(a, team, rule, factor);
	else
		step_touched(a, team, rule, factor);
	update_tiny_end(before);
}

struct kernel_cost ISA(update_cost)(const struct kernel_args *args, const struct update_rule *rule)
{
	const struct update_args *a = &args->update;
	double with_grad = a->touched ? a->touched->count : a->rows;
	double stepped = update_takes_all(a, rule) ? a->rows : with_grad;
	double bytes = 4 * stepped * a->cols;

	return (struct kernel_cost){
		.flops = stepped * a->cols * rule->flops,
		.bytes = {[OPERAND_W] = {bytes, bytes},
			  [OPERAND_STATE] = {rule->n_states * bytes, rule->n_states * bytes},
			  [OPERAND_DW] = {.read = 4 * with_grad * a->cols}},
	};
}

void ISA(update_sgd)(const struct kernel_args *args, struct team team)
{
	ISA(update_run)(args, team, &ISA(update_rule_sgd));
}

void ISA(update_momentum)(const struct kernel_args *args, struct team team)
{
	ISA(update_run)(args, team, &ISA(update_rule_momentum));
}

void ISA(update_adagrad)(const struct kernel_args *args, struct team team)
{
	ISA(update_run)(args, team, &ISA(update_rule_adagrad));
}

void ISA(update_adam)(const struct kernel_args *args, struct team team)
{
	ISA(update_run)(args, team, &ISA(update_rule_adam));
}

struct kernel_cost ISA(update_sgd_cost)(const struct kernel_args *args)
{
	return ISA(update_cost)(args, &ISA(update_rule_sgd));
}

struct kernel_cost ISA(update_momentum_cost)(const struct kernel_args *args)
{
	return ISA(update_cost)(args, &ISA(update_rule_momentum));
}

struct kernel_cost ISA(update_adagrad_cost)(const struct kernel_args *args)
{
	return ISA(update_cost)(args, &ISA(update_rule_adagrad));
}

struct kernel_cost ISA(update_adam_cost)(const struct kernel_args *args)
{
	return ISA(update_cost)(args, &ISA(update_rule_adam));
}
