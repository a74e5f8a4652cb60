/* SPDX-License-Identifier: MIT */
/*
 * A results folder: one CSV file per line of the plan, and context.json, which says what was run, on what, and how far
 * it came. context.json is written before the first line runs and anew after each.
 */
#ifndef BENCH_RESULTS_H
#define BENCH_RESULTS_H

#include "plan.h"
#include "session.h"

#include <jansson.h>

struct results {
	char dir[512];
	bool locked;
	int lock; /* of the folder, where locked */
	json_t *context;
};

/*
 * Makes the folder --out, or results/<date>-<host>-<commit>; with --resume opens it (an empty one is where a run was
 * killed at its very start, and begins anew). A folder that holds a run already is an error without --resume, and with
 * it if the plan has changed (but for a study) or if another process is at work there: the folder is locked until
 * results_destroy, or until the process and all that it forked have ended.
 */
int results_create(struct results *r, const struct plan *plan, const struct session *s, struct failure *f);
void results_destroy(struct results *r);
/* Writes context.json anew, after a change of `context`. */
int results_write(const struct results *r, struct failure *f);

/* "DIR/NAME.csv". */
int results_csv(const struct results *r, const struct plan_line *line, char *path, size_t size, struct failure *f);

/*
 * What a line writes and the recordings that it replays belong to the run: in a plan, relative paths of
 * --record-gradients, --json, --markdown and --dist are meant from the results folder. -EINVAL where that makes them
 * too long.
 */
int results_place_files(const struct results *r, struct options *o, struct failure *f);

/*
 * The costs of method auto belong to it too: without --tuning they are kept in its tuning.json, and a --tuning of the
 * line is meant from the folder, one of the command line as it stands.
 */
int results_place_tuning(const struct results *r, struct plan_line *line, struct failure *f);

/* How a line ended, see results_note; "" if it has not. */
const char *results_state(const struct results *r, int line);
bool results_finished(const struct results *r, int line);
/* Sets aside what an interrupted run has left of a line, as NAME.csv.partial-1, -2, ...: nothing is lost or mixed. */
int results_set_aside(const struct results *r, const struct plan_line *line, struct failure *f);
/* Notes the recordings that a line replays, so that a result can be repeated: from results_note on they are in the
 * file. */
void results_note_recordings(struct results *r, int line, const struct options *o);
/* Notes how a line ended: state is "finished", "failed" or "interrupted". */
int results_note(struct results *r, int line, const char *state, double seconds, struct failure *f);

#endif
