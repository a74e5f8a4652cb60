/* SPDX-License-Identifier: MIT */
/*
 * mepbench info: what the other commands would run on and with, before anything is measured.
 * A table of sections; each prints lines of a label and a value.
 */
#include "commands.h"
#include "session.h"

#include "data/dataset.h"
#include "measure/measure.h"

#include <stdarg.h>
#include <stdio.h>

#define KIB 1024.0

static void line(const char *label, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void line(const char *label, const char *format, ...)
{
	va_list list;

	printf("  %-16s ", label);
	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	putchar('\n');
}

static const char *or_unknown(const char *text)
{
	return text[0] ? text : "unknown";
}

static void format_bytes(char *text, size_t size, size_t bytes)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
	double value = (double)bytes / KIB;
	int unit = 0;

	while (value >= KIB && unit < 3) {
		value /= KIB;
		unit++;
	}
	snprintf(text, size, bytes ? "%.4g %s" : "unknown", value, units[unit]);
}

static void print_caches(const struct session *s)
{
	static const char *const labels[] = {"L1 data cache", "L2 cache", "L3 cache"};

	for (int level = 1; level <= 3; level++) {
		int cores = machine_cache_sharing(s->machine, level);
		char size[32];

		format_bytes(size, sizeof(size), machine_cache_bytes(s->machine, level));
		line(labels[level - 1], cores > 1 ? "%s, shared by %d usable cores" : "%s", size, cores);
	}
}

static void print_machine(const struct session *s)
{
	const struct conditions *c = &s->conditions;
	char topology[160], pus[128], memory[32];

	machine_describe(s->machine, topology, sizeof(topology));
	machine_describe_pus(s->machine, pus, sizeof(pus));
	format_bytes(memory, sizeof(memory), c->memory_bytes);
	line("host", "%s", or_unknown(c->host));
	line("system", "%s", or_unknown(c->os));
	line("processor", "%s", or_unknown(c->cpu));
	line("topology", "%s", topology);
	line("usable PUs", "%s", pus);
	print_caches(s);
	line("memory", "%s", memory);
	line("hypervisor", "%s", or_unknown(c->virt));
	line("SMT", "%s", or_unknown(c->smt));
	line("governor", "%s", or_unknown(c->governor));
	line("turbo", "%s", or_unknown(c->turbo));
	line("load", "%.2f in the last minute", c->load1);
	if (c->quota > 0)
		line("CPU quota", "%.4g CPUs", c->quota);
	else
		line("CPU quota", "none");
	line("clock", "resolution %.0f ns", clock_resolution_ns());
}

static void print_binding(const struct session *s)
{
	line("policy", "%s%s", s->binding.policy, s->binding.explicit ? "" : " (default)");
	for (int i = 0; i < s->threads.n; i++) {
		int size = (int)s->threads.v[i];
		char label[32], plan[512];

		snprintf(label, sizeof(label), "%d thread%s", size, size > 1 ? "s" : "");
		binding_describe(&s->binding, size, plan, sizeof(plan));
		line(label, s->binding.n_pus ? "on PU %s" : "%s", plan);
	}
}

static bool is_used(const struct session *s, const struct kernel_set *k)
{
	for (int i = 0; i < s->n_isas; i++)
		if (s->isas[i] == k)
			return true;
	return false;
}

static void print_kernels(const struct session *s)
{
	for (const struct kernel_set *k = kernel_sets; k->isa; k++)
		line(k->isa, "%s", is_used(s, k) ? "used" : k->supported() ? "available" : "not on this processor");
}

static void print_libraries(const struct session *s)
{
	for (int i = 0; i < s->n_peers; i++)
		line(s->peers[i].method, "%s\n  %-16s %s", s->peers[i].library, "", s->peers[i].path);
	if (!s->n_peers)
		line("none", "dense_blas is left out; install libopenblas0 or libblis4 (or set MEPBENCH_BLAS)");
}

static void print_build(const struct session *s)
{
	const struct conditions *c = &s->conditions;

	line("compiler", "%s", c->compiler);
	line("flags", "%s", c->flags);
	line("build type", "%s", c->build_type);
	line("sanitizers", "%s", c->sanitizers[0] ? c->sanitizers : "none");
	line("commit", "%s", c->commit);
	line("OpenMP", "%s, wait policy %s", c->omp_runtime, c->wait_policy);
}

static void print_data(const struct session *s)
{
	const char *dir = s->options->data[0] ? s->options->data : NULL;
	char path[512], name[48];
	struct failure f = {""};

	if (dataset_find(dir, path, sizeof(path), name, sizeof(name), &f))
		line("none", "%s", f.text);
	else
		line(name, "%s", path);
}

static void print_warnings(const struct session *s)
{
	size_t next = 0;
	const char *text = session_warning(s, &next);

	if (!text)
		line("none", "conditions are good");
	for (; text; text = session_warning(s, &next))
		printf("  %s\n", text);
}

static const struct {
	const char *title;
	void (*print)(const struct session *s);
} sections[] = {
	{"machine", print_machine},	{"binding", print_binding}, {"kernels", print_kernels},
	{"libraries", print_libraries}, {"build", print_build},	    {"data", print_data},
	{"warnings", print_warnings},
};

int cmd_info(const struct options *o, struct failure *f)
{
	struct session s;
	int rc = session_create(&s, o, f);

	if (rc)
		return rc;
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		printf("%s%s\n", i ? "\n" : "", sections[i].title);
		sections[i].print(&s);
	}
	session_destroy(&s);
	return EXIT_OK;
}
