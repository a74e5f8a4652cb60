/* SPDX-License-Identifier: MIT */
/* See compare_command.h. */
#include "compare_command.h"

#include "emulator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

int compare_setup(void **state)
{
	struct compare_folder *f = calloc(1, sizeof(*f));

	*state = f;
	if (!f)
		return -1;
	unsetenv("GITHUB_STEP_SUMMARY");
	scratch_create(f->dir);
	return 0;
}

int compare_teardown(void **state)
{
	struct compare_folder *f = *state;

	scratch_destroy(f->dir);
	free(f);
	return 0;
}

int compare_run(const struct compare_folder *f, const char *arguments)
{
	char command[1024];
	int status;

	snprintf(command, sizeof(command), "cd '%s' && %s '%s' %s >out 2>&1", f->dir, emulator(), MEPCOMPARE,
		 arguments);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

char *compare_text_of(const struct compare_folder *f, const char *name)
{
	char path[SCRATCH_PATH + 32];

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	return scratch_get(path, NULL);
}

void compare_put_text(const struct compare_folder *f, const char *name, const char *text)
{
	char path[SCRATCH_PATH + 32];

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	scratch_put_text(path, text);
}

void compare_expect(const struct compare_folder *f, const char *arguments, int status, const char *words)
{
	int found = compare_run(f, arguments);
	char *out = compare_text_of(f, "out");

	if (found != status || !strstr(out, words))
		fail_msg("mepcompare %s: status %d, should be %d and say '%s':\n%s", arguments, found, status, words,
			 out);
	free(out);
}
