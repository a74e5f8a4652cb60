/* SPDX-License-Identifier: MIT */
/* See plan_folder.h. */
#include "plan_folder.h"

#include "report/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

int plan_setup(void **state)
{
	struct folder *d = calloc(1, sizeof(*d));

	scratch_create(d->dir);
	snprintf(d->plan, sizeof(d->plan), "%s/x.plan", d->dir);
	snprintf(d->out, sizeof(d->out), "--out=%s/out", d->dir);
	*state = d;
	return 0;
}

int plan_teardown(void **state)
{
	struct folder *d = *state;

	scratch_destroy(d->dir);
	free(d);
	return 0;
}

size_t count_records(const struct folder *d, const char *name)
{
	char path[SCRATCH_PATH + 64];
	struct failure f = {""};
	size_t count;
	void *records;

	snprintf(path, sizeof(path), "%s/out/%s", d->dir, name);
	if (record_read(path, &kernel_records, &records, &count, &f))
		fail_msg("%s", f.text);
	free(records);
	return count;
}
