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

/* Leaves the lines of other commands out. */
static void keep_commands(struct plan *plan, uint32_t bits, const char *why)
{
	for (int i = 0; i < plan->n; i++) {
		struct plan_line *line = &plan->lines[i];

		if (line->skipped || (line->command->bit & bits))
			continue;
		line->skipped = true;
		fprintf(stderr, "note: %s:%d: %s is left out, %s\n", plan->path, line->number, line->command->name,
			why);
	}
}

int cmd_plan(const struct options *o, struct failure *f)
{
	struct plan *plan;
	int rc = plan_create(&plan, o->files[0], o, command_find("plan"), f);

	if (rc)
		return rc;
	if (o->check || o->count)
		keep_commands(plan, COMMANDS_CHECKED, "it has no results to check or calls to count");
	else if (o->kernels[0] || o->against[0])
		keep_commands(plan, COMMANDS_OF_KERNELS, "it times no kernels by themselves");
	if (o->dry_run)
		plan_print(plan);
	else if (o->check)
		rc = plan_check(plan);
	else
		rc = run(plan, o, f);
	plan_destroy(plan);
	return rc;
}
