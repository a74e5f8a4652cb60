/* SPDX-License-Identifier: MIT */
/*
 * The commands of mepbench, one file cmd_<name>.c each. A command returns an exit status (base/failure.h), or a
 * negative errno and a sentence: then main prints the sentence and exits with 2 for bad input, 99 otherwise.
 */
#ifndef BENCH_COMMANDS_H
#define BENCH_COMMANDS_H

#include "options.h"

extern const struct command commands[];		      /* ends with name == NULL */
const struct command *command_find(const char *name); /* NULL if unknown */
const char *command_name(int i);		      /* for options_nearest */

int cmd_backward(const struct options *o, struct failure *f);
int cmd_ceilings(const struct options *o, struct failure *f);
int cmd_dist(const struct options *o, struct failure *f);
int cmd_forward(const struct options *o, struct failure *f);
int cmd_info(const struct options *o, struct failure *f);
int cmd_list(const struct options *o, struct failure *f);
int cmd_check(const struct options *o, struct failure *f);
int cmd_plan(const struct options *o, struct failure *f);
int cmd_study(const struct options *o, struct failure *f);
int cmd_select(const struct options *o, struct failure *f);
int cmd_update(const struct options *o, struct failure *f);
int cmd_targets(const struct options *o, struct failure *f);
int cmd_train(const struct options *o, struct failure *f);

/* The exit status for what a command returned. */
int command_status(int rc);

#endif
