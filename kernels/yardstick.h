/* SPDX-License-Identifier: MIT */
/*
 * Yardsticks: work that never changes, timed in the same rounds as kernels, so that their times can be held against
 * those of another day. This file and yardstick.c must never change: every stored baseline is a ratio to them, and a
 * test holds their hash. A better yardstick is a new one, beside these.
 */
#ifndef KERNELS_YARDSTICK_H
#define KERNELS_YARDSTICK_H

#include "kernel.h"

#define YARDSTICK_STEPS 16384	/* of compute, in one call */
#define YARDSTICK_FLOATS 262144 /* that a thread of stream reads, and as many that it updates */
#define YARDSTICK_SINK 16	/* floats between the sums of two threads */

/* args: k: steps; y: (team size * YARDSTICK_SINK) sink. */
kernel_fn yardstick_compute;
/* args: x, y: (team size * YARDSTICK_FLOATS) */
kernel_fn yardstick_stream;

#endif
