/* SPDX-License-Identifier: MIT */
/*
 * What a run that was killed while it replaced a file (base/replacement.h) has left in its results folder. Only names
 * that a run of the plan writes count, and only those of processes that are gone: the folder may hold anything else.
 */
#ifndef BENCH_LEFTOVERS_H
#define BENCH_LEFTOVERS_H

#include "plan.h"

#include <stdbool.h>

/* Removes them; the caller holds the lock of the folder. */
void leftovers_remove(const char *dir, const struct plan *plan);
/* Whether the folder holds nothing but, if anything, torn context.json: its run was killed before it wrote the first.
 */
bool leftovers_alone(const char *dir);

#endif
