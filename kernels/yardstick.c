/* SPDX-License-Identifier: MIT */
/*
 * See yardstick.h: this file must never change. Plain C, compiled with flags of its own. Every thread does the same
 * work whatever the size of its team. compute: eight independent chains of a multiplication and an addition in
 * registers; it is bound by the latency of the two. stream: a thread's own 2 MiB, beyond most second-level caches.
 */
#include "yardstick.h"

void yardstick_compute(const struct kernel_args *args, struct team team)
{
	float a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8;

	for (int step = 0; step < args->k; step++) {
		a = a * 0.75f + 0.5f;
		b = b * 0.75f + 0.5f;
		c = c * 0.75f + 0.5f;
		d = d * 0.75f + 0.5f;
		e = e * 0.75f + 0.5f;
		f = f * 0.75f + 0.5f;
		g = g * 0.75f + 0.5f;
		h = h * 0.75f + 0.5f;
	}
	args->y[team.rank * YARDSTICK_SINK] = a + b + c + d + e + f + g + h;
}

void yardstick_stream(const struct kernel_args *args, struct team team)
{
	const float *x = args->x + (ptrdiff_t)team.rank * YARDSTICK_FLOATS;
	float *y = args->y + (ptrdiff_t)team.rank * YARDSTICK_FLOATS;

	for (int i = 0; i < YARDSTICK_FLOATS; i++)
		y[i] = y[i] * 0.5f + x[i];
}
