/* SPDX-License-Identifier: MIT */
/*
 * Libraries that stand in for those of another revision, each built with one of these defined:
 * FAKE_OLDER: portable selections alone, one of which is wrong; FAKE_LAYOUT: operands of another layout.
 */
#include "kernel_library.h"
#include "kernels.h"

#ifdef FAKE_LAYOUT
#define VERSION KERNEL_LIBRARY_VERSION + 1
#else
#define VERSION KERNEL_LIBRARY_VERSION
#endif

extern const struct kernel_library mepkernels;

/* Right but for the last row, which keeps nothing. */
static void select_all_but_one(const struct kernel_args *a, struct team team)
{
	ISA(select_topk_heap)(a, team);
	team_barrier(team);
	if (team.rank == 0)
		a->kept->count[a->batch - 1] = 0;
}

static const struct kernel table[] = {
	{OP_TOPK_SELECT, "topk", "heap", "portable", "right", ISA(select_topk_heap), ISA(select_cost_k),
	 ISA(select_key_scratch)},
	{OP_TOPK_SELECT, "topk", "sort", "portable", "wrong", select_all_but_one, ISA(select_cost_k),
	 ISA(select_key_scratch)},
	{.method = NULL},
};

static bool always(void)
{
	return true;
}

static const struct kernel_set sets[] = {{"portable", table, always, NULL}, {NULL, NULL, NULL, NULL}};

const struct kernel_library mepkernels = {
	.magic = KERNEL_LIBRARY_MAGIC,
	.version = VERSION,
	.layout = KERNEL_LIBRARY_LAYOUT,
	.openmp = KERNEL_LIBRARY_OPENMP,
	.compiler = "cc 1",
	.commit = "older",
	.sets = sets,
};
