/* SPDX-License-Identifier: MIT */
/* Ctrl-C and SIGTERM: the first one asks the running command to stop and keep its records, the second one kills. */
#ifndef BENCH_INTERRUPT_H
#define BENCH_INTERRUPT_H

#define EXIT_INTERRUPTED 130 /* 128 + SIGINT, as shells say it */

void interrupt_install(void);
/* Non-zero once asked to stop; for measure_params.stop and training. */
const volatile int *interrupt_flag(void);

#endif
