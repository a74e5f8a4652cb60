/* SPDX-License-Identifier: MIT */
/* mepreport --accept, see report_history.h: only a whole run of one build, on a quiet machine, all right. */
#include "report_history.h"

#include "report/history.h"

#include <errno.h>
#include <string.h>

/* A text of the object `conditions` in context.json, NULL if there is none. */
static const char *condition(const struct results *r, const char *key)
{
	return json_string_value(json_object_get(json_object_get(r->context, "conditions"), key));
}

/* The lines of the plan that began must have come to their end. */
static int refuse_unfinished(const struct results *r, struct failure *f)
{
	const json_t *lines = json_object_get(json_object_get(r->context, "plan"), "lines"), *line;
	size_t i;

	json_array_foreach(lines, i, line)
	{
		const char *state = json_string_value(json_object_get(line, "state"));
		const char *name = json_string_value(json_object_get(line, "name"));

		if (state && state[0] && strcmp(state, "finished") != 0)
			return fail(f, -EINVAL, "%s: line '%.80s' of its plan is %.40s; should be finished", r->dir,
				    name ? name : "", state);
	}
	return 0;
}

static int refuse(const struct results *r, struct failure *f)
{
	if (r->n_kernel == 0)
		return fail(f, -EINVAL, "%s: no records of kernels; should hold rows of mepbench backward or select",
			    r->dir);
	if (!condition(r, "compiler") || !condition(r, "flags"))
		return fail(f, -EINVAL,
			    "%s: no context.json that says compiler and flags; should be a folder that mepbench plan "
			    "wrote",
			    r->dir);
	return refuse_unfinished(r, f);
}

int history_accept(const char *dir, const char *into, size_t *added, int *left_out, struct failure *f)
{
	struct history_list rows;
	struct results r;
	int rc = results_load(&r, dir, f);

	if (rc)
		return rc;
	rc = refuse(&r, f);
	if (rc == 0)
		rc = history_collect(r.kernel, r.n_kernel, dir, condition(&r, "compiler"), condition(&r, "flags"),
				     &rows, f);
	if (rc == 0) {
		rc = history_append(into, &rows, added, f);
		*left_out = rows.left_out;
		history_list_destroy(&rows);
	}
	results_release(&r);
	return rc;
}
