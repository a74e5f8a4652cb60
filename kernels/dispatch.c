/* SPDX-License-Identifier: MIT */
/* Which kernel sets are built in, which of them this CPU can run, and look-up by name. */
#include "kernel.h"

#include <string.h>

extern const struct kernel kernel_table_portable[];
extern const uint64_t kernel_code_portable[];

static bool supported_always(void)
{
	return true;
}

#ifdef HAVE_AVX2 /* then AVX-512 too: both are always built on x86 */
extern const struct kernel kernel_table_avx2[], kernel_table_avx512[];
extern const uint64_t kernel_code_avx2[], kernel_code_avx512[];

static bool supported_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
	       __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
}

static bool supported_avx512(void)
{
	return supported_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#endif

#ifdef HAVE_NEON
extern const struct kernel kernel_table_neon[];
extern const uint64_t kernel_code_neon[];
#endif

const struct kernel_set kernel_sets[] = {
	{"portable", kernel_table_portable, supported_always, kernel_code_portable},
#ifdef HAVE_AVX2 /* then AVX-512 too: both are always built on x86 */
	{"avx2", kernel_table_avx2, supported_avx2, kernel_code_avx2},
	{"avx512", kernel_table_avx512, supported_avx512, kernel_code_avx512},
#endif
#ifdef HAVE_NEON
	{"neon", kernel_table_neon, supported_always, kernel_code_neon},
#endif
	{NULL, NULL, NULL, NULL},
};

extern const struct kernel kernel_table_yardstick[];
extern const uint64_t kernel_code_yardstick[];

const struct kernel_set yardsticks = {"portable", kernel_table_yardstick, supported_always, kernel_code_yardstick};

const struct kernel_set *kernel_set_find_in(const struct kernel_set *sets, const char *isa)
{
	const struct kernel_set *found = NULL;

	for (const struct kernel_set *s = sets; s->isa; s++)
		if ((!isa || !strcmp(isa, "auto") || !strcmp(isa, s->isa)) && s->supported())
			found = s;
	return found;
}

const struct kernel_set *kernel_set_find(const char *isa)
{
	return kernel_set_find_in(kernel_sets, isa);
}

const struct kernel *kernel_find(const struct kernel_set *set, enum kernel_op op, const char *method,
				 const char *variant)
{
	for (const struct kernel *k = set->kernels; k->method; k++)
		if (k->op == op && !strcmp(k->method, method) && (!variant || !strcmp(k->variant, variant)))
			return k;
	return NULL;
}

uint64_t kernel_code(const struct kernel_set *set, const struct kernel *kernel)
{
	uint64_t n = set->code ? set->code[0] : 0;

	for (uint64_t i = 0; i < n; i++)
		if (&set->kernels[i] == kernel)
			return set->code[i + 1];
	return 0;
}

bool kernel_op_has_result(enum kernel_op op)
{
	return op != OP_FMA_PEAK && op != OP_BANDWIDTH && op != OP_YARDSTICK;
}

const char *kernel_op_name(enum kernel_op op)
{
	static const char *const names[N_KERNEL_OPS] = {
		[OP_TOPK_SELECT] = "topk_select",
		[OP_FORWARD] = "forward",
		[OP_BACKWARD_DATA] = "backward_data",
		[OP_BACKWARD_WEIGHTS] = "backward_weights",
		[OP_BACKWARD] = "backward",
		[OP_UPDATE] = "update",
		[OP_BACKWARD_UPDATE] = "backward_update",
		[OP_DROPOUT] = "dropout",
		[OP_FMA_PEAK] = "fma_peak",
		[OP_BANDWIDTH] = "bandwidth",
		[OP_YARDSTICK] = "yardstick",
	};

	return names[op];
}

const struct method methods[] = {
	{.name = "dense", .backward = "dense", .summary = "all of dY, our blocked and packed GEMM: the baseline"},
	{.name = "dense_blas", .backward = "blas", .summary = "all of dY, the first CBLAS found"},
	{.name = "dense_openblas", .backward = "blas", .summary = "all of dY, OpenBLAS"},
	{.name = "dense_blis", .backward = "blas", .summary = "all of dY, BLIS"},
	{.name = "relu_skip",
	 .select = "relu_skip",
	 .backward = "sparse",
	 .summary = "every exact non-zero of dY: no loss, the honest sparse baseline"},
	{.name = "topk",
	 .select = "topk",
	 .backward = "sparse",
	 .takes_k = true,
	 .summary = "per example the k largest magnitudes (Sun et al. 2017)"},
	{.name = "unified_topk",
	 .select = "unified_topk",
	 .backward = "unified",
	 .takes_k = true,
	 .summary = "the k columns of largest L1 norm over the minibatch"},
	{.name = "random_k",
	 .select = "random_k",
	 .backward = "sparse",
	 .takes_k = true,
	 .summary = "k uniformly random entries per example (control)"},
	{.name = "norm",
	 .select = "norm",
	 .backward = "sparse",
	 .takes_tau = true,
	 .summary = "per example the fewest entries with more than tau of the L1 norm"},
	{.name = "threshold",
	 .select = "threshold",
	 .backward = "sparse",
	 .takes_tau = true,
	 .summary = "every entry of magnitude >= tau (Sahu et al. 2021)"},
	{.name = "tinyprop",
	 .select = "tinyprop",
	 .backward = "sparse",
	 .takes_tau = true,
	 .adaptive = true,
	 .summary = "per example a share of the largest that grows with its L1 norm (Rueb et al. 2023)"},
	{.name = "error_feedback",
	 .select = "topk",
	 .backward = "sparse",
	 .takes_k = true,
	 .remembers = true,
	 .summary = "topk of dY and what was dropped before (Zhang et al. 2019); train only, elsewhere it is topk"},
	{.name = "auto",
	 .select = "topk",
	 .backward = "sparse",
	 .takes_k = true,
	 .tuned = true,
	 .summary = "dense, relu_skip or topk, whichever is fastest there: never less than topk keeps"},
	{.name = NULL},
};

const struct method *method_find(const char *name)
{
	for (const struct method *m = methods; m->name; m++)
		if (!strcmp(m->name, name))
			return m;
	return NULL;
}
