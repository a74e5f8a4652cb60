/* SPDX-License-Identifier: MIT */
/* How near a kernel comes to what the machine can do, from the ceilings that were measured beside it. */
#ifndef REPORT_ROOFLINE_H
#define REPORT_ROOFLINE_H

#include "report/series.h"

/* The ceilings of a team: multiply-adds, and reading and writing at each level of memory; NULL where none was measured.
 */
struct roofline {
	const struct series *peak, *read[N_MEMORY_LEVELS], *write[N_MEMORY_LEVELS];
};
struct roofline series_roofline(const struct series_list *list, const struct kernel_record *key);

/* Median flops, or bytes, per ns; NaN for NULL. */
double series_flop_rate(const struct series *s);
double series_byte_rate(const struct series *s);

/*
 * The time of one call by a model as a share of its true time: max(flops / peak, sum over the levels of bytes /
 * bandwidth), where compulsory bytes count at the level that the operand lives in. The model is serial: levels are read
 * and written one after another. A machine that overlaps them may exceed a share of 1. Taken sample by sample
 * against the ceilings of the same run and round, or their medians if they were measured apart. mid is NaN if a ceiling
 * or the traffic is unknown.
 */
struct interval series_bound_share(const struct series *s, const struct roofline *roof);
/* The same for flops / peak alone. */
struct interval series_peak_share(const struct series *s, const struct roofline *roof);

/* The same contender on one thread; NULL if it was not measured or s is it. */
const struct series *series_on_one_thread(const struct series_list *list, const struct series *s);
/*
 * What a team reached of its ideal. Where one thread reaches ROOFLINE_NEAR of its bound, the ideal is its time, less by
 * as much as the bound is: as bounds divide by times, the quotient of the shares of the bound, each against the
 * ceilings of its own rounds. A kernel far below its bound need not grow as that bound does: its ideal is linear, the
 * time on one thread divided by the threads. The bound of an optimiser's step is axpy, see series_step_share. mid is
 * NaN if a bound is unknown.
 */
#define ROOFLINE_NEAR 0.5
struct interval series_thread_share(const struct series_list *list, const struct series *s, const struct series *one);

#endif
