/* SPDX-License-Identifier: MIT */
/*
 * What a result depends on, gathered once. Nothing here can fail: what cannot be read stays "" or 0.
 * A table of readers fills the struct; another table says when a run is degraded.
 */
#define _GNU_SOURCE /* RTLD_DEFAULT */
#include "build_config.h"
#include "machine_private.h"

#include <dlfcn.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/utsname.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

#ifndef __has_feature
#define __has_feature(x) 0
#endif

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static const char *fact(const struct machine *machine, const char *name)
{
	hwloc_obj_t package = hwloc_get_obj_by_type(machine->topology, HWLOC_OBJ_PACKAGE, 0);
	const char *text = package ? hwloc_obj_get_info_by_name(package, name) : NULL;

	return or_empty(text ? text : hwloc_obj_get_info_by_name(hwloc_get_root_obj(machine->topology), name));
}

/* Hypervisors hide the model behind a name without a number ("AMD EPYC"), as if all its generations were one machine.
 */
static void read_cpu(struct conditions *c, const struct machine *machine)
{
	const char *name = fact(machine, "CPUModel"), *family = fact(machine, "CPUFamilyNumber");

	snprintf(c->cpu, sizeof(c->cpu), "%s", name);
	if (family[0] && !strpbrk(name, "0123456789"))
		snprintf(c->cpu, sizeof(c->cpu), "%.30s%sfamily %.8s model %.8s", name, name[0] ? " " : "", family,
			 fact(machine, "CPUModelNumber"));
}

static void read_system(struct conditions *c, const struct machine *machine)
{
	hwloc_obj_t root = hwloc_get_root_obj(machine->topology);
	struct utsname u;

	read_cpu(c, machine);
	if (gethostname(c->host, sizeof(c->host) - 1))
		c->host[0] = '\0';
	if (!uname(&u))
		snprintf(c->os, sizeof(c->os), "%.30s %.40s %.20s", u.sysname, u.release, u.machine);
	c->pus = machine_pus(machine);
	c->cores = machine_cores(machine);
	c->quota = machine_quota(machine);
	c->l1_bytes = machine_cache_bytes(machine, 1);
	c->l2_bytes = machine_cache_bytes(machine, 2);
	c->l3_bytes = machine_cache_bytes(machine, 3);
	c->memory_bytes = (size_t)root->total_memory;
	if (getloadavg(&c->load1, 1) != 1)
		c->load1 = 0;
}

#if defined(__x86_64__) || defined(__i386__)
/* The name people know a hypervisor by. */
static const char *virt_name(const char *id)
{
	static const char *const known[][2] = {
		{"KVMKVMKVM", "KVM"}, {"VMwareVMware", "VMware"}, {"Microsoft Hv", "Hyper-V"}, {"XenVMMXenVMM", "Xen"}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(id, known[i][0]))
			return known[i][1];
	return id[0] ? id : "yes";
}
#endif

