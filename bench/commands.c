/* SPDX-License-Identifier: MIT */
/* The table of commands: a new one is a file cmd_<name>.c, a line in commands.h and a row here. */
#include "commands.h"

#include <errno.h>
#include <string.h>

const struct command commands[] = {
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
	return rc == -EINVAL || rc == -ENOENT ? EXIT_USAGE : EXIT_HARNESS;
}
