/* SPDX-License-Identifier: MIT */
/* See json.h. Fields of conditions come from one table; samples follow Google Benchmark's reporter. */
#include "report/json.h"

#include "base/file.h"
#include "base/replacement.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum field_type { FIELD_TEXT, FIELD_INT, FIELD_SIZE, FIELD_REAL };

#define FIELD(f) #f, offsetof(struct conditions, f)

static const struct {
	const char *name;
	size_t offset;
	enum field_type type;
} fields[] = {
	{FIELD(host), FIELD_TEXT},	  {FIELD(cpu), FIELD_TEXT},	    {FIELD(os), FIELD_TEXT},
	{FIELD(virt), FIELD_TEXT},	  {FIELD(governor), FIELD_TEXT},    {FIELD(turbo), FIELD_TEXT},
	{FIELD(smt), FIELD_TEXT},	  {FIELD(compiler), FIELD_TEXT},    {FIELD(flags), FIELD_TEXT},
	{FIELD(build_type), FIELD_TEXT},  {FIELD(sanitizers), FIELD_TEXT},  {FIELD(commit), FIELD_TEXT},
	{FIELD(omp_runtime), FIELD_TEXT}, {FIELD(wait_policy), FIELD_TEXT}, {FIELD(libraries), FIELD_TEXT},
	{FIELD(pus), FIELD_INT},	  {FIELD(cores), FIELD_INT},	    {FIELD(quota), FIELD_REAL},
	{FIELD(load1), FIELD_REAL},	  {FIELD(busy), FIELD_REAL},	    {FIELD(l1_bytes), FIELD_SIZE},
	{FIELD(l2_bytes), FIELD_SIZE},	  {FIELD(l3_bytes), FIELD_SIZE},    {FIELD(memory_bytes), FIELD_SIZE},
	{FIELD(degraded), FIELD_TEXT},
};

/* JSON knows no NaN and no infinity: null stands for them. */
static json_t *make_real(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

json_t *json_text(const char *text)
{
	json_t *value = json_string(text);
	char *plain = value ? NULL : strdup(text);

	for (char *c = plain; c && *c; c++)
		*c = (unsigned char)*c < 128 ? *c : '?';
	if (plain)
		value = json_string(plain);
	free(plain);
	return value;
}

json_t *json_conditions(const struct conditions *c)
{
	json_t *out = json_object();

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const void *at = (const char *)c + fields[i].offset;
		json_t *value;

		if (fields[i].type == FIELD_TEXT)
			value = json_text(at);
		else if (fields[i].type == FIELD_INT)
			value = json_integer(*(const int *)at);
		else if (fields[i].type == FIELD_SIZE)
			value = json_integer((json_int_t) * (const size_t *)at);
		else
			value = make_real(*(const double *)at);
		if (json_object_set_new(out, fields[i].name, value)) {
			json_decref(out);
			return NULL;
		}
	}
	return out;
}

int json_read(const char *path, const char *what, json_t **value, struct failure *f)
{
	json_error_t error = {.line = 0};
	char *text;
	int rc = file_read_text(path, what, JSON_MAX_BYTES, &text, f);
	json_t *found;

	if (rc)
		return rc;
	found = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	free(text);
	if (!found)
		return fail(f, -EINVAL, "%s:%d: %s; should be %s", path, error.line > 0 ? error.line : 1, error.text,
			    what);
	if (!json_is_object(found)) {
		json_decref(found);
		return fail(f, -EINVAL, "%s:1: no JSON object; should be %s", path, what);
	}
	*value = found;
	return 0;
}

int json_write(const char *path, const json_t *value, struct failure *f)
{
	const size_t flags = JSON_INDENT(2) | JSON_REAL_PRECISION(17);
	struct replacement r;
	int rc;

	if (!strcmp(path, "-"))
		return json_dumpf(value, stdout, flags) || putchar('\n') < 0 || fflush(stdout)
			       ? fail(f, errno == EPIPE ? -EPIPE : -EIO, "standard output: cannot be written: %s",
				      strerror(errno))
			       : 0;
	rc = replacement_open(&r, path, f);
	if (rc)
		return rc;
	rc = json_dumpf(value, r.out, flags) || fputc('\n', r.out) == EOF;
	if (rc && !ferror(r.out)) {
		replacement_close(&r, false, f);
		return fail(f, -ENOMEM, "%s: cannot be written: out of memory", path);
	}
	return replacement_close(&r, true, f);
}

static json_t *make_cache(int level, size_t bytes)
{
	return json_pack("{s:s, s:i, s:I, s:i}", "type", level == 3 ? "Unified" : "Data", "level", level, "size",
			 (json_int_t)bytes, "num_sharing", 1);
}

static json_t *make_caches(const struct conditions *c)
{
	const size_t bytes[] = {c->l1_bytes, c->l2_bytes, c->l3_bytes};
	json_t *caches = json_array();

	for (int i = 0; i < 3; i++)
		if (bytes[i])
			json_array_append_new(caches, make_cache(i + 1, bytes[i]));
	return caches;
}

static json_t *make_context(const struct conditions *c, const char *run_id)
{
	json_t *out = json_pack("{s:s, s:o, s:i, s:b, s:o, s:[o], s:s, s:i}", "executable", "mepbench", "host_name",
				json_text(c->host), "num_cpus", c->pus, "cpu_scaling_enabled",
				strcmp(c->governor, "") && strcmp(c->governor, "performance"), "caches", make_caches(c),
				"load_avg", make_real(c->load1), "library_build_type",
				strstr(c->degraded, "debug") ? "debug" : "release", "json_schema_version", 1);

	/* The context takes any further keys. */
	json_object_set_new(out, "run_id", json_text(run_id));
	json_object_set_new(out, "mepbench", json_conditions(c));
	return out;
}