/* The hypervisor says its name in CPUID leaf 0x40000000. */
static void read_virt(struct conditions *c)
{
#if defined(__x86_64__) || defined(__i386__)
	unsigned a = 0, b = 0, x = 0, d = 0;
	char name[13] = "";

	if (!__get_cpuid(1, &a, &b, &x, &d) || !(x & (1u << 31))) {
		snprintf(c->virt, sizeof(c->virt), "none");
		return;
	}
	__cpuid(0x40000000, a, b, x, d);
	memcpy(name, &b, 4);
	memcpy(name + 4, &x, 4);
	memcpy(name + 8, &d, 4);
	for (char *p = name; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '.';
	snprintf(c->virt, sizeof(c->virt), "%s", virt_name(name));
#else
	file_line("/sys/hypervisor/type", c->virt, sizeof(c->virt));
#endif
}

static void read_frequency(struct conditions *c)
{
	char line[16];

	file_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", c->governor, sizeof(c->governor));
	if (file_line("/sys/devices/system/cpu/smt/active", line, sizeof(line)))
		snprintf(c->smt, sizeof(c->smt), "%s", line[0] == '1' ? "on" : "off");
	if (file_line("/sys/devices/system/cpu/intel_pstate/no_turbo", line, sizeof(line)))
		snprintf(c->turbo, sizeof(c->turbo), "%s", line[0] == '0' ? "on" : "off");
	else if (file_line("/sys/devices/system/cpu/cpufreq/boost", line, sizeof(line)))
		snprintf(c->turbo, sizeof(c->turbo), "%s", line[0] == '1' ? "on" : "off");
}

static void read_build(struct conditions *c)
{
	snprintf(c->compiler, sizeof(c->compiler), "%s", BUILD_COMPILER);
	snprintf(c->flags, sizeof(c->flags), "%s", BUILD_FLAGS);
	snprintf(c->build_type, sizeof(c->build_type), "%s", BUILD_TYPE);
	snprintf(c->sanitizers, sizeof(c->sanitizers), "%s", strcmp(BUILD_SANITIZERS, "none") ? BUILD_SANITIZERS : "");
	snprintf(c->commit, sizeof(c->commit), "%s", build_commit());
}

static void read_openmp(struct conditions *c)
{
	const char *name = dlsym(RTLD_DEFAULT, "kmp_get_blocktime") ? "libomp"
			   : dlsym(RTLD_DEFAULT, "GOMP_parallel")   ? "libgomp"
								    : "unknown";
	const char *wait = getenv("OMP_WAIT_POLICY");

	snprintf(c->omp_runtime, sizeof(c->omp_runtime), "%s (OpenMP %d)", name, _OPENMP);
	snprintf(c->wait_policy, sizeof(c->wait_policy), "%s", wait ? wait : "default");
}

static void read_libraries(struct conditions *c)
{
	struct blas_peer peers[8];
	int n = blas_load(peers, 8);

	for (int i = 0; i < n; i++) {
		size_t used = strlen(c->libraries);

		snprintf(c->libraries + used, sizeof(c->libraries) - used, "%s%s", i ? "; " : "", peers[i].library);
	}
}

void conditions_degrade(struct conditions *c, const char *word)
{
	size_t used = strlen(c->degraded), n = strlen(word);

	for (const char *p = c->degraded; (p = strstr(p, word)); p += n)
		if ((p == c->degraded || p[-1] == ',') && (p[n] == ',' || p[n] == '\0'))
			return;
	snprintf(c->degraded + used, sizeof(c->degraded) - used, "%s%s", used ? "," : "", word);
}

static bool is_debug(const struct conditions *c)
{
	(void)c;
#ifdef NDEBUG
	return !strcmp(BUILD_OPTIMIZATION, "0");
#else
	return true;
#endif
}

static bool is_sanitized(const struct conditions *c)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || __has_feature(address_sanitizer) ||               \
	__has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
	(void)c;
	return true;
#else
	return c->sanitizers[0] != '\0';
#endif
}

/* The load average would remember our own build. */
static void read_busy(struct conditions *c, const struct machine *machine)
{
	const struct timespec quarter = {0, 250000000};
	struct machine_counters before, after;
	long busy, idle;

	machine_counters_read(machine, &before);
	nanosleep(&quarter, NULL);
	machine_counters_read(machine, &after);
	busy = after.busy_ticks - before.busy_ticks;
	idle = after.idle_ticks - before.idle_ticks;
	c->busy = busy + idle > 0 ? (double)busy / (double)(busy + idle) : 0;
}

static bool is_loaded(const struct conditions *c)
{
	return c->busy > 0.1;
}

static bool has_tight_quota(const struct conditions *c)
{
	return c->quota > 0 && c->quota < c->cores;
}

static const struct {
	const char *word;
	bool (*applies)(const struct conditions *c);
} degradations[] = {
	{"debug", is_debug},
	{"sanitizer", is_sanitized},
	{"loaded", is_loaded},
	{"quota", has_tight_quota},
};

void conditions_read(struct conditions *c, const struct machine *machine)
{
	memset(c, 0, sizeof(*c));
	read_system(c, machine);
	read_virt(c);
	read_busy(c, machine);
	read_frequency(c);
	read_build(c);
	read_openmp(c);
	read_libraries(c);
	for (size_t i = 0; i < sizeof(degradations) / sizeof(degradations[0]); i++)
		if (degradations[i].applies(c))
			conditions_degrade(c, degradations[i].word);
}
