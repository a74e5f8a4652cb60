/* SPDX-License-Identifier: MIT */
/*
 * Signals. The first Ctrl-C, SIGTERM or SIGHUP asks the running command to stop and show what it has; if it is not done
 * with that in 0.7 s, in the midst of a very long call say, the process ends all the same: each record is written as
 * soon as it is there. The second signal kills. A pipe that nobody reads and a file that may not grow are errors of
 * writing, not signals.
 */
#ifndef BENCH_INTERRUPT_H
#define BENCH_INTERRUPT_H

#define EXIT_INTERRUPTED 130 /* 128 + SIGINT, as shells say it */

void interrupt_install(void);
/* Non-zero once asked to stop; for measure_params.stop, training and whatever takes long. */
const volatile int *interrupt_flag(void);

#endif
