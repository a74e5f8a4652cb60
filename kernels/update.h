/* SPDX-License-Identifier: MIT */
/*
 * An optimiser as data, and the walk that all share: which rows a thread steps, with or without a gradient. Each
 * element is stepped by itself, by the same vector operations wherever it stands, so that its bits do not depend on
 * the size of the team, nor on whether its row came alone (backward_update_sparse.c) or in a stretch with others.
 */
#ifndef KERNELS_UPDATE_H
#define KERNELS_UPDATE_H

#include "isa.h"

/* A stretch of the parameter and what goes with it. grad NULL: the gradient is zero and not read. */
struct update_part {
	float *param, *state1, *state2; /* states that the method has not: NULL */
	const float *grad;
	ptrdiff_t n;
};

/* Numbers worked out once per call: the method's own, then those of the weight decay, both zero where there is none. */
enum { UPDATE_L2 = 4, UPDATE_L1, UPDATE_FACTORS };

struct update_rule {
	int n_states;
	bool drifts;						     /* a zero gradient still changes something */
	double flops;						     /* per element */
	void (*factors)(const struct update_args *a, float *factor); /* those of its own */
	void (*step)(const struct update_part *part, const float *factor);
};

/*
 * Tiny results count as zero between the two: a moment that decays without a gradient would else end in denormals,
 * which have no effect any more and are slow on many CPUs; testing each for it would cost a fifth of Adam's time in
 * cache. begin returns what end puts back. What they enclose must be calls that the compiler cannot look into.
 */
ALWAYS_INLINE uint64_t update_tiny_begin(void)
{
#if defined(__SSE2__)
	unsigned before = __builtin_ia32_stmxcsr();

	__builtin_ia32_ldmxcsr(before | 0x8040); /* flush to zero, denormals are zeros */
	return before;
#elif defined(__aarch64__)
	uint64_t before;

	__asm__ volatile("mrs %0, fpcr" : "=r"(before));
	__asm__ volatile("msr fpcr, %0" : : "r"(before | 1 << 24)); /* flush to zero */
	return before;
#else
	return 0;
#endif
}

ALWAYS_INLINE void update_tiny_end(uint64_t before)
{
#if defined(__SSE2__)
	__builtin_ia32_ldmxcsr((unsigned)before);
#elif defined(__aarch64__)
	__asm__ volatile("msr fpcr, %0" : : "r"(before));
#else
	(void)before;
#endif
}

extern const struct update_rule ISA(update_rule_sgd), ISA(update_rule_momentum), ISA(update_rule_adagrad),
	ISA(update_rule_adam);

/* Whether the parameter is to be stepped where it has no gradient, too. */
ALWAYS_INLINE bool update_takes_all(const struct update_args *a, const struct update_rule *rule)
{
	return !a->lazy && (rule->drifts || a->l1 > 0 || a->l2 > 0);
}

ALWAYS_INLINE bool update_decays(const float *factor)
{
	return factor[UPDATE_L2] > 0 || factor[UPDATE_L1] > 0;
}

/* All UPDATE_FACTORS numbers. */
void ISA(update_factors)(const struct update_args *a, const struct update_rule *rule, float *factor);

/* n elements from the start of `row` on; `grad` is of these elements, NULL: zero. */
struct update_part ISA(update_part_of)(const struct update_args *a, const struct update_rule *rule, int row,
				       ptrdiff_t n, const float *grad);

/* The whole of OP_UPDATE by this rule, and what it costs. */
void ISA(update_run)(const struct kernel_args *args, struct team team, const struct update_rule *rule);
struct kernel_cost ISA(update_cost)(const struct kernel_args *args, const struct update_rule *rule);

#endif
