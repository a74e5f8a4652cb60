/* SPDX-License-Identifier: MIT */
/* See price.h. */
#include "price.h"

static struct kernel_cost cost_of_call(const struct trial *t, const struct kernel_args *a)
{
	struct kernel_cost sum = t->steps[0]->cost(a);

	for (int i = 1; i < t->n_steps; i++) {
		const struct kernel_cost step = t->steps[i]->cost(a);

		sum = cost_join(&sum, &step);
	}
	return sum;
}

/* Of one call: the mean over the copies, as the kept entries of some methods vary. */
static struct kernel_cost cost_of(const struct trial *t)
{
	struct kernel_cost mean = {.flops = 0};

	for (int c = 0; c < t->copies; c++) {
		const struct kernel_cost one = cost_of_call(t, &t->args[c]);

		mean.flops += one.flops / t->copies;
		for (int i = 0; i < N_OPERANDS; i++) {
			mean.bytes[i].read += one.bytes[i].read / t->copies;
			mean.bytes[i].written += one.bytes[i].written / t->copies;
		}
	}
	return mean;
}

void trial_price(const struct lineup *l, struct trial *t)
{
	const struct session *s = l->session;

	t->cost = cost_of(t);
	if (kernel_op_has_result(t->op))
		t->traffic =
			traffic_by_level(&t->cost, s->machine, l->point.threads, t->copies, s->options->cold_cache);
}
