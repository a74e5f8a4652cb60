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
static long steal_ticks(void)
{
	char line[256];
	long steal = 0;

	if (!file_line("/proc/stat", line, sizeof(line)) ||
	    sscanf(line, "cpu %*d %*d %*d %*d %*d %*d %*d %ld", &steal) != 1)
		return 0;
	return steal;
}

void machine_counters_read(const struct machine *machine, struct machine_counters *c)
{
	c->steal_ticks = steal_ticks();
	c->throttled = cgroup_throttled(&machine->cgroup);
}
