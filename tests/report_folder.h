/* SPDX-License-Identifier: MIT */
/* A results folder that mepreport is run on: one at a time, made and removed by the fixture. */
#ifndef TESTS_REPORT_FOLDER_H
#define TESTS_REPORT_FOLDER_H

#include "report/record.h"

/* Fixture. */
int create_folder(void **state);
int remove_folder(void **state);
/* Of a file in it; valid until the next call. */
char *path_of(const char *name);
void store_records(const char *name, const struct record_kind *kind, const void *records, size_t n);
/* Runs mepreport on the folder; its output is in `out` there. The exit status, -1 if it was killed. */
int mepreport(const char *environment, const char *arguments);
/* The same in the folder, with these arguments alone. */
int mepreport_there(const char *arguments);
bool holds(const char *name, const char *text);

#endif
