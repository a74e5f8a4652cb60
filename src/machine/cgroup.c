/* SPDX-License-Identifier: MIT */
/*
 * The CPU quota of the control groups, version 1 and 2. A quota is not a cpuset: a process limited to one CPU's worth
 * of time still sees every processor, and a larger team is merely throttled. Each group up to the root may have one.
 */
#include "machine_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "max 100000" or "150000 100000": CPUs, 0 if unlimited or unreadable. */
static double quota_v2(const char *dir)
{
	char path[640], line[64];
	double quota = 0, period = 0;

	snprintf(path, sizeof(path), "%s/cpu.max", dir);
	if (!file_line(path, line, sizeof(line)) || sscanf(line, "%lf %lf", &quota, &period) != 2)
		return 0;
	return quota > 0 && period > 0 ? quota / period : 0;
}

static double quota_v1(const char *dir)
{
	char path[640], quota[64], period[64];

	snprintf(path, sizeof(path), "%s/cpu.cfs_quota_us", dir);
	if (!file_line(path, quota, sizeof(quota)))
		return 0;
	snprintf(path, sizeof(path), "%s/cpu.cfs_period_us", dir);
	if (!file_line(path, period, sizeof(period)) || atof(quota) <= 0 || atof(period) <= 0)
		return 0;
	return atof(quota) / atof(period);
}

static void take_limit(struct cgroup *g, const char *dir, double quota)
{
	if (quota <= 0 || g->n == CGROUP_MAX_DEPTH)
		return;
	if (g->quota <= 0 || quota < g->quota)
		g->quota = quota;
	snprintf(g->stat[g->n++], sizeof(g->stat[0]), "%s/cpu.stat", dir);
}

/* Every group from `path` (starts with '/') up to the root of the hierarchy mounted at `mount`. */
static void walk_up(struct cgroup *g, const char *mount, const char *path, double (*quota)(const char *dir))
{
	char dir[520], here[256];

	snprintf(here, sizeof(here), "%s", strcmp(path, "/") ? path : "");
	for (;;) {
		char *slash = strrchr(here, '/');

		snprintf(dir, sizeof(dir), "%s%s", mount, here);
		take_limit(g, dir, quota(dir));
		if (!slash)
			return;
		*slash = '\0';
	}
}

/* Is `cpu` one of the comma-separated controllers? */
static bool has_cpu(const char *controllers)
{
	for (const char *p = controllers; p; p = strchr(p, ',')) {
		p += *p == ',';
		if (!strncmp(p, "cpu", 3) && (p[3] == ',' || p[3] == '\0'))
			return true;
	}
	return false;
}

/* One line of /proc/self/cgroup: "4:cpu,cpuacct:/docker/1234" (v1) or "0::/user.slice" (v2). */
static void read_line(struct cgroup *g, const char *root, char *line)
{
	char *controllers = strchr(line, ':'), *path = controllers ? strchr(controllers + 1, ':') : NULL;
	char mount[256];

	if (!path || path[1] != '/')
		return;
	*path++ = '\0';
	controllers++;
	if (!controllers[0]) {
		snprintf(mount, sizeof(mount), "%s/sys/fs/cgroup", root);
		walk_up(g, mount, path, quota_v2);
		snprintf(mount, sizeof(mount), "%s/sys/fs/cgroup/unified", root);
		walk_up(g, mount, path, quota_v2);
	} else if (has_cpu(controllers)) {
		snprintf(mount, sizeof(mount), "%s/sys/fs/cgroup/cpu", root);
		walk_up(g, mount, path, quota_v1);
	}
}

void cgroup_read(struct cgroup *g, const char *root)
{
	char path[256], line[512];
	FILE *in;

	memset(g, 0, sizeof(*g));
	snprintf(path, sizeof(path), "%s/proc/self/cgroup", root);
	in = fopen(path, "r");
	if (!in)
		return;
	while (fgets(line, sizeof(line), in)) {
		line[strcspn(line, "\n")] = '\0';
		read_line(g, root, line);
	}
	fclose(in);
}

long cgroup_throttled(const struct cgroup *g)
{
	long total = 0;

	for (int i = 0; i < g->n; i++) {
		FILE *in = fopen(g->stat[i], "r");
		char key[64];
		long value;

		while (in && fscanf(in, "%63s %ld", key, &value) == 2)
			total += strcmp(key, "nr_throttled") ? 0 : value;
		if (in)
			fclose(in);
	}
	return total;
}
