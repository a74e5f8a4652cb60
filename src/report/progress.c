/* SPDX-License-Identifier: MIT */
/* See progress.h. The estimate assumes that `total` is linear in time. */
#include "report/progress.h"

#include "measure/measure.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TERMINAL_EVERY_S 0.1
#define LOG_EVERY_S 10.0

static void format_time(char *text, size_t size, double s)
{
	int whole = s > 0 ? (int)(s + 0.5) : 0;

	if (whole >= 3600)
		snprintf(text, size, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
	else
		snprintf(text, size, "%d:%02d", whole / 60, whole % 60);
}

static void print_line(struct progress *p, double now)
{
	double share = p->total > 0 ? p->done / p->total : 0, passed = now - p->started_s;
	char eta[32] = "?", spent[32];

	if (share > 0)
		format_time(eta, sizeof(eta), passed * (1 / share - 1));
	format_time(spent, sizeof(spent), passed);
	fprintf(stderr, "%s%3.0f %%  %s spent, %s left  %.80s%s", p->terminal ? "\r" : "", 100 * share, spent, eta,
		p->label, p->terminal ? "\033[K" : "\n");
	fflush(stderr);
	p->printed_s = now;
}

static void set_label(struct progress *p, const char *label)
{
	if (label)
		snprintf(p->label, sizeof(p->label), "%s", label);
}

void progress_start(struct progress *p, bool enabled, double total, const char *label)
{
	*p = (struct progress){.total = total, .enabled = enabled, .terminal = isatty(STDERR_FILENO) == 1};
	p->started_s = p->printed_s = clock_s();
	set_label(p, label);
	if (p->enabled && p->terminal)
		print_line(p, p->started_s);
}

void progress_step(struct progress *p, double done, const char *label)
{
	double now = clock_s();

	p->done = p->done + done < p->total ? p->done + done : p->total;
	set_label(p, label);
	if (p->enabled && now - p->printed_s >= (p->terminal ? TERMINAL_EVERY_S : LOG_EVERY_S))
		print_line(p, now);
}

void progress_end(struct progress *p)
{
	if (p->enabled && p->terminal) {
		fputs("\r\033[K", stderr);
		fflush(stderr);
	}
}
