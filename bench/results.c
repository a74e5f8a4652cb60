/* SPDX-License-Identifier: MIT */
/* See results.h. */
#include "results.h"

#include "dists.h"
#include "leftovers.h"

#include "base/folder.h"
#include "data/dataset.h"
#include "measure/measure.h"
#include "report/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

/* A folder that no earlier run has used. */
static void name_folder(char *dir, size_t size, const struct conditions *c)
{
	char date[16], host[64];
	int used;

	clock_utc_text(date, sizeof(date), "%Y-%m-%d");
	snprintf(host, sizeof(host), "%s", c->host);
	for (char *h = host; *h; h++)
		*h = *h == '/' || *h == ' ' ? '-' : *h;
	used = snprintf(dir, size, "results/%s-%s-%s", date, host, c->commit);
	for (int try = 2; !access(dir, F_OK); try++)
		snprintf(dir + used, size - (size_t)used, "-%d", try);
}

static json_t *describe_line(const struct plan_line *l)
{
	return json_pack("{s:s, s:o, s:f, s:s}", "name", l->name, "command", json_text(l->source), "expected_s",
			 l->seconds, "state", "waiting");
}

static json_t *list_lines(const struct plan *plan)
{
	json_t *list = json_array();

	for (int i = 0; i < plan->n; i++)
		json_array_append_new(list, describe_line(&plan->lines[i]));
	return list;
}

/* This process: when, how it was called, on what. */
static json_t *describe_run(const struct session *s, const struct plan *plan)
{
	const struct options *o = s->options;
	char started[32], isas[96], command[1024];
	json_t *run;

	session_name_isas(s, isas, sizeof(isas));
	snprintf(command, sizeof(command), "mepbench %s", plan->self->name);
	clock_utc_text(started, sizeof(started), "%Y-%m-%dT%H:%M:%SZ");
	for (int i = 0; i < o->argc; i++) {
		size_t used = strlen(command);

		snprintf(command + used, sizeof(command) - used, " %s", o->argv[i]);
	}
	run = json_pack("{s:s, s:o, s:o, s:I, s:s, s:o}", "started", started, "run_id", json_text(s->run_id), "command",
			json_text(command), "seed", (json_int_t)o->seed, "isa", isas, "conditions",
			json_conditions(&s->conditions));
	json_object_set_new(run, "bind", json_text(s->binding.policy));
	return run;
}

static json_t *describe_all(const struct plan *plan, const struct session *s)
{
	char path[512], name[48];
	json_t *context = describe_run(s, plan);
	struct failure f;

	json_object_set_new(context, "plan",
			    json_pack("{s:o, s:s, s:o}", "file", json_text(plan->path), "text", plan->text, "lines",
				      list_lines(plan)));
	if (!dataset_find(s->options->data, path, sizeof(path), name, sizeof(name), &f))
		json_object_set_new(context, "dataset", json_string(name));
	return context;
}

int results_write(const struct results *r, struct failure *f)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/context.json", r->dir);
	return json_write(path, r->context, f);
}

static json_t *get_line(const struct results *r, int line)
{
	json_t *list = json_object_get(json_object_get(r->context, "plan"), "lines");

	return json_array_get(list, (size_t)line);
}

static void note_resumed(struct results *r, const struct plan *plan, const struct session *s)
{
	json_t *earlier = json_object_get(r->context, "resumed");

	if (!json_is_array(earlier)) {
		earlier = json_array();
		json_object_set_new(r->context, "resumed", earlier);
	}
	json_array_append_new(earlier, describe_run(s, plan));
}

/* A study goes by its rows, so that its plan may grow: lines that it had keep their state. */
static int adopt_plan(struct results *r, const struct plan *plan, const struct session *s)
{
	json_t *lines = list_lines(plan), *before = json_object_get(json_object_get(r->context, "plan"), "lines");

	for (size_t i = 0; i < json_array_size(lines); i++)
		for (size_t j = 0; j < json_array_size(before); j++)
			if (json_equal(json_object_get(json_array_get(lines, i), "name"),
				       json_object_get(json_array_get(before, j), "name")) &&
			    json_equal(json_object_get(json_array_get(lines, i), "command"),
				       json_object_get(json_array_get(before, j), "command")))
				json_array_set(lines, i, json_array_get(before, j));
	json_object_set_new(
		r->context, "plan",
		json_pack("{s:o, s:s, s:o}", "file", json_text(plan->path), "text", plan->text, "lines", lines));
	note_resumed(r, plan, s);
	return 0;
}

