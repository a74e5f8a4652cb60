/* SPDX-License-Identifier: MIT */
/* The table of commands: a new one is a file cmd_<name>.c, a line in commands.h and a row here. */
#include "commands.h"

#include <errno.h>
#include <string.h>

const struct command commands[] = {
	{"list", "Lists every operation, method, selection algorithm, k policy, optimiser and distribution.", NULL, 0,
	 COMMAND_LIST, cmd_list},
	{"ceilings", "Measures what the machine can do: FMA peak and memory bandwidth per team size.", NULL, 0,
	 COMMAND_CEILINGS, cmd_ceilings},
	{"select", "Times the selection algorithms against each other.", NULL, 0, COMMAND_SELECT, cmd_select},
	{"backward", "Times backward_weights and backward_data of every method against dense.", NULL, 0,
	 COMMAND_BACKWARD, cmd_backward},
	{"train", "Trains a net with each method and seed; accuracy, and seconds by phase, against dense.", NULL, 0,
	 COMMAND_TRAIN, cmd_train},
	{"forward", "Times the forward pass of a layer, ours against the BLAS peers.", NULL, 0, COMMAND_FORWARD,
	 cmd_forward},
	{"update", "Times the optimisers' steps, dense and lazy, against the memory's bandwidth.", NULL, 0,
	 COMMAND_UPDATE, cmd_update},
	{"dist", "Tells what gradients look like to a selection, drawn or recorded: zeros, and k for most of a row.",
	 NULL, 0, COMMAND_DIST, cmd_dist},
	{"info", "Tells the machine, the binding plan, the kernels, the libraries and the data found.", NULL, 0,
	 COMMAND_INFO, cmd_info},
	{"plan", "Runs the commands that a plan file lists, into one folder of results.", "FILE", 1, COMMAND_PLAN,
	 cmd_plan},
	{"targets", "Measures what the kernels should reach and gives a verdict on each target.", "[PLAN]", 1,
	 COMMAND_TARGETS, cmd_targets},
	{"study", "Trains every variant of a plan (bench/study.plan) over many seeds, one training per core.", "[PLAN]",
	 1, COMMAND_STUDY, cmd_study},
	{"check", "Reads CSV files of records and says whether they are valid.", "FILE...", OPTIONS_MAX_FILES,
	 COMMAND_CHECK, cmd_check},
	{.name = NULL},
};

const struct command *command_find(const char *name)
{
	for (const struct command *c = commands; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

const char *command_name(int i)
{
	return commands[i].name;
}

int command_status(int rc)
{
	if (rc >= 0)
		return rc;
	return rc == -EINVAL || rc == -ENOENT || rc == -ENODATA ? EXIT_USAGE : EXIT_HARNESS;
}
