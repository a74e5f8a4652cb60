/* SPDX-License-Identifier: MIT */
/* mepbench check: reads result files back with the strict reader; the smoke test of CI relies on it. */
#include "commands.h"

#include "report/record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int check_file(const char *path, struct failure *f)
{
	const struct record_kind *kind;
	void *records;
	size_t count;
	int rc = record_detect(path, &kind, f);

	rc = rc ? rc : record_read(path, kind, &records, &count, f);
	if (rc)
		return rc;
	free(records);
	printf("%s: %zu valid %s records\n", path, count, kind->name);
	return 0;
}

int cmd_check(const struct options *o, struct failure *f)
{
	int status = EXIT_OK;

	for (int i = 0; i < o->n_files; i++)
		if (check_file(o->files[i], f)) {
			fprintf(stderr, "mepbench: %s\n", f->text);
			status = EXIT_USAGE;
		}
	return status;
}