static void make_name(const struct kernel_record *r, char *name, size_t size)
{
	snprintf(name, size,
		 "%s/%s%s%s/%s/%" PRId64 "x%" PRId64 "x%" PRId64 "/k:%" PRId64 "/tau:%g%s%s/threads:%" PRId64 "%s%s",
		 r->op, r->method, *r->select ? "/" : "", r->select, *r->dist ? r->dist : "none", r->batch, r->n_in,
		 r->n_out, r->k, r->tau, *r->dw ? "/dw:" : "", r->dw, r->threads, *r->build ? "/build:" : "", r->build);
}

/*
 * compare.py takes both times and the unit of every sample, failed ones too, which have 0 in Google Benchmark as well.
 * A team has no CPU time of its own that differs from the wall's: it owns its processors.
 */
static void put_times(json_t *out, double ns)
{
	json_object_set_new(out, "real_time", json_real(isfinite(ns) ? ns : 0));
	json_object_set_new(out, "cpu_time", json_real(isfinite(ns) ? ns : 0));
	json_object_set_new(out, "time_unit", json_string("ns"));
}

static json_t *make_sample(const struct kernel_record *r, const char *name, json_int_t repetitions)
{
	json_t *out = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I}", "name", name, "run_name", name, "run_type",
				"iteration", "repetitions", repetitions, "repetition_index", (json_int_t)r->round,
				"threads", (json_int_t)r->threads, "iterations", (json_int_t)r->calls);
	const bool failed = !strcmp(r->check, "fail");
	double ns = r->calls && !failed ? (double)r->elapsed_ns / (double)r->calls : 0;

	if (failed) {
		json_object_set_new(out, "error_occurred", json_true());
		json_object_set_new(out, "error_message", json_string("does not match the reference"));
	}
	put_times(out, ns);
	if (ns > 0)
		json_object_set_new(out, "flops_per_second", make_real(r->flops / ns * 1e9));
	return out;
}

/* Takes over `benchmarks`. */
static int write_benchmarks(const char *path, json_t *benchmarks, const char *run_id, const struct conditions *c,
			    struct failure *f)
{
	json_t *all = json_pack("{s:o, s:o}", "context", make_context(c, run_id), "benchmarks", benchmarks);
	int rc = all ? json_write(path, all, f) : fail(f, -ENOMEM, "out of memory for %s", path);

	json_decref(all);
	return rc;
}

/* How many samples bear each name. */
static json_t *count_names(const struct kernel_record *records, size_t n)
{
	json_t *counts = json_object();
	char name[256];

	for (size_t i = 0; i < n; i++) {
		make_name(&records[i], name, sizeof(name));
		json_object_set_new(counts, name, json_integer(json_integer_value(json_object_get(counts, name)) + 1));
	}
	return counts;
}

int json_write_samples(const char *path, const struct kernel_record *records, size_t n, const struct conditions *c,
		       struct failure *f)
{
	json_t *counts = count_names(records, n), *samples = json_array();
	char name[256];

	for (size_t i = 0; i < n; i++) {
		make_name(&records[i], name, sizeof(name));
		json_array_append_new(
			samples, make_sample(&records[i], name, json_integer_value(json_object_get(counts, name))));
	}
	json_decref(counts);
	return write_benchmarks(path, samples, n ? records->run_id : "", c, f);
}

static void name_training(const struct train_record *r, char *name, size_t size)
{
	snprintf(name, size, "train/%s/%s/batch:%" PRId64 "/seed:%" PRIu64 "/threads:%" PRId64, r->experiment,
		 r->layers, r->batch, r->seed, r->threads);
}

/* Its epochs. */
static json_int_t count_epochs(const struct train_record *records, size_t n, const char *name)
{
	json_int_t count = 0;
	char other[256];

	for (size_t i = 0; i < n; i++) {
		name_training(&records[i], other, sizeof(other));
		count += strcmp(other, name) == 0;
	}
	return count;
}

static json_t *make_epoch(const struct train_record *r, const char *name, json_int_t repetitions)
{
	json_t *out =
		json_pack("{s:o, s:o, s:s, s:I, s:I, s:I, s:I}", "name", json_text(name), "run_name", json_text(name),
			  "run_type", "iteration", "repetitions", repetitions, "repetition_index",
			  (json_int_t)(r->epoch - 1), "threads", (json_int_t)r->threads, "iterations", (json_int_t)1);

	put_times(out, r->epoch_s * 1e9);
	json_object_set_new(out, "dev_acc", make_real(r->dev_acc));
	json_object_set_new(out, "test_acc", make_real(r->test_acc));
	return out;
}

int json_write_epochs(const char *path, const struct train_record *records, size_t n, const struct conditions *c,
		      struct failure *f)
{
	json_t *epochs = json_array();
	char name[256];

	for (size_t i = 0; i < n; i++) {
		name_training(&records[i], name, sizeof(name));
		json_array_append_new(epochs, make_epoch(&records[i], name, count_epochs(records, n, name)));
	}
	return write_benchmarks(path, epochs, n ? records->run_id : "", c, f);
}
