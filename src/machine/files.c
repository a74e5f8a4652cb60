/* SPDX-License-Identifier: MIT */
/* The small files of /proc and /sys: one line at a time, and the counters that serve as evidence. */
#include "machine_private.h"

#include <stdio.h>
#include <string.h>

bool file_line(const char *path, char *text, size_t size)
{
	FILE *in = fopen(path, "r");
	bool ok;

	text[0] = '\0';
	if (!in)
		return false;
	ok = fgets(text, (int)size, in) != NULL;
	fclose(in);
	text[strcspn(text, "\n")] = '\0';
	return ok;
}

uint64_t machine_program_digest(void)
{
	FILE *in = fopen("/proc/self/exe", "re");
	uint64_t hash = 0xcbf29ce484222325u;
	unsigned char part[4096];

	if (!in)
		return 0;
	for (size_t n; (n = fread(part, 1, sizeof(part), in)) > 0;)
		for (size_t i = 0; i < n; i++)
			hash = (hash ^ part[i]) * 0x100000001b3u;
	fclose(in);
	return hash;
}

/* The first line of /proc/stat: cpu user nice system idle iowait irq softirq steal ... in ticks. */
static void read_ticks(struct machine_counters *c)
{
	long user, nice, system, idle, wait, irq, softirq, steal;
	char line[256];

	if (!file_line("/proc/stat", line, sizeof(line)) ||
	    sscanf(line, "cpu %ld %ld %ld %ld %ld %ld %ld %ld", &user, &nice, &system, &idle, &wait, &irq, &softirq,
		   &steal) != 8)
		return;
	c->steal_ticks = steal;
	c->busy_ticks = user + nice + system + irq + softirq + steal;
	c->idle_ticks = idle + wait;
}

void machine_counters_read(const struct machine *machine, struct machine_counters *c)
{
	*c = (struct machine_counters){0};
	read_ticks(c);
	c->throttled = cgroup_throttled(&machine->cgroup);
}
