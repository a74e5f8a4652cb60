/* SPDX-License-Identifier: MIT */
/* mepbench: finds the command, parses its options, runs it, and turns what it returns into an exit status. */
#include "commands.h"
#include "count.h"
#include "interrupt.h"

#include "base/streams.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int print_usage(FILE *out)
{
	fprintf(out, "usage: mepbench COMMAND [--option=value ...]\n\n"
		     "Benchmarks sparse back-propagation (meProp) against the best dense kernels.\n\ncommands:\n");
	for (const struct command *c = commands; c->name; c++)
		fprintf(out, "  %-10s %s\n", c->name, c->summary);
	fprintf(out, "\nmepbench COMMAND --help tells the options of a command.\n");
	return out == stdout ? EXIT_OK : EXIT_USAGE;
}

static int fail_command(const char *name)
{
	const char *near = options_nearest(name, command_name);
	struct failure f;

	fail(&f, 0, "unknown command '%.80s'%s%s%s; see mepbench --help", name, near ? "; did you mean '" : "",
	     near ? near : "", near ? "'?" : "");
	fprintf(stderr, "mepbench: %s\n", f.text);
	return EXIT_USAGE;
}

static int run(const struct command *command, int argc, char *const *argv)
{
	struct failure f = {""};
	struct options o;
	int rc = options_parse(&o, command, argc, argv, &f);

	if (!rc && o.help)
		options_print_help(command);
	else if (!rc && o.count && !o.dry_run && !count_active())
		rc = count_start(command->name, argc, argv, &f);
	else if (!rc)
		rc = command->run(&o, &f);
	if (rc == -EPIPE)
		return EXIT_BROKEN_PIPE;
	if (rc < 0 && rc != -EINTR)
		fprintf(stderr, "mepbench: %s\n", f.text);
	return *interrupt_flag() ? EXIT_INTERRUPTED : command_status(rc);
}

static int print_version(void)
{
	printf("mepbench %s\n", MEPBENCH_VERSION);
	return EXIT_OK;
}

static int dispatch(int argc, char *const *argv)
{
	const struct command *command;

	if (argc < 2)
		return print_usage(stderr);
	if (!strcmp(argv[1], "--help"))
		return print_usage(stdout);
	if (!strcmp(argv[1], "--version"))
		return print_version();
	command = command_find(argv[1]);
	return command ? run(command, argc - 2, argv + 2) : fail_command(argv[1]);
}

int main(int argc, char **argv)
{
	streams_open();
	interrupt_install();
	return streams_status("mepbench", dispatch(argc, argv));
}
