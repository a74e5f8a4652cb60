/* SPDX-License-Identifier: MIT */
/* mepbench plan: runs the lines of a plan file; the worst of their statuses is what it ends with. */
#include "commands.h"
#include "plan_run.h"

#include <stdio.h>

static int run(struct plan *plan, const struct options *o, struct failure *f)
{
	struct results results;
	int rc = plan_run(plan, o, &results, f);

	if (rc < 0)
		return rc;
	printf("\nresults: %s\n", results.dir);
	results_destroy(&results);
	return rc;
}

int cmd_plan(const struct options *o, struct failure *f)
{
	struct plan *plan;
	int rc = plan_create(&plan, o->files[0], o, command_find("plan"), f);

	if (rc)
		return rc;
	if (o->dry_run)
		plan_print(plan);
	else
		rc = run(plan, o, f);
	plan_destroy(plan);
	return rc;
}