static int load_context(struct results *r, const struct plan *plan, const struct session *s, struct failure *f)
{
	const char *text;
	char path[600];
	json_t *lines;
	int rc;

	snprintf(path, sizeof(path), "%s/context.json", r->dir);
	rc = json_read(path, "that of a folder that mepbench has begun", &r->context, f);
	if (rc)
		return rc;
	text = json_string_value(json_object_get(json_object_get(r->context, "plan"), "text"));
	lines = json_object_get(json_object_get(r->context, "plan"), "lines");
	for (size_t i = 0; i < json_array_size(lines); i++)
		if (!json_is_object(json_array_get(lines, i)))
			text = NULL;
	if (text && lines && (plan->self->bit & COMMAND_STUDY))
		return adopt_plan(r, plan, s);
	if (!text || strcmp(text, plan->text) || !json_array_size(lines))
		return fail(f, -EINVAL, "%s: begun with another plan than %s; should be resumed with the same", path,
			    plan->path);
	/* More runs than it was begun with. */
	for (size_t i = json_array_size(lines); i < (size_t)plan->n; i++)
		json_array_append_new(lines, describe_line(&plan->lines[i]));
	note_resumed(r, plan, s);
	return 0;
}

#define LOCK_TRIES 20 /* a worker whose parent was killed holds the lock until it has seen that: two seconds */

