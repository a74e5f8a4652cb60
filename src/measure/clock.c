/* SPDX-License-Identifier: MIT */
/* The only reader of a clock. CLOCK_MONOTONIC: through the vDSO, immune to being set, the same on all processors. */
#include "measure/measure.h"

#include <time.h>

uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

double clock_s(void)
{
	return (double)clock_ns() * 1e-9;
}

double clock_resolution_ns(void)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < 1000; i++) {
		uint64_t start = clock_ns(), now;

		do
			now = clock_ns();
		while (now == start);
		if (now - start < best)
			best = now - start;
	}
	return (double)best;
}

void clock_utc_text(char *text, size_t size, const char *format)
{
	time_t now = time(NULL);
	struct tm utc;

	text[0] = '\0';
	if (gmtime_r(&now, &utc))
		strftime(text, size, format, &utc);
}
