/* SPDX-License-Identifier: MIT */
/* See command_run.h. */
#include "command_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WORDS 16

void run_start(struct run *r)
{
	memset(r, 0, sizeof(*r));
	scratch_create(r->folder);
	snprintf(r->csv, sizeof(r->csv), "%s/out.csv", r->folder);
	snprintf(r->flag, sizeof(r->flag), "--csv=%s", r->csv);
}

void run_read(struct run *r)
{
	void *records;

	if (record_read(r->csv, &kernel_records, &records, &r->n, &r->f))
		fail_msg("%s", r->f.text);
	r->records = records;
}

void run_end(struct run *r)
{
	scratch_destroy(r->folder);
	free(r->records);
}

void parse(struct options *o, const char *command, struct run *r, const char *const *words)
{
	static char fixed[][24] = {"--no-progress", "--min-time=1x", "--repetitions=2", "--color=never"};
	char *argv[MAX_WORDS], copies[MAX_WORDS][SCRATCH_PATH + 40];
	int n = 0;

	for (; n < 4; n++)
		argv[n] = fixed[n];
	argv[n++] = r->flag;
	for (int i = 0; words[i]; i++) {
		snprintf(copies[i], sizeof(copies[i]), "%s", words[i]);
		argv[n++] = copies[i];
	}
	if (options_parse(o, command_find(command), n, argv, &r->f))
		fail_msg("%s", r->f.text);
}

void run_more(struct run *r, const char *command, const char *const *words)
{
	struct options o;

	parse(&o, command, r, words);
	r->status = command_find(command)->run(&o, &r->f);
}

void run_command(struct run *r, const char *command, const char *const *words)
{
	run_start(r);
	run_more(r, command, words);
}

void assert_all_timed(const struct run *r)
{
	assert_true(r->n > 0);
	for (size_t i = 0; i < r->n; i++) {
		const struct kernel_record *k = &r->records[i];
		bool ceiling = !strcmp(k->op, "fma_peak") || !strcmp(k->op, "bandwidth");

		assert_string_equal(k->check, ceiling ? "none" : "ok");
		assert_true(k->calls > 0 && k->elapsed_ns > 0);
		assert_true(k->max_err <= 1);
		assert_string_equal(k->run_id, r->records[0].run_id);
	}
}

int count_of(const struct run *r, const char *op, const char *method, int64_t k)
{
	int n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += !strcmp(r->records[i].op, op) && (!method || !strcmp(r->records[i].method, method)) &&
		     (k < 0 || r->records[i].k == k);
	return n;
}