static int lock_folder(struct results *r, struct failure *f)
{
	const struct timespec pause = {.tv_nsec = 100000000};
	int rc = -1;

	r->lock = open(r->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r->locked = r->lock >= 0;
	if (!r->locked)
		return fail(f, failure_code(errno),
			    "'%s' cannot be opened: %s; should be a folder that mepbench has begun", r->dir,
			    strerror(errno));
	for (int try = 0; try < LOCK_TRIES && rc; try++) {
		if (try)
			nanosleep(&pause, NULL);
		rc = flock(r->lock, LOCK_EX | LOCK_NB);
		if (rc && errno != EWOULDBLOCK && errno != EINTR)
			return fail(f, -EIO, "'%s' cannot be locked: %s", r->dir, strerror(errno));
	}
	return rc ? fail(f, -EINVAL, "'%s': another process is writing into it; should be a folder of its own", r->dir)
		  : 0;
}

/* Under the lock: goes on with what is there, or describes the new run. */
static int begin(struct results *r, const struct plan *plan, const struct session *s, struct failure *f)
{
	char path[600];

	if (s->options->resume)
		leftovers_remove(r->dir, plan);
	if (s->options->resume && !leftovers_alone(r->dir))
		return load_context(r, plan, s, f);
	snprintf(path, sizeof(path), "%s/context.json", r->dir);
	if (!access(path, F_OK))
		return fail(f, -EINVAL, "'%s' holds a run already; should be a new folder, or add --resume", r->dir);
	r->context = describe_all(plan, s);
	return 0;
}

int results_create(struct results *r, const struct plan *plan, const struct session *s, struct failure *f)
{
	const struct options *o = s->options;
	int rc;

	*r = (struct results){.context = NULL};
	if (*o->out)
		snprintf(r->dir, sizeof(r->dir), "%.*s", (int)sizeof(r->dir) - 1, o->out);
	else if (o->resume)
		return fail(f, -EINVAL, "--resume needs --out=DIR; should be the folder of the run to go on with");
	else
		name_folder(r->dir, sizeof(r->dir), &s->conditions);
	rc = o->resume ? 0 : folder_create(r->dir, f);
	rc = rc ? rc : lock_folder(r, f);
	rc = rc ? rc : begin(r, plan, s, f);
	rc = rc ? rc : results_write(r, f);
	if (rc)
		results_destroy(r);
	return rc;
}

void results_destroy(struct results *r)
{
	if (r->locked)
		close(r->lock);
	r->locked = false;
	json_decref(r->context);
	r->context = NULL;
}

int results_csv(const struct results *r, const struct plan_line *line, char *path, size_t size, struct failure *f)
{
	int n = snprintf(path, size, "%s/%s.csv", r->dir, line->name);

	if (n < 0 || (size_t)n >= size)
		return fail(f, -EINVAL, "'%.80s...' is too long for the name of a folder", r->dir);
	return 0;
}

static int place(const struct results *r, char *path, size_t size, struct failure *f)
{
	char relative[512];
	int n;

	if (path[0] == '/')
		return 0;
	snprintf(relative, sizeof(relative), "%s", path);
	n = snprintf(path, size, "%s/%s", r->dir, relative);
	if (n < 0 || (size_t)n >= size)
		return fail(f, -EINVAL, "'%.80s...' is too long for the folder of '%s'", r->dir, relative);
	return 0;
}

int results_place_files(const struct results *r, struct options *o, struct failure *f)
{
	int rc = o->record_gradients[0] ? place(r, o->record_gradients, sizeof(o->record_gradients), f) : 0;

	if (!rc && o->json[0] && strcmp(o->json, "-"))
		rc = place(r, o->json, sizeof(o->json), f);
	if (!rc && o->markdown[0])
		rc = place(r, o->markdown, sizeof(o->markdown), f);
	for (int i = 0; i < o->dist.n && !rc; i++)
		if (dist_is_file(o->dist.v[i]))
			rc = place(r, o->dist.v[i], sizeof(o->dist.v[i]), f);
	return rc;
}

int results_place_tuning(const struct results *r, struct plan_line *line, struct failure *f)
{
	struct options *o = &line->options;

	if (!(line->command->bit & (COMMAND_BACKWARD | COMMAND_TRAIN)) || (o->tuning[0] && !line->own_tuning))
		return 0;
	if (!line->own_tuning)
		snprintf(o->tuning, sizeof(o->tuning), "tuning.json");
	return place(r, o->tuning, sizeof(o->tuning), f);
}

const char *results_state(const struct results *r, int line)
{
	const char *state = json_string_value(json_object_get(get_line(r, line), "state"));

	return state ? state : "";
}

bool results_finished(const struct results *r, int line)
{
	return strcmp(results_state(r, line), "finished") == 0;
}

int results_set_aside(const struct results *r, const struct plan_line *line, struct failure *f)
{
	char path[512], other[560];
	int rc = results_csv(r, line, path, sizeof(path), f);

	if (rc || access(path, F_OK))
		return rc;
	for (int i = 1; i == 1 || !access(other, F_OK); i++)
		snprintf(other, sizeof(other), "%s.partial-%d", path, i);
	return rename(path, other) ? fail(f, -EIO, "%s: cannot be renamed: %s", path, strerror(errno)) : 0;
}

void results_note_recordings(struct results *r, int line, const struct options *o)
{
	json_t *list = json_array();

	for (int i = 0; i < o->dist.n; i++) {
		struct recording found;
		struct failure f;
		char digest[12];

		/* One that cannot be read has already failed its line. */
		if (!dist_is_file(o->dist.v[i]) || recording_read(&found, o->dist.v[i], &f))
			continue;
		snprintf(digest, sizeof(digest), "%08x", found.digest);
		json_array_append_new(list, json_pack("{s:o, s:s, s:s, s:s, s:s}", "file", json_text(o->dist.v[i]),
						      "digest", digest, "training", found.training, "dataset",
						      found.dataset, "dataset_digest", found.dataset_digest));
		recording_release(&found);
	}
	if (json_array_size(list))
		json_object_set(get_line(r, line), "recordings", list);
	json_decref(list);
}

int results_note(struct results *r, int line, const char *state, double seconds, struct failure *f)
{
	json_t *object = get_line(r, line);

	json_object_set_new(object, "state", json_string(state));
	json_object_set_new(object, "seconds", json_real(seconds));
	return results_write(r, f);
}
