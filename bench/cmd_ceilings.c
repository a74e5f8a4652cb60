/* SPDX-License-Identifier: MIT */
/*
 * mepbench ceilings: multiply-adds from registers, and reading, writing, copying and adding in place at a working set
 * of each level of cache, and one far larger than all, in the same rounds. One point per team size. In records `dist`
 * names the level, n_in the floats that all threads together go through in a call, and `method` read, write, copy or
 * axpy.
 */
#include "commands.h"
#include "kernel_run.h"

#include <math.h>

static int ceiling_points(const struct session *s, struct point_list *list, struct failure *f)
{
	int err = 0;

	for (int t = 0; t < s->threads.n && !err; t++)
		err = point_add(list, &(struct point){.threads = (int)s->threads.v[t], .copies = 1}, f);
	return err;
}

static int enter_ceilings(struct lineup *l, struct failure *f)
{
	static const char *const streams[] = {"read", "write", "copy", "axpy", NULL};

	return lineup_add_roofline(l, INFINITY, streams, f);
}

int cmd_ceilings(const struct options *o, struct failure *f)
{
	static const struct kernel_plan plan = {"ceilings", ceiling_points, enter_ceilings, true};

	return kernel_run(o, &plan, f);
}
