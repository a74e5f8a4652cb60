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
