/* SPDX-License-Identifier: MIT */
/* See report_folder.h. */
#include "report_folder.h"

#include "emulator.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

static char folder[SCRATCH_PATH];

int create_folder(void **state)
{
	(void)state;
	scratch_create(folder);
	return 0;
}

int remove_folder(void **state)
{
	(void)state;
	scratch_destroy(folder);
	return 0;
}

char *path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

void store_records(const char *name, const struct record_kind *kind, const void *records, size_t n)
{
	struct record_writer *writer;
	struct failure f = {""};

	assert_int_equal(record_writer_create(&writer, path_of(name), kind, &f), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(record_write(writer, (const char *)records + i * kind->size, &f), 0);
	assert_int_equal(record_writer_destroy(writer, &f), 0);
}

static int run(const char *command)
{
	const int status = system(command);

	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int mepreport(const char *environment, const char *arguments)
{
	char command[1024];

	snprintf(command, sizeof(command), "%s %s '%s' %s '%s' >'%s/out' 2>&1", environment, emulator(), MEPREPORT,
		 arguments, folder, folder);
	return run(command);
}

int mepreport_there(const char *arguments)
{
	char command[1024];

	snprintf(command, sizeof(command), "cd '%s' && %s '%s' %s >out 2>&1", folder, emulator(), MEPREPORT, arguments);
	return run(command);
}

bool holds(const char *name, const char *text)
{
	char *all = scratch_get(path_of(name), NULL);
	bool found = strstr(all, text) != NULL;

	free(all);
	return found;
}
